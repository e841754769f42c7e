"""What a density of the learned latent distribution is, and what is known of one that was fitted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from latentdemo.random import Generators


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
