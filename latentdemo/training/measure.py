"""Figures that training takes of a model: held-out losses and the residual noise of its likelihood."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from latentdemo.data import ImageSet
from latentdemo.models import GenerativeAutoencoder, TrainableAutoencoder
from latentdemo.models.autoencoder import cross_entropy
from latentdemo.models.families.vae import kl_to_prior
from latentdemo.random import Purpose, stream

BATCH = 250
RESIDUAL_COUNT = 10_000  # The residual noise is estimated on so many training images.


def batches(images: ImageSet, model: GenerativeAutoencoder, count: int | None = None) -> Iterator[Tensor]:
    """The first `count` images, or all, in batches on the model's device."""
    total = min(count or len(images), len(images))
    for start in range(0, total, BATCH):
        yield images.tensor(slice(start, min(start + BATCH, total))).to(model.device)


@torch.inference_mode()
def measure_held_out(model: TrainableAutoencoder, images: ImageSet) -> dict[str, float]:
    """Losses on images that the model was not trained on, means over images.

    Returns:
        reconstruction: cross-entropy of the decoded posterior mean, nats an image.
        rmse: root mean squared error of the decoded posterior mean, grey values of 0 to 1.
        kl: of the posterior to the prior, nats an image; left out where the encoder is deterministic.
    """
    model.eval()
    sums = {"reconstruction": 0.0, "squared_error": 0.0, "kl": 0.0}
    stochastic = True
    generator = stream(0, Purpose.DIVERGENCE, device=model.device)
    for batch in batches(images, model):
        posterior = model.encode(batch)
        logits = model.logits(posterior.mean)
        sums["reconstruction"] += cross_entropy(logits, batch).item() * len(batch)
        sums["squared_error"] += (torch.sigmoid(logits) - batch).square().mean().item() * len(batch)
        stochastic = posterior.std is not None
        if stochastic:
            sums["kl"] += kl_to_prior(posterior, generator).item() * len(batch)
    measured = {
        "reconstruction": sums["reconstruction"] / len(images),
        "rmse": float(np.sqrt(sums["squared_error"] / len(images))),
    }
    return measured | ({"kl": sums["kl"] / len(images)} if stochastic else {})


def held_out_loss(measured: dict[str, float]) -> float:
    """The one figure of `measure_held_out` that a best epoch is chosen by: reconstruction plus KL, nats an image.

    Where the encoder is deterministic, the reconstruction alone.
    """
    return measured["reconstruction"] + measured.get("kl", 0.0)


@torch.inference_mode()
def residual_std(model: GenerativeAutoencoder, images: ImageSet, seed: int) -> float:
    """Standard deviation of training images around the decoding of a posterior draw, grey values of 0 to 1.

    It is the maximum-likelihood noise of a Gaussian likelihood with one variance for all pixels
    (Rybkin, Daniilidis, Levine 2021, arXiv 2006.13202).
    """
    generator = stream(seed, Purpose.RECONSTRUCTIONS, device=model.device)
    errors = [
        (model.decode(model.encode(batch).sample(generator)).mean - batch).square().mean(dim=(1, 2, 3))
        for batch in batches(images, model, RESIDUAL_COUNT)
    ]
    return float(torch.cat(errors).mean().sqrt())
