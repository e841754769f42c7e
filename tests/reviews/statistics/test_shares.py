"""What is counted of a person's answers, and what those that are missing may still come to."""

from __future__ import annotations

import numpy as np
import pytest

from latentdemo.reviews.statistics.shares import is_ahead, lead_alpha, leads, share_of, spanned
from latentdemo.reviews.statistics.tally import Tally
from latentdemo.reviews.vote import Vote
from tests.reviews.reviewers import control_votes

WAYS = ["prior", "chain", "flow"]
VOTES = [
    Vote("late", "prior", "chain", "chain"),
    Vote("early", "chain", "prior", "prior"),
    *control_votes("early", [True, True]),
    Vote("late", "flow", "chain", None),
    Vote("late", "prior", "flow", "flow"),
    Vote("late", "chain", "prior", "prior"),
]


def test_all_answers_make_the_estimate() -> None:
    tally = Tally.of(VOTES, WAYS)
    assert tally.persons == ("late", "early")
    assert tally.shares("chain") == pytest.approx([0.5, 0.0])  # won, even and lost of three; lost
    assert tally.shares("flow")[0] == pytest.approx(0.75)
    assert np.isnan(tally.shares("flow")[1])
    assert tally.shares("chain", ["prior"]) == pytest.approx([0.5, 0.0])


def test_missing_answers_count_against_a_claim() -> None:
    lows, highs = Tally.of(VOTES, WAYS, 3).bounds("chain")
    assert lows == pytest.approx([1.5 / 2.0, 0.0])  # The fourth answer comes too late.
    assert highs == pytest.approx([1.5 / 2.0, 2.0 / 3.0])
    lows, highs = Tally.of(VOTES, WAYS, 3).bounds("flow")
    assert lows == pytest.approx([0.75, 0.0])
    assert highs == pytest.approx([0.75, 1.0])


def test_a_lead_is_between_what_both_may_come_to() -> None:
    lows, highs = leads(Tally.of(VOTES, WAYS, 3), "chain", "flow")
    assert lows == pytest.approx([0.5, 0.0])
    assert highs == pytest.approx([0.5, (2.0 / 3.0 + 1.0) / 2.0])


def test_persons_who_were_never_asked_about_a_way_are_left_out() -> None:
    tally = Tally.of(VOTES, WAYS, 1)
    lows, _ = leads(tally, "prior", "flow")
    assert len(lows) == 0
    share = share_of(Tally.of(VOTES, WAYS), tally, "flow")
    assert share is not None
    assert (share.estimate, share.low, share.high, share.persons, share.votes) == (0.75, 0.0, 1.0, 1, 2)
    assert share_of(Tally.of(VOTES[:2], WAYS), tally, "flow") is None


def test_an_interval_holds_its_estimate() -> None:
    assert spanned(0.9, (0.2, 0.8), 1, 1).high == 0.9
    assert spanned(0.1, (0.2, 0.8), 1, 1).low == 0.1
    assert spanned(0.3, (0.2, 0.8), 1, 1).below_half is False


def test_more_ways_ask_for_more() -> None:
    counted = Tally.of([Vote(f"{index}", "prior", "chain", "chain") for index in range(8)], WAYS[:2], 1)
    assert is_ahead(counted, "chain", "prior", lead_alpha(2))
    assert not is_ahead(counted, "prior", "chain", lead_alpha(2))
    assert not is_ahead(counted, "chain", "prior", lead_alpha(6))
