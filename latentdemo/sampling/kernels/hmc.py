"""Hamiltonian Monte Carlo on a density of the learned latent distribution: the calibrated chain.

One step from a latent z draws a momentum p ~ N(0, M), M = diag(scale^-2), follows

    dz/dt = M^-1 p,   dp/dt = grad log density(z)

for `leapfrogs` moves of the leapfrog integrator, and accepts the end z' with p' with probability

    min(1, exp(H(z, p) - H(z', p'))),   H = -log density(z) + p^T M^-1 p / 2

(Duane et al. 1987; Neal 2011, arXiv 1206.1901). The density is left invariant, whatever the step size. Step size and
scale were adapted when the density was fitted, and stored with it, so that a run is reproducible. Nothing is decoded
but what is shown. With one leapfrog move this is the Metropolis-adjusted Langevin algorithm, `langevin.py`.
"""

from __future__ import annotations

import torch
from torch import Tensor

from latentdemo.random import Generators, rand, randn
from latentdemo.sampling.densities.density import Density
from latentdemo.sampling.densities.registry import FOLLOWED
from latentdemo.sampling.densities.store import density_of
from latentdemo.sampling.kernels.kernel import Autoencoder, Info, State


class HamiltonianMonteCarlo:
    """HMC kernel.

    Args:
        density: the target.
        step_size: of a leapfrog move, in units of `scale`.
        scale: (D,) spread of the target in each dimension, the root of the inverse mass.
        leapfrogs: moves of one trajectory.
    """

    def __init__(self, density: Density, step_size: float, scale: Tensor, leapfrogs: int = 5) -> None:
        self.density = density
        self.step_size = step_size
        self.scale = scale
        self.leapfrogs = leapfrogs

    def init(self, latent: Tensor, generator: Generators) -> State:
        """Density and gradient of the starting points."""
        return State(latent, None, *self.slope(latent))

    def step(self, state: State, generator: Generators) -> tuple[State, Info]:
        """One trajectory, accepted or not."""
        assert state.log_density is not None
        assert state.gradient is not None
        noise = randn(state.latent.shape, generator, state.latent.device)  # the momentum in units of 1 / scale
        latent, momentum, log_density, gradient = state.latent, noise, state.log_density, state.gradient
        for _ in range(self.leapfrogs):
            momentum = momentum + 0.5 * self.step_size * self.scale * gradient
            latent = latent + self.step_size * self.scale * momentum
            log_density, gradient = self.slope(latent)
            momentum = momentum + 0.5 * self.step_size * self.scale * gradient
        kinetic = 0.5 * (momentum.square() - noise.square()).sum(dim=1)
        log_ratio = (log_density - state.log_density - kinetic).nan_to_num(nan=-torch.inf)
        accepted = rand(len(latent), generator, latent.device).log() < log_ratio
        kept = accepted[:, None]
        moved = State(
            torch.where(kept, latent, state.latent),
            None,
            torch.where(accepted, log_density, state.log_density),
            torch.where(kept, gradient, state.gradient),
        )
        distance = (moved.latent - state.latent).norm(dim=1)
        return moved, Info(distance, accepted=accepted, log_density=moved.log_density)

    def slope(self, latent: Tensor) -> tuple[Tensor, Tensor]:
        """Log density (N,) and its gradient (N, D)."""
        with torch.enable_grad():
            point = latent.detach().requires_grad_()
            log_density = self.density.log_density(point)
            (gradient,) = torch.autograd.grad(log_density.sum(), point)
        return log_density.detach(), gradient


def hmc(model: Autoencoder, density: str = FOLLOWED) -> HamiltonianMonteCarlo:
    """The kernel on a fitted density of a model, with the step size that was adapted to it.

    Args:
        model: loaded from a checkpoint folder.
        density: name of the density. The usual one is the large mixture: the flow is likelier where the latent space is
            torn, but so rough there that few trajectories from the prior are accepted.

    Raises:
        SamplingError, CheckpointError: see `density_of`.
    """
    fitted = density_of(model, density)
    return HamiltonianMonteCarlo(fitted.density, fitted.step_sizes["hmc"], fitted.scale)
