"""Totals as horizontal bars of parts that are laid end to end, each total written at its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt
import pandas as pd

from latentdemo.ui.components.charts import REAL

BAR, STEP, AXIS = 26, 46, 50  # pixels: of a bar, from one bar to the next, and of the chart's height for its axis
ROOM = 1.28  # the axis is longer than the longest bar, for what stands at its end


@dataclass(frozen=True)
class Part:
    """A piece of a bar.

    Attributes:
        bar: whose piece it is, in words.
        title: what it is, in words.
        colour: of the piece.
        value: its length, at least 0.
        note: what a tooltip says.
    """

    bar: str
    title: str
    colour: str
    value: float
    note: str


def parts_chart(parts: Sequence[Part], ends: Sequence[str], x_title: str) -> alt.LayerChart | alt.FacetChart:
    """Bars from top to bottom, and pieces from left to right, in the order in which they are given.

    Args:
        parts: of all bars, those of a bar after each other.
        ends: what stands at the end of each bar.
        x_title: what the lengths are, in words.
    """
    bars = list(dict.fromkeys(part.bar for part in parts))
    reached = dict.fromkeys(bars, 0.0)
    rows = []
    for part in parts:
        begin = reached[part.bar]
        reached[part.bar] = begin + part.value
        rows.append(
            {"bar": part.bar, "title": part.title, "colour": part.colour, "from": begin, "to": reached[part.bar],
             "note": part.note}
        )  # fmt: skip
    domain = [0.0, ROOM * (max(reached.values()) or 1.0)]
    across = alt.Y("bar:N", sort=bars, title=None, axis=alt.Axis(ticks=False, domain=False, labelLimit=190))
    along = alt.X("from:Q", title=x_title, scale=alt.Scale(domain=domain, nice=False), axis=alt.Axis(tickCount=5))
    tooltip = [alt.Tooltip("title:N", title=" "), alt.Tooltip("note:N", title="  ")]
    pieces = (
        alt.Chart(pd.DataFrame(rows))
        .mark_bar(height=BAR)
        .encode(x=along, x2="to:Q", y=across, color=alt.Color("colour:N", scale=None), tooltip=tooltip)
    )
    written = pd.DataFrame(
        [{"bar": bar, "from": reached[bar], "end": end} for bar, end in zip(bars, ends, strict=True)]
    )
    texts = (
        alt.Chart(written)
        .mark_text(align="left", dx=8, color=REAL, fontSize=13, tooltip=None)
        .encode(x=along, y=across, text=alt.Text("end:N"))
    )
    return alt.layer(pieces, texts).properties(height=STEP * len(bars) + AXIS)
