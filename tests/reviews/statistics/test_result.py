"""From votes to what may be said of them, in one value."""

from __future__ import annotations

import pytest

from latentdemo.evaluation.interval import Interval
from latentdemo.reviews.statistics import PeopleNeeded, Result, result_of
from latentdemo.reviews.vote import Vote
from tests.reviews.reviewers import control_votes, simulated_votes

CLEAR = {"prior": -1.5, "chain": 0.0, "flow": 1.5}


def clear_result(persons: int = 24, **settings) -> Result:
    return result_of(simulated_votes(CLEAR, persons, pairs=20), [*CLEAR], **settings)


def test_all_is_said_of_three_ways() -> None:
    gaps = {"prior": Interval(0.0, 1.0), "chain": Interval(40.0, 2.0), "flow": Interval(90.0, 2.0)}
    found = clear_result(gap_closed=gaps)
    assert (found.persons, found.votes) == (24, 480)
    assert found.ties == pytest.approx(0.1, abs=0.05)
    assert found.shares["prior"].high < found.shares["flow"].low
    assert all(share.low <= share.estimate <= share.high for share in found.shares.values())
    assert found.decision is not None
    assert (found.decision.leader, found.decision.ahead_of, found.decision.is_made) == (
        "flow",
        ("prior", "chain"),
        True,
    )
    assert found.decision.needed == PeopleNeeded(0, 0)
    assert found.strengths is not None
    assert found.strengths.lead("flow", "chain").low > 0.0
    assert found.fooled == {}
    assert found.agreement is not None
    assert found.agreement.low > 0.2
    assert found.metric_agreement is not None
    assert found.metric_agreement.tau == 1.0
    assert found.doubtful == frozenset()


def test_real_data_lead_where_nothing_else_is_compared() -> None:
    ways = {"prior": -2.0, "chain": 0.0, "real": 2.0}
    found = result_of(simulated_votes(ways, persons=30, pairs=20), [*ways], real="real")
    assert found.fooled.keys() == {"prior", "chain"}
    assert found.decision is not None
    assert (found.decision.leader, found.decision.ahead_of, found.decision.is_made) == ("chain", ("prior",), True)
    told = simulated_votes({"prior": -2.0, "real": 2.0}, persons=12, pairs=20)
    found = result_of(told, ["prior", "real"], real="real")
    assert found.fooled.keys() == {"prior"}
    assert found.fooled["prior"].below_half
    assert found.decision is not None
    assert (found.decision.leader, found.decision.is_made) == ("real", True)


def test_two_ways_share_all_answers() -> None:
    ways = {"prior": 0.0, "chain": 1.0}
    found = result_of(simulated_votes(ways, persons=9, pairs=10), [*ways], pairs=10)
    prior, chain = found.shares["prior"], found.shares["chain"]
    assert prior.estimate == pytest.approx(1.0 - chain.estimate)
    assert (prior.low, prior.high) == pytest.approx((1.0 - chain.high, 1.0 - chain.low), abs=1e-4)
    assert found.strengths is None
    assert found.decision is not None
    assert found.decision.is_made == chain.above_half


@pytest.mark.parametrize("votes", [[], control_votes("one", [True, True])])
def test_before_the_first_answer_nothing_is_said(votes: list[Vote]) -> None:
    found = result_of(votes, [*CLEAR], real="flow")
    assert (found.persons, found.votes, found.shares, found.fooled) == (0, 0, {}, {})
    assert found.decision is found.strengths is found.agreement is found.metric_agreement is None


def test_one_person_decides_nothing_however_much_they_answer() -> None:
    found = result_of(simulated_votes({"prior": 0.0, "chain": 9.0}, persons=1, pairs=200), ["prior", "chain"])
    assert found.decision is not None
    assert not found.decision.is_made
    assert found.decision.needed is None
    assert found.shares["chain"].low < 0.5


def test_as_many_people_as_were_foretold_decide() -> None:
    ways = {"prior": 0.0, "chain": 1.0}
    votes = simulated_votes(ways, persons=80, pairs=12, spread=0.6)

    def after(persons: int) -> Result:
        chosen = {f"person {index}" for index in range(persons)}
        return result_of([vote for vote in votes if vote.person in chosen], [*ways], pairs=12)

    foretold = after(8).decision
    assert foretold is not None
    assert foretold.needed is not None
    assert not foretold.is_made
    low, high = foretold.needed.low, foretold.needed.high
    assert low is not None
    assert high is not None
    more = next(count for count in range(9, 81) if (found := after(count).decision) and found.is_made) - 8
    assert low <= more <= high


def test_people_who_have_begun_may_be_enough() -> None:
    through = [Vote(f"{person}", "prior", "chain", "chain") for person in range(4) for _ in range(5)]
    begun = [Vote(f"late {person}", "prior", "chain", "chain") for person in range(12)]
    found = result_of([*begun, *through], ["prior", "chain"], pairs=10).decision
    assert found is not None
    assert not found.is_made
    assert found.needed == PeopleNeeded(0, 0)
    alone = result_of(through, ["prior", "chain"], pairs=10).decision
    assert alone is not None
    assert alone.needed is not None
    assert alone.needed.low == alone.needed.high == 4


def test_where_people_are_divided_no_decision_is_in_sight() -> None:
    votes = [Vote(f"{index}", "prior", "chain", ("prior", "chain")[index % 2]) for index in range(21)]
    found = result_of(votes, ["prior", "chain"], pairs=1).decision
    assert found is not None
    assert found.needed is not None
    assert found.needed.high is None


def test_doubtful_people_are_named_and_stay_in_the_figures() -> None:
    votes = simulated_votes(CLEAR, persons=3, pairs=20)
    votes += control_votes("person 0", [True] * 3) + control_votes("person 1", [False] * 3)
    found = result_of(votes, [*CLEAR])
    assert found.doubtful == {"person 1"}
    assert found.persons == 3
    assert found.votes == 60


@pytest.mark.parametrize(
    "vote",
    [
        Vote("one", "prior", "elsewhere", "prior"),
        Vote("one", "prior", "prior", "prior"),
        Vote("one", "prior", "chain", "flow"),
    ],
)
def test_votes_about_something_else_are_refused(vote: Vote) -> None:
    with pytest.raises(ValueError, match="does not compare two of the ways"):
        result_of([vote], [*CLEAR])
    with pytest.raises(ValueError, match="two ways or more"):
        result_of([], ["prior"])
