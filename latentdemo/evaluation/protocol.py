"""The ways to sample that an evaluation compares: starting point x kernel x steps."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from latentdemo.errors import SamplingError
from latentdemo.models import GenerativeAutoencoder
from latentdemo.sampling import KERNELS, ChainSpec
from latentdemo.sampling.densities.registry import DENSITIES
from latentdemo.sampling.densities.store import fitted_names
from latentdemo.sampling.starts import PRIOR


@dataclass(frozen=True)
class Arm:
    """Chains of one kernel from one start, looked at after several steps; with step 0 alone, draws without a chain.

    Attributes:
        spec: of the chains; their number and seed are each repetition's own.
        steps: that are measured, ascending.
    """

    spec: ChainSpec
    steps: tuple[int, ...]

    @property
    def start(self) -> str:
        """Name of the starting point."""
        assert isinstance(self.spec.start, str)
        return self.spec.start

    @property
    def kernel(self) -> str:
        """Name of the kernel; "" for draws that no chain follows."""
        return str(self.spec.kernel) if max(self.steps) else ""

    @property
    def key(self) -> str:
        """Names the arm, its steps included."""
        spec = self.spec
        return json.dumps([self.start, self.kernel, self.steps, spec.own_options, spec.stop_at], sort_keys=True)

    @property
    def densities(self) -> set[str]:
        """Names of the densities of the registry that it asks for."""
        followed = self.spec.followed if self.kernel else None
        return {str(name) for name in (self.start, followed) if name in DENSITIES}

    @property
    def is_usual(self) -> bool:
        """Whether these are a kernel's usual chains: from the prior, without settings."""
        return self.start == PRIOR and bool(self.kernel) and not self.spec.own_options and self.spec.stop_at is None

    @property
    def has_prior_sample(self) -> bool:
        """Whether the prior sample is among what is measured."""
        return self.start == PRIOR and self.steps[0] == 0


def arms() -> list[Arm]:
    """All that the registries offer: the trials of every kernel, then a direct draw from every density."""
    chains = [
        Arm(
            ChainSpec(name, options=trial.options, start=trial.start, steps=max(trial.steps), stop_at=trial.stop_at),
            trial.steps,
        )
        for name, spec in KERNELS.items()
        for trial in spec.trials
    ]
    return [*chains, *map(direct_draw, DENSITIES)]


def direct_draw(start: str) -> Arm:
    """Draws from a starting point, without a chain."""
    return Arm(ChainSpec(start=start, steps=0), (0,))


def plan(
    model: GenerativeAutoencoder, kernels: Sequence[str] | None = None, steps: Sequence[int] | None = None
) -> list[Arm]:
    """The arms of an evaluation, the prior sample among them.

    Args:
        model: leaves out what it cannot do.
        kernels: only these; None takes all.
        steps: of the chosen kernels' chains from the prior, instead of the usual ones.

    Raises:
        SamplingError: an unknown kernel, or a negative step.
    """
    unknown = sorted(set(kernels or ()) - set(KERNELS))
    if unknown or min(steps or (0,)) < 0:
        raise SamplingError(f"kernels {unknown or list(kernels or ())}, steps {steps}; known are {', '.join(KERNELS)}")
    densities = fitted_names(model.folder)
    planned = [arm for arm in arms() if can_walk(model, arm) and arm.densities <= {*densities}]
    if kernels is not None:
        planned = [arm for arm in planned if arm.kernel in kernels]
    if steps is not None:
        planned = [with_steps(arm, set(steps) - {0}) for arm in planned if arm.is_usual and set(steps) - {0}]
    return planned if any(arm.has_prior_sample for arm in planned) else [direct_draw(PRIOR), *planned]


def can_walk(model: GenerativeAutoencoder, arm: Arm) -> bool:
    """Whether a model has the noise that an arm needs: a deterministic encoder has but one way to take a step."""
    if model.stochastic and model.residual_std > 0:
        return True
    if arm.kernel not in KERNELS:
        return True
    spec = KERNELS[arm.kernel]
    needs_noise = any(option.needs_noise for option in spec.options if option.name in arm.spec.own_options)
    return not needs_noise and not spec.needs_stochastic_encoder


def with_steps(arm: Arm, steps: set[int]) -> Arm:
    """An arm looked at after other steps."""
    return replace(arm, spec=arm.spec.replaced(steps=max(steps)), steps=tuple(sorted(steps)))
