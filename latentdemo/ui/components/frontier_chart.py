"""Ways to sample as marks of quality against time, those that no other beats joined by a line.

A way that collapses would press all others together: what lies beyond an end of the axis stands at that end, as a
triangle that points on.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import altair as alt
import pandas as pd

from latentdemo.ui.components.charts import PRIOR, REAL, Style, legend, mark_swatch, style_of, swatch, swatch_image
from latentdemo.ui.components.curves import Axis, Curve, Level, Point
from latentdemo.ui.components.curves_chart import edge_layers, label_layer, level_layers, ring, widened
from latentdemo.ui.components.plot import Box, Frame

WIDE, NARROW = 620, 230  # pixels: labels are placed for two widths of the plot, and shown at what there is
AXES = 60  # pixels of a chart's height that its axes take
LEFT, RIGHT = 42, 48  # pixels that the vertical axes take at least, so that charts above each other are in line
BEATEN, WORTH = 0.55, 1.0  # opacity of marks off and on the line
POINTS_ON = {False: "triangle-down", True: "triangle-up"}
"""The mark of what lies beyond the lower end, and the upper one."""
OUTLINE = f'<path d="M9 3H19L14 12z" fill="none" stroke="{PRIOR}" stroke-width="1.6"/>'


@dataclass(frozen=True)
class Way:
    """A way to sample on the chart.

    Attributes:
        x: milliseconds an image.
        y: the figure.
        low, high: ends of its interval.
        label: what stands beside it.
        title, note: what its tooltip says.
        kernel: gives colour and mark; None for the prior sample.
        kernel_title: the kernel in words, for the legend.
        worth: whether no other way beats it in both time and quality.
        marked: whether a ring marks it.
    """

    x: float
    y: float
    low: float
    high: float
    label: str
    title: str
    note: str
    kernel: str | None
    kernel_title: str = ""
    worth: bool = False
    marked: bool = False

    @property
    def style(self) -> Style:
        """Colour and mark."""
        return Style(PRIOR, "circle") if self.kernel is None else style_of(self.kernel)

    @property
    def point(self) -> Point:
        """Where it lies."""
        return Point(self.x, self.y)


@dataclass(frozen=True)
class Cut:
    """The ends that the vertical axis does not go beyond.

    Attributes:
        low, high: see above; None for no such end.
    """

    low: float | None = None
    high: float | None = None

    def beyond(self, way: Way) -> bool:
        """Whether a way lies beyond an end."""
        return (self.low is not None and way.y < self.low) or (self.high is not None and way.y > self.high)

    def within(self, value: float) -> float:
        """A value, or the end that it lies beyond."""
        low = value if self.low is None else max(value, self.low)
        return low if self.high is None else min(low, self.high)


def frontier_chart(
    ways: Sequence[Way], levels: Sequence[Level], axis: Axis, y_title: str, cut: Cut, height: int
) -> alt.LayerChart:
    """Quality against time.

    Args:
        ways: all that were measured, at least one.
        levels: what they are compared with.
        axis: of time.
        y_title: the figure, in words.
        cut: where the vertical axis ends, should a way lie beyond.
        height: pixels of the chart, its axes included.
    """
    frame = frame_of(ways, levels, axis, cut, height)
    inside = [way for way in ways if not cut.beyond(way)]
    outside = [way for way in ways if cut.beyond(way)]
    line = sorted((way for way in inside if way.worth), key=lambda way: way.x)
    layers: list[Any] = [*edge_layers(levels, frame, y_title), *level_layers(levels, frame)]
    known = [way for way in inside if math.isfinite(way.low) and math.isfinite(way.high)]
    layers += [joined(line, frame)] if line else []  # a layer without a mark has no name for those who cannot see it
    layers += [intervals(known, frame, cut)] if known else []
    layers += [marks(inside, frame)] if inside else []
    layers += [edge_marks(outside, frame, cut)] if outside else []
    layers += [ring(way.point, frame) for way in inside if way.marked]
    layers += labels(inside, line, levels, frame)
    return (
        alt.layer(*layers)
        .properties(height=height)
        .resolve_axis(y="independent")
        .configure_axisLeft(minExtent=LEFT)
        .configure_axisRight(minExtent=RIGHT)
    )


def frame_of(ways: Sequence[Way], levels: Sequence[Level], axis: Axis, cut: Cut, height: int) -> Frame:
    """The plotting area: all marks, and of their intervals what lies within the cut."""
    values = [cut.within(end) for way in ways for end in (way.low, way.y, way.high) if math.isfinite(end)]
    values += [level.value for level in levels]
    x_ends = widened([axis.place(way.x) for way in ways], 0.05)
    return Frame(axis, x_ends, widened(values, 0.06), WIDE, height - AXES)


def joined(line: Sequence[Way], frame: Frame) -> alt.Chart:
    """The line through the ways that no other beats: level up to the cost of the next one."""
    return (
        alt.Chart(pd.DataFrame([{"x": way.x, "y": way.y} for way in line]))
        .mark_line(color=REAL, strokeWidth=1.5, opacity=0.6, interpolate="step-after", tooltip=None)
        .encode(x=frame.x(), y=frame.y("y"))
    )


def intervals(ways: Sequence[Way], frame: Frame, cut: Cut) -> alt.Chart:
    """Intervals as upright rules."""
    rows = [{"x": way.x, "low": cut.within(way.low), "high": cut.within(way.high), **looks(way)} for way in ways]
    colour, opacity = alt.Color("colour:N", scale=None), alt.Opacity("opacity:Q", scale=None)
    return (
        alt.Chart(pd.DataFrame(rows))
        .mark_rule(strokeWidth=2, tooltip=None)
        .encode(x=frame.x(), y=frame.y("low"), y2="high:Q", color=colour, opacity=opacity)
    )


def marks(ways: Sequence[Way], frame: Frame) -> alt.Chart:
    """All ways as marks with tooltips, those that no other beats on top."""
    ordered = sorted(ways, key=lambda way: (way.worth, way.marked))
    rows = [{"x": way.x, "y": way.y, "title": way.title, "note": way.note, **looks(way)} for way in ordered]
    return alt.Chart(pd.DataFrame(rows)).mark_point(filled=True).encode(x=frame.x(), y=frame.y("y"), **look_channels())


def edge_marks(ways: Sequence[Way], frame: Frame, cut: Cut) -> alt.Chart:
    """What lies beyond the ends of the axis, at these ends, as outlines of triangles that point on."""
    rows = [
        {"x": way.x, "y": cut.within(way.y), "title": way.title, "note": way.note}
        | looks(way)
        | {"shape": POINTS_ON[way.y > cut.within(way.y)], "opacity": 1.0, "size": 80}
        for way in ways
    ]
    return (
        alt.Chart(pd.DataFrame(rows))
        .mark_point(filled=False, strokeWidth=1.8)
        .encode(x=frame.x(), y=frame.y("y"), **look_channels())
    )


LOOKS = ("colour", "shape", "opacity", "size")


def looks(way: Way) -> dict[str, Any]:
    """Colour, mark, strength and size of a way."""
    strong = way.worth or way.marked or way.kernel is None
    looks = (way.style.colour, way.style.shape, WORTH if strong else BEATEN, 95 if strong else 42)
    return dict(zip(LOOKS, looks, strict=True))


def look_channels() -> dict[str, Any]:
    """The encodings of what `looks` gives, and of tooltips."""
    return {
        "color": alt.Color("colour:N", scale=None),
        "shape": alt.Shape("shape:N", scale=None),
        "opacity": alt.Opacity("opacity:Q", scale=None),
        "size": alt.Size("size:Q", scale=None),
        "tooltip": [alt.Tooltip("title:N", title=" "), alt.Tooltip("note:N", title="  ")],
    }


def labels(inside: Sequence[Way], line: Sequence[Way], levels: Sequence[Level], frame: Frame) -> list[alt.Chart]:
    """Names beside the marks on the line, as many as have room: first the marked one's, then that of the best."""
    named = list(dict.fromkeys([*(way for way in inside if way.marked), *line[-1:], *line]))
    corners = [point for way, after in itertools.pairwise(line) for point in (way.point, Point(after.x, way.y))]
    stairs = Curve("", "", [*corners, *(way.point for way in line[-1:])])
    made = []
    for width, shown in ((WIDE, f"width >= {WIDE}"), (NARROW, f"width < {WIDE}")):
        fitted = replace(frame, width=width)
        taken = [Box(*fitted.pixel(way.x, way.y), 9.0, 9.0) for way in inside]
        taken += [fitted.across(level) for level in levels]
        for way in named:
            spot = fitted.free_spot(way.label, way.point, taken, fitted.pieces(stairs))
            if spot:
                taken.append(spot.box)
                made.append(label_layer(way.label, way.point, spot, frame, way.marked, shown))
    return made


def frontier_legend(ways: Sequence[Way], prior: str, beyond: str, cut: Cut) -> str:
    """What the marks stand for, as HTML for `st.html`.

    Args:
        ways: that are drawn.
        prior: the prior sample in words.
        beyond: what lies beyond an end of the axis, in words.
        cut: these ends.
    """
    styles = {way.kernel_title: way.style for way in ways if way.kernel is not None}
    entries = [
        (swatch_image(mark_swatch(Style(PRIOR, "circle"))), prior),
        *((swatch_image(mark_swatch(style)), title) for title, style in styles.items()),
    ]
    if any(cut.beyond(way) for way in ways):
        entries.append((swatch_image(swatch(PRIOR, OUTLINE)), beyond))
    return legend(entries)
