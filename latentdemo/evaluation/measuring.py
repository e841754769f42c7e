"""All that an evaluation measures, over all repetitions: the ways to sample, and the references beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

import numpy as np

from latentdemo.errors import Cancelled
from latentdemo.evaluation.division import divide
from latentdemo.evaluation.interval import Interval, ratio_of_gaps
from latentdemo.evaluation.protocol import Arm
from latentdemo.evaluation.repetition import IN, Numbers, Repetition, Subject
from latentdemo.evaluation.report import CEILING, DISTANCE, GAP, MIX, Measured, Mix, Row
from latentdemo.evaluation.unfinished import Unfinished

DIGITS = 6  # Of figures in the file.

AnyMeasured = TypeVar("AnyMeasured", bound=Measured)
Progress = Callable[[int, int], None]
"""Called with (arms done, in all)."""


def measure_all(
    subject: Subject,
    arms: Sequence[Arm],
    count: int,
    seeds: Sequence[int],
    unfinished: Unfinished,
    progress: Progress | None,
    cancelled: Callable[[], bool] | None,
) -> tuple[list[Row], dict[str, Measured]]:
    """All rows, their costs still missing, and the references, over all seeds."""
    repetitions, overlap = repetitions_of(subject, count, seeds)
    of_seed: list[dict[str, dict[str, Numbers]]] = []
    total = len(seeds) * (1 + len(arms))
    for turn, repetition in enumerate(repetitions):
        measured: dict[str, dict[str, Numbers]] = {}
        work: list[tuple[str, Callable[[], dict[str, Numbers]]]] = [("references", repetition.references)]
        work += [(arm.key, partial(repetition.measure, arm, cancelled)) for arm in arms]
        for index, (key, take) in enumerate(work):
            if cancelled and cancelled():
                raise Cancelled("cancelled; what was measured so far is kept")
            measured[key] = unfinished.get_or_make(f"{repetition.seed} {key}", take)
            if progress:
                progress(turn * len(work) + index + 1, total)
        of_seed.append(measured)
    names = of_seed[0]["references"]
    references = {name: over_seeds([each["references"][name] for each in of_seed], overlap) for name in names}
    rows = [
        row_of(arm, step, over_seeds([each[arm.key][str(step)] for each in of_seed], overlap))
        for arm in arms
        for step in arm.steps
    ]
    return with_gaps(rows, references)


def repetitions_of(subject: Subject, count: int, seeds: Sequence[int]) -> tuple[list[Repetition], float]:
    """The repetitions, and how far their held-out images overlap; see `divide`."""
    if subject.train is None:
        pools = np.array_split(np.random.default_rng(0).permutation(len(subject.held_out)), 2)
        total = min(map(len, pools))
        real, overlap = divide(total, count, seeds)
        sides = [(pools[0][rows], pools[1][rows]) for rows in real]
    else:
        real, overlap = divide(len(subject.held_out), count, seeds)
        sides = list(zip(real, divide(len(subject.train), count, seeds).rows, strict=True))
    return [Repetition(subject, *side, seed) for side, seed in zip(sides, seeds, strict=True)], overlap


def row_of(arm: Arm, step: int, measured: Measured) -> Row:
    """What was measured of an arm at a step."""
    own = dict(measured.own)
    average = own.pop("average_steps")
    spec = arm.spec.replaced(steps=step)
    return Row(own, measured.judged, measured.mix, spec=spec, average_steps=average.mean)


def with_gaps(rows: Sequence[Row], references: Mapping[str, Measured]) -> tuple[list[Row], dict[str, Measured]]:
    """Everything with the quality gap closed in each feature space: per cent of the way from the prior sample's Fréchet
    distance to the ceiling's. Where the prior sample is no worse than the ceiling in some space, there is no gap that a
    way could close in all of them, and none is told."""
    ends = {
        space: (figures[DISTANCE], references[CEILING].judged[space][DISTANCE])
        for space, figures in next(row for row in rows if row.is_prior).judged.items()
    }
    if any(prior.mean <= ceiling.mean for prior, ceiling in ends.values()):
        return list(rows), dict(references)

    def extended(measured: AnyMeasured) -> AnyMeasured:
        judged = {
            space: {GAP: ratio_of_gaps(ends[space][0], figures[DISTANCE], ends[space][1])} | dict(figures)
            for space, figures in measured.judged.items()
        }
        return replace(measured, judged=judged)

    return [extended(row) for row in rows], {name: extended(each) for name, each in references.items()}


def over_seeds(numbers: Sequence[Numbers], overlap: float = 0.0) -> Measured:
    """What repetitions found, by where it belongs: "recall" needs no feature space, "labels:recall" was taken in one;
    "mix_change:hair" is the change in the mix of an attribute, "mix_change:hair:2" the share of its third class."""
    names = [name for name in numbers[0] if all(name in each for each in numbers)]
    figures = {name: Interval.of([rounded(each[name]) for each in numbers], overlap) for name in names}
    own = {name: figure for name, figure in figures.items() if IN not in name}
    judged: dict[str, dict[str, Interval]] = {}
    shares: dict[str, list[Interval]] = {}
    for name, figure in figures.items():
        first, *rest = name.split(IN)
        if rest and first == MIX:
            shares.setdefault(rest[0], []).append(figure)
        elif rest:
            judged.setdefault(first, {})[rest[0]] = figure
    mixes = {attribute: Mix(change, tuple(each)) for attribute, (change, *each) in shares.items()}
    if mixes:
        own[MIX] = max((each.total_variation for each in mixes.values()), key=lambda each: each.mean)
    return Measured(own, judged, mixes)


def rounded(value: float) -> float:
    """A number as it is kept in the file."""
    return float(f"{value:.{DIGITS}g}")
