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
from latentdemo.evaluation.metrics.mix import class_counts, mix_of
from latentdemo.evaluation.metrics.pictures import image_change, memorised_share, nearest_distance
from latentdemo.evaluation.metrics.quality import measure_quality
from latentdemo.evaluation.metrics.rows import QualityError
from latentdemo.evaluation.metrics.two_sample import energy_test
from latentdemo.evaluation.protocol import Arm
from latentdemo.evaluation.reduced.sample import (
    Counts,
    Features,
    Gathered,
    Numbers,
    Reservoir,
    Sample,
    averages_of,
    sharpness_of,
)
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
        rows: of the held-out images that samples are compared with.
        others: rows of the real images that references are taken of, of training images where these are at hand, else
            of held-out images that the comparison does not use.
        seed: fixes the samples.
        samples: how many are drawn of each way; None takes as many as there are held-out images.
    """

    def __init__(
        self, subject: Subject, rows: np.ndarray, others: np.ndarray, seed: int, samples: int | None = None
    ) -> None:
        self.subject = subject
        self.rows, self.other_rows = rows, others
        self.count = len(rows)
        self.seed = seed
        self.reservoir = Reservoir(samples or self.count, self.count, seed)

    @cached_property
    def real(self) -> Features:
        """Features of the held-out images, in the order of `rows`."""
        return self.subject.features_of(self.subject.held_out.tensor(self.rows))

    @cached_property
    def real_classes(self) -> Counts:
        """How many held-out images are in each class, as the classifier of labels sees them."""
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

    def classes(self, features: Features) -> Counts:
        """How many images are in each class; nothing where no space tells them."""
        labels = self.subject.labels
        if labels is None:
            return {}
        name = next(name for name, space in self.subject.spaces.items() if space is labels)
        found = labels.classes(features[name])
        return {attribute: class_counts(found[attribute], count) for attribute, count in labels.attributes.items()}

    def references(self) -> dict[str, Numbers]:
        """Real data, and chains from its encodings: of no step, the ceiling; of others, how far they drift off it."""
        encoded = self.encoded()
        spec = ChainSpec(start=encoded, count=len(encoded), seed=self.seed, steps=max(DRIFT))
        reached = {step: Gathered() for step in (0, *DRIFT)}
        for run in self.subject.compute.batches(self.subject.model, spec, record=tuple(reached)):
            for step, gathered in reached.items():
                gathered.add(self.sample(run.images[step], gathered.count))
        found = {REAL_DATA: self.sample(self.others)}
        found |= {from_data(step) if step else CEILING: gathered.whole() for step, gathered in reached.items()}
        return {name: self.judge(each) | each.averages for name, each in found.items()}

    def encoded(self) -> Tensor:
        """Posterior draws of the references' images, (count, D)."""
        generator = stream(self.seed, Purpose.RECONSTRUCTIONS, device=self.subject.model.device)
        draw = partial(posterior_draws, self.subject.model)
        return torch.cat([self.subject.compute.call(partial(draw, p, generator)) for p in self.others.split(BATCH)])

    def sample(self, images: Tensor, first: int = 0) -> Sample:
        """Images of the references (N, C, H, W), from number `first` on."""
        features = self.subject.features_of(images)
        whole = Reservoir(self.count, self.count, self.seed)
        return Sample.of(features, self.classes(features), sharpness_of(images), whole, first)

    def judge(self, sample: Sample) -> Numbers:
        """What is told from features: the mix of classes, and the quality in every space; nothing of a sampler that
        has collapsed to a single picture."""
        numbers = self.mix(sample.classes)
        with suppress(QualityError):
            for space, rows in sample.features.items():
                quality = measure_quality(self.real[space], rows, halves=sample.halves[space])
                numbers |= {f"{space}{IN}{name}": value for name, value in quality._asdict().items()}
        return numbers

    def mix(self, classes: Counts) -> Numbers:
        """How images are spread over classes, and how far that is from real data."""
        numbers = {}
        for name, count in classes.items():
            found = mix_of(self.real_classes[name], count)
            numbers[f"{MIX}{IN}{name}"] = found.corrected
            numbers |= {f"{MIX}{IN}{name}{IN}{index}": share for index, share in enumerate(found.fake)}
        return numbers

    def measure(self, arm: Arm, cancelled: Callable[[], bool] | None) -> dict[str, Numbers]:
        """Step of an arm -> figures."""
        return self.figures(self.walk(arm, range(self.reservoir.total), cancelled))

    def walk(self, arm: Arm, chains: range, cancelled: Callable[[], bool] | None = None) -> dict[int, Sample]:
        """Step of an arm -> some of its chains there, reduced to what figures need."""
        drawn = self.subject.drawn.get(arm.start)
        start = arm.start if drawn is None else drawn[self.seed]
        whole = arm.spec.replaced(start=start, count=self.reservoir.total, seed=self.seed)
        walk = partial(self.subject.compute.batches, self.subject.model, cancelled=cancelled)
        from_prior = arm.start == PRIOR
        reached = {step: Gathered() for step in arm.steps}
        before: ChainRun | None = None
        if from_prior and chains.start:
            [before] = walk(whole.part(0, 1).replaced(steps=0), record=(0,), first=chains.start - 1)
        record = sorted({0, *arm.steps} if from_prior else arm.steps)
        for run in walk(whole.part(chains.start, len(chains)), record=record, first=chains.start):
            for step, gathered in reached.items():
                features, averages = self.subject.features_of(run.images[step]), averages_of(run, step)
                if from_prior and step:
                    averages |= distances_from_start(run, step, before)
                first = chains.start + gathered.count
                gathered.add(
                    Sample.of(features, self.classes(features), averages, self.reservoir, first, run.latents[step])
                )
            before = run
        return {step: gathered.whole() for step, gathered in reached.items()}

    def figures(self, samples: Mapping[int, Sample]) -> dict[str, Numbers]:
        """Step of an arm -> figures, of all of its chains there."""
        return {str(step): self.figures_of(sample) for step, sample in samples.items()}

    def figures_of(self, sample: Sample) -> Numbers:
        """Everything that is told of the samples of one way at one step."""
        test = energy_test(self.real_latents, sample.latents[:LATENTS], seed=self.seed)
        numbers = self.judge(sample) | with_start_kept(sample.averages)
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


def distances_from_start(run: ChainRun, step: int, before: ChainRun | None) -> Numbers:
    """How far a batch of chains is from its starts at a step, and from those of other chains, on average.

    Args:
        run: the batch.
        step: one that was recorded, as step 0 was.
        before: the batch before it, whose last chain lends its start to the first one here; None for the first batch,
            where the second chain does, or the only one.
    """

    def of_others(own: Tensor, earlier: Tensor | None) -> Tensor:
        lent = own[:2][-1:] if earlier is None else earlier[-1:]
        return torch.cat([lent, own[:-1]])

    others = {
        "image": of_others(run.images[0], before.images[0] if before else None),
        "latent": of_others(run.latents[0], before.latents[0] if before else None),
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
