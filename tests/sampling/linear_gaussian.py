"""A linear-Gaussian autoencoder whose posterior is exact, so that every law of a chain on it has a closed form.

    z ~ N(0, I),  x | z ~ N(w z, noise^2 I)  =>  z | x ~ N(w x s / noise^2, s I),  s = noise^2 / (w^2 + noise^2)

for images of as many pixels as there are latents, each pixel made of its own latent.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from latentdemo.models import Likelihood, Posterior
from latentdemo.random import Generators


@dataclass(frozen=True)
class LinearGaussian:
    """Pixels are `weight` times latents, with Gaussian noise of standard deviation `noise`."""

    latent_size: int = 4
    weight: float = 2.0
    noise: float = 1.5
    device: torch.device = torch.device("cpu")  # noqa: RUF009

    @property
    def posterior_variance(self) -> float:
        return self.noise**2 / (self.weight**2 + self.noise**2)

    def encode(self, images: Tensor) -> Posterior:
        mean = images.flatten(1) * self.weight * self.posterior_variance / self.noise**2
        return Posterior(mean, torch.full_like(mean, self.posterior_variance**0.5))

    def decode(self, latents: Tensor) -> Likelihood:
        return self.likelihood(self.weight * latents[:, None, None, :])

    def likelihood(self, mean: Tensor) -> Likelihood:
        return Likelihood(mean, self.noise, bounds=None)

    def corrupt(self, images: Tensor, generator: Generators) -> Tensor:
        return images
