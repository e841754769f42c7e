"""Who answers at random is found, who is careful seldom suspected; a preferred side shows."""

from __future__ import annotations

import numpy as np
import pytest

from latentdemo.reviews.statistics.answerers import FALSE_ALARM, SLIP, Answerer, answerers_of, left_share
from latentdemo.reviews.vote import Vote
from tests.reviews.reviewers import control_votes, simulated_votes


def suspected(chance: float, controls: int) -> float:
    """Share of 5,000 people with a chance to miss a control pair who are suspected."""
    missed = np.random.default_rng(0).binomial(controls, chance, 5000)
    return float(np.mean([Answerer("", controls, int(each), 0, 0).at_random for each in missed]))


@pytest.mark.parametrize("controls", [1, 2, 3, 5, 8])
def test_careful_people_are_seldom_suspected(controls: int) -> None:
    assert suspected(SLIP, controls) <= FALSE_ALARM + 0.003


def test_people_who_answer_at_random_are_found() -> None:
    assert suspected(0.5, 1) == 0.0  # One control tells nothing.
    assert suspected(0.5, 3) > 0.45
    assert suspected(0.5, 8) > 0.8
    assert suspected(1.0, 2) == 1.0


def test_controls_are_counted_by_person() -> None:
    votes = [*control_votes("careful", [True] * 4), *control_votes("random", [False, True, False, False])]
    votes.append(Vote("random", "real", "noise", None, "noise"))
    careful, at_random = answerers_of(votes)
    assert (careful.controls, careful.missed, careful.at_random) == (4, 0, False)
    assert (at_random.controls, at_random.missed, at_random.at_random) == (5, 4, True)


def test_people_who_take_one_side_are_found() -> None:
    assert Answerer("", 0, 0, 0, 16).one_sided
    assert Answerer("", 0, 0, 15, 1).is_doubtful
    assert not Answerer("", 0, 0, 3, 13).one_sided
    assert not Answerer("", 0, 0, 0, 0).is_doubtful
    left = np.random.default_rng(1).binomial(20, 0.5, 5000)
    assert np.mean([Answerer("", 0, 0, int(each), 20 - int(each)).one_sided for each in left]) <= FALSE_ALARM


def test_a_preferred_side_shows_in_all_answers_together() -> None:
    generator = np.random.default_rng(2)
    sides = ["left" if each else "right" for each in generator.random(240) < 0.65]
    votes = [Vote(f"{index % 12}", "prior", "chain", "chain", position=side) for index, side in enumerate(sides)]
    found = left_share(votes)
    assert found is not None
    assert found.above_half
    assert (found.persons, found.votes) == (12, 240)


def test_sides_are_even_where_content_decides() -> None:
    found = left_share(simulated_votes({"prior": 0.0, "chain": 3.0}, persons=12, pairs=20))
    assert found is not None
    assert found.low < 0.5 < found.high


def test_the_second_showing_of_a_pair_is_no_throw_of_the_coin() -> None:
    mirrored = [Vote("one", "prior", "chain", "chain", "mirrored", "left")] * 9
    assert left_share(mirrored) is None
    assert answerers_of(mirrored)[0].left == 9
