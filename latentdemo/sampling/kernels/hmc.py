"""Hamiltonian Monte Carlo on a density of the learned latent distribution: the calibrated chain.

One step from a latent z draws a momentum p ~ N(0, M), M = diag(scale^-2), follows

    dz/dt = M^-1 p,   dp/dt = grad log density(z)

for some moves of the leapfrog integrator, and accepts the end z' with p' with probability

    min(1, exp(H(z, p) - H(z', p'))),   H = -log density(z) + p^T M^-1 p / 2

(Duane et al. 1987; Neal 2011, arXiv 1206.1901). The density is left invariant, whatever the step size. Step size and
scale were adapted when the density was fitted, and stored with it, so that a run is reproducible. Nothing is decoded
but what is shown. With one move of the integrator this is the Metropolis-adjusted Langevin algorithm, `langevin.py`.
"""

from __future__ import annotations

import math
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from latentdemo.random import Generators, Purpose, rand, randn, stream
from latentdemo.sampling.densities.density import Density, FittedDensity
from latentdemo.sampling.kernels.kernel import Autoencoder, latent_distance
from latentdemo.sampling.kernels.spec import KernelSpec, Option, Style, Trial, Tune

NUM_INTEGRATION_STEPS = 5  # moves of the leapfrog integrator in one trajectory
TARGET_ACCEPTANCE = 0.8  # Beskos et al. 2013 (arXiv 1001.4460) give 0.65 as a lower bound for long trajectories
FIRST_STEP_SIZE, TUNING_STEPS = 0.3, 60


class HmcState(NamedTuple):
    """Where the chains are.

    Attributes:
        latent: (N, D).
        log_density: of `latent`, (N,) in nats.
        gradient: of the log density, (N, D).
    """

    latent: Tensor
    log_density: Tensor
    gradient: Tensor


class HmcInfo(NamedTuple):
    """What a step did; all of shape (N,), see `Info`."""

    latent_distance: Tensor
    accepted: Tensor
    acceptance_probability: Tensor
    log_density: Tensor


class HamiltonianMonteCarlo:
    """HMC kernel.

    Args:
        density: the target.
        step_size: of a move of the integrator, in units of `scale`.
        scale: (D,) spread of the target in each dimension, the root of the inverse mass; None takes 1.
        num_integration_steps: moves of one trajectory.
    """

    def __init__(
        self,
        density: Density,
        step_size: float,
        scale: Tensor | None = None,
        num_integration_steps: int = NUM_INTEGRATION_STEPS,
    ) -> None:
        self.density = density
        self.step_size = step_size
        self.scale = torch.ones((), dtype=torch.float32, device="cpu") if scale is None else scale
        self.num_integration_steps = num_integration_steps
        self.recordable: bool = getattr(density, "recordable", False)

    def init(self, latent: Tensor, generator: Generators) -> HmcState:
        """Density and gradient of the starting points."""
        return HmcState(latent, *self.slope(latent))

    def step(self, state: HmcState, generator: Generators) -> tuple[HmcState, HmcInfo]:
        """One trajectory, accepted or not."""
        scale = self.scale.to(state.latent.device)
        noise = randn(state.latent.shape, generator, state.latent.device)  # the momentum in units of 1 / scale
        latent, momentum, log_density, gradient = state.latent, noise, state.log_density, state.gradient
        for _ in range(self.num_integration_steps):
            momentum = momentum + 0.5 * self.step_size * scale * gradient
            latent = latent + self.step_size * scale * momentum
            log_density, gradient = self.slope(latent)
            momentum = momentum + 0.5 * self.step_size * scale * gradient
        kinetic = 0.5 * (momentum.square() - noise.square()).sum(dim=1)
        log_ratio = (log_density - state.log_density - kinetic).nan_to_num(nan=-torch.inf)
        accepted = rand(len(latent), generator, latent.device).log() < log_ratio
        kept = accepted[:, None]
        moved = HmcState(
            torch.where(kept, latent, state.latent),
            torch.where(accepted, log_density, state.log_density),
            torch.where(kept, gradient, state.gradient),
        )
        return moved, HmcInfo(
            latent_distance(state.latent, moved.latent), accepted, log_ratio.exp().clamp(max=1.0), moved.log_density
        )

    def slope(self, latent: Tensor) -> tuple[Tensor, Tensor]:
        """Log density (N,) and its gradient (N, D)."""
        with torch.inference_mode(False), torch.enable_grad():
            point = latent.detach().clone().requires_grad_()
            log_density = self.density.log_density(point)
            (gradient,) = torch.autograd.grad(log_density.sum(), point)
        return log_density.detach(), gradient


hmc = HamiltonianMonteCarlo


@torch.no_grad()
def adapted_step_size(
    density: Density, latents: Tensor, scale: Tensor, seed: int, *, num_integration_steps: int, target: float
) -> float:
    """The step size at which chains accept the target share: Robbins-Monro on its logarithm.

    Args:
        density: the target.
        latents: (N, D) to start from, drawn from the target or from what it was fitted to.
        scale: (D,), see `HamiltonianMonteCarlo`.
        seed: of the noise.
        num_integration_steps: moves of one trajectory.
        target: share of the proposals.
    """
    generator = stream(seed, Purpose.TUNING)
    kernel = HamiltonianMonteCarlo(density, FIRST_STEP_SIZE, scale, num_integration_steps)
    state = kernel.init(latents, generator)
    for turn in range(1, TUNING_STEPS + 1):
        state, info = kernel.step(state, generator)
        kernel.step_size *= math.exp((float(info.accepted.float().mean()) - target) / turn**0.6)
    return round(kernel.step_size, 4)


def build(
    _model: Autoencoder, fitted: FittedDensity, *, name: str, num_integration_steps: int, tune: Tune, density: str = ""
) -> HamiltonianMonteCarlo:
    """The kernel on a fitted density, with the step size that was adapted to it, or is now.

    Args:
        fitted: the target, and what is known of it.
        name: of the kernel.
        num_integration_steps: moves of one trajectory.
        tune: adapts the step size where the density has none for this kernel.
        density: the option, which `fitted` was found by.

    Raises:
        SamplingError: the density takes too long to follow.
    """
    target = fitted.followed()
    step_size = fitted.step_sizes.get(name) or tune(target, fitted.draws(), fitted.scale, 0)
    return HamiltonianMonteCarlo(target, step_size, fitted.scale, num_integration_steps)


# The flow is likelier where the latent space is torn, but so rough there that few trajectories from the prior are
# accepted; so the usual target is the large mixture.
DENSITY_OPTION = Option(name="density", usual="mixture")
TUNE_HMC = partial(adapted_step_size, num_integration_steps=NUM_INTEGRATION_STEPS, target=TARGET_ACCEPTANCE)
HMC = KernelSpec(
    name="hmc",
    build=partial(build, name="hmc", num_integration_steps=NUM_INTEGRATION_STEPS, tune=TUNE_HMC),
    method="Hamiltonian Monte Carlo",
    title="calibrated chain",
    help="Walks through the latent space by a density that was fitted to encodings of real data "
    "(Hamiltonian Monte Carlo).",
    style=Style("#009e73", "triangle-up"),
    density="mixture",
    decodes_from=None,
    options=(DENSITY_OPTION,),
    tune=TUNE_HMC,
    trials=(Trial((1, 2, 3, 5, 10)), Trial((10, 30), stop_at=0.4)),
    run_long=True,
)
