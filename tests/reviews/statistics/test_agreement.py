"""People who agree are told from those who do not, and orders that are alike from others."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kendalltau

from latentdemo.evaluation.interval import Interval
from latentdemo.reviews.statistics import agreement
from latentdemo.reviews.statistics.agreement import agreement_of_people, agreement_with_metric, kendall_tau
from latentdemo.reviews.statistics.strengths import Strengths, fit_strengths
from latentdemo.reviews.statistics.tally import Tally
from tests.reviews.reviewers import simulated_votes

CLEAR = {"prior": -2.0, "chain": 0.0, "flow": 2.0}
FIGURES = {name: Interval(mean, 0.0) for name, mean in CLEAR.items()}


def strengths(ways: dict[str, float], **settings: float) -> Strengths:
    found = fit_strengths(Tally.of(simulated_votes(ways, **settings), [*ways]))
    assert found is not None
    return found


@pytest.mark.parametrize("ways", [CLEAR, {"prior": -2.0, "chain": 2.0}])
def test_people_who_prefer_the_same_agree(ways: dict[str, float]) -> None:
    found = agreement_of_people(Tally.of(simulated_votes(ways, persons=10, pairs=20), [*ways]))
    assert found is not None
    assert found.low > 0.6


@pytest.mark.parametrize("spread", [0.0, 3.0])
def test_people_who_prefer_at_random_or_the_opposite_do_not(spread: float) -> None:
    votes = simulated_votes(dict.fromkeys(CLEAR, 0.0), persons=10, pairs=40, spread=spread)
    found = agreement_of_people(Tally.of(votes, [*CLEAR]))
    assert found is not None
    assert found.mean < 0.2
    assert found.high < 0.6


def test_agreement_does_not_depend_on_the_order_of_the_ways() -> None:
    votes = simulated_votes(CLEAR, persons=5, pairs=12)
    found = [agreement_of_people(Tally.of(votes, ways)) for ways in ([*CLEAR], [*reversed(CLEAR)])]
    assert found[0] is not None
    assert found[1] is not None
    assert found[0].mean == pytest.approx(found[1].mean)


def test_where_nothing_tells_no_agreement_is_given() -> None:
    ways = [*CLEAR]
    assert agreement_of_people(Tally.of([], ways)) is None
    assert agreement_of_people(Tally.of(simulated_votes(CLEAR, persons=1, pairs=9), ways)) is None
    assert agreement_of_people(Tally.of(simulated_votes(CLEAR, persons=5, pairs=9, ties=1.0), ways)) is None


def test_many_people_are_left_out_in_groups(monkeypatch) -> None:
    complete = Tally.of(simulated_votes(CLEAR, persons=60, pairs=6), [*CLEAR])
    grouped = agreement_of_people(complete)
    monkeypatch.setattr(agreement, "GROUPS", 60)
    single = agreement_of_people(complete)
    assert grouped is not None
    assert single is not None
    assert (grouped.mean, grouped.freedom, single.freedom) == (single.mean, 29, 59)
    assert grouped.error == pytest.approx(single.error, rel=0.4)


def test_two_people_have_no_interval() -> None:
    found = agreement_of_people(Tally.of(simulated_votes(CLEAR, persons=2, pairs=12), [*CLEAR]))
    assert found is not None
    assert found.error is None


@pytest.mark.parametrize(("sign", "tau"), [(1.0, 1.0), (-1.0, -1.0)])
def test_a_metric_that_ranks_as_people_do_is_told_from_one_that_does_the_reverse(sign: float, tau: float) -> None:
    metric = {name: Interval(sign * each.mean, 0.1) for name, each in FIGURES.items()}
    found = agreement_with_metric(strengths(CLEAR, persons=12, pairs=20), metric)
    assert found is not None
    assert (found.tau, found.low, found.high, found.ways) == (tau, tau, tau, 3)


def test_an_uncertain_order_has_a_wide_interval() -> None:
    people = strengths(CLEAR, persons=12, pairs=20)
    vague = agreement_with_metric(people, {name: Interval(each.mean, 5.0) for name, each in FIGURES.items()})
    assert vague is not None
    assert vague.low < 0.0
    unsure = agreement_with_metric(strengths(dict.fromkeys(CLEAR, 0.0), persons=3, pairs=6), FIGURES)
    assert unsure is not None
    assert unsure.high - unsure.low > 1.0


def test_ways_that_a_metric_does_not_know_are_left_out() -> None:
    people = strengths(CLEAR, persons=6, pairs=20)
    found = agreement_with_metric(people, {name: FIGURES[name] for name in ("prior", "flow")})
    assert found is not None
    assert found.ways == 2
    assert agreement_with_metric(people, {"prior": FIGURES["prior"]}) is None


def test_tau_is_that_of_scipy() -> None:
    first, second = np.random.default_rng(4).integers(0, 5, (2, 30, 6)).astype(float)
    expected = [kendalltau(one, other).statistic for one, other in zip(first, second, strict=True)]
    assert kendall_tau(first, second) == pytest.approx(expected, nan_ok=True)
