"""Variational autoencoder (Kingma & Welling 2014, arXiv 1312.6114)."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from latentdemo.models.autoencoder import Objective, Posterior, TrainableAutoencoder, cross_entropy
from latentdemo.random import Generators

LOG_VARIANCE_RANGE = (-10.0, 5.0)  # keeps exp() finite in the first steps; trained posteriors lie well inside


class VAE(TrainableAutoencoder):
    """Minimises the negative evidence lower bound,

        E_q[-log p(x|z)] + KL(q(z|x) || N(0, I)),

    with the cross-entropy of images in [0, 1] as -log p(x|z) and one draw of z an image.
    """

    family = "vae"
    title = "VAE"
    encoder_outputs_per_latent = 2

    def posterior(self, outputs: Tensor) -> Posterior:
        mean, log_variance = outputs.chunk(2, dim=1)
        return Posterior(mean, torch.exp(0.5 * log_variance.clamp(*LOG_VARIANCE_RANGE)))

    def objectives(self, images: Tensor, generator: torch.Generator) -> Iterator[Objective]:
        posterior = self.encode_unchecked(self.corrupt(images, generator))
        reconstruction = cross_entropy(self.decoder(posterior.sample(generator)), images)
        kl = kl_to_prior(posterior, generator)
        yield Objective(
            "autoencoder",
            reconstruction + kl,
            {"reconstruction": reconstruction.detach(), "kl": kl.detach()},
        )


def kl_to_prior(posterior: Posterior, generator: Generators) -> Tensor:
    """KL(q(z|x) || N(0, I)) in nats, summed over dimensions, mean over images."""
    return posterior.kl_to_prior(generator).sum(dim=1).mean()
