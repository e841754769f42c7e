"""A mixture of Gaussians, fitted by expectation maximisation."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from latentdemo.random import Generators, randn
from latentdemo.sampling.densities.density import StoredDensity
from latentdemo.sampling.densities.spec import DensitySpec, FitSettings
from latentdemo.sampling.encodings import Encodings

ROUNDS, TOLERANCE = 100, 1e-2  # of expectation maximisation
REGULARISATION = 1e-4  # added to covariances: a deterministic encoder may leave a dimension without spread


class GaussianMixture(StoredDensity):
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
    recordable = True
    log_weights: Tensor
    means: Tensor
    roots: Tensor

    def __init__(self, latent_size: int, components: int) -> None:
        super().__init__()
        self.latent_size = latent_size
        self.components = components
        self.register_buffer(
            "log_weights", torch.full((components,), -math.log(components), dtype=torch.float32, device="cpu")
        )
        self.register_buffer("means", torch.zeros(components, latent_size, dtype=torch.float32, device="cpu"))
        self.register_buffer(
            "roots", torch.eye(latent_size, dtype=torch.float32, device="cpu").repeat(components, 1, 1)
        )

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


def fit(components: int, _encodings: Encodings, points: Tensor, settings: FitSettings) -> Iterator[GaussianMixture]:
    """A mixture fitted to points (N, D) by expectation maximisation (scikit-learn), in one part."""
    from sklearn.mixture import GaussianMixture as ScikitMixture  # noqa: PLC0415 - a second to import; few fit

    fitted = ScikitMixture(
        components,
        reg_covar=REGULARISATION,
        init_params="k-means++",
        max_iter=ROUNDS,
        tol=TOLERANCE,
        random_state=settings.seed,
    ).fit(points.numpy())
    mixture = GaussianMixture(points.shape[1], components)
    mixture.log_weights.copy_(torch.from_numpy(np.log(fitted.weights_)))
    mixture.means.copy_(torch.from_numpy(fitted.means_))
    mixture.roots.copy_(torch.from_numpy(fitted.precisions_cholesky_))
    yield mixture


SMALL_MIXTURE = DensitySpec(
    name="mixture-10",  # ten components, as Ghosh et al. 2020 (arXiv 1903.12436) sample regularised autoencoders
    kind=GaussianMixture,
    fit=partial(fit, 10),
    title="mixture of 10",
)
MIXTURE = DensitySpec(
    name="mixture",
    kind=GaussianMixture,
    fit=partial(fit, 100),
    title="large mixture",
)
