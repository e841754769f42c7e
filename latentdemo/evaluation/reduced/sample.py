"""Samples of one way to sample, reduced to what figures need: of no more memory however many there are.

Means and covariances of features see every sample, and so do the mix of classes and plain averages. What goes by
nearest neighbours needs samples themselves, as many as there are real images to set beside them: a reservoir keeps
these, chosen by seed and number alone, so that the same ones are kept whoever makes them, in whatever order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from latentdemo.evaluation.metrics.frechet import Halves
from latentdemo.evaluation.metrics.pictures import sharpness
from latentdemo.evaluation.reduced.moments import Moments
from latentdemo.random import Purpose
from latentdemo.sampling import ChainRun

TOGETHER = 20  # so many parts are held until they are joined

Numbers = dict[str, float]
"""Name of a figure -> its value."""
Features = Mapping[str, Tensor]
"""Name of a feature space -> features of images, (N, F)."""
Counts = Mapping[str, Tensor]
"""Name of an attribute -> images in each of its classes, (K,)."""


@dataclass(frozen=True)
class Reservoir:
    """Which samples of a seed are kept themselves.

    Attributes:
        total: samples in all.
        size: how many are kept; all where there are no more.
        seed: chooses them.
    """

    total: int
    size: int
    seed: int

    @cached_property
    def numbers(self) -> np.ndarray:
        """Of the samples that are kept, ascending: a random set, the same for the same seed, total and size."""
        if self.size >= self.total:
            return np.arange(self.total)
        entropy = np.random.SeedSequence(self.seed, spawn_key=Purpose.RESERVOIR.key)
        return np.sort(np.random.default_rng(entropy).choice(self.total, self.size, replace=False))

    def within(self, samples: range) -> np.ndarray:
        """Numbers of those that are kept among some samples."""
        first, stop = np.searchsorted(self.numbers, (samples.start, samples.stop))
        return self.numbers[first:stop]

    def halves(self, rows: Tensor, first: int) -> Halves:
        """Moments of rows (N, F) of samples from number `first` on, by the half of all samples that they lie in."""
        border = max(0, self.total - self.total // 2 - first)
        return Moments.of(rows[:border]), Moments.of(rows[border:])


@dataclass(frozen=True)
class Sample:
    """Samples of one way at one step, or some of them.

    Attributes:
        count: how many.
        halves: name of a space -> moments of the features, see `Reservoir.halves`.
        classes: how many are in each class, as a classifier of labels sees them.
        averages: figures that are means over samples.
        numbers: of the samples that are kept themselves, (K,) ascending.
        features: theirs.
        latents: theirs, (K, D).
    """

    count: int
    halves: Mapping[str, Halves]
    classes: Counts
    averages: Numbers
    numbers: np.ndarray
    features: Features
    latents: Tensor

    @classmethod
    def of(
        cls,
        features: Features,
        classes: Counts,
        averages: Numbers,
        reservoir: Reservoir,
        first: int = 0,
        latents: Tensor | None = None,
    ) -> Sample:
        """Samples from number `first` on, of which all is at hand; latents only where figures ask for them."""
        count = len(next(iter(features.values())))
        numbers = reservoir.within(range(first, first + count))
        rows = torch.from_numpy(numbers - first)
        halves = {space: reservoir.halves(each, first) for space, each in features.items()}
        kept = {space: each[rows] for space, each in features.items()}
        none = torch.empty(count, 0, dtype=torch.float32, device="cpu")
        return cls(count, halves, classes, averages, numbers, kept, (none if latents is None else latents)[rows])

    @classmethod
    def join(cls, parts: Sequence[Sample]) -> Sample:
        """The samples of all parts, which may come in any order."""
        weights = [part.count for part in parts]
        halves = {
            space: (Moments.join([part.halves[space][0] for part in parts]),
                    Moments.join([part.halves[space][1] for part in parts]))
            for space in parts[0].halves
        }  # fmt: skip
        numbers = np.concatenate([part.numbers for part in parts])
        order = torch.from_numpy(np.argsort(numbers))
        return cls(
            sum(weights),
            halves,
            {name: torch.stack([part.classes[name] for part in parts]).sum(dim=0) for name in parts[0].classes},
            {
                name: float(np.average([part.averages[name] for part in parts], weights=weights))
                for name in parts[0].averages
            },
            np.sort(numbers),
            {name: torch.cat([part.features[name] for part in parts])[order] for name in parts[0].features},
            torch.cat([part.latents for part in parts])[order],
        )


class Gathered:
    """Samples that come part by part, in any order; a few parts are held at a time."""

    def __init__(self) -> None:
        self.parts: list[Sample] = []
        self.count = 0

    def add(self, part: Sample) -> None:
        """Take a part."""
        self.parts.append(part)
        self.count += part.count
        if len(self.parts) == TOGETHER:
            self.parts = [self.whole()]

    def whole(self) -> Sample:
        """All that came, one part at least."""
        return Sample.join(self.parts)


def averages_of(run: ChainRun, step: int) -> Numbers:
    """What is averaged over a batch of chains at a step."""
    averages = {"average_steps": run.steps_taken(step)} | sharpness_of(run.images[step])
    if "accepted" in run.info and step:
        averages["acceptance"] = run.acceptance(step) or 0.0
    return averages


def sharpness_of(images: Tensor) -> Numbers:
    """The mean sharpness of images (N, C, H, W)."""
    return {"sharpness": sharpness(images).mean().item()}
