"""The pieces of an evaluation, each of which can be measured by itself: an arm, or the references, for one seed.

They are measured in this process, one or two at a time, or spread over others that have an `Assignment`. Either way
what leaves a piece is its figures alone, and a process holds the real images and their features of one seed at a time.
Samples are reduced to what figures need batch by batch; an arm of very many is walked in parts, by several processes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import NamedTuple

import numpy as np

from latentdemo.checkpoints import model_folder
from latentdemo.data import ImageSet, read_held_out
from latentdemo.evaluation.compute import Here
from latentdemo.evaluation.division import divide
from latentdemo.evaluation.features.space import FeatureSpace
from latentdemo.evaluation.protocol import Arm
from latentdemo.evaluation.reduced.sample import Gathered, Numbers, Sample
from latentdemo.evaluation.repetition import Repetition, Subject
from latentdemo.sampling.chain import BATCH

REFERENCES = "references"
PART = 80 * BATCH  # chains of an arm that a process walks before others may take over: of a minute's work
Sides = tuple[np.ndarray, np.ndarray]
"""Rows of the images that samples of a seed are compared with, and of those that its references are taken of."""


@dataclass(frozen=True)
class Piece:
    """What is measured at a time.

    Attributes:
        seed: of the repetition.
        arm: the way to sample; None for the references.
    """

    seed: int
    arm: Arm | None

    @property
    def key(self) -> str:
        """Names it within the evaluation."""
        return f"{self.seed} {self.arm.key if self.arm else REFERENCES}"


@dataclass(frozen=True)
class Part:
    """Some chains of the arm of a piece.

    Attributes:
        piece: that they belong to.
        chains: their numbers.
    """

    piece: Piece
    chains: range


Finding = tuple[Piece, dict[str, Numbers]]
"""A piece, and its figures by step of the arm or name of the reference."""


class Walked(NamedTuple):
    """A part, and its samples by step of the arm."""

    part: Part
    samples: dict[int, Sample]


class Measurer:
    """Measures pieces, those of one seed after the other best; several threads may call it.

    Args:
        subject: what is measured.
        count: images a side.
        seeds: of all repetitions.
        cancelled: asked between two batches.
        samples: drawn of each way, in each repetition; None takes `count`.
    """

    def __init__(
        self,
        subject: Subject,
        count: int,
        seeds: Sequence[int],
        cancelled: Callable[[], bool] | None = None,
        samples: int | None = None,
    ) -> None:
        self.subject = subject
        self.cancelled = cancelled
        self.samples = samples
        self.sides = dict(zip(seeds, sides_of(subject, count, seeds)[0], strict=True))
        self.repetition: Repetition | None = None  # the last one, which holds images and features
        self.lock = Lock()

    def __call__(self, piece: Piece) -> Finding:
        """The figures of a piece."""
        repetition = self.repetition_of(piece.seed)
        if piece.arm is None:
            return piece, repetition.references()
        return piece, repetition.measure(piece.arm, self.cancelled)

    def walk(self, part: Part) -> Walked:
        """The samples of a part."""
        assert part.piece.arm is not None
        repetition = self.repetition_of(part.piece.seed)
        return Walked(part, repetition.walk(part.piece.arm, part.chains, self.cancelled))

    def join(self, piece: Piece, walked: Mapping[int, Gathered]) -> Finding:
        """The figures of a piece, all of whose parts are there."""
        samples = {step: gathered.whole() for step, gathered in walked.items()}
        return piece, self.repetition_of(piece.seed).figures(samples)

    def repetition_of(self, seed: int) -> Repetition:
        """The last repetition, if it is of that seed, else a new one."""
        with self.lock:
            if self.repetition is None or self.repetition.seed != seed:
                self.repetition = Repetition(self.subject, *self.sides[seed], seed, self.samples)
            return self.repetition


def sides_of(subject: Subject, count: int, seeds: Sequence[int]) -> tuple[list[Sides], float]:
    """The images of each repetition, and how far the held-out ones overlap; see `divide`."""
    if subject.train is None:
        pools = np.array_split(np.random.default_rng(0).permutation(len(subject.held_out)), 2)
        real, overlap = divide(min(map(len, pools)), count, seeds)
        return [(pools[0][rows], pools[1][rows]) for rows in real], overlap
    real, overlap = divide(len(subject.held_out), count, seeds)
    return list(zip(real, divide(len(subject.train), count, seeds).rows, strict=True)), overlap


@dataclass(frozen=True)
class Assignment:
    """All that another process needs to measure pieces of an evaluation, beside the model's files.

    Attributes:
        model: its name.
        bf16: see `measure_model`.
        spaces, train: see `Subject`.
        count, seeds, samples: see `Measurer`.
    """

    model: str
    bf16: bool
    spaces: Mapping[str, FeatureSpace]
    train: ImageSet | None
    count: int
    seeds: tuple[int, ...]
    samples: int | None = None

    @property
    def total(self) -> int:
        """Samples of each way, in each repetition."""
        return self.samples or self.count

    def parts(self, piece: Piece) -> list[Piece] | list[Part]:
        """What processes do of a piece: all of it, or one part each."""
        if piece.arm is None or self.total <= PART:
            return [piece]
        return [Part(piece, range(first, min(first + PART, self.total))) for first in range(0, self.total, PART)]

    def measurer(self, device: str | None = None) -> Measurer:
        """What measures, with models loaded for it alone; raises as `load_model` does."""
        compute, folder = Here(device), model_folder(self.model)
        with compute.model(self.model, "trained") as trained:
            walked = trained
        if self.bf16:
            with compute.model(self.model, "bf16") as served:
                walked = served
        for space in self.spaces.values():
            space.module.to(compute.device)
        subject = Subject(walked, trained, self.spaces, read_held_out(folder.parent), self.train, compute)
        return Measurer(subject, self.count, self.seeds, samples=self.samples)


Spread = Callable[[Assignment, Sequence[Piece]], Iterable[Finding]]
"""Has pieces measured by other processes, in any order."""
