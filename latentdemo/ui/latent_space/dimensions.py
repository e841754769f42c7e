"""The latent space dimension by dimension: encodings of real data beside the prior."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from latentdemo.ui.components.charts import PRIOR, REAL
from latentdemo.ui.i18n.words import _
from latentdemo.ui.runs.encodings import Dimensions

SPREAD_HEIGHT, BARS_HEIGHT = 300, 160  # pixels
SVG = {"embedOptions": {"renderer": "svg"}}  # SVG takes on the colour of the text around it
AXIS = 34  # pixels left of the plots of both charts, so that dimensions stand under each other
FAINT = 0.25  # opacity of what belongs to unused dimensions


def reported_dimensions(latent_space: Mapping[str, Any]) -> Dimensions:
    """The marginals that a report holds."""
    return Dimensions(**{name: latent_space[name] for name in ("mean", "std", "kl", "unused")})


def dimension_rows(dimensions: Dimensions) -> pd.DataFrame:
    """A row a dimension, the one that differs most from the prior first."""
    rows = pd.DataFrame({"mean": dimensions.mean, "std": dimensions.std, "kl": dimensions.kl})
    rows["dimension"] = rows.index
    rows["low"], rows["high"] = rows["mean"] - rows["std"], rows["mean"] + rows["std"]
    rows["unused"] = rows["dimension"].isin(dimensions.unused)
    rows = rows.sort_values("kl", ascending=False, kind="stable").reset_index(drop=True)
    rows["rank"] = rows.index + 1
    return rows


def spread_chart(rows: pd.DataFrame) -> alt.LayerChart:
    """Mean and spread of each dimension of `dimension_rows`, over the prior's mean and spread as rules."""
    y = alt.Y("low:Q", title=_("mean ± spread"), axis=alt.Axis(grid=False, tickCount=5, format="~g", minExtent=AXIS))
    base = alt.Chart(rows)
    rules = [
        alt.Chart(pd.DataFrame({"y": [place]}))
        .mark_rule(color=PRIOR, strokeWidth=2, strokeDash=dash, tooltip=None)
        .encode(y=alt.Y("y:Q"))
        for place, dash in ((0.0, [1, 0]), (-1.0, [5, 4]), (1.0, [5, 4]))
    ]
    spreads = base.mark_rule(color=REAL, strokeWidth=2.5, tooltip=None).encode(
        x=by_rank(labels=False), y=y, y2="high:Q", opacity=faint_if_unused(0.65)
    )
    means = base.mark_point(shape="circle", size=34, filled=True, fill=REAL, tooltip=None).encode(
        x=by_rank(labels=False), y=alt.Y("mean:Q"), opacity=faint_if_unused(1.0), tooltip=dimension_tooltip()
    )
    return alt.LayerChart(layer=[*rules, spreads, means]).properties(height=SPREAD_HEIGHT, usermeta=SVG)


def kl_chart(rows: pd.DataFrame) -> alt.Chart:
    """KL to the prior of each dimension of `dimension_rows`, as bars under `spread_chart`."""
    return (
        alt.Chart(rows)
        .mark_bar(color=REAL, tooltip=None)
        .encode(
            x=by_rank(labels=True),
            y=alt.Y("kl:Q", title=_("KL in nats"), axis=alt.Axis(grid=False, tickCount=3, format="~g", minExtent=AXIS)),
            opacity=faint_if_unused(0.65),
            tooltip=dimension_tooltip(),
        )
        .properties(height=BARS_HEIGHT, usermeta=SVG)
    )


def by_rank(labels: bool) -> alt.X:
    """The horizontal axis of both charts of dimensions: the numbers of the dimensions, in the order of their KL."""
    axis = alt.Axis(labelAngle=0, labelOverlap="greedy", ticks=False) if labels else None
    return alt.X(
        "dimension:O",
        sort=alt.SortField("rank"),
        scale=alt.Scale(type="band", padding=0.15),
        title=_("dimension, by KL") if labels else None,
        axis=axis,
    )


def faint_if_unused(opacity: float) -> Any:
    """Opacity of a mark; much less for an unused dimension."""
    return alt.condition("datum.unused", alt.value(FAINT), alt.value(opacity))


def dimension_tooltip() -> list[alt.Tooltip]:
    """The figures of a dimension."""
    return [
        alt.Tooltip("dimension:O", title=_("dimension")),
        alt.Tooltip("mean:Q", title=_("mean of encodings"), format=".2f"),
        alt.Tooltip("std:Q", title=_("spread of encodings"), format=".2f"),
        alt.Tooltip("kl:Q", title=_("KL in nats"), format=".3f"),
    ]
