"""One repetition of an evaluation: the figures of every way to sample for one seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property, partial

import numpy as np
import torch
from torch import Tensor

from latentdemo.data import ImageSet
from latentdemo.evaluation.compute import Compute, Here
from latentdemo.evaluation.features.labels import LabelSpace
from latentdemo.evaluation.features.space import FeatureSpace, in_every_space
from latentdemo.evaluation.metrics.copying import CELLS, CopyingTest
from latentdemo.evaluation.metrics.mix import mix
from latentdemo.evaluation.metrics.pictures import image_change, memorised_share, nearest_distance, sharpness
from latentdemo.evaluation.metrics.quality import measure_quality
from latentdemo.evaluation.metrics.rows import QualityError
from latentdemo.evaluation.metrics.two_sample import energy_test
from latentdemo.evaluation.protocol import Arm
from latentdemo.evaluation.report import CEILING, COPYING, MIX, REAL_DATA, from_data
from latentdemo.models import GenerativeAutoencoder
from latentdemo.random import Purpose, stream
from latentdemo.sampling import ChainRun, ChainSpec
from latentdemo.sampling.encodings import Encodings, batches_of_images, encode_images
from latentdemo.sampling.starts import PRIOR

BATCH = 250
LEAST, LEAST_WITH_TRAINING = 10, 100
LATENTS = 1000  # A two-sample test takes so many latents a side.
ROUND_TRIPS = 100  # So many samples are decoded and encoded once more.
IN_A_CELL = 50  # The test of copying parts the feature space so that each part holds so many images on average.
DRIFT = (1, 3, 5, 10)  # Chains from the encodings of real data are looked at after so many steps.
IN = ":"  # Between the names of a feature space and of a figure in it.
Numbers = dict[str, float]
"""Name of a figure -> its value for one seed; see `measured_of_seeds` for the names."""
Features = Mapping[str, Tensor]
"""Name of a feature space -> features of images, (N, F)."""
Classes = Mapping[str, Tensor]
"""Name of an attribute -> class of each image, (N,)."""


@dataclass
class Subject:
    """A model and what it is measured against.

    Attributes:
        model: what walks, in the precision that is measured.
        trained: the same model as it was trained, in float32, whose encodings are the reference.
        spaces: the feature spaces, by name. In the first one, training images that samples recite are looked for; in
            one that is a classifier of labels, how samples are spread over classes.
        held_out: real images to compare with.
        train: the images that it was trained on; None where they are not at hand.
        compute: walks chains, and does all other work on the device.
        drawn: latents that others drew: name of a start -> seed -> (count, D).
    """

    model: GenerativeAutoencoder
    trained: GenerativeAutoencoder
    spaces: Mapping[str, FeatureSpace]
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
        """Features of all training images, in the first space."""
        if self.train is None:
            return None
        first = next(iter(self.spaces))
        return torch.cat([self.features_of(part, [first])[first] for part in batches_of_images(self.train, BATCH)])

    @property
    def labels(self) -> LabelSpace | None:
        """The space that tells classes, if there is one."""
        return next((space for space in self.spaces.values() if isinstance(space, LabelSpace)), None)

    def features_of(self, images: Tensor, names: Sequence[str] | None = None) -> Features:
        """Name of a space, of all or some, -> features (N, F) of images (N, C, H, W)."""
        return in_every_space(
            {name: self.spaces[name] for name in names or self.spaces}, images, self.compute.call, BATCH
        )

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
        rows: of the held-out images that samples are compared with; as many samples are drawn.
        others: rows of the real images that references are taken of, of training images where these are at hand, else
            of held-out images that the comparison does not use.
        seed: fixes the samples.
    """

    def __init__(self, subject: Subject, rows: np.ndarray, others: np.ndarray, seed: int) -> None:
        self.subject = subject
        self.rows, self.other_rows = rows, others
        self.count = len(rows)
        self.seed = seed

    @cached_property
    def real(self) -> Features:
        """Features of the held-out images, in the order of `rows`."""
        return self.subject.features_of(self.subject.held_out.tensor(self.rows))

    @cached_property
    def real_classes(self) -> Classes:
        """Classes of the held-out images, as the classifier of labels sees them."""
        return self.classes(self.real)

    @cached_property
    def others(self) -> Tensor:
        """Real images for the references, (count, C, H, W)."""
        images = self.subject.held_out if self.subject.train is None else self.subject.train
        return images.tensor(self.other_rows)

    @cached_property
    def real_latents(self) -> Tensor:
        """Posterior draws of held-out images."""
        return self.subject.encodings.draw(stream(self.seed, Purpose.ENCODINGS))[self.rows][:LATENTS]

    @cached_property
    def real_distances(self) -> Tensor:
        """Distances of held-out images to their nearest training images."""
        assert self.subject.training_features is not None
        return nearest_distance(self.first(self.real), self.subject.training_features)

    @cached_property
    def copying(self) -> CopyingTest:
        """The test of whether samples are copies of training images."""
        assert self.subject.training_features is not None
        cells = max(1, min(CELLS, self.count // IN_A_CELL))
        real = self.first(self.real)
        return CopyingTest(self.subject.training_features, real, cells=cells, held_out_distances=self.real_distances)

    def first(self, features: Features) -> Tensor:
        """The features of the first space."""
        return features[next(iter(self.subject.spaces))]

    def classes(self, features: Features) -> Classes:
        """Name of an attribute -> class of each image (N,); nothing where no space tells them."""
        labels = self.subject.labels
        if labels is None:
            return {}
        name = next(name for name, space in self.subject.spaces.items() if space is labels)
        return labels.classes(features[name])

    def references(self) -> dict[str, Numbers]:
        """Real data, and chains from its encodings: of no step, the ceiling; of others, how far they drift off it."""
        encoded = self.encoded()
        spec = ChainSpec(start=encoded, count=len(encoded), seed=self.seed, steps=max(DRIFT))
        parts: dict[int, list[Sample]] = {step: [] for step in (0, *DRIFT)}
        for run in self.subject.compute.batches(self.subject.model, spec, record=(0, *DRIFT)):
            for step, samples in parts.items():
                samples.append(sample_of(run, step, self.subject.features_of(run.images[step])))
        found = {REAL_DATA: self.judge(self.subject.features_of(self.others)) | sharpness_of(self.others)}
        for step, samples in parts.items():
            sample = Sample.join(samples)
            name = from_data(step) if step else CEILING
            found[name] = self.judge(sample.features) | {"sharpness": sample.averages["sharpness"]}
        return found

    def encoded(self) -> Tensor:
        """Posterior draws of the references' images, (count, D)."""
        generator = stream(self.seed, Purpose.RECONSTRUCTIONS, device=self.subject.model.device)
        draw = partial(posterior_draws, self.subject.model)
        return torch.cat([self.subject.compute.call(partial(draw, p, generator)) for p in self.others.split(BATCH)])

    def judge(self, features: Features) -> Numbers:
        """What is told from features: the mix of classes, and the quality in every space; nothing of a sampler that
        has collapsed to a single picture."""
        numbers = self.mix(self.classes(features))
        with suppress(QualityError):
            for space, rows in features.items():
                quality = measure_quality(self.real[space], rows)
                numbers |= {f"{space}{IN}{name}": value for name, value in quality._asdict().items()}
        return numbers

    def mix(self, classes: Classes) -> Numbers:
        """How images are spread over classes, and how far that is from real data."""
        labels = self.subject.labels
        if labels is None:
            return {}
        numbers = {}
        for name, each in mix(self.real_classes, classes, labels.attributes).items():
            numbers[f"{MIX}{IN}{name}"] = each.corrected
            numbers |= {f"{MIX}{IN}{name}{IN}{index}": share for index, share in enumerate(each.fake)}
        return numbers

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
        test = energy_test(self.real_latents, sample.latents[:LATENTS], seed=self.seed)
        numbers = self.judge(sample.features) | with_start_kept(sample.averages)
        model = self.subject.model
        generator = stream(self.seed, Purpose.ROUND_TRIP, device=model.device)
        numbers |= self.subject.compute.call(partial(round_trip, model, sample.latents[:ROUND_TRIPS], generator))
        numbers |= {"energy_distance": test.distance, "energy_p": test.p_value}
        return numbers | self.nearness(self.first(sample.features))

    def nearness(self, features: Tensor) -> Numbers:
        """How near samples are to training images, by features in the first space (N, F); nothing without these."""
        training = self.subject.training_features
        if training is None:
            return {}
        distances = nearest_distance(features, training)
        numbers = {
            "memorised_share": memorised_share(distances, self.real_distances),
            "nearest_training": float(distances.mean() / self.real_distances.mean().clamp(min=1e-12)),
        }
        with suppress(QualityError):  # Samples that all lie where hardly any real image does cannot be tested.
            numbers[COPYING] = self.copying.of(features, distances).c_t
        return numbers


def sharpness_of(images: Tensor) -> Numbers:
    """The mean sharpness of images (N, C, H, W)."""
    return {"sharpness": sharpness(images).mean().item()}


@torch.no_grad()
def posterior_draws(model: GenerativeAutoencoder, images: Tensor, generator: torch.Generator) -> Tensor:
    """Posterior draws of images (N, C, H, W), (N, D) on the CPU."""
    return model.encode(images.to(model.device)).sample(generator).cpu()


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
        features: name of a space -> (N, F).
        latents: (N, D).
        averages: figures that are means over samples.
    """

    features: Features
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
        features = {name: torch.cat([part.features[name] for part in parts]) for name in parts[0].features}
        return cls(features, torch.cat([part.latents for part in parts]), averages)


def sample_of(run: ChainRun, step: int, features: Features) -> Sample:
    """A batch of chains at a step, with the features of its images."""
    averages = {"average_steps": run.steps_taken(step)} | sharpness_of(run.images[step])
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
