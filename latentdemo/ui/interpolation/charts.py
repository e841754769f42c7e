"""Figures along a path, as charts under its frames: one line a row of frames, in one look on strip and chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt
import pandas as pd

from latentdemo.sampling import PLAIN
from latentdemo.ui.components.charts import PRIOR, REAL, Look, style_of

HEIGHT = 150  # pixels
HEADROOM = 1.08  # the vertical axis ends at so many times the highest value


PLAIN_LOOK = Look(PRIOR, [1, 0], 3.0)
BASE_LOOK = Look("#7b4bb7", [1, 0], 3.0)  # a colour that no kernel has
ADVISED_DASH, OWN_DASH, ENDS_DASH = [12, 4], [2, 2], [7, 3, 2, 3]
STEP_LOOKS = {
    1: Look(style_of(PLAIN).colour, [2, 3], 2.0),
    5: Look(style_of(PLAIN).colour, [7, 3], 2.5),
    10: Look(style_of(PLAIN).colour, [1, 0], 3.0),
}
"""Of the plain chain by its steps: the more of them, the heavier."""


@dataclass(frozen=True)
class Line:
    """Figures along a path.

    Attributes:
        label: of the row.
        look: of the row.
        values: one a frame, or one a step between two frames.
        notes: what a tooltip says of each.
    """

    label: str
    look: Look
    values: Sequence[float]
    notes: Sequence[str]


@dataclass(frozen=True)
class PathChart:
    """What a chart along a path shows.

    Attributes:
        title: the figure, in words.
        help: what it means.
        lines: of the rows that have the figure.
        level: a value to compare with.
        level_name: what its dashed rule is.
    """

    title: str
    help: str
    lines: Sequence[Line]
    level: float
    level_name: str


def draw_chart(chart: PathChart, frames: int) -> alt.LayerChart:
    """Figures along a path under its frames: each frame's figure lies below the frame, a step's between its two.

    The plot is as wide as the rows: the numbers of the vertical axis stand inside it.
    """
    values = [chart.level, *(value for line in chart.lines for value in line.values)]
    x = alt.X(
        "x:Q",
        title=None,
        scale=alt.Scale(domain=[0.5, frames + 0.5], nice=False, zero=False),
        axis=alt.Axis(
            values=list(range(1, frames + 1)), format=".1~f", grid=False, ticks=False, labelOverlap="greedy",
            labelFlush=False,
            labelExpr=f"datum.value === 1 ? 'A' : datum.value === {frames} ? 'B' : datum.label",
        ),
    )  # fmt: skip
    y = alt.Y(
        "y:Q",
        scale=alt.Scale(domain=[0.0, HEADROOM * max(values)], nice=False),
        axis=alt.Axis(
            title=None, format=".1~f", tickCount=3, grid=True, ticks=False, domain=False, labelAlign="left",
            labelBaseline="bottom", labelPadding=-3, labelOffset=-2, zindex=1,
        ),
    )  # fmt: skip
    lines = [layer for line in chart.lines for layer in line_layers(line, frames, x, y)]
    return alt.LayerChart(layer=[level_layer(chart.level, y), *lines]).properties(
        height=HEIGHT, padding={"left": 0, "right": 0, "top": 8, "bottom": 0}
    )


def level_layer(level: float, y: alt.Y) -> alt.Chart:
    """A dashed rule."""
    rows = pd.DataFrame([{"y": level}])
    return alt.Chart(rows).mark_rule(color=REAL, strokeDash=[6, 4], opacity=0.6, tooltip=None).encode(y=y)


def line_layers(line: Line, frames: int, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """A line with marks that have tooltips."""
    first = 1.0 if len(line.values) == frames else 1.5
    rows = pd.DataFrame(
        [{"x": first + index, "y": value, "note": line.notes[index]} for index, value in enumerate(line.values)]
    )
    base, look = alt.Chart(rows), line.look
    return [
        base.mark_line(color=look.colour, strokeWidth=look.thick, strokeDash=list(look.dash), tooltip=None).encode(
            x=x, y=y
        ),
        base.mark_point(color=look.colour, filled=True, size=45, opacity=1.0).encode(
            x=x, y=y, tooltip=[alt.Tooltip("note:N", title=line.label)]
        ),
    ]
