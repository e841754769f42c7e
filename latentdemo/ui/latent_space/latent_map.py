"""The latent space in a plane and dimension by dimension: encodings of real data, the prior, and where chains go."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st
import torch
from torch import Tensor

from latentdemo.checkpoints import model_folder
from latentdemo.data import read_held_out
from latentdemo.engine import Job, RecentResults, RunRequest, engine_for
from latentdemo.evaluation.metrics.latent_space import LEAST_STD, UNUSED_KL, UNUSED_STD, Projection, projection
from latentdemo.random import chain_generators, epoch_generator, randn
from latentdemo.ui.components.charts import OTHER, PRIOR, REAL, STYLES, Curve, Point, swatch
from latentdemo.ui.i18n.words import _
from latentdemo.ui.state.background import Task, result_or_wait

ENCODED = 1000  # held-out images
BATCH = 100  # images between two looks whether someone cancelled
ASKED_EVERY = 0.2  # seconds between two such looks of a job that waits for another's encodings
CHAINS = 300  # and as many draws of the prior
KEPT_BYTES = 32 * 2**20  # of latents, for all sessions together
MAP_HEIGHT, SPREAD_HEIGHT, BARS_HEIGHT = 470, 400, 240  # pixels
SVG = {"embedOptions": {"renderer": "svg"}}  # where the text's own colour can be had
SHOWN_SHARE, MARGIN = 0.999, 1.1  # share of coordinates in the map's range, and room around them
PLAIN_AXIS = alt.Axis(grid=False, tickCount=5, format="~g")
AXIS = 34  # pixels left of both charts of dimensions, so that their bars stand under each other
FAINT = 0.25  # opacity of unused dimensions


@dataclass(frozen=True)
class Dimensions:
    """Marginals of encodings, a value a dimension.

    Attributes:
        mean, std: of the encodings.
        kl: of the Gaussian with that mean and spread to the prior, in nats.
        unused: dimensions that carry nothing of the image.
    """

    mean: list[float]
    std: list[float]
    kl: list[float]
    unused: list[int]


@dataclass(frozen=True)
class Encoded:
    """Held-out images in the latent space.

    Attributes:
        latents: (N, D), a posterior draw an image.
        dimensions: their marginals.
        plane: to draw in.
    """

    latents: Tensor
    dimensions: Dimensions
    plane: Projection

    @property
    def bytes(self) -> int:
        """What they weigh."""
        return self.latents.nbytes


@dataclass(frozen=True)
class ChainRequest:
    """Chains to draw; equal requests give equal latents.

    Attributes:
        model, digest: name of the model, and digest of its weights.
        densities: digest of its fitted densities.
        seed: fixes starting points and noise.
        kernel: name of the kernel.
        steps: how many.
    """

    model: str
    digest: str
    densities: str
    seed: int
    kernel: str
    steps: int


class Look(NamedTuple):
    """Of a set of points on the map; `size` in square pixels."""

    colour: str
    shape: str
    size: float
    opacity: float


@st.cache_resource
def recent_encodings() -> RecentResults[Encoded]:
    """The encodings of the models looked at last."""
    return RecentResults(KEPT_BYTES)


@st.cache_resource
def recent_chains() -> RecentResults[Tensor]:
    """Latents of the last chains of all sessions."""
    return RecentResults(KEPT_BYTES)


def encoded_or_wait(model: str, digest: str) -> Encoded | None:
    """Held-out images as the weights of a digest encode them; None where there is nothing yet, see `result_or_wait`."""
    kept = recent_encodings()  # made here, on a thread that Streamlit knows
    return result_or_wait(
        Task((model, digest), lambda job: encoded_once(model, digest, kept, job), kept, lambda encoded: encoded.bytes)
    )


def chains_or_wait(request: ChainRequest) -> Tensor | None:
    """Latents (N, D) of chains from the prior after their steps; None where there is nothing yet."""
    return result_or_wait(
        Task(request, lambda job: walk_chains(request, job), recent_chains(), lambda latents: latents.nbytes)
    )


def encoded_once(
    model: str, digest: str, kept: RecentResults[Encoded], job: Job[Any], share: tuple[float, float] = (0.0, 1.0)
) -> Encoded:
    """Encoded held-out images: those that are kept, also where another job is at them; other arguments as below."""
    turn = kept.turn((model, digest))
    while not turn.acquire(timeout=ASKED_EVERY):
        job.check()
    try:
        encoded = kept.get((model, digest))
        if encoded is None:
            encoded = encode_held_out(model, digest, job, share)
            kept.put((model, digest), encoded, encoded.bytes)
        return encoded
    finally:
        turn.release()


def encode_held_out(model: str, digest: str, job: Job[Any], share: tuple[float, float] = (0.0, 1.0)) -> Encoded:
    """Encode the first shipped held-out images, a batch at a time between the chains of others.

    Args:
        model, digest: name of the model, and digest of its weights.
        job: whose work it is.
        share: of the job's work, that is done before and after it.

    Raises:
        Cancelled: the job should stop.
        DataError: there are none.
        QualityError: fewer than 100, or latents of one dimension.
    """
    images = read_held_out(model_folder(model).parent)
    engine, generator = engine_for(), epoch_generator(0, 0)
    count = min(ENCODED, len(images))
    draws: list[Tensor] = []
    kl: list[Tensor] = []

    def encode(batch: Tensor) -> None:
        posterior = encoder.encode(batch)
        draws.append(posterior.sample(generator).float().cpu())
        if posterior.std is not None:
            kl.append(posterior.kl_to_prior(generator).float().cpu())

    with engine.models.lease(model, digest) as encoder:
        for first in range(0, count, BATCH):
            job.check()
            engine.call(partial(encode, images.tensor(slice(first, min(first + BATCH, count)))))
            job.progress = share[0] + (share[1] - share[0]) * (first + BATCH) / max(count, BATCH)
    latents = torch.cat(draws)
    return Encoded(latents, marginals(latents, torch.cat(kl).mean(dim=0) if kl else None), projection(latents))


def marginals(latents: Tensor, posterior_kl: Tensor | None) -> Dimensions:
    """Mean, spread and KL of each dimension, as `analyse_latent_space` takes them.

    Args:
        latents: (N, D) encodings.
        posterior_kl: (D,) mean KL of the posterior to the prior, in nats; None for a deterministic encoder.
    """
    mean, std = latents.mean(dim=0), latents.std(dim=0, correction=0)
    kl = 0.5 * (std**2 + mean**2 - 1) - std.clamp(min=LEAST_STD).log()
    unused = std < UNUSED_STD if posterior_kl is None else posterior_kl < UNUSED_KL
    return Dimensions(mean.tolist(), std.tolist(), kl.tolist(), unused.nonzero().flatten().tolist())


def reported_dimensions(latent_space: Mapping[str, Any]) -> Dimensions:
    """The marginals that a report holds."""
    return Dimensions(**{name: latent_space[name] for name in ("mean", "std", "kl", "unused")})


def walk_chains(request: ChainRequest, job: Job[Any]) -> Tensor:
    """Run the chains of a request."""
    wanted = RunRequest(
        request.model,
        request.kernel,
        count=CHAINS,
        steps=request.steps,
        seed=request.seed,
        record=[request.steps],
        digest=request.digest,
    )
    return job.walk(wanted).latents[request.steps]


def prior_draws(size: int, seed: int) -> Tensor:
    """The starting points of the chains of a seed, (N, D), D being `size`."""
    return randn((CHAINS, size), chain_generators(seed, CHAINS))


def map_chart(encoded: Encoded, prior: Tensor, chains: Tensor | None, kernel: str) -> alt.LayerChart:
    """Three clouds in the plane: real data, the prior, and chains that started at these draws of it.

    Args:
        encoded: real data, and the plane.
        prior: (M, D).
        chains: (M, D); None where there are none to show.
        kernel: of the chains, for their colour and mark.
    """
    style = STYLES.get(kernel, OTHER)
    sets = [(prior, Look(PRIOR, "circle", 60, 0.6)), (encoded.latents, Look(REAL, "circle", 11, 0.85))]
    if chains is not None:
        sets.append((chains, Look(style.colour, style.shape, 34, 0.9)))
    places = [in_plane(latents, encoded.plane) for latents, _look in sets]
    reach = float(np.quantile(np.abs(np.concatenate(places)), SHOWN_SHARE)) * MARGIN
    layers = [cloud(place, look, reach) for place, (_latents, look) in zip(places, sets, strict=True)]
    return alt.LayerChart(layer=layers).properties(height=MAP_HEIGHT, usermeta=SVG)


def in_plane(latents: Tensor, plane: Projection) -> np.ndarray:
    """Latents (N, D) in the plane, (N, 2)."""
    return ((latents - plane.mean) @ plane.axes.T).numpy()


def cloud(places: np.ndarray, look: Look, reach: float) -> alt.Chart:
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


def legend(kernel: str | None) -> str:
    """What the marks of the map are, as HTML for `st.html`; without the chains where there are none."""
    entries = [(dot(REAL), _("real data, encoded")), (dot(PRIOR), _("draws from the prior"))]
    if kernel is not None:
        picture = swatch(Curve("", kernel, [Point(0.0, 0.0)]))
        entries.append((f'<img alt="" width="28" height="14" src="{picture}">', _("the same draws after the steps")))
    return (
        '<div style="display:flex;flex-wrap:wrap;gap:0.25rem 1.2rem;font-size:0.875rem;line-height:1.5">'
        + "".join(
            f'<span style="display:inline-flex;align-items:center;gap:0.4rem">{mark}{html.escape(words)}</span>'
            for mark, words in entries
        )
        + "</div>"
    )


def dot(colour: str) -> str:
    """A round mark as HTML."""
    return f'<span style="width:0.6rem;height:0.6rem;border-radius:50%;background:{colour}"></span>'


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
