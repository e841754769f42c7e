"""The encodings of a set of images: what the learned latent distribution is known from."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from latentdemo.data import ImageSet
from latentdemo.models import GenerativeAutoencoder, Posterior

BATCH = 500


@dataclass(frozen=True)
class Encodings:
    """Posteriors of a set of images.

    Attributes:
        mean: (N, D).
        std: (N, D); zeros for a deterministic encoder.
    """

    mean: Tensor
    std: Tensor

    def __len__(self) -> int:
        return len(self.mean)

    def draw(self, generator: torch.Generator) -> Tensor:
        """One posterior draw an image, (N, D)."""
        return self.mean + self.std * torch.randn(self.mean.shape, generator=generator)


@torch.no_grad()
def encode_set(model: GenerativeAutoencoder, images: ImageSet) -> Encodings:
    """The posteriors of all images, on the CPU."""
    posteriors: list[Posterior] = [
        model.encode(images.tensor(slice(start, start + BATCH)).to(model.device))
        for start in range(0, len(images), BATCH)
    ]
    mean = torch.cat([posterior.mean for posterior in posteriors]).cpu()
    stds = [torch.zeros_like(each.mean) if each.std is None else each.std for each in posteriors]
    return Encodings(mean, torch.cat(stds).cpu())
