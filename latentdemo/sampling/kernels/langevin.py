"""The Metropolis-adjusted Langevin algorithm on a density of the learned latent distribution.

One step proposes

    z' = z + e^2 / 2 S^2 grad log density(z) + e S n,   n ~ N(0, I), S = diag(scale)

and accepts it by the rule of Metropolis and Hastings (Roberts & Tweedie 1996). That is Hamiltonian Monte Carlo with a
single leapfrog move: the simple form of the calibrated chain, with shorter steps.
"""

from __future__ import annotations

from latentdemo.sampling.densities.registry import FOLLOWED
from latentdemo.sampling.densities.store import density_of
from latentdemo.sampling.kernels.hmc import HamiltonianMonteCarlo
from latentdemo.sampling.kernels.kernel import Autoencoder


def langevin(model: Autoencoder, density: str = FOLLOWED) -> HamiltonianMonteCarlo:
    """The kernel on a fitted density of a model, with the step size that was adapted to it.

    Raises:
        SamplingError, CheckpointError: see `density_of`.
    """
    fitted = density_of(model, density)
    return HamiltonianMonteCarlo(fitted.density, fitted.step_sizes["langevin"], fitted.scale, leapfrogs=1)
