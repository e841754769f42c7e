"""Ways to sample as curves, what they are compared with, and where they lie on screen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from latentdemo.ui.components.charts import (
    DASHES,
    DIRECT,
    PRIOR,
    REAL,
    Look,
    Style,
    legend,
    line_swatch,
    mark_swatch,
    style_of,
    swatch_image,
)

LEVEL_DASHES: dict[str, list[int]] = {"prior": [], "ceiling": [6, 4], "real": [], "draw": []}


@dataclass(frozen=True)
class Point:
    """A figure at one place.

    Attributes:
        x, y: where.
        half_width: of the interval around y; None where it is not known.
        note: what a tooltip says of it.
    """

    x: float
    y: float
    half_width: float | None = None
    note: str = ""

    @property
    def low(self) -> float:
        """Lower end of the interval."""
        return self.y - (self.half_width or 0.0)

    @property
    def high(self) -> float:
        """Upper end of the interval."""
        return self.y + (self.half_width or 0.0)


@dataclass(frozen=True)
class Curve:
    """Points of one way to sample, ascending in x.

    Attributes:
        label: in words.
        kernel: gives colour and mark.
        variant: a key of `DASHES`.
        points: of the line; a single one is a mark without a line.
    """

    label: str
    kernel: str
    points: Sequence[Point]
    variant: str = "plain"

    @property
    def style(self) -> Style:
        """Colour and mark."""
        return style_of(self.kernel)

    @property
    def swatch(self) -> str:
        """Address of a picture of the mark, on its line where there is one."""
        if len(self.points) == 1:
            return mark_swatch(self.style)
        return line_swatch(Look(self.style.colour, DASHES[self.variant]), self.style.shape)


@dataclass(frozen=True)
class Level:
    """A figure that does not depend on steps.

    Attributes:
        label: in words, short.
        kind: a key of `LEVEL_DASHES`.
        value: where its rule lies.
        half_width: of its interval.
    """

    label: str
    kind: str
    value: float
    half_width: float | None = None

    @property
    def colour(self) -> str:
        """Grey for the prior, dark for what is made of real data, and as charts have it for a draw without a chain."""
        return {"prior": PRIOR, "draw": DIRECT.colour}.get(self.kind, REAL)


@dataclass(frozen=True)
class Axis:
    """The horizontal axis.

    Attributes:
        title: in words.
        kind: "sqrt", which gives the first steps their room, or "log".
        ticks: values to name.
    """

    title: str
    kind: Literal["sqrt", "log"] = "sqrt"
    ticks: Sequence[float] = field(default_factory=list)

    def place(self, value: float) -> float:
        """Where a value lies, in units that are even on screen."""
        return math.sqrt(value) if self.kind == "sqrt" else math.log(value)


def curves_legend(curves: Sequence[Curve]) -> str:
    """The curves with their marks and dashes, as HTML for `st.html`."""
    return legend([(swatch_image(curve.swatch), curve.label) for curve in curves])
