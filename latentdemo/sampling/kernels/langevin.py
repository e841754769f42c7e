"""The Metropolis-adjusted Langevin algorithm on a density of the learned latent distribution.

One step proposes

    z' = z + e^2 / 2 S^2 grad log density(z) + e S n,   n ~ N(0, I), S = diag(scale)

and accepts it by the rule of Metropolis and Hastings (Roberts & Tweedie 1996). That is Hamiltonian Monte Carlo with a
single move of the integrator: the simple form of the calibrated chain, with shorter steps. State and Info are those of
`hmc.py`.
"""

from __future__ import annotations

from functools import partial

from latentdemo.sampling.kernels.hmc import DENSITY_OPTION, adapted_step_size, build
from latentdemo.sampling.kernels.spec import KernelSpec, Style, Trial

TARGET_ACCEPTANCE = 0.574  # Roberts & Rosenthal 1998

TUNE_LANGEVIN = partial(adapted_step_size, num_integration_steps=1, target=TARGET_ACCEPTANCE)
LANGEVIN = KernelSpec(
    name="langevin",
    build=partial(build, name="langevin", num_integration_steps=1, tune=TUNE_LANGEVIN),
    method="Langevin",
    title="short-step calibrated chain",
    help="As the calibrated chain, with one short move a step (Metropolis-adjusted Langevin).",
    style=Style("#e69f00", "diamond"),
    density="mixture",
    decodes_from=None,
    options=(DENSITY_OPTION,),
    tune=TUNE_LANGEVIN,
    trials=(Trial((5, 10, 20)),),
    run_long=True,
)
