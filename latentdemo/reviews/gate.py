"""Drawing by a rule: samples that its gate sends back are drawn again, until there are as many as were asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from latentdemo.errors import CheckpointError, OperatingRuleError, SamplingError
from latentdemo.models import GenerativeAutoencoder
from latentdemo.reviews.rule import Gate, OperatingRule
from latentdemo.sampling import ChainRun, ChainSpec
from latentdemo.sampling.chain import join
from latentdemo.sampling.densities.density import FittedDensity
from latentdemo.sampling.densities.resolve import resolve_density

TRIES = 20  # draws for each sample that was asked for, before a gate is taken to let too little through
MORE_TRIES = 100  # and so many besides: of few samples, chance may send many back

Walk = Callable[[ChainSpec, int], ChainRun]
"""Walks chains from the one of a number on, and keeps the last step."""


@dataclass(frozen=True)
class GatedRun:
    """Samples that came through a gate.

    Attributes:
        run: of them alone; its seconds are those of all draws.
        chains: the number that each has among the chains of the seed.
        drawn: chains that were walked for them.
        rejected: those that were sent back.
    """

    run: ChainRun
    chains: tuple[int, ...]
    drawn: int
    rejected: int

    @property
    def rejected_share(self) -> float:
        """The share of all draws that were sent back."""
        return self.rejected / self.drawn


def draw_by(rule: OperatingRule, model: GenerativeAutoencoder, walk: Walk, count: int, seed: int) -> GatedRun:
    """Draw samples by a rule.

    Sample i is chain i of the seed, as without a gate, unless it was sent back; then it is the next one that comes
    through, of the chains from number `count` on.

    Args:
        rule: to follow; that the model is the rule's own is the caller's to check.
        model: to draw from.
        walk: walks chains.
        count: samples.
        seed: of the chains.

    Raises:
        OperatingRuleError: the model has no density for the gate, or the gate sends nearly all back.
        LatentdemoError: as `walk` does.
    """
    way = rule.way.replaced(count=count, seed=seed)
    passes = gate_of(rule.gate, model)
    kept: list[ChainRun] = []
    numbers: list[int] = []
    drawn = 0
    while len(numbers) < count:
        missing = count - len(numbers)
        if drawn + missing > TRIES * count + MORE_TRIES:
            raise OperatingRuleError(
                f"the gate of this rule sends nearly all samples of {rule.model} back: {drawn - len(numbers):,} of "
                f"{drawn:,}; lower its share, or sample another way"
            )
        run = walk(way.replaced(count=missing), drawn)
        through = passes(run.latents[way.steps]).nonzero().flatten()
        kept.append(run.rows(through))
        numbers += (drawn + through).tolist()
        drawn += missing
    chosen = in_place(numbers, count)
    samples = join(kept).rows(torch.tensor(chosen, dtype=torch.long, device="cpu"))
    return GatedRun(samples, tuple(numbers[row] for row in chosen), drawn, drawn - count)


def in_place(numbers: list[int], count: int) -> list[int]:
    """Which of the chains that came through are samples 0, 1, ...: a place whose chain was sent back gets the next one
    from number `count` on."""
    rows = {number: row for row, number in enumerate(numbers)}
    others = iter(row for number, row in rows.items() if number >= count)
    return [rows[place] if place in rows else next(others) for place in range(count)]


def gate_of(gate: Gate | None, model: GenerativeAutoencoder) -> Callable[[Tensor], Tensor]:
    """What tells of latents (N, D) which come through, (N,) booleans; raises OperatingRuleError as `draw_by` does."""
    if gate is None:
        return lambda latents: torch.ones(len(latents), dtype=torch.bool, device=latents.device)
    fitted = gate_density(gate, model)
    threshold = fitted.threshold(gate.share)
    return lambda latents: fitted.log_density(latents) >= threshold


def gate_density(gate: Gate, model: GenerativeAutoencoder) -> FittedDensity:
    """The density that a gate asks; raises OperatingRuleError as `draw_by` does."""
    try:
        fitted = resolve_density(model, gate.density)
    except (SamplingError, CheckpointError) as error:
        raise OperatingRuleError(f"nothing tells this rule's gate how likely a sample is: {error}") from error
    if not getattr(fitted.density, "followable", True):
        raise OperatingRuleError(
            f"the log density of {gate.density!r} takes too long for a gate; name another, such as 'mixture'"
        )
    return fitted
