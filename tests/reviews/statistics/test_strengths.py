"""Bradley-Terry with ties finds the strengths that answers were made with, as often as its intervals promise."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import minimize

from latentdemo.reviews.statistics.strengths import PRIOR_SPREAD, fit, fit_strengths, outcome_features
from latentdemo.reviews.statistics.tally import Tally
from tests.reviews.reviewers import simulated_votes

NU = 0.5


def made_by(strengths: np.ndarray, persons: int, answers: int, spread: float, generator: np.random.Generator) -> Tally:
    """Answers by the model itself, about each pair of ways equally often; strengths differ between persons."""
    ways = len(strengths)
    preferred, ties = np.zeros((2, persons, ways, ways))
    own = strengths + generator.normal(0.0, spread, (persons, ways))
    for one, other in combinations(range(ways), 2):
        odds = np.exp(np.stack([own[:, one], own[:, other], (own[:, one] + own[:, other]) / 2.0 + np.log(NU)], axis=1))
        drawn = generator.multinomial(answers, odds / odds.sum(axis=1, keepdims=True))
        preferred[:, one, other], preferred[:, other, one] = drawn[:, 0], drawn[:, 1]
        ties[:, one, other] = ties[:, other, one] = drawn[:, 2]
    names = tuple(map(str, range(ways)))
    return Tally(tuple(map(str, range(persons))), names, preferred, ties, np.zeros(persons))


@pytest.mark.parametrize("spread", [0.0, 0.6])
def test_intervals_hold_what_they_promise(spread: float) -> None:
    generator = np.random.default_rng(2)
    truth = np.array([-0.8, 0.0, 0.8])
    inside = []
    for _ in range(150):
        found = fit_strengths(made_by(truth, 12, 6, spread, generator))
        assert found is not None
        inside += [found.of(str(way)).low <= truth[way] <= found.of(str(way)).high for way in range(3)]
        inside.append(found.lead("2", "0").low <= 1.6 <= found.lead("2", "0").high)
    assert 0.92 <= np.mean(inside) < 1.0


def test_the_mode_is_that_of_a_general_optimiser() -> None:
    features = outcome_features(4)
    counts = np.random.default_rng(3).integers(0, 20, (1, 6, 3)).astype(float)

    def loss(found: np.ndarray) -> float:
        logits = features @ found
        chances = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        return float((found**2).sum() / 2.0 / PRIOR_SPREAD**2 - (counts[0] * chances).sum())

    expected = minimize(loss, np.zeros(5), method="BFGS")
    [found], _ = fit(counts, features)
    assert found == pytest.approx(expected.x, abs=1e-4)


def test_a_way_that_always_won_stays_finite_and_uncertain() -> None:
    votes = simulated_votes({"prior": -50.0, "chain": 0.0, "flow": 50.0}, persons=5, pairs=4, ties=0.0)
    found = fit_strengths(Tally.of(votes, ["prior", "chain", "flow"]))
    assert found is not None
    lead = found.lead("flow", "prior")
    assert 0.0 < lead.mean < 20.0
    assert lead.high > lead.mean + 1.0
    assert found.nu == 0.0


def test_one_person_has_no_interval() -> None:
    votes = simulated_votes({"prior": 0.0, "chain": 0.0}, persons=1, pairs=9)
    assert fit_strengths(Tally.of(votes, ["prior", "chain"])) is None
