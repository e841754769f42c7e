"""What is kept of a review, on either database: once, for good, and only for those who may see it."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from latentdemo.errors import ReviewError
from latentdemo.reviews.ballots import as_table
from latentdemo.reviews.database import Database
from latentdemo.reviews.pairs import pairs_of
from latentdemo.reviews.review import Decision
from latentdemo.reviews.store import ReviewStore
from latentdemo.reviews.tables import metadata, people, votes
from latentdemo.reviews.tokens import new_token, reviewer_token
from tests.reviews.conftest import CHAIN_WAY, PLAN, Led, drawn_sheets

RULE = {"way": "transport", "steps": 2}


def test_a_review_is_kept_as_it_was_begun(led: Led) -> None:
    review = led.store.review(led.presenter, led.number)
    assert review is not None
    assert review.plan == PLAN
    assert (review.seed, review.people, review.answers, review.decision) == (5, 0, 0, None)
    assert review.created.tzinfo is not None
    assert led.store.sheet(review, CHAIN_WAY.name) == drawn_sheets()[CHAIN_WAY.name]
    led.store.note(led.presenter, led.number, "renamed", "bring cake")
    led.store.show(led.presenter, led.number)
    changed = led.store.review(led.presenter, led.number)
    assert changed is not None
    assert (changed.plan.name, changed.notes, changed.shown) == ("renamed", "bring cake", True)


def test_answers_count_once_and_in_turn(led: Led) -> None:
    token = led.store.join(led.reviewers, "=Ada")
    for number, answer, then in [(1, "left", 0), (0, "left", 1), (0, "right", 1), (1, "same", 2), (9, "left", 2)]:
        person = led.store.answer(token, led.reviewers, number, answer)
        assert person is not None
        assert person.answered == then
    ballots = led.store.ballots(led.presenter, led.number)
    assert [ballot.answer for ballot in ballots] == ["left", "same"]
    assert [ballot.pair for ballot in ballots] == list(pairs_of(PLAN, True, person.seed)[:2])
    assert ballots[0].vote.preferred == ballots[0].pair.left.way
    assert ballots[0].vote.position == "left"
    assert ballots[1].vote.preferred is None
    assert ballots[1].vote.position is None
    table = list(as_table(ballots))
    assert [row["person"] for row in table] == [1, 1]
    assert [(row["name"], row["preferred"]) for row in table] == [("Ada", ballots[0].pair.left.way), ("Ada", "")]


def test_no_difference_counts_only_where_it_may_be_answered(led: Led) -> None:
    number = led.store.begin(led.presenter, replace(PLAN, ties=False), 5, drawn_sheets())
    reviewers = reviewer_token(led.presenter, number)
    token = led.store.join(reviewers)
    assert led.store.answer(token, reviewers, 0, "same").answered == 0
    assert led.store.answer(token, reviewers, 0, "right").answered == 1


def test_the_same_answer_from_many_places_at_once_counts_once(led: Led) -> None:
    token = led.store.join(led.reviewers)
    with ThreadPoolExecutor(8) as threads:
        people_then = list(threads.map(lambda _: led.store.answer(token, led.reviewers, 0, "left"), range(8)))
    assert {person.answered for person in people_then if person} == {1}
    assert len(led.store.ballots(led.presenter, led.number)) == 1


def test_two_servers_on_one_database_lose_no_vote_and_count_none_twice(led: Led, url: str) -> None:
    """Each answer of each person arrives at both at once, of people whom either let in."""
    other = ReviewStore(Database(url))
    stores, answered = (led.store, other), 10

    def vote_all(place: int) -> None:
        token = stores[place % 2].join(led.reviewers)
        for number in range(answered):
            sent = [threads.submit(store.answer, token, led.reviewers, number, "left") for store in stores]
            assert {person.answered for each in sent if (person := each.result())} == {number + 1}

    with ThreadPoolExecutor(8) as threads, ThreadPoolExecutor(4) as voters:
        list(voters.map(vote_all, range(4)))
    for store in stores:
        counted = [(ballot.person, ballot.number) for ballot in store.ballots(led.presenter, led.number)]
        assert len(counted) == len(set(counted)) == 4 * answered
    other.database.close()


def test_tokens_open_what_is_theirs_and_nothing_else(led: Led) -> None:
    """Neither the other's token nor the number of a review opens it."""
    token = led.store.join(led.reviewers)
    led.store.answer(token, led.reviewers, 0, "left")
    for stranger in (new_token(), led.reviewers, token, led.number, "", "' OR 1=1 --"):
        assert led.store.reviews_of(stranger) == []
        assert led.store.review(stranger, led.number) is None
        assert led.store.ballots(stranger, led.number) == []
        led.store.show(stranger, led.number)
        led.store.delete(stranger, led.number)
        with pytest.raises(ReviewError):
            led.store.decide(stranger, led.number, Decision("leave"))
    for stranger in (new_token(), led.presenter, led.number, ""):
        assert led.store.review_for(stranger) is None
        assert led.store.person(token, stranger) is None
        assert led.store.answer(token, stranger, 1, "left") is None
        assert led.store.person(stranger, led.reviewers) is None
        with pytest.raises(ReviewError):
            led.store.join(stranger)
    asked = led.store.review_for(led.reviewers)
    assert asked is not None
    assert (asked.people, asked.answers) == (0, 0)
    kept = led.store.review(led.presenter, led.number)
    assert kept is not None
    assert (kept.answers, kept.shown, kept.decision) == (1, False, None)


def test_votes_are_told_to_those_alone_whom_they_sway_no_more(led: Led) -> None:
    """Neither before the presenter has shown the result nor before a person is through, whoever asks for whom."""
    first, second = (led.store.join(led.reviewers, name) for name in ("Ada", "Grace"))
    for number in range(PLAN.pairs):
        assert led.store.votes_for(first, led.reviewers) is None
        led.store.answer(first, led.reviewers, number, "left")
    led.store.answer(second, led.reviewers, 0, "left")
    assert led.store.votes_for(first, led.reviewers) is None
    led.store.show(led.presenter, led.number)
    told = led.store.votes_for(first, led.reviewers)
    assert told == [ballot.vote for ballot in led.store.ballots(led.presenter, led.number)]
    assert len(told) == PLAN.pairs + 1
    assert not re.search("Ada|Grace", str(told))
    for token, reviewers in ((second, led.reviewers), (first, new_token()), (new_token(), led.reviewers)):
        assert led.store.votes_for(token, reviewers) is None


def test_no_token_is_stored(led: Led) -> None:
    token = led.store.join(led.reviewers)

    def everything(connection):
        return [tuple(row) for table in metadata.sorted_tables for row in connection.execute(table.select())]

    kept = str(led.store.database.read(everything))
    assert led.number in kept
    for secret in (led.presenter, led.reviewers, token):
        assert secret not in kept


def test_a_decision_ends_the_review_and_stays_in_the_record(led: Led) -> None:
    token = led.store.join(led.reviewers)
    led.store.answer(token, led.reviewers, 0, "left")
    led.store.decide(led.presenter, led.number, Decision("try", by="Ada", note="too few"))
    led.store.decide(led.presenter, led.number, Decision("adopt", by="Grace", rule=RULE))
    review = led.store.review(led.presenter, led.number)
    assert review is not None
    assert [(each.verdict, each.by) for each in review.decisions] == [("try", "Ada"), ("adopt", "Grace")]
    assert review.decision is not None
    assert review.decision.rule == RULE
    assert review.decision.decided is not None
    assert led.store.answer(token, led.reviewers, 1, "left").answered == 1
    with pytest.raises(ReviewError, match="over"):
        led.store.join(led.reviewers)


def test_a_review_is_deleted_with_everything_in_it(led: Led) -> None:
    kept = led.store.begin(led.presenter, PLAN, 6, drawn_sheets())
    token = led.store.join(led.reviewers)
    led.store.answer(token, led.reviewers, 0, "left")
    led.store.decide(led.presenter, led.number, Decision("leave"))
    review = led.store.review(led.presenter, led.number)
    led.store.delete(led.presenter, led.number)
    assert [each.number for each in led.store.reviews_of(led.presenter)] == [kept]
    assert led.store.person(token, led.reviewers) is None
    with pytest.raises(ReviewError, match="deleted"):
        led.store.sheet(review, CHAIN_WAY.name)
    inside = select(func.count()).select_from(votes.join(people)).where(people.c.review == led.number)
    assert led.store.database.read(lambda connection: connection.scalar(inside)) == 0


def test_another_process_finds_what_was_kept(led: Led, url: str) -> None:
    """Bringing the database to its form a second time changes nothing."""
    again = Database(url)
    assert ReviewStore(again).review(led.presenter, led.number) == led.store.review(led.presenter, led.number)
    again.close()
