"""Adaptive stopping: a chain ends once its latent is as likely as a chosen share of real ones.

With a density fitted to encodings, a latent z is good enough when its log density reaches the quantile that the chosen
share of encoded real data stays below. A chain that started there does not move at all, and none walks on into the
over-dense middle where the plain chain loses its variety; so a longer budget cannot spoil what rests.
"""

from __future__ import annotations

import torch
from torch import Tensor

from latentdemo.random import Generators
from latentdemo.sampling.density import Density
from latentdemo.sampling.kernel import Info, Kernel, State, put_rows, take_generators, take_rows


class AdaptiveStopping:
    """Any kernel, stepping only the chains whose latent is less likely than a threshold.

    Args:
        kernel: what takes a step.
        density: of the learned latent distribution.
        threshold: log density in nats from which on a chain rests.
    """

    def __init__(self, kernel: Kernel, density: Density, threshold: float) -> None:
        self.kernel = kernel
        self.density = density
        self.threshold = threshold

    def init(self, latent: Tensor, generator: Generators) -> State:
        """The kernel's own, and which chains have to walk at all."""
        return self.kernel.init(latent, generator)._replace(walking=self.unlikely(latent))

    def step(self, state: State, generator: Generators) -> tuple[State, Info]:
        """One step of the chains that still walk; `Info.walking` says which."""
        walking = state.walking
        assert walking is not None
        moved, info = self.kernel.step(take_rows(state, walking), take_generators(generator, walking))
        moved = moved._replace(walking=self.unlikely(moved.latent))
        resting = Info(latent_distance=torch.zeros_like(state.latent[:, 0]), walking=walking)
        return put_rows(state, walking, moved), put_rows(resting, walking, info)

    @torch.no_grad()
    def unlikely(self, latent: Tensor) -> Tensor:
        """Whether latents (N, D) lie below the threshold, (N,)."""
        return self.density.log_density(latent) < self.threshold
