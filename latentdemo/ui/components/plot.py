"""The plotting area of a chart of curves, and the places in it where labels have room."""

from __future__ import annotations

import itertools
import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import altair as alt

from latentdemo.ui.components.curves import Axis, Curve, Level, Point

PLOT_WIDTH, PLOT_HEIGHT = 400, 250  # pixels; labels are placed for this size, and browsers draw no smaller
LETTER, LINE = 6.3, 14  # pixels that a letter of a label is wide, and a line of text high


class Box(NamedTuple):
    """A rectangle on screen: its centre and size, in pixels."""

    x: float
    y: float
    width: float
    height: float

    def meets(self, other: Box) -> bool:
        """Whether two of them overlap."""
        return (
            abs(self.x - other.x) * 2 < self.width + other.width
            and abs(self.y - other.y) * 2 < self.height + other.height
        )


class Spot(NamedTuple):
    """Where a label stands, seen from its point."""

    align: str
    dx: float
    dy: float
    box: Box


@dataclass(frozen=True)
class Frame:
    """The plotting area.

    Attributes:
        axis: the horizontal one.
        x_ends: its ends, as `Axis.place` gives them.
        y_ends: ends of the vertical axis.
        width, height: pixels that labels are placed for.
    """

    axis: Axis
    x_ends: tuple[float, float]
    y_ends: tuple[float, float]
    width: float = PLOT_WIDTH
    height: float = PLOT_HEIGHT

    def x(self) -> alt.X:
        """Encoding of the horizontal axis."""
        ends = [math.exp(end) for end in self.x_ends] if self.axis.kind == "log" else [0.0, self.x_ends[1] ** 2]
        ticks: dict[str, Any] = {"values": list(self.axis.ticks)} if self.axis.ticks else {"tickCount": 5}
        return alt.X(
            "x:Q",
            title=self.axis.title,
            scale=alt.Scale(type=self.axis.kind, domain=ends, nice=False),
            axis=alt.Axis(grid=False, labelOverlap="greedy", format="~g", **ticks),
        )

    def y(self, field: str) -> alt.Y:
        """Encoding of the vertical axis, which `edge_layers` draws."""
        return alt.Y(f"{field}:Q", axis=None, scale=alt.Scale(domain=list(self.y_ends), nice=False, zero=False))

    def pixel(self, x: float, y: float) -> tuple[float, float]:
        """Where a point lies on a chart of that size."""
        first, last = self.x_ends if self.axis.kind == "log" else (0.0, self.x_ends[1])
        low, high = self.y_ends
        return self.width * (self.axis.place(x) - first) / (last - first), self.height * (high - y) / (high - low)

    def free_spot(self, text: str, point: Point, taken: Sequence[Box], lines: Sequence[Box]) -> Spot | None:
        """The best place for a label beside its point; None where there is no room."""
        width, (x, y) = text_width(text), self.pixel(point.x, point.y)
        best, least = None, 3.0  # a label may lie on fewer than so many pieces of lines
        for align, dx, dy in (  # a label farther off would be read as another line's
            ("left", 9, 0), ("left", 8, -11), ("left", 8, 11), ("right", -8, -12), ("right", -8, 12), ("right", -10, 0),
            ("center", 0, -20), ("center", 0, 20),
        ):  # fmt: skip
            centre = x + dx + {"left": width / 2, "right": -width / 2, "center": 0.0}[align]
            box = Box(centre, y + dy, width, LINE)
            if (
                centre - width / 2 < 0
                or centre + width / 2 > self.width
                or not LINE / 2 < box.y < self.height - LINE / 2
                or any(box.meets(other) for other in taken)
            ):
                continue
            crossings = float(sum(box.meets(piece) for piece in lines))
            if crossings < least:
                best, least = Spot(align, dx, dy, box), crossings
        return best

    def across(self, level: Level) -> Box:
        """The rule of a level."""
        height = self.pixel(0.0 if self.axis.kind == "sqrt" else 1.0, level.value)[1]
        return Box(self.width / 2, height, self.width, 2.0)

    def pieces(self, curve: Curve) -> list[Box]:
        """A line in short pieces."""
        places = [self.pixel(point.x, point.y) for point in curve.points]
        return [
            Box(x + share * (next_x - x), y + share * (next_y - y), 2.0, 2.0)
            for (x, y), (next_x, next_y) in itertools.pairwise(places)
            for share in (number / 16 for number in range(16))
        ]


def names_at_the_edge(levels: Sequence[Level], gap: float) -> list[tuple[float, str]]:
    """Names of levels with their heights; those nearer than `gap` to each other share one line of text."""
    groups: list[list[Level]] = []
    for level in sorted(levels, key=lambda level: level.value):
        if groups and level.value - groups[-1][-1].value < gap:
            groups[-1].append(level)
        else:
            groups.append([level])
    return [
        (sum(level.value for level in group) / len(group), ", ".join(level.label for level in group))
        for group in groups
    ]


def label_expression(names: Sequence[tuple[float, str]], tolerance: float) -> str:
    """A Vega expression from the value of a tick to its name."""
    expression = "''"
    for place, name in names:
        quoted = name.replace("\\", "\\\\").replace("'", "\\'")
        expression = f"abs(datum.value - ({place!r})) < {tolerance!r} ? '{quoted}' : {expression}"
    return expression


def text_width(text: str) -> float:
    """Pixels that a label takes, about."""
    return sum(2 * LETTER if unicodedata.east_asian_width(letter) in "WF" else LETTER for letter in text) + 4
