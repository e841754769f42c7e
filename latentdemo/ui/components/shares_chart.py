"""Shares of classes as groups of small horizontal bars, one bar a sample, with intervals as whiskers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt
import pandas as pd

from latentdemo.ui.components.charts import REAL

BAR, BETWEEN = 8, 10  # pixels of a bar's height, and between two groups
AXIS = 30  # pixels of a chart's height that its axis takes


@dataclass(frozen=True)
class Share:
    """A bar.

    Attributes:
        group: the class, in words.
        sample: whose share it is, in words.
        colour: of the bar.
        value: in per cent.
        low, high: ends of its interval, in per cent.
        note: what a tooltip says.
    """

    group: str
    sample: str
    colour: str
    value: float
    low: float
    high: float
    note: str


def shares_chart(shares: Sequence[Share]) -> alt.LayerChart | alt.FacetChart:
    """Bars by group, groups and bars in the order in which they are given."""
    groups = list(dict.fromkeys(share.group for share in shares))
    samples = list(dict.fromkeys(share.sample for share in shares))
    rows = pd.DataFrame(
        [
            {"group": share.group, "sample": share.sample, "colour": share.colour, "value": share.value,
             "low": max(share.low, 0.0), "high": min(share.high, 100.0), "note": share.note}
            for share in shares
        ]
    )  # fmt: skip
    group = alt.Y(
        "group:N", sort=groups, title=None, scale=alt.Scale(paddingInner=BETWEEN / (BAR * len(samples) + BETWEEN)),
        axis=alt.Axis(ticks=False, domain=False, labelLimit=130, labelOverlap=False),
    )  # fmt: skip
    base = alt.Chart(rows).encode(y=group, yOffset=alt.YOffset("sample:N", sort=samples))
    axis = alt.Axis(grid=True, tickCount=4, title=None, labelExpr="datum.label + ' %'")
    bars = base.mark_bar(height=BAR - 1).encode(
        x=alt.X("value:Q", axis=axis),
        color=alt.Color("colour:N", scale=None),
        tooltip=[alt.Tooltip("sample:N", title=" "), alt.Tooltip("note:N", title="  ")],
    )
    whiskers = base.mark_rule(color=REAL, strokeWidth=1, opacity=0.8, tooltip=None).encode(
        x=alt.X("low:Q", axis=axis), x2="high:Q"
    )
    height = len(groups) * (BAR * len(samples) + BETWEEN) + AXIS
    return alt.layer(bars, whiskers).properties(height=height)
