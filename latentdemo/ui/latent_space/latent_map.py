"""The latent space in a plane and dimension by dimension: encodings of real data, the prior, and where chains go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import altair as alt
import numpy as np
import pandas as pd
from torch import Tensor

from latentdemo.sampling import ChainSpec
from latentdemo.sampling.starts import PRIOR as PRIOR_START
from latentdemo.ui.components.charts import PRIOR, REAL, dot, legend, mark_swatch, style_of, swatch_image
from latentdemo.ui.i18n.words import _
from latentdemo.ui.runs.encodings import MARGIN, SHOWN_SHARE, Dimensions, Encoded, in_plane

MAP_HEIGHT, SPREAD_HEIGHT, BARS_HEIGHT = 470, 400, 240  # pixels
SVG = {"embedOptions": {"renderer": "svg"}}  # SVG takes on the colour of the text around it
PLAIN_AXIS = alt.Axis(grid=False, tickCount=5, format="~g")
AXIS = 34  # pixels left of the plots of both charts, so that dimensions stand under each other
FAINT = 0.25  # opacity of what belongs to unused dimensions


class Dots(NamedTuple):
    """The look of a set of points on the map; `size` in square pixels."""

    colour: str
    shape: str
    size: float
    opacity: float


def reported_dimensions(latent_space: Mapping[str, Any]) -> Dimensions:
    """The marginals that a report holds."""
    return Dimensions(**{name: latent_space[name] for name in ("mean", "std", "kl", "unused")})


def map_chart(encoded: Encoded, prior: Tensor, chains: Tensor | None, kernel: str) -> alt.LayerChart:
    """Three clouds in the plane: real data, the prior, and chains that started at these draws of it.

    Args:
        encoded: real data, and the plane.
        prior: (M, D).
        chains: (M, D); None where there are none to show.
        kernel: of the chains, for their colour and mark.
    """
    style = style_of(kernel)
    sets = [(prior, Dots(PRIOR, "circle", 60, 0.6)), (encoded.latents, Dots(REAL, "circle", 11, 0.85))]
    if chains is not None:
        sets.append((chains, Dots(style.colour, style.shape, 34, 0.9)))
    places = [in_plane(latents, encoded.plane) for latents, _look in sets]
    reach = float(np.quantile(np.abs(np.concatenate(places)), SHOWN_SHARE)) * MARGIN
    layers = [cloud(place, look, reach) for place, (_latents, look) in zip(places, sets, strict=True)]
    return alt.LayerChart(layer=layers).properties(height=MAP_HEIGHT, usermeta=SVG)


def cloud(places: np.ndarray, look: Dots, reach: float) -> alt.Chart:
    """One set of points (N, 2)."""
    return (
        alt.Chart(pd.DataFrame({"x": places[:, 0], "y": places[:, 1]}))
        .mark_point(
            shape=look.shape,
            size=look.size,
            filled=True,
            fill=look.colour,
            opacity=look.opacity,
            clip=True,
            tooltip=None,
        )
        .encode(
            x=alt.X("x:Q", title=_("first axis"), scale=even_scale(reach, "width / height"), axis=PLAIN_AXIS),
            y=alt.Y("y:Q", title=_("second axis"), scale=even_scale(reach, "height / width"), axis=PLAIN_AXIS),
        )
    )


def even_scale(reach: float, longer: str) -> alt.Scale:
    """A scale that shows at least -reach to reach, with one unit for both axes whatever the shape of the chart.

    Args:
        reach: what both axes show.
        longer: how much longer this axis is on screen than the other, as a Vega expression.
    """
    end = f"{reach:.6g} * max(1, {longer})"
    return alt.Scale(domainMin=alt.expr(f"-({end})"), domainMax=alt.expr(end), nice=False, zero=False)


def map_legend(spec: ChainSpec | None) -> str:
    """What the marks of the map are, as HTML for `st.html`; without the chains where there are none."""
    entries = [(dot(REAL), _("real data, encoded")), (dot(PRIOR), _("draws from the prior"))]
    if spec is not None:
        mark = swatch_image(mark_swatch(style_of(str(spec.kernel))))
        words = _("the same draws after the steps") if spec.start == PRIOR_START else _("chains after the steps")
        entries.append((mark, words))
    return legend(entries)


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
