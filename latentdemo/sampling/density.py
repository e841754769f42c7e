"""Densities of the learned latent distribution, fitted after training to encodings only: a Gaussian mixture and a flow.

`density.safetensors` and `density.json` lie beside the checkpoint; no weight of the model is touched. `fitting.py`
makes them; the kernels `hmc`, `langevin` and `transport`, adaptive stopping and the starting point "density" use them.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
import zuko
from safetensors.torch import save as format_safetensors
from torch import Tensor, nn

from latentdemo.errors import (
    CheckpointConfigError,
    CheckpointError,
    CheckpointFileMissingError,
    CheckpointMismatchError,
    SamplingError,
)
from latentdemo.models.checkpoint import read_config, read_weights
from latentdemo.models.weights import FLOW_STRUCTURE, check_fit, half_precision, read_bytes
from latentdemo.random import Generators, randn
from latentdemo.sampling.kernel import Autoencoder

WEIGHTS, CONFIG = "density.safetensors", "density.json"
FOLLOWED = "mixture"  # what gradients are taken of
FLOW = "flow"
BASELINE = "mixture-10"  # ten components, as Ghosh et al. 2020 (arXiv 1903.12436) sample regularised autoencoders


class Density(nn.Module):
    """A probability density on the latent space that can be drawn from."""

    kind: ClassVar[str]

    def log_density(self, latents: Tensor) -> Tensor:
        """(N,) in nats, differentiable, of latents (N, D)."""
        raise NotImplementedError

    def sample(self, count: int, generator: Generators) -> Tensor:
        """One draw a row, (count, D)."""
        raise NotImplementedError

    def settings(self) -> dict[str, Any]:
        """Keyword arguments that build an empty density of the same shape."""
        raise NotImplementedError


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


KINDS: dict[str, type[Density]] = {cls.kind: cls for cls in (GaussianMixture, Flow)}


@dataclass(frozen=True)
class FittedDensity:
    """A density and what was learned about it when it was fitted.

    Attributes:
        density: the density itself.
        held_out: mean negative log density of encoded held-out images, in nats; lower is better.
        scale: (D,) standard deviation of encodings, the unit of steps in each dimension.
        step_sizes: name of a kernel -> its adapted step size, in units of `scale`.
        quantiles: log density in nats that the share 0, 0.01, ... 1 of encoded held-out images stays below.
    """

    density: Density
    held_out: float
    scale: Tensor
    step_sizes: Mapping[str, float]
    quantiles: Sequence[float]

    def threshold(self, share: float) -> float:
        """The log density, in nats, that a share of encoded real images stays below."""
        return float(np.interp(share, np.linspace(0.0, 1.0, len(self.quantiles)), self.quantiles))

    @torch.no_grad()
    def log_density(self, latents: Tensor) -> Tensor:
        """Of latents (N, D) on any device, (N,) in nats on the CPU."""
        return self.density.log_density(latents.to(self.scale.device)).cpu()

    def share_below(self, latents: Tensor) -> Tensor:
        """The share of encoded real images that are less likely than each of the latents (N, D), (N,) on the CPU."""
        shares = np.interp(self.log_density(latents), self.quantiles, np.linspace(0.0, 1.0, len(self.quantiles)))
        return torch.from_numpy(shares).float()


@dataclass(frozen=True)
class DensityConfig:
    """What `density.json` holds.

    Attributes:
        model_sha256: digest of the model's weights whose encodings the densities were fitted to.
        densities: name -> kind, settings, held_out, step_sizes, quantiles; the likeliest on held-out encodings first.
        prior_held_out: mean negative log density of encoded held-out images under the prior, in nats.
        scale: standard deviation of encodings in each dimension.
        training: settings of the fit, its seed among them.
        versions: of what fitted.
        sha256: digest of `density.safetensors`.
    """

    model_sha256: str
    densities: dict[str, dict[str, Any]]
    prior_held_out: float
    scale: list[float]
    training: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    sha256: str = ""


def save_densities(folder: Path, densities: Mapping[str, Density], config: DensityConfig) -> DensityConfig:
    """Write densities beside a checkpoint; the configuration gets the digest."""
    tensors = {
        f"{name}.{key}": tensor
        for name, density in densities.items()
        for key, tensor in weights_to_store(density).items()
    }
    content = format_safetensors(tensors)
    config = replace(config, sha256=hashlib.sha256(content).hexdigest())
    (folder / WEIGHTS).write_bytes(content)
    (folder / CONFIG).write_text(json.dumps(asdict(config), indent=2) + "\n", encoding="utf-8")
    return config


def weights_to_store(density: Density) -> dict[str, Tensor]:
    """The tensors of a density as they are stored, the large ones in half precision."""
    return half_precision(
        {key: value for key, value in density.state_dict().items() if not key.endswith(FLOW_STRUCTURE)}
    )


def read_density_config(folder: Path) -> DensityConfig:
    """The configuration of the densities beside a checkpoint.

    Raises:
        CheckpointFileMissingError: no `density.json`.
        CheckpointConfigError: it is not JSON, or lacks something.
    """
    path = folder / CONFIG
    if not path.exists():
        model = f"{folder.parent.name}/{folder.name}"
        raise CheckpointFileMissingError(f"{path} is missing: fit it with 'python -m latentdemo fit {model}'")
    try:
        return DensityConfig(**json.loads(read_bytes(path)))
    except (ValueError, TypeError) as error:
        raise CheckpointConfigError(f"{path} is not a valid configuration ({error}); {remedy(folder)}") from error


def densities_digest(folder: Path | None) -> str:
    """Digest of the densities beside a checkpoint; empty where there are none to read."""
    try:
        return "" if folder is None else read_density_config(folder).sha256
    except CheckpointError:
        return ""


def are_fitted(folder: Path) -> bool:
    """Whether densities of the very weights of a checkpoint folder lie beside it."""
    try:
        return read_density_config(folder).model_sha256 == read_config(folder).sha256
    except CheckpointError:
        return False


def check_fitted(config: DensityConfig, weights: str, folder: Path) -> None:
    """Raise CheckpointMismatchError where densities were not fitted to the weights of a digest."""
    if config.model_sha256 != weights:
        raise CheckpointMismatchError(f"{folder / CONFIG} was fitted to other weights of the model; {remedy(folder)}")


def remedy(folder: Path) -> str:
    """What to do where the stored densities are no good."""
    return f"fetch both files again, or fit anew with 'python -m latentdemo fit {folder.parent.name}/{folder.name}'"


def load_densities(folder: Path, device: torch.device | str = "cpu") -> dict[str, FittedDensity]:
    """The densities beside a checkpoint, the likeliest on held-out encodings first.

    Raises:
        CheckpointError: a file is missing, broken, or was fitted to another model; the message says which.
    """
    config = read_density_config(folder)
    return dict(read_densities(folder, config.sha256, str(device)))


@lru_cache(maxsize=16)
def read_densities(folder: Path, sha256: str, device: str) -> dict[str, FittedDensity]:
    """As `load_densities`, kept under the digest."""
    config = read_density_config(folder)
    check_fitted(config, read_config(folder).sha256, folder)
    weights = read_weights(folder / WEIGHTS, sha256, remedy(folder))
    fitted = {}
    try:
        for name, facts in config.densities.items():
            density = KINDS[facts["kind"]](**facts["settings"])
            own = {key.removeprefix(f"{name}."): value for key, value in weights.items() if key.startswith(f"{name}.")}
            check_fit(weights_to_store(density), own, folder / WEIGHTS, remedy(folder))
            density.load_state_dict(own, strict=False)
            fitted[name] = FittedDensity(
                density.to(device).eval().requires_grad_(False),
                facts["held_out"],
                torch.tensor(config.scale, device=device),
                facts["step_sizes"],
                facts["quantiles"],
            )
    except (KeyError, TypeError) as error:
        raise CheckpointConfigError(f"{folder / CONFIG} is not valid ({error!r}); {remedy(folder)}") from error
    return fitted


def density_of(model: Autoencoder, name: str = "best") -> FittedDensity:
    """A density of a model that was loaded from a checkpoint folder.

    Args:
        model: the model.
        name: of the density, or "best" for the likeliest on held-out encodings.

    Raises:
        SamplingError: the model has no folder, or no density of that name.
        CheckpointError: the densities cannot be read.
    """
    if model.folder is None:
        raise SamplingError("this model comes from no checkpoint folder, where its densities would lie; save it first")
    config = read_density_config(model.folder)
    check_fitted(config, model.weights_digest, model.folder)
    fitted = read_densities(model.folder, config.sha256, str(model.device))
    if name != "best" and name not in fitted:
        raise SamplingError(f"no density {name!r} beside {model.folder}; known are best, {', '.join(fitted)}")
    return next(iter(fitted.values())) if name == "best" else fitted[name]
