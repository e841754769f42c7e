"""A neural spline flow (Durkan et al. 2019, arXiv 1906.04032)."""

from __future__ import annotations

from typing import Any

import torch
import zuko
from torch import Tensor

from latentdemo.random import Generators, randn
from latentdemo.sampling.densities.density import Density


class Flow(Density):
    """A neural spline flow (Durkan et al. 2019, arXiv 1906.04032) on standardised latents.

        z = location + scale * T(e),  e ~ N(0, I)

    with T an autoregressive rational-quadratic spline transform (zuko). `transport` is that map: it carries a draw from
    the prior into the learned latent distribution.

    Args:
        latent_size: D.
        transforms: layers of splines.
        hidden: units of each of the two hidden layers that make a layer's splines.
        passes: groups of dimensions, each conditioned on those before: D is fully autoregressive, 2 is coupling.
            Drawing costs so many evaluations of the network.
        bins: pieces of a spline.
    """

    kind = "flow"
    location: Tensor
    scale: Tensor

    def __init__(
        self, latent_size: int, transforms: int = 4, hidden: int = 256, passes: int = 8, bins: int = 8
    ) -> None:
        super().__init__()
        self._settings = {
            "latent_size": latent_size,
            "transforms": transforms,
            "hidden": hidden,
            "passes": passes,
            "bins": bins,
        }
        self.latent_size = latent_size
        self.register_buffer("location", torch.zeros(latent_size))
        self.register_buffer("scale", torch.ones(latent_size))
        self.flow = zuko.flows.NSF(
            latent_size, bins=bins, transforms=transforms, hidden_features=(hidden, hidden), passes=passes
        )

    def settings(self) -> dict[str, Any]:
        return dict(self._settings)

    def log_density(self, latents: Tensor) -> Tensor:
        if not len(latents):  # which zuko cannot sum over; so it is where all chains of a batch rest
            return latents.new_zeros(0)
        return self.flow().log_prob((latents - self.location) / self.scale) - self.scale.log().sum()

    @torch.no_grad()
    def transport(self, noise: Tensor) -> Tensor:
        """Draws from the prior (N, D) carried to draws from the density, (N, D)."""
        return self.location + self.scale * self.flow().transform.inv(noise)

    def sample(self, count: int, generator: Generators) -> Tensor:
        return self.transport(randn((count, self.latent_size), generator, self.location.device))
