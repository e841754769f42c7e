"""One repetition of an evaluation: the figures of every way to sample for one seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial

import numpy as np
import torch
from torch import Tensor

from latentdemo.data import ImageSet
from latentdemo.evaluation.compute import Compute, Here
from latentdemo.evaluation.features.space import FeatureSpace
from latentdemo.evaluation.metrics.pictures import image_change, memorised_share, nearest_distance, sharpness
from latentdemo.evaluation.metrics.quality import measure_quality
from latentdemo.evaluation.metrics.two_sample import energy_test
from latentdemo.evaluation.protocol import Arm
from latentdemo.evaluation.report import CEILING, REAL_DATA
from latentdemo.models import GenerativeAutoencoder
from latentdemo.random import Purpose, stream
from latentdemo.sampling import ChainRun
from latentdemo.sampling.encodings import Encodings, batches_of_images, encode_images
from latentdemo.sampling.starts import PRIOR

BATCH = 250
LEAST, LEAST_WITH_TRAINING = 10, 100
LATENTS = 1000  # A two-sample test takes so many latents a side.
ROUND_TRIPS = 250  # So many samples are decoded and encoded once more.
NEIGHBOURS_OF = 500  # The nearest training image is looked for of so many samples.
Numbers = dict[str, float]
"""Name of a figure -> its value for one seed."""


@dataclass
class Subject:
    """A model and what it is measured against.

    Attributes:
        model: what walks, in the precision that is measured.
        trained: the same model as it was trained, in float32, whose encodings are the reference.
        features: the feature space.
        held_out: real images to compare with.
        train: the images that it was trained on; None where they are not at hand.
        compute: walks chains, and does all other work on the device.
        drawn: latents that others drew: name of a start -> seed -> (count, D).
    """

    model: GenerativeAutoencoder
    trained: GenerativeAutoencoder
    features: FeatureSpace
    held_out: ImageSet
    train: ImageSet | None
    compute: Compute = field(default_factory=Here)
    drawn: Mapping[str, Mapping[int, Tensor]] = field(default_factory=dict)

    @cached_property
    def encodings(self) -> Encodings:
        """Posteriors of the held-out images under the model as it was trained."""
        parts = batches_of_images(self.held_out)
        return Encodings.join([self.compute.call(partial(encode_images, self.trained, part)) for part in parts])

    @cached_property
    def training_features(self) -> Tensor | None:
        """Features of all training images."""
        if self.train is None:
            return None
        return torch.cat([self.features_of(part) for part in batches_of_images(self.train, BATCH)])

    def features_of(self, images: Tensor) -> Tensor:
        """Features (N, F) of images (N, C, H, W)."""
        parts = images.split(BATCH)
        return torch.cat([self.compute.call(partial(self.features, part)) for part in parts])

    @property
    def least(self) -> int:
        """Images a side that every figure can be taken of; memorised samples are told by a quantile of many."""
        return LEAST if self.train is None else LEAST_WITH_TRAINING

    @property
    def most(self) -> int:
        """Images a side that there are enough real images for."""
        return len(self.held_out) // 2 if self.train is None else min(len(self.train), len(self.held_out))


class Repetition:
    """The figures of one seed.

    Args:
        subject: what is measured.
        count: images a side.
        seed: fixes the real images and the samples.
    """

    def __init__(self, subject: Subject, count: int, seed: int) -> None:
        self.subject = subject
        self.count = count
        self.seed = seed
        order = np.random.default_rng(seed).permutation(len(subject.held_out))
        self.real_rows, self.other_rows = order[:count], order[count : 2 * count]

    @cached_property
    def real(self) -> Tensor:
        """Features of the held-out images."""
        return self.subject.features_of(self.subject.held_out.tensor(np.sort(self.real_rows)))

    @cached_property
    def others(self) -> Tensor:
        """Real images for the references, (count, C, H, W)."""
        train = self.subject.train
        if train is None:
            return self.subject.held_out.tensor(np.sort(self.other_rows))
        return train.tensor(np.sort(np.random.default_rng(self.seed).permutation(len(train))[: self.count]))

    @cached_property
    def real_latents(self) -> Tensor:
        """Posterior draws of held-out images."""
        drawn = self.subject.encodings.draw(stream(self.seed, Purpose.ENCODINGS))
        return drawn[np.sort(self.real_rows)][:LATENTS]

    @cached_property
    def real_distances(self) -> Tensor:
        """Distances of held-out images to their nearest training images."""
        assert self.subject.training_features is not None
        return nearest_distance(self.real[:NEIGHBOURS_OF], self.subject.training_features)

    def references(self) -> dict[str, Numbers]:
        """Real data and the ceiling."""
        model, call = self.subject.model, self.subject.compute.call
        generator = stream(self.seed, Purpose.RECONSTRUCTIONS, device=model.device)
        parts = self.others.split(BATCH)
        rebuilt = torch.cat([call(partial(reconstructions, model, part, generator)) for part in parts])
        return {name: self.of_images(images) for name, images in ((REAL_DATA, self.others), (CEILING, rebuilt))}

    def of_images(self, images: Tensor) -> Numbers:
        """What is told from images alone."""
        quality = measure_quality(self.real, self.subject.features_of(images))
        return dict(quality._asdict()) | {"sharpness": sharpness(images).mean().item()}

    def measure(self, arm: Arm, cancelled: Callable[[], bool] | None) -> dict[str, Numbers]:
        """Step of an arm -> figures."""
        first = {0} if arm.start == PRIOR else set()
        drawn = self.subject.drawn.get(arm.start)
        start = arm.start if drawn is None else drawn[self.seed]
        spec = arm.spec.replaced(start=start, count=self.count, seed=self.seed)
        parts: dict[int, list[Sample]] = {step: [] for step in arm.steps}
        before: ChainRun | None = None
        for run in self.subject.compute.batches(
            self.subject.model, spec, record=sorted(first | set(arm.steps)), cancelled=cancelled
        ):
            for step in arm.steps:
                parts[step].append(sample_of(run, step, self.subject.features_of(run.images[step])))
                if first and step:
                    parts[step][-1].averages.update(distances_from_start(run, step, before or run))
            before = run
        return {str(step): self.figures(Sample.join(samples)) for step, samples in parts.items()}

    def figures(self, sample: Sample) -> Numbers:
        """Everything that is told of the samples of one way at one step."""
        quality = measure_quality(self.real, sample.features)
        test = energy_test(self.real_latents, sample.latents[:LATENTS], seed=self.seed)
        numbers = dict(quality._asdict()) | with_start_kept(sample.averages)
        model = self.subject.model
        generator = stream(self.seed, Purpose.ROUND_TRIP, device=model.device)
        numbers |= self.subject.compute.call(partial(round_trip, model, sample.latents[:ROUND_TRIPS], generator))
        numbers |= {"energy_distance": test.distance, "energy_p": test.p_value}
        training = self.subject.training_features
        if training is not None:
            distances = nearest_distance(sample.features[:NEIGHBOURS_OF], training)
            numbers["memorised_share"] = memorised_share(distances, self.real_distances)
            numbers["nearest_training"] = float(distances.mean() / self.real_distances.mean().clamp(min=1e-12))
        return numbers


@torch.no_grad()
def reconstructions(model: GenerativeAutoencoder, images: Tensor, generator: torch.Generator) -> Tensor:
    """Decoded means of posterior draws of images (N, C, H, W), on the CPU."""
    return model.decode(model.encode(images.to(model.device)).sample(generator)).mean.cpu()


@torch.no_grad()
def round_trip(model: GenerativeAutoencoder, latents: Tensor, generator: torch.Generator) -> Numbers:
    """How far one more decode and encode moves samples: image in grey values, latent in Euclidean distance."""
    image = model.decode(latents.to(model.device)).mean
    again = model.encode(image).sample(generator)
    return {
        "round_trip_image": image_change(image, model.decode(again).mean).mean().item(),
        "round_trip_latent": (again.cpu() - latents).norm(dim=1).mean().item(),
    }


@dataclass(frozen=True)
class Sample:
    """Samples of one way at one step.

    Attributes:
        features: (N, F).
        latents: (N, D).
        averages: figures that are means over samples.
    """

    features: Tensor
    latents: Tensor
    averages: Numbers

    @classmethod
    def join(cls, parts: Sequence[Sample]) -> Sample:
        """The samples of all batches."""
        weights = [len(part.latents) for part in parts]
        averages = {
            name: float(np.average([part.averages[name] for part in parts], weights=weights))
            for name in parts[0].averages
        }
        return cls(torch.cat([part.features for part in parts]), torch.cat([part.latents for part in parts]), averages)


def sample_of(run: ChainRun, step: int, features: Tensor) -> Sample:
    """A batch of chains at a step, with the features of its images."""
    averages = {"average_steps": run.steps_taken(step), "sharpness": sharpness(run.images[step]).mean().item()}
    if "accepted" in run.info and step:
        averages["acceptance"] = run.acceptance(step) or 0.0
    return Sample(features, run.latents[step], averages)


def distances_from_start(run: ChainRun, step: int, before: ChainRun) -> Numbers:
    """How far a batch of chains is from its starts at a step, and from those of other chains, on average.

    Args:
        run: the batch.
        step: one that was recorded, as step 0 was.
        before: the batch before it, whose last chain lends its start to the first one here; of the first, itself.
    """
    others = {
        "image": torch.cat([before.images[0][-1:], run.images[0][:-1]]),
        "latent": torch.cat([before.latents[0][-1:], run.latents[0][:-1]]),
    }
    return {
        "image_from_own": image_change(run.images[step], run.images[0]).mean().item(),
        "image_from_other": image_change(run.images[step], others["image"]).mean().item(),
        "latent_from_own": (run.latents[step] - run.latents[0]).norm(dim=1).mean().item(),
        "latent_from_other": (run.latents[step] - others["latent"]).norm(dim=1).mean().item(),
    }


def with_start_kept(averages: Numbers) -> Numbers:
    """Averages over all chains with what survives of the starting point in place of `distances_from_start`: 1 for all
    of it, 0 for no more than two random samples share.

        1 - mean distance to the own start / mean distance to the start of another chain

    in mean absolute grey values for images, in Euclidean distance for latents.
    """
    numbers = {name: value for name, value in averages.items() if "_from_" not in name}
    for name in ("image", "latent"):
        if averages.get(f"{name}_from_other"):
            numbers[f"{name}_kept"] = 1.0 - averages[f"{name}_from_own"] / averages[f"{name}_from_other"]
    return numbers
