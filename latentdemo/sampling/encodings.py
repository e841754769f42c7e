"""The encodings of a set of images: what the learned latent distribution is known from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from latentdemo.data import ImageSet
from latentdemo.models import GenerativeAutoencoder, Posterior
from latentdemo.random import Purpose, stream

BATCH = 500


@dataclass(frozen=True)
class Encodings:
    """Posteriors of a set of images.

    Attributes:
        posterior: a row an image.
    """

    posterior: Posterior

    @classmethod
    def join(cls, parts: Sequence[Encodings]) -> Encodings:
        """Parts of a set as one."""
        stds = [part.posterior.std for part in parts if part.posterior.std is not None]
        location = torch.cat([part.posterior.location for part in parts])
        return cls(replace(parts[0].posterior, location=location, std=torch.cat(stds) if stds else None))

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
        return self.posterior.kl_to_prior(stream(0, Purpose.DIVERGENCE)).mean(dim=0).cpu()


@torch.no_grad()
def encode_set(model: GenerativeAutoencoder, images: ImageSet) -> Encodings:
    """The posteriors of all images."""
    return Encodings.join([encode_images(model, batch) for batch in batches_of_images(images)])


@torch.no_grad()
def encode_images(model: GenerativeAutoencoder, images: Tensor) -> Encodings:
    """The posteriors of a batch of images, (N, C, H, W) in [0, 1]."""
    return Encodings(model.encode(images.to(model.device)))


def batches_of_images(images: ImageSet, size: int = BATCH) -> Iterator[Tensor]:
    """The images of a set, (up to `size`, C, H, W) float32 at a time."""
    for start in range(0, len(images), size):
        yield images.tensor(slice(start, start + size))
