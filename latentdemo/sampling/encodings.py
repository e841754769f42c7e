"""The encodings of a set of images: what the learned latent distribution is known from."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from latentdemo.data import ImageSet
from latentdemo.models import GenerativeAutoencoder, Posterior
from latentdemo.random import epoch_generator

BATCH = 500


@dataclass(frozen=True)
class Encodings:
    """Posteriors of a set of images.

    Attributes:
        posterior: a row an image.
    """

    posterior: Posterior

    def __len__(self) -> int:
        return len(self.posterior)

    @property
    def deterministic(self) -> bool:
        """Whether all draws of an image are the same."""
        return self.posterior.std is None

    @property
    def mean(self) -> Tensor:
        """(N, D), on the CPU."""
        return self.posterior.mean.cpu()

    @torch.no_grad()
    def draw(self, generator: torch.Generator) -> Tensor:
        """One posterior draw an image, (N, D), on the CPU."""
        return self.posterior.sample(generator).cpu()

    @torch.no_grad()
    def kl_to_prior(self) -> Tensor | None:
        """Mean KL of the posterior to the prior in each dimension, (D,) in nats; None for a deterministic encoder."""
        if self.deterministic:
            return None
        return self.posterior.kl_to_prior(epoch_generator(0, 0)).mean(dim=0).cpu()


@torch.no_grad()
def encode_set(model: GenerativeAutoencoder, images: ImageSet) -> Encodings:
    """The posteriors of all images."""
    posteriors: list[Posterior] = [
        model.encode(images.tensor(slice(start, start + BATCH)).to(model.device))
        for start in range(0, len(images), BATCH)
    ]
    stds = [each.std for each in posteriors if each.std is not None]
    return Encodings(
        replace(
            posteriors[0],
            location=torch.cat([each.location for each in posteriors]),
            std=torch.cat(stds) if stds else None,
        )
    )
