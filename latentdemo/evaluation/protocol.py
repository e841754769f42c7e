"""The ways to sample that an evaluation compares: starting point x kernel x steps."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from latentdemo.errors import SamplingError
from latentdemo.models import GenerativeAutoencoder
from latentdemo.sampling import KERNELS
from latentdemo.sampling.densities.registry import BASELINE, FLOW, FOLLOWED

BUDGETS = (10, 100)  # steps that chains which stop by themselves may take: a longer budget must not spoil them


@dataclass(frozen=True)
class Walk:
    """Chains of one kernel from one start, looked at after several steps.

    Attributes:
        start: see `run_chain`.
        kernel: name; "" for draws that no chain follows.
        steps: that are measured, ascending.
        options: the kernel's own settings.
        stop_at: see `run_chain`.
    """

    start: str
    kernel: str
    steps: tuple[int, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    stop_at: float | None = None

    @property
    def key(self) -> str:
        """Names the walk, its steps included."""
        return json.dumps([self.start, self.kernel, self.steps, dict(self.options), self.stop_at], sort_keys=True)


WALKS = (
    Walk("prior", "decode-encode", (0, 1, 2, 3, 5, 10, 20)),
    Walk("prior", "decode-encode", (1, 5), {"decoding": "sample"}),
    Walk("prior", "metropolis-within-gibbs", (1, 5)),
    Walk("prior", "langevin", (5, 10, 20)),
    Walk("prior", "hmc", (1, 2, 3, 5, 10)),
    Walk("prior", "transport", (1, 2, 3, 4, 6)),
    *(Walk("prior", "decode-encode", BUDGETS, stop_at=share) for share in (0.4, 0.9)),
    Walk("prior", "hmc", BUDGETS, stop_at=0.4),
    Walk("prior", "transport", BUDGETS, stop_at=0.9),
    Walk(BASELINE, "", (0,)),
    Walk(FOLLOWED, "", (0,)),
    Walk(FLOW, "", (0,)),
    Walk(FOLLOWED, "decode-encode", (1, 3)),
)
NEED_STOCHASTIC_ENCODER = ("metropolis-within-gibbs",)


def plan(
    model: GenerativeAutoencoder, kernels: Sequence[str] | None = None, steps: Sequence[int] | None = None
) -> list[Walk]:
    """The walks of an evaluation, the prior sample among them.

    Args:
        model: leaves out what it cannot do.
        kernels: only these; None takes all.
        steps: of the chosen kernels' walks from the prior, instead of the usual ones.

    Raises:
        SamplingError: an unknown kernel, or a negative step.
    """
    unknown = sorted(set(kernels or ()) - set(KERNELS))
    if unknown or min(steps or (0,)) < 0:
        raise SamplingError(f"kernels {unknown or list(kernels or ())}, steps {steps}; known are {', '.join(KERNELS)}")
    stochastic = model.stochastic and model.residual_std > 0
    walks = [walk for walk in WALKS if stochastic or walk.kernel not in NEED_STOCHASTIC_ENCODER]
    if not stochastic:
        walks = [walk for walk in walks if not walk.options]
    if kernels is not None:
        walks = [walk for walk in walks if walk.kernel in kernels]
    if steps is not None:
        walks = [replace(walk, steps=tuple(sorted(set(steps) - {0}))) for walk in walks if plain(walk)]
        walks = [walk for walk in walks if walk.steps]
    return walks if any(has_prior(walk) for walk in walks) else [Walk("prior", "", (0,)), *walks]


def plain(walk: Walk) -> bool:
    """Whether a walk is a kernel's usual one: from the prior, without settings."""
    return walk.start == "prior" and bool(walk.kernel) and not walk.options and walk.stop_at is None


def has_prior(walk: Walk) -> bool:
    """Whether the prior sample is among what a walk measures."""
    return walk.start == "prior" and walk.steps[0] == 0
