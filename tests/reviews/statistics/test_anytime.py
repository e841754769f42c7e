"""Intervals hold however often one looks, whoever leaves, and only ever get narrower."""

from __future__ import annotations

import numpy as np
import pytest

from latentdemo.reviews.statistics.anytime import ALPHA, anytime_interval, log_capital
from latentdemo.reviews.statistics.shares import known
from latentdemo.reviews.statistics.tally import Tally
from tests.reviews.reviewers import simulated_votes

REVIEWS, PERSONS, ANSWERS, LOOKS = 2000, 12, 8, 14


def answers_seen(mean: float, leave: bool, seed: int = 0):
    """At each of many looks at 2,000 reviews: points of each person so far, and answers to come, (reviews, persons).

    People come one after the other and answer at a pace of their own; what share of their answers prefers a way varies
    between them around `mean`. Where some `leave`, those do who do not like the way.
    """
    generator = np.random.default_rng(seed)
    likes = generator.beta(4.0 * mean, 4.0 * (1.0 - mean), (REVIEWS, PERSONS))
    points = (generator.random((REVIEWS, PERSONS, ANSWERS)) < likes[:, :, None]).cumsum(axis=2)
    points = np.concatenate([np.zeros((REVIEWS, PERSONS, 1)), points], axis=2)
    comes = np.sort(generator.uniform(0.0, 0.7, (REVIEWS, PERSONS)), axis=1)
    pace = generator.uniform(10.0, 40.0, (REVIEWS, PERSONS))
    most = np.where(likes < 0.5, 2, ANSWERS) if leave else ANSWERS
    for time in np.linspace(0.0, 1.0, LOOKS):
        given = np.clip((pace * (time - comes)).astype(int), 0, most)
        yield np.take_along_axis(points, given[:, :, None], 2)[:, :, 0], ANSWERS - given


@pytest.mark.parametrize(("mean", "leave"), [(0.5, False), (0.8, False), (0.7, True)])
def test_few_reviews_ever_miss_the_mean_while_somebody_watches(mean: float, leave: bool) -> None:
    missed = np.zeros(REVIEWS, dtype=bool)
    for points, missing in answers_seen(mean, leave):
        above = log_capital(points / ANSWERS, mean).max(axis=1)
        below = log_capital(1.0 - (points + missing) / ANSWERS, 1.0 - mean).max(axis=1)
        missed |= np.maximum(above, below) >= np.log(2.0 / ALPHA)
    assert missed.mean() <= ALPHA


def test_a_clear_preference_shows_in_most_reviews_of_twelve_people() -> None:
    *_, (points, missing) = answers_seen(0.9, False)
    assert (missing == 0).mean() > 0.6
    found = log_capital(points / ANSWERS, 0.5).max(axis=1) >= np.log(2.0 / ALPHA)
    assert found.mean() > 0.5


def test_an_interval_for_one_look_does_not_hold_while_somebody_watches() -> None:
    missed = np.zeros(REVIEWS, dtype=bool)
    for points, missing in answers_seen(0.8, False):
        there = missing < ANSWERS
        count = np.maximum(there.sum(axis=1), 1)
        shares = points / np.maximum(ANSWERS - missing, 1)
        estimate = shares.sum(axis=1) / count
        error = np.sqrt(((shares - estimate[:, None]) ** 2 * there).sum(axis=1) / np.maximum(count - 1, 1) / count)
        missed |= (count > 2) & (np.abs(estimate - 0.8) > 2.0 * error)
    assert missed.mean() > 2.0 * ALPHA


@pytest.mark.parametrize("mean", [0.2, 0.5, 0.9])
def test_an_end_is_where_the_capital_comes_to_its_limit(mean: float) -> None:
    values = np.random.default_rng(1).binomial(10, mean, 30) / 10.0
    low, high = anytime_interval(values, values)
    assert 0.0 < low < values.mean() < high < 1.0
    assert log_capital(values, low).max() == pytest.approx(np.log(2.0 / ALPHA), abs=1e-2)
    assert log_capital(1.0 - values, 1.0 - high).max() == pytest.approx(np.log(2.0 / ALPHA), abs=1e-2)


def test_what_nobody_has_said_rules_out_nothing() -> None:
    assert anytime_interval(np.zeros(0), np.ones(0)) == (0.0, 1.0)
    assert anytime_interval(np.zeros(9), np.ones(9)) == (0.0, 1.0)
    assert anytime_interval(np.zeros(9), np.zeros(9))[0] == 0.0


def test_an_interval_only_gets_narrower_as_votes_come_in() -> None:
    ways = {"prior": 0.0, "chain": 1.5, "flow": 1.0}
    votes = simulated_votes(ways, persons=6, pairs=8)
    ends = [anytime_interval(*known(*Tally.of(votes[:count], [*ways], 4).bounds("chain"))) for count in range(48)]
    lows, highs = np.array(ends).T
    assert (np.diff(lows) >= 0.0).all()
    assert (np.diff(highs) <= 0.0).all()
    assert 0.0 < lows[-1] < highs[-1] < 1.0
