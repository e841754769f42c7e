"""Adaptive stopping: a chain ends once its latent is as likely as a chosen share of real ones.

With a density fitted to encodings, a latent z is good enough when its log density reaches the quantile that the chosen
share of encoded real data stays below. Some regions of the latent space never get so dense: there a chain rests when it
has not become likelier for a few steps. So none walks on into the over-dense middle where the plain chain loses its
variety, and a longer budget cannot spoil what rests.
"""

from __future__ import annotations

import torch
from torch import Tensor

from latentdemo.random import Generators
from latentdemo.sampling.densities.density import Density
from latentdemo.sampling.kernels.kernel import Info, Kernel, State, put_rows, take_generators, take_rows
from latentdemo.sampling.padded import Padded

PATIENCE = 5  # steps that a chain may take without becoming likelier


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

    def init(self, latent: Tensor, generator: Generators) -> State:
        """The kernel's own, and which chains have to walk at all."""
        log_density = self.log_density(latent)
        patience = torch.full_like(log_density, PATIENCE).masked_fill(log_density >= self.threshold, 0.0)
        return self.kernel.init(latent, generator)._replace(patience=patience, likeliest=log_density)

    def step(self, state: State, generator: Generators) -> tuple[State, Info]:
        """One step of the chains that still walk; `Info.walking` says which."""
        assert state.patience is not None
        walking = state.patience > 0
        before = take_rows(state, walking)
        moved, info = self.kernel.step(before, take_generators(generator, walking))
        moved = self.judged(before, moved)
        resting = Info(latent_distance=torch.zeros_like(state.latent[:, 0]), walking=walking)
        return put_rows(state, walking, moved), put_rows(resting, walking, info)

    def judged(self, before: State, moved: State) -> State:
        """States after a step with what is left of their patience: none where they are likely enough."""
        assert before.patience is not None
        assert before.likeliest is not None
        log_density = self.log_density(moved.latent)
        patience = torch.where(log_density > before.likeliest, float(PATIENCE), before.patience - 1.0)
        return moved._replace(
            patience=patience.masked_fill(log_density >= self.threshold, 0.0),
            likeliest=torch.maximum(log_density, before.likeliest),
        )

    @torch.no_grad()
    def log_density(self, latent: Tensor) -> Tensor:
        """Of latents (N, D), (N,) in nats."""
        return self.density.log_density(latent)
