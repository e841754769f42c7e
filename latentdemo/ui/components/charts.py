"""Charts in one visual language.

The prior is always one grey, real data always as dark as the text, each kernel always of its own colour and with its
own mark; a variant of a kernel keeps both and has a dashed line. Intervals are bands of two standard errors to each
side. Lines are labelled at their ends where there is room; `legend` says it all once more in a row of its own.
"""

from __future__ import annotations

import base64
import html
import itertools
import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import altair as alt
import pandas as pd

PRIOR = "#8a929c"
REAL = "currentColor"  # the text's own: dark on light, light on dark
SURE = 2.0  # standard errors to each side of a mean
HEIGHT = 360  # pixels of a chart, its axes included
PLOT_WIDTH, PLOT_HEIGHT = 400, 250  # pixels of the plot that labels are placed for; the browser's is as wide or wider
LABELLED_FROM = 340  # pixels of plot from which on lines are labelled at their ends
LETTER, LINE = 6.3, 14  # pixels that a label takes


class Style(NamedTuple):
    """Colour and mark of a kernel."""

    colour: str
    shape: str


STYLES = {
    "decode-encode": Style("#0072b2", "circle"),
    "transport": Style("#d55e00", "square"),
    "hmc": Style("#009e73", "triangle-up"),
    "langevin": Style("#e69f00", "diamond"),
    "metropolis-within-gibbs": Style("#cc79a7", "triangle-down"),
    "": Style("#56b4e9", "cross"),
}
"""Of each kernel; "" is a draw that no chain follows. Colours: Okabe & Ito, told apart by the colour-blind."""
OTHER = Style("#a6a15e", "triangle-right")
DASHES: dict[str, list[int]] = {
    "plain": [],
    "start": [9, 3],
    "options": [2, 3],
    "adaptive": [7, 3, 2, 3],
}
"""Of each variant of a kernel: as it is, from another start, with options of its own, stopping by itself."""
LEVEL_DASHES: dict[str, list[int]] = {"prior": [], "ceiling": [6, 4], "real": []}
MARKS = {
    "circle": '<circle cx="14" cy="7" r="4.5"/>',
    "square": '<rect x="10" y="3" width="8" height="8"/>',
    "triangle-up": '<path d="M14 2 19 11H9z"/>',
    "triangle-down": '<path d="M14 12 19 3H9z"/>',
    "triangle-right": '<path d="M19 7 10 12V2z"/>',
    "diamond": '<path d="M14 1 19 7 14 13 9 7z"/>',
    "cross": '<path d="M12.2 2h3.6v3.2H19v3.6h-3.2V12h-3.6V8.8H9V5.2h3.2z"/>',
}


@dataclass(frozen=True)
class Point:
    """A figure at one place.

    Attributes:
        x, y: where.
        error: standard error of y; None where it is not known.
        note: what a tooltip says of it.
    """

    x: float
    y: float
    error: float | None = None
    note: str = ""

    @property
    def low(self) -> float:
        """Lower end of the interval."""
        return self.y - SURE * (self.error or 0.0)

    @property
    def high(self) -> float:
        """Upper end of the interval."""
        return self.y + SURE * (self.error or 0.0)


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
        return STYLES.get(self.kernel, OTHER)


@dataclass(frozen=True)
class Level:
    """A figure that does not depend on steps.

    Attributes:
        label: in words, short.
        kind: a key of `LEVEL_DASHES`.
        value: where its rule lies.
        error: its standard error.
    """

    label: str
    kind: str
    value: float
    error: float | None = None

    @property
    def colour(self) -> str:
        """Grey for the prior, dark for what is made of real data."""
        return PRIOR if self.kind == "prior" else REAL


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


def curves_chart(
    curves: Sequence[Curve],
    levels: Sequence[Level],
    axis: Axis,
    y_title: str,
    marked: Point | None = None,
    marked_label: str = "",
) -> alt.LayerChart:
    """Figures against steps or time: a line and a band a way to sample, rules for what they are compared with.

    Args:
        curves: ways to sample.
        levels: what they are compared with.
        axis: of steps or time.
        y_title: the figure, in words.
        marked: a point to mark with a ring.
        marked_label: what stands beside it.
    """
    points = [point for curve in curves for point in curve.points]
    x_ends = widened([axis.place(point.x) for point in points] or [0.0, 1.0], 0.03)
    values = [end for point in points for end in (point.low, point.high)] + [level.value for level in levels]
    y_ends = widened(values or [0.0, 1.0], 0.06)
    frame = Frame(axis, x_ends, y_ends)
    layers: list[Any] = [
        *edge_layers(levels, frame, y_title),
        *level_layers(levels, frame),
        *curve_layers(curves, frame),
    ]
    boxes = [Box(*frame.pixel(point.x, point.y), 8.0, 8.0) for point in points]
    boxes += [frame.across(level) for level in levels]
    lines = [piece for curve in curves for piece in frame.pieces(curve)]
    labels: list[tuple[str, Point, bool]] = [(marked_label, marked, True)] if marked else []
    labels += [
        (curve.label, curve.points[-1], False)
        for curve in sorted(curves, key=lambda curve: len(curve.points), reverse=True)
        if curve.points
    ]
    if marked:
        layers.append(ring(marked, frame))
    for text, point, strong in labels:
        spot = frame.free_spot(text, point, boxes, lines)
        if spot:
            boxes.append(spot.box)
            layers.append(label_layer(text, point, spot, frame, strong))
    return alt.layer(*layers).properties(height=HEIGHT).resolve_axis(y="independent")


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
    """

    axis: Axis
    x_ends: tuple[float, float]
    y_ends: tuple[float, float]

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
        """Where a point lies on a chart of the least size."""
        first, last = self.x_ends if self.axis.kind == "log" else (0.0, self.x_ends[1])
        low, high = self.y_ends
        return PLOT_WIDTH * (self.axis.place(x) - first) / (last - first), PLOT_HEIGHT * (high - y) / (high - low)

    def free_spot(self, text: str, point: Point, taken: Sequence[Box], lines: Sequence[Box]) -> Spot | None:
        """The best place for a label beside its point; None where there is no room."""
        width, (x, y) = text_width(text), self.pixel(point.x, point.y)
        best, least = None, 3.0  # pieces of lines that a label may lie on
        for align, dx, dy in (  # near ones only: a label farther off would be read as another line's
            ("left", 9, 0), ("left", 8, -11), ("left", 8, 11), ("right", -8, -12), ("right", -8, 12), ("right", -10, 0),
            ("center", 0, -20), ("center", 0, 20),
        ):  # fmt: skip
            centre = x + dx + {"left": width / 2, "right": -width / 2, "center": 0.0}[align]
            box = Box(centre, y + dy, width, LINE)
            if (
                centre - width / 2 < 0
                or centre + width / 2 > PLOT_WIDTH
                or not LINE / 2 < box.y < PLOT_HEIGHT - LINE / 2
                or any(box.meets(other) for other in taken)
            ):
                continue
            crossings = float(sum(box.meets(piece) for piece in lines))
            if crossings < least:
                best, least = Spot(align, dx, dy, box), crossings
        return best

    def across(self, level: Level) -> Box:
        """The rule of a level."""
        return Box(
            PLOT_WIDTH / 2, self.pixel(0.0 if self.axis.kind == "sqrt" else 1.0, level.value)[1], PLOT_WIDTH, 2.0
        )

    def pieces(self, curve: Curve) -> list[Box]:
        """A line in short pieces."""
        places = [self.pixel(point.x, point.y) for point in curve.points]
        return [
            Box(x + share * (next_x - x), y + share * (next_y - y), 2.0, 2.0)
            for (x, y), (next_x, next_y) in itertools.pairwise(places)
            for share in (number / 16 for number in range(16))
        ]


def curve_layers(curves: Sequence[Curve], frame: Frame) -> list[alt.Chart]:
    """Bands below, then lines, then marks with tooltips."""
    bands, lines, marks = [], [], []
    for curve in curves:
        rows = pd.DataFrame(
            [
                {"x": point.x, "y": point.y, "low": point.low, "high": point.high, "note": point.note}
                for point in curve.points
            ]
        )
        colour, base = curve.style.colour, alt.Chart(rows)
        interval = {"x": frame.x(), "y": frame.y("low"), "y2": "high:Q"}
        if len(curve.points) > 1:
            bands.append(base.mark_area(color=colour, opacity=0.16, tooltip=None).encode(**interval))
            lines.append(
                base.mark_line(
                    color=colour, strokeWidth=2.5, strokeDash=DASHES[curve.variant] or [1, 0], tooltip=None
                ).encode(x=frame.x(), y=frame.y("y"))
            )
        else:
            bands.append(base.mark_rule(color=colour, strokeWidth=2, tooltip=None).encode(**interval))
        marks.append(
            base.mark_point(shape=curve.style.shape, color=colour, filled=True, size=60, opacity=1.0).encode(
                x=frame.x(), y=frame.y("y"), tooltip=[alt.Tooltip("note:N", title=curve.label)]
            )
        )
    return [*bands, *lines, *marks]


def level_layers(levels: Sequence[Level], frame: Frame) -> list[alt.Chart]:
    """A rule a level, named at the right edge."""
    layers = []
    for level in levels:
        rows = pd.DataFrame([{"y": level.value}])
        layers.append(
            alt.Chart(rows)
            .mark_rule(
                color=level.colour,
                strokeWidth=2,
                opacity=0.7 if level.kind == "ceiling" else 1.0,
                strokeDash=LEVEL_DASHES[level.kind] or [1, 0],
                tooltip=None,
            )
            .encode(y=frame.y("y"))
        )
    return layers


def edge_layers(levels: Sequence[Level], frame: Frame, title: str) -> list[alt.Chart]:
    """The vertical axis at the left, the names of the levels at the right; other layers have no vertical axis."""
    left = alt.Axis(
        title=title, tickCount=5, titleAnchor="end", titleAngle=0, titleAlign="left", titleX=0, titleY=-14, grid=True
    )
    gap = (frame.y_ends[1] - frame.y_ends[0]) * LINE / PLOT_HEIGHT
    names = names_at_the_edge(levels, gap)
    places = [place for place, _name in names]
    right = alt.Axis(
        orient="right", values=places, labelExpr=label_expression(names, gap / 100), labelOverlap=False, labelLimit=140,
        labelPadding=6, grid=False, ticks=False, domain=False, title=None,
    )  # fmt: skip
    nothing = alt.Chart(pd.DataFrame([{"y": frame.y_ends[0]}])).mark_point(opacity=0, size=0, tooltip=None)
    return [nothing.encode(y=frame.y("y").axis(edge)) for edge in ([left, right] if names else [left])]


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


def ring(point: Point, frame: Frame) -> alt.Chart:
    """A ring around a point."""
    return (
        alt.Chart(pd.DataFrame([{"x": point.x, "y": point.y}]))
        .mark_point(shape="circle", size=330, filled=False, color=REAL, strokeWidth=2.2, opacity=1.0, tooltip=None)
        .encode(x=frame.x(), y=frame.y("y"))
    )


def label_layer(text: str, point: Point, spot: Spot, frame: Frame, strong: bool) -> alt.Chart:
    """A label beside its point, left out on a narrow chart."""
    return (
        alt.Chart(pd.DataFrame([{"x": point.x, "y": point.y}]))
        .mark_text(
            text=text,
            align=spot.align,  # type: ignore[arg-type]
            baseline="middle",
            dx=spot.dx,
            dy=spot.dy,
            color=REAL,
            fontSize=12,
            fontWeight="bold" if strong else "normal",
            opacity=alt.expr(f"width >= {LABELLED_FROM} ? 1 : 0"),
            tooltip=None,
        )
        .encode(x=frame.x(), y=frame.y("y"))
    )


def legend(curves: Sequence[Curve]) -> str:
    """The curves with their marks and dashes as HTML, for `st.html`."""
    entries = [
        '<span style="display:inline-flex;align-items:center;gap:0.4rem;white-space:nowrap">'
        f'<img alt="" width="28" height="14" src="{swatch(curve)}">{html.escape(curve.label)}</span>'
        for curve in curves
    ]
    return (
        '<div style="display:flex;flex-wrap:wrap;gap:0.25rem 1.2rem;font-size:0.875rem;line-height:1.5">'
        + "".join(entries)
        + "</div>"
    )


def swatch(curve: Curve) -> str:
    """Address of a picture of a curve's mark on its line."""
    dash = " ".join(map(str, DASHES[curve.variant]))
    line = f'<path d="M0 7H28" fill="none" stroke-width="2.5" stroke="{curve.style.colour}" stroke-dasharray="{dash}"/>'
    picture = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="28" height="14" fill="{curve.style.colour}">'
        f"{line if len(curve.points) > 1 else ''}{MARKS[curve.style.shape]}</svg>"
    )
    return f"data:image/svg+xml;base64,{base64.b64encode(picture.encode()).decode()}"


def widened(values: Sequence[float], share: float) -> tuple[float, float]:
    """The ends of values with some room at both."""
    low, high = min(values), max(values)
    room = share * (high - low) or abs(high) * share or 1.0
    return low - room, high + room


def text_width(text: str) -> float:
    """Pixels that a label takes, about."""
    return sum(2 * LETTER if unicodedata.east_asian_width(letter) in "WF" else LETTER for letter in text) + 4
