"""A mixture of Gaussians."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from latentdemo.random import Generators, randn
from latentdemo.sampling.densities.density import Density


class GaussianMixture(Density):
    """A mixture of Gaussians with full covariances.

        p(z) = sum_k w_k N(z; m_k, (P_k P_k^T)^-1)

    Args:
        latent_size: D.
        components: K.

    Attributes:
        log_weights: (K,); means: (K, D); roots: (K, D, D) triangular roots P of the precisions, as scikit-learn's
            `precisions_cholesky_`.
    """

    kind = "mixture"
    log_weights: Tensor
    means: Tensor
    roots: Tensor

    def __init__(self, latent_size: int, components: int) -> None:
        super().__init__()
        self.latent_size = latent_size
        self.components = components
        self.register_buffer("log_weights", torch.full((components,), -math.log(components)))
        self.register_buffer("means", torch.zeros(components, latent_size))
        self.register_buffer("roots", torch.eye(latent_size).repeat(components, 1, 1))

    def settings(self) -> dict[str, Any]:
        return {"latent_size": self.latent_size, "components": self.components}

    def log_density(self, latents: Tensor) -> Tensor:
        whitened = torch.einsum("nd,kde->nke", latents, self.roots) - torch.einsum("kd,kde->ke", self.means, self.roots)
        log_scale = self.roots.diagonal(dim1=1, dim2=2).log().sum(dim=1)
        normal = -0.5 * (whitened.square().sum(dim=2) + self.latent_size * math.log(2.0 * math.pi))
        return torch.logsumexp(self.log_weights + log_scale + normal, dim=1)

    @torch.no_grad()
    def sample(self, count: int, generator: Generators) -> Tensor:
        noise = randn((count, self.latent_size + 1), generator, self.means.device)
        chosen = torch.special.ndtr(noise[:, 0])  # uniform on [0, 1]
        cumulative = self.log_weights.exp().cumsum(0)
        component = torch.searchsorted(cumulative / cumulative[-1], chosen).clamp(max=self.components - 1)
        # a row e P^-1 of unit noise e has the covariance (P P^T)^-1
        spread = torch.linalg.solve_triangular(self.roots[component], noise[:, None, 1:], upper=True, left=False)
        return self.means[component] + spread[:, 0]
