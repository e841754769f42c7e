"""What a density of the learned latent distribution is, and what is known of one that was fitted.

Anything with `log_density` and `sample` will do. One that has a map from the prior besides, `transport` and its
`inverse`, can carry starting points. Densities that lie in files are modules (`StoredDensity`), so that their tensors
have names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor, nn

from latentdemo.errors import SamplingError
from latentdemo.random import Generators, Purpose, stream

SHARES = np.linspace(0.0, 1.0, 101)  # of real data, at which the quantiles of a fitted density are kept
DRAWS = 256  # that a step size is adapted on where no encodings are at hand


@runtime_checkable
class Density(Protocol):
    """A probability density on the latent space that can be drawn from."""

    def log_density(self, latents: Tensor) -> Tensor:
        """(N,) in nats, differentiable, of latents (N, D)."""
        ...

    def sample(self, count: int, generator: Generators) -> Tensor:
        """One draw a row, (count, D)."""
        ...


@runtime_checkable
class TransportMap(Density, Protocol):
    """A density with a map that carries draws from the prior to draws from it."""

    def transport(self, noise: Tensor) -> Tensor:
        """Draws from the prior (N, D) carried to draws from the density, (N, D)."""
        ...

    def inverse(self, latents: Tensor) -> Tensor:
        """The draws from the prior (N, D) that are carried to latents (N, D)."""
        ...


class StoredDensity(nn.Module):
    """A density whose tensors lie in a file; a subclass is a `Density`, too.

    Attributes:
        kind: what files call it.
        followable: whether its log density takes so little time that chains can follow it and stop by it.
        recordable: whether its log density and the gradient read nothing back to the host, see `Kernel`.
        notes: what its fit has found out that no run needs, as it stands in `density.json`: name -> value.
    """

    kind: ClassVar[str]
    followable: ClassVar[bool] = True
    recordable: ClassVar[bool] = False
    notes: Mapping[str, Any] = MappingProxyType({})

    def settings(self) -> dict[str, Any]:
        """Keyword arguments that build an empty density of the same shape."""
        raise NotImplementedError

    def log_density(self, latents: Tensor) -> Tensor:
        """See `Density`."""
        raise NotImplementedError

    def sample(self, count: int, generator: Generators) -> Tensor:
        """See `Density`."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class FittedDensity:
    """A density and what was learned about it when it was fitted.

    Attributes:
        density: the density itself.
        held_out_nll: mean negative log density of encoded held-out images, in nats; lower is better.
        scale: (D,) standard deviation of encodings, the unit of steps in each dimension.
        step_sizes: name of a kernel -> its adapted step size, in units of `scale`.
        quantiles: log density in nats that the share 0, 0.01, ... 1 of encoded held-out images stays below.
    """

    density: Density
    held_out_nll: float
    scale: Tensor
    step_sizes: Mapping[str, float] = field(default_factory=dict)
    quantiles: Sequence[float] = ()

    def followed(self) -> Density:
        """The density, for chains to follow or to stop by.

        Raises:
            SamplingError: its log density takes too long for that.
        """
        if not getattr(self.density, "followable", True):
            raise SamplingError(
                f"the log density of {self.density.kind!r} takes too long for every step of a chain; draw from it, or "  # type: ignore[attr-defined]
                "carry starting points with it, and let chains follow another, such as 'mixture'"
            )
        return self.density

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

    def draws(self) -> Tensor:
        """Draws from the density that step sizes are adapted on, the same each time, (256, D)."""
        return self.density.sample(DRAWS, stream(0, Purpose.TUNING, 1))


@lru_cache(maxsize=16)
@torch.no_grad()
def calibrated(density: Density) -> FittedDensity:
    """A density that was fitted elsewhere, with what kernels need to know of it taken from its own draws; kept.

    Args:
        density: on the device of the model that it is meant for. Its draws stand for encodings of real data.
    """
    draws = density.sample(20 * DRAWS, stream(0, Purpose.TUNING, 2))
    log_density = density.log_density(draws)
    quantiles = np.quantile(log_density.cpu().numpy(), SHARES)
    scale = draws.std(dim=0).clamp(min=1e-3)
    return FittedDensity(density, -float(log_density.mean()), scale, {}, quantiles.tolist())
