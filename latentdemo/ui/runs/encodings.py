"""Real data in the latent space: held-out pictures as a model encodes them, kept for all pages that compare."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from latentdemo.checkpoints import model_folder
from latentdemo.data.held_out import held_out_images
from latentdemo.engine import Job, RecentResults, engine_for
from latentdemo.evaluation.metrics.latent_space import LEAST_STD, Projection, projection, unused_dimensions
from latentdemo.random import Purpose, chain_generators, randn, stream
from latentdemo.ui.state.background import Task, result_or_wait

ENCODED = 1000  # held-out images that are encoded
BATCH = 100  # images that are encoded between two looks whether someone cancelled
ASKED_EVERY = 0.2  # seconds between two such looks of a job that waits for another's encodings
CHAINS = 300  # chains on the map, and as many draws of the prior
KEPT_BYTES = 32 * 2**20  # bytes of latents that are kept for all sessions together
SHOWN_SHARE, MARGIN = 0.999, 1.1  # share of coordinates in the map's range, and room around them


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


@st.cache_resource
def recent_encodings() -> RecentResults[Encoded]:
    """The encodings of the models looked at last."""
    return RecentResults(KEPT_BYTES)


def encoded_or_wait(model: str, digest: str) -> Encoded | None:
    """Held-out images as the weights of a digest encode them; None where there is nothing yet, see `result_or_wait`."""
    kept = recent_encodings()  # looked up here, as Streamlit does not know the job's thread
    return result_or_wait(
        Task((model, digest), lambda job: encoded_once(model, digest, kept, job), kept, lambda encoded: encoded.bytes)
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
    images = held_out_images(model_folder(model).parent)
    engine, generator = engine_for(), stream(0, Purpose.ENCODINGS)
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
    return Dimensions(mean.tolist(), std.tolist(), kl.tolist(), unused_dimensions(std, posterior_kl))


@lru_cache(maxsize=8)
def prior_draws(size: int, seed: int) -> Tensor:
    """The starting points of the chains of a seed, (N, D), D being `size`."""
    return randn((CHAINS, size), chain_generators(seed, CHAINS))


def in_plane(latents: Tensor, plane: Projection) -> np.ndarray:
    """Latents (N, D) in the plane, (N, 2)."""
    return ((latents - plane.mean) @ plane.axes.T).numpy()
