"""What was measured of moves along the directions of attributes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean
from typing import Any, NamedTuple

from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.report.measured import Figures, Measured

BASE, LATENT = "base", "latent"  # the spaces that moves go through
SHOWN, OTHERS_KEPT = "shown", "others_kept"
OF_ALL, OF_VALUE = "distance", "distance_of_value"
BEFORE = "before_"  # begins the name of a figure of the same pictures before the move


class Value(NamedTuple):
    """One of the values of an attribute."""

    attribute: str
    name: str


@dataclass(frozen=True)
class MovedRow(Measured):
    """Pictures after one move.

    Attributes:
        value: towards which.
        space: that the move went through, `BASE` or `LATENT`.
        amount: how far, in standard deviations of encodings.

    `own` holds the mean probability of the value (`SHOWN`), and the share of pictures whose class of another attribute
    stayed, over all others (`OTHERS_KEPT`, where there are others); `judged` the Fréchet distances from real pictures
    (`OF_ALL`) and from those that show the value (`OF_VALUE`). The name with `BEFORE` is that of pictures not moved.
    """

    value: Value = field(kw_only=True)
    space: str = field(kw_only=True)
    amount: float = field(kw_only=True)

    def change(self, figure: str, judge: str | None = None) -> Interval:
        """What the move changes in a figure, paired; in a feature space where one is named."""
        figures = self.own if judge is None else self.judged[judge]
        return figures[figure].minus(figures[BEFORE + figure])

    def values(self) -> dict[str, Any]:
        """The row as it lies in a file."""
        return self.value._asdict() | {"space": self.space, "amount": self.amount} | self.written()


@dataclass(frozen=True)
class AttributeReport:
    """How moves of a model fare.

    Attributes:
        model_sha256, density_sha256: digests of the weights and of the fitted densities.
        pictures: that are moved in each repetition.
        seeds: one repetition each.
        overlap: of the repetitions' held-out pictures, see `Interval`. Real pictures that show a value are few, and the
            same in all.
        device, created: what it was measured on, and the date, ISO 8601.
        spaces: name of a feature space -> digest.
        rows: all moves.
    """

    model_sha256: str
    density_sha256: str
    pictures: int
    seeds: list[int]
    overlap: float
    device: str
    created: str
    spaces: Mapping[str, str]
    rows: list[MovedRow]

    @property
    def averages(self) -> list[MovedRow]:
        """What moves through the same space by the same amount do on average over all values, with intervals."""
        kinds = dict.fromkeys((row.space, row.amount) for row in self.rows)
        return [average([row for row in self.rows if (row.space, row.amount) == kind]) for kind in kinds]

    def values(self) -> dict[str, Any]:
        """This as it lies in a file."""
        return dict(vars(self)) | {"rows": [row.values() for row in self.rows]}


def average(rows: Sequence[MovedRow]) -> MovedRow:
    """Moves towards several values as one, without a name; figures that all have, averaged in each repetition."""

    def mean(figures: Sequence[Figures]) -> dict[str, Interval]:
        found = {name: [each[name] for each in figures] for name in figures[0] if all(name in each for each in figures)}
        by_seed = {name: zip(*(each.values for each in found[name]), strict=True) for name in found}
        return {name: Interval.of([*map(fmean, by_seed[name])], found[name][0].overlap) for name in found}

    judged = {space: mean([row.judged[space] for row in rows]) for space in rows[0].judged}
    return replace(rows[0], own=mean([row.own for row in rows]), judged=judged, value=Value("", ""))
