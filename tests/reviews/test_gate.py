"""Samples come through the gate or are drawn again from further chains, within bounds."""

from __future__ import annotations

import pytest
import torch

from latentdemo.checkpoints import load_model
from latentdemo.errors import OperatingRuleError
from latentdemo.models import GenerativeAutoencoder
from latentdemo.random import chain_generators, randn
from latentdemo.reviews.gate import draw_by, gate_density, in_place
from latentdemo.reviews.rule import Gate, OperatingRule
from latentdemo.sampling import ChainRun, ChainSpec, StepFigures

WAY = ChainSpec(steps=0)


@pytest.fixture(scope="module")
def model() -> GenerativeAutoencoder:
    return load_model("fashion-mnist/dvae", "cpu")


def rule(gate: Gate | None) -> OperatingRule:
    return OperatingRule("fashion-mnist/dvae", "", "", WAY, gate)


def walk(spec: ChainSpec, first: int) -> ChainRun:
    """Chains that stay at their start; pictures tell the chain's number."""
    chains = chain_generators(spec.seed, spec.count, first)
    numbers = torch.arange(first, first + spec.count, dtype=torch.float32, device="cpu")
    figures = StepFigures(latent_distance=torch.zeros(0, spec.count, dtype=torch.float32, device="cpu"))
    return ChainRun({0: randn((spec.count, 32), chains)}, {0: numbers.view(-1, 1, 1, 1)}, figures, {0: 0.5})


def test_without_a_gate_all_samples_are_kept(model) -> None:
    drawn = draw_by(rule(None), model, walk, count=5, seed=7)
    assert (drawn.chains, drawn.drawn, drawn.rejected, drawn.rejected_share) == ((0, 1, 2, 3, 4), 5, 0, 0.0)
    assert torch.equal(drawn.run.latents[0], walk(WAY.replaced(count=5), 0).latents[0])


def test_what_comes_through_is_likely_enough_and_the_rest_is_drawn_again(model) -> None:
    gate = Gate(0.2)
    drawn = draw_by(rule(gate), model, walk, count=40, seed=7)
    fitted = gate_density(gate, model)
    assert (fitted.log_density(drawn.run.latents[0]) >= fitted.threshold(0.2)).all()
    assert 0 < drawn.rejected == drawn.drawn - 40
    assert drawn.run.images[0].flatten().tolist() == list(map(float, drawn.chains))
    assert drawn.run.count == 40
    assert drawn.run.info["latent_distance"].shape == (0, 40)
    assert drawn.run.seconds[0] >= 1.0  # of all draws

    ungated = walk(WAY.replaced(count=40), 0).latents[0]
    passes = (fitted.log_density(ungated) >= fitted.threshold(0.2)).tolist()
    assert [number == place for place, number in enumerate(drawn.chains)] == passes
    again = [number for number in drawn.chains if number >= 40]
    assert again == sorted(set(again))
    assert len(again) == passes.count(False)


def test_a_gate_that_lets_nearly_nothing_through_says_so(model) -> None:
    with pytest.raises(OperatingRuleError, match=r"nearly all samples of fashion-mnist/dvae back: 2\d\d of 2\d\d;"):
        draw_by(rule(Gate(1.0)), model, walk, count=7, seed=7)


def test_a_model_without_a_density_that_tells_is_named(model, tiny_model) -> None:
    with pytest.raises(OperatingRuleError, match="how likely a sample is: this model comes from no checkpoint folder"):
        draw_by(rule(Gate(0.1)), tiny_model, walk, count=2, seed=7)
    with pytest.raises(OperatingRuleError, match="no density 'elsewhere'"):
        draw_by(rule(Gate(0.1, "elsewhere")), model, walk, count=2, seed=7)
    with pytest.raises(OperatingRuleError, match="'flow-matching' takes too long for a gate"):
        draw_by(rule(Gate(0.1, "flow-matching")), model, walk, count=2, seed=7)


def test_places_are_filled_in_order() -> None:
    assert in_place([0, 2, 4, 6], 4) == [0, 2, 1, 3]
    assert in_place([4, 5, 6, 8], 4) == [0, 1, 2, 3]
    assert in_place([0, 1, 2], 3) == [0, 1, 2]
