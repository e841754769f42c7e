"""All that an evaluation measures, over all repetitions: the ways to sample, and the references beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TypeVar

from latentdemo.errors import Cancelled
from latentdemo.evaluation.interval import Interval, ratio_of_gaps
from latentdemo.evaluation.pieces import Finding, Measurer, Piece, sides_of
from latentdemo.evaluation.protocol import Arm
from latentdemo.evaluation.reduced.sample import Numbers
from latentdemo.evaluation.repetition import IN, Subject
from latentdemo.evaluation.report import CEILING, DISTANCE, GAP, MIX, Measured, Mix, Row
from latentdemo.evaluation.unfinished import Unfinished

DIGITS = 6  # Of figures in the file.

AnyMeasured = TypeVar("AnyMeasured", bound=Measured)
Progress = Callable[[int, int], None]
"""Called with (pieces done, in all)."""


def measure_all(
    subject: Subject,
    arms: Sequence[Arm],
    count: int,
    seeds: Sequence[int],
    unfinished: Unfinished,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    measure: Callable[[Sequence[Piece]], Iterable[Finding]] | None = None,
    samples: int | None = None,
) -> tuple[list[Row], dict[str, Measured]]:
    """All rows, their costs still missing, and the references, over all seeds.

    Args:
        subject: what is measured.
        arms: the ways to sample.
        count, seeds, samples: see `measure_model`.
        unfinished: what was measured before, and is not measured again.
        progress: told how far it is.
        cancelled: asked between two batches.
        measure: measures pieces, in any order; None does so in this process.

    Raises:
        Cancelled: `cancelled` answered True; what was measured is kept.
    """
    pieces = [Piece(seed, arm) for seed in seeds for arm in (None, *arms)]
    found = {piece.key: kept for piece in pieces if (kept := unfinished.get(piece.key)) is not None}
    left = [piece for piece in pieces if piece.key not in found]
    measure = measure or partial(measured_here, Measurer(subject, count, seeds, cancelled, samples))
    for piece, numbers in measure(left):
        found[piece.key] = numbers
        unfinished.put(piece.key, numbers)
        if progress:
            progress(len(found), len(pieces))
        if cancelled and cancelled() and len(found) < len(pieces):
            raise Cancelled("cancelled; what was measured so far is kept")
    return rows_of(arms, seeds, found, overlap_of(subject, count, seeds))


def measured_here(measurer: Measurer, pieces: Sequence[Piece]) -> Iterator[Finding]:
    """What pieces come to, in their order: on the caller's thread, or where an engine walks chains on threads of their
    own, so that it need not wait while figures are taken."""
    at_once = measurer.subject.compute.at_once
    if at_once == 1:
        yield from map(measurer, pieces)
        return
    with ThreadPoolExecutor(at_once, "latentdemo-measuring") as threads:
        yield from threads.map(measurer, pieces)


def rows_of(
    arms: Sequence[Arm], seeds: Sequence[int], found: Mapping[str, dict[str, Numbers]], overlap: float
) -> tuple[list[Row], dict[str, Measured]]:
    """Rows and references from the figures of all pieces, by their keys."""

    def over(arm: Arm | None, name: str) -> Measured:
        return over_seeds([found[Piece(seed, arm).key][name] for seed in seeds], overlap)

    references = {name: over(None, name) for name in found[Piece(seeds[0], None).key]}
    rows = [row_of(arm, step, over(arm, str(step))) for arm in arms for step in arm.steps]
    return with_gaps(rows, references)


def overlap_of(subject: Subject, count: int, seeds: Sequence[int]) -> float:
    """How far the held-out images of the repetitions overlap; see `divide`."""
    return sides_of(subject, count, seeds)[1]


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
