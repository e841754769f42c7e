"""What tells real data from the prior: how much likelier each latent is under a density fitted to real data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st
from torch import Tensor
from torch.distributions import Normal

from latentdemo.engine import Job, RecentResults, engine_for
from latentdemo.evaluation.metrics.trace import MIDDLE
from latentdemo.sampling import ChainSpec
from latentdemo.sampling.densities.density import FittedDensity
from latentdemo.sampling.densities.resolve import resolve_density
from latentdemo.sampling.pieces import in_batches
from latentdemo.ui.components.charts import PRIOR, REAL, dot, legend, style_of
from latentdemo.ui.i18n.words import _
from latentdemo.ui.latent_space.chains import ChainRequest
from latentdemo.ui.latent_space.dimensions import SVG
from latentdemo.ui.latent_space.map_data import legend_words
from latentdemo.ui.runs.encodings import Encoded, prior_draws
from latentdemo.ui.state.background import Task, call_of, result_or_wait

BINS, HEIGHT = 60, 220
KEPT_BYTES = 2**22  # bytes of figures that are kept for all sessions together
ENDS = (0.002, 0.998)  # of the range that is shown; what lies beyond counts in the outermost bin
TICKS = (1, 3, 10, 30, 100, 300, 1000, 3000)


@dataclass(frozen=True)
class Contrast:
    """ln(density fitted to real data / prior) of latents, in nats: the best score that can tell the two apart.

    Attributes:
        real, prior: (N,) of encodings, and of prior draws.
        chains: (N,) of chains; None where there are none.
    """

    real: np.ndarray
    prior: np.ndarray
    chains: np.ndarray | None

    @property
    def unlike(self) -> float:
        """The share of prior draws that look less like real data than 95 % of that does."""
        return float((self.prior < np.quantile(self.real, MIDDLE[0])).mean())

    @property
    def sets(self) -> list[np.ndarray]:
        """All that there are."""
        return [self.real, self.prior, *([] if self.chains is None else [self.chains])]

    @property
    def bytes(self) -> int:
        """What they weigh."""
        return sum(values.nbytes for values in self.sets)


@st.cache_resource
def recent_contrasts() -> RecentResults[Contrast]:
    """Those looked at last."""
    return RecentResults(KEPT_BYTES)


def contrast_or_wait(request: ChainRequest, encoded: Encoded, chains: Tensor | None) -> Contrast | None:
    """The contrast of a model that has a density; None where there is nothing yet, see `result_or_wait`.

    Args:
        request: what the chains were asked by.
        encoded: real data.
        chains: (N, D); None where there are none.
    """
    key = ("contrast", request, chains is None)
    return result_or_wait(
        Task(key, lambda job: take_contrast(request, encoded, chains, job), recent_contrasts(), lambda it: it.bytes)
    )


def take_contrast(request: ChainRequest, encoded: Encoded, chains: Tensor | None, job: Job[Any]) -> Contrast:
    """The same, now.

    Raises:
        LatentdemoError: the model has no density that can be read.
    """
    draws = prior_draws(encoded.latents.shape[1], request.spec.seed)
    with engine_for().models.lease(request.model, request.digest) as model:
        fitted = resolve_density(model)

        def ratios(latents: Tensor) -> np.ndarray:
            return in_batches(lambda batch: log_ratio(fitted, batch), latents, call_of(job)).numpy()

        return Contrast(ratios(encoded.latents), ratios(draws), None if chains is None else ratios(chains))


def log_ratio(fitted: FittedDensity, latents: Tensor) -> Tensor:
    """ln(density / prior) of latents (N, D), (N,)."""
    return fitted.log_density(latents) - Normal(0.0, 1.0).log_prob(latents).sum(dim=1)


def contrast_chart(found: Contrast, kernel: str) -> alt.LayerChart:
    """Three histograms; the scale is even where real data lie, and logarithmic beyond.

    Args:
        found: the figures.
        kernel: of the chains, for their colour.
    """
    unit = max(float(np.subtract(*np.quantile(found.real, MIDDLE[::-1]))), 1.0)
    edges = bin_edges(found, unit)
    colours = [REAL, PRIOR, style_of(kernel).colour]
    layers = [hill(values, edges, unit, colour) for values, colour in zip(found.sets, colours, strict=False)]
    return alt.LayerChart(layer=[layers[1], layers[0], *layers[2:]]).properties(height=HEIGHT, usermeta=SVG)


def contrast_legend(spec: ChainSpec | None) -> str:
    """What the histograms are, as HTML for `st.html`; without the chains where there are none."""
    colours = [REAL, PRIOR, "" if spec is None else style_of(str(spec.kernel)).colour]
    return legend([(dot(colour), words) for colour, words in zip(colours, legend_words(spec), strict=False)])


def bin_edges(found: Contrast, unit: float) -> np.ndarray:
    """Edges of bins that are equally wide on screen."""
    reached = [np.quantile(values, share) for values in found.sets for share in ENDS]
    low, high = (float(np.sign(end) * np.log1p(abs(end) / unit)) for end in (min(reached), max(reached)))
    even = np.linspace(low, high, BINS + 1)
    return np.sign(even) * unit * np.expm1(np.abs(even))


def hill(values: np.ndarray, edges: np.ndarray, unit: float, colour: str) -> alt.Chart:
    """One histogram; `unit` as far from 0 as the scale is about even."""
    counts, _edges = np.histogram(values.clip(edges[0], edges[-1]), edges)
    shares = 100 * np.append(counts, counts[-1]) / len(values)
    ticks = [0, *(sign * tick for tick in TICKS for sign in (1, -1) if edges[0] < sign * tick < edges[-1])]
    axis = alt.Axis(grid=False, values=ticks, format=",.0f", labelOverlap="greedy")
    return (
        alt.Chart(pd.DataFrame({"score": edges, "share": shares}))
        .mark_area(color=colour, opacity=0.5, interpolate="step-after", tooltip=None)
        .encode(
            x=alt.X(
                "score:Q",
                title=_("← like the prior · in nats · like real data →"),
                axis=axis,
                scale=alt.Scale(type="symlog", constant=unit, nice=False, zero=False),
            ),
            y=alt.Y("share:Q", title=_("share, %"), axis=alt.Axis(grid=False, tickCount=4, format=".0f"), stack=None),
        )
    )
