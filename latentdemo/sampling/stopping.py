"""Adaptive stopping: a chain ends once its latent is as likely as a chosen share of real ones.

With a density fitted to encodings, a latent z is good enough when its log density reaches the quantile that the chosen
share of encoded real data stays below. Some regions of the latent space never get so dense: there a chain rests when it
has not become likelier for a few steps. So none walks on into the over-dense middle where the plain chain loses its
variety, and a longer budget cannot spoil what rests.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from latentdemo.random import Generators
from latentdemo.sampling.densities.density import Density
from latentdemo.sampling.kernels.kernel import Kernel, put_rows, spread_rows, take_generators, take_rows
from latentdemo.sampling.kernels.padded import Padded

PATIENCE = 5  # steps that a chain may take without becoming likelier


class StoppingState(NamedTuple):
    """Where chains are that stop by themselves.

    Attributes:
        chains: the kernel's own State.
        patience: (N,) steps left to become likelier, 0 for a chain that rests.
        likeliest: (N,) highest log density that a chain has had so far, in nats.
    """

    chains: Any
    patience: Tensor
    likeliest: Tensor

    @property
    def latent(self) -> Tensor:
        """(N, D)."""
        return self.chains.latent

    @property
    def image(self) -> Tensor | None:
        """The decoded mean of `latent`, (N, C, H, W), where the kernel has it at hand."""
        return getattr(self.chains, "image", None)


class StoppingInfo(NamedTuple):
    """What a step did.

    Attributes:
        step: the kernel's own Info, zeros for chains that rest.
        walking: (N,) whether the chain took this step.
    """

    step: Any
    walking: Tensor

    @property
    def latent_distance(self) -> Tensor:
        """(N,), see `Info`."""
        return self.step.latent_distance


class AdaptiveStopping:
    """Any kernel, stepping only the chains that are not likely enough yet.

    Args:
        kernel: what takes a step.
        density: of the learned latent distribution.
        threshold: log density in nats from which on a chain rests.
    """

    def __init__(self, kernel: Kernel, density: Density, threshold: float) -> None:
        self.kernel = Padded(kernel)
        self.density = density
        self.threshold = threshold

    def init(self, latent: Tensor, generator: Generators) -> StoppingState:
        """The kernel's own, and which chains have to walk at all."""
        log_density = self.log_density(latent)
        patience = torch.full_like(log_density, PATIENCE).masked_fill(log_density >= self.threshold, 0.0)
        return StoppingState(self.kernel.init(latent, generator), patience, log_density)

    def step(self, state: StoppingState, generator: Generators) -> tuple[StoppingState, StoppingInfo]:
        """One step of the chains that still walk; `StoppingInfo.walking` says which."""
        walking = state.patience > 0
        before = take_rows(state, walking)
        moved, info = self.kernel.step(before.chains, take_generators(generator, walking))
        return put_rows(state, walking, self.judged(before, moved)), StoppingInfo(spread_rows(walking, info), walking)

    def judged(self, before: StoppingState, moved: Any) -> StoppingState:
        """Chains after a step with what is left of their patience: none where they are likely enough."""
        log_density = self.log_density(moved.latent)
        patience = torch.where(log_density > before.likeliest, float(PATIENCE), before.patience - 1.0)
        return StoppingState(
            moved,
            patience.masked_fill(log_density >= self.threshold, 0.0),
            torch.maximum(log_density, before.likeliest),
        )

    @torch.no_grad()
    def log_density(self, latent: Tensor) -> Tensor:
        """Of latents (N, D), (N,) in nats."""
        return self.density.log_density(latent)


def resting(state: Any) -> Tensor | None:
    """Which chains of a State have stopped by themselves, (N,) booleans; None where none ever does."""
    return state.patience <= 0 if isinstance(state, StoppingState) else None
