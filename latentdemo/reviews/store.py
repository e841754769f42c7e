"""What is kept of reviews, and who may do what with it: presenters and reviewers come with their tokens."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from cachetools import LRUCache
from sqlalchemy import Connection, Row, Select, func, select
from sqlalchemy.exc import IntegrityError

from latentdemo.errors import ReviewError
from latentdemo.reviews.ballots import Ballot
from latentdemo.reviews.database import Database, default_url
from latentdemo.reviews.pairs import Answer, Pair, Picture, pairs_of
from latentdemo.reviews.pictures import digest_of
from latentdemo.reviews.review import LONGEST_TEXT, Decision, Person, Plan, Review, Way
from latentdemo.reviews.tables import decisions, people, reviews, sheets, votes
from latentdemo.reviews.tokens import digest, new_token, reviewer_token
from latentdemo.reviews.vote import Vote

SEED_BITS = 62  # every database holds such a whole number
MOST_PEOPLE = 5_000  # of a review
REVIEWS_KEPT = 256  # of which what never changes is kept in memory


class ReviewStore:
    """All reviews of a database.

    Every method raises `DatabaseError` where the database cannot be used; those that are given a token that opens
    nothing raise `ReviewError` or give None, as they say.

    Args:
        database: where they are kept.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self._begun: LRUCache[str, Review] = LRUCache(REVIEWS_KEPT)  # as they were begun, by number
        self._lock = threading.Lock()

    def begin(self, presenter: str, plan: Plan, seed: int, pictures: Mapping[str, bytes]) -> str:
        """Begin a review, and give its number.

        Args:
            presenter: token of whoever leads it.
            plan: what is compared.
            seed: that its pictures were made from.
            pictures: name of a way, and of real data where there are any -> its sheet.
        """
        number = secrets.token_hex(16)
        values = {name: value for name, value in vars(plan).items() if name != "ways"} | {
            "number": number,
            "presenter": digest(presenter),
            "reviewers": digest(reviewer_token(presenter, number)),
            "name": plan.name[:LONGEST_TEXT],
            "question": plan.question[:LONGEST_TEXT],
            "ways": [way.values() for way in plan.ways],
            "seed": seed,
            "created": now(),
            "shown": False,
            "notes": "",
        }
        drawn = [
            {"review": number, "way": name, "digest": digest_of(png), "png": png} for name, png in pictures.items()
        ]

        def work(connection: Connection) -> None:
            if not connection.execute(select(reviews.c.number).where(reviews.c.number == number)).first():
                connection.execute(reviews.insert(), values)
                connection.execute(sheets.insert(), drawn)

        self.database.write(work)
        return number

    def reviews_of(self, presenter: str) -> list[Review]:
        """The reviews that a presenter leads, newest first."""
        return self.database.read(lambda connection: read_reviews(connection, reviews.c.presenter == digest(presenter)))

    def review(self, presenter: str, number: str) -> Review | None:
        """A review that a presenter leads; None where the token does not open it."""
        found = self.database.read(lambda connection: read_reviews(connection, *led_by(presenter, number)))
        return found[0] if found else None

    def review_for(self, reviewers: str) -> Review | None:
        """The review that reviewers are asked to, without anything that was answered; None where there is none."""
        condition = reviews.c.reviewers == digest(reviewers)
        found = self.database.read(lambda connection: read_reviews(connection, condition, counted=False))
        return found[0] if found else None

    def sheet(self, review: Review, way: str) -> bytes:
        """The pictures of a way; ReviewError where they are gone."""
        asked = select(sheets.c.png).where(sheets.c.review == review.number, sheets.c.way == way)
        found = self.database.read(lambda connection: connection.scalar(asked))
        if found is None:
            raise ReviewError("this review was deleted meanwhile: ask whoever invited you")
        return bytes(found)

    def join(self, reviewers: str, name: str = "") -> str:
        """Let somebody in, and give their token.

        Raises:
            ReviewError: the token opens nothing, or the review is over or full.
        """
        token = new_token()
        values = {
            "digest": digest(token),
            "name": name[:LONGEST_TEXT],
            "seed": secrets.randbits(SEED_BITS),
            "joined": now(),
        }

        def work(connection: Connection) -> None:
            found = read_reviews(connection, reviews.c.reviewers == digest(reviewers), counted=False)
            if not found:
                raise ReviewError("this link opens no review; ask whoever invited you for another one")
            if found[0].decision:
                raise ReviewError("this review is over")
            inside = select(func.count()).select_from(people).where(people.c.review == found[0].number)
            if (connection.scalar(inside) or 0) >= MOST_PEOPLE:
                raise ReviewError("this review has as many people as it can hold")
            if not connection.execute(select(people.c.number).where(people.c.digest == values["digest"])).first():
                connection.execute(people.insert(), values | {"review": found[0].number})

        self.database.write(work)
        return token

    def person(self, token: str, reviewers: str) -> Person | None:
        """Whoever has a token within a review, and where they are; None where it opens nothing."""
        return self.database.read(lambda connection: self._person(connection, token, reviewers))

    def answer(self, token: str, reviewers: str, number: int, answer: Answer) -> Person | None:
        """Take an answer, unless that pair was answered already, and give where the person is then.

        When this returns, the answer is kept for good. The first answer to a pair counts; one that comes twice, or out
        of turn, or after the decision changes nothing.

        Args:
            token, reviewers: of the person and of the review; None is given where they open nothing.
            number: of the pair.
            answer: "left", "right" or "same".
        """

        person = self.person(token, reviewers)
        if person is None or person.over or person.answered != number:
            return person
        plan = person.review.plan
        pairs = pairs_of(plan, person.review.has_real, person.seed)
        if number >= len(pairs) or (answer == "same" and not plan.ties):
            return person
        values = vote_values(person, pairs[number], number, answer)
        try:
            self.database.write(lambda connection: connection.execute(votes.insert(), values))
        except IntegrityError:  # it came twice at the same time, or the review was deleted
            return self.person(token, reviewers)
        return replace(person, answered=number + 1)

    def ballots(self, presenter: str, number: str) -> list[Ballot]:
        """All votes of a review in the order in which they came; none where the presenter's token does not open it."""
        return self._ballots(*led_by(presenter, number))

    def votes_for(self, token: str, reviewers: str) -> list[Vote] | None:
        """All votes of a review in the order in which they came, for somebody whom they sway no more.

        None for whoever has not answered to the end, and until the presenter has looked at the result.
        """
        person = self.person(token, reviewers)
        if person is None or not (person.shown and person.is_through):
            return None
        return [ballot.vote for ballot in self._ballots(people.c.review == person.review.number)]

    def _ballots(self, *conditions: Any) -> list[Ballot]:
        """Votes under some conditions, in the order in which they came."""
        asked = (
            select(votes, people.c.name)
            .join(people, votes.c.person == people.c.number)
            .join(reviews, people.c.review == reviews.c.number)
            .where(*conditions)
            .order_by(votes.c.number)
        )
        return self.database.read(lambda connection: [ballot_of(row) for row in connection.execute(asked)])

    def show(self, presenter: str, number: str) -> None:
        """Keep that the presenter has looked at the result."""
        self._change(presenter, number, shown=True)

    def note(self, presenter: str, number: str, name: str, notes: str) -> None:
        """Change the name of a review, and the presenter's notes."""
        self._change(presenter, number, name=name[:LONGEST_TEXT], notes=notes)

    def decide(self, presenter: str, number: str, decision: Decision) -> None:
        """Keep a decision, after which nobody answers any more; one before stays in the record.

        Raises:
            ReviewError: the presenter's token does not open the review.
        """
        when = now()
        values = asdict(decision) | {"review": number, "decided_by": decision.by[:LONGEST_TEXT], "decided": when}
        del values["by"]

        def work(connection: Connection) -> None:
            if not connection.execute(select(reviews.c.number).where(*led_by(presenter, number))).first():
                raise ReviewError("there is no such review any more")
            done = select(decisions.c.number).where(decisions.c.review == number, decisions.c.decided == when)
            if not connection.execute(done).first():
                connection.execute(decisions.insert(), values)

        self.database.write(work)

    def delete(self, presenter: str, number: str) -> None:
        """Delete a review with everything in it."""
        self.database.write(lambda connection: connection.execute(reviews.delete().where(*led_by(presenter, number))))

    def _person(self, connection: Connection, token: str, reviewers: str) -> Person | None:
        """See `person`; in one question where the review is known, as hundreds of people may answer at once."""
        row = connection.execute(standing(token, reviewers)).first()
        if row is None:
            return None
        with self._lock:
            review = self._begun.get(row.review)
        if review is None:
            review = read_reviews(connection, reviews.c.number == row.review, counted=False)[0]
            with self._lock:
                self._begun[row.review] = review
        return Person(row.number, review, row.seed, row.answered, row.decided > 0, row.shown)

    def _change(self, presenter: str, number: str, **values: Any) -> None:
        change = reviews.update().where(*led_by(presenter, number)).values(**values)
        self.database.write(lambda connection: connection.execute(change))


def review_store() -> ReviewStore:
    """The store of this installation; raises `DatabaseError` where its address is none."""
    return store_at(default_url())


@cache
def store_at(url: str) -> ReviewStore:
    """The store of a database, opened once a process; raises as `Database` does."""
    return ReviewStore(Database(url))


def now() -> datetime:
    """The time, with its zone."""
    return datetime.now(UTC)


def led_by(presenter: str, number: str) -> Sequence[Any]:
    """What is asked of a review that a presenter's token opens."""
    return reviews.c.number == number, reviews.c.presenter == digest(presenter)


def read_reviews(connection: Connection, *conditions: Any, counted: bool = True) -> list[Review]:
    """Reviews under some conditions, newest first; `counted` says whether with the number of people and answers."""
    rows = connection.execute(select(reviews).where(*conditions).order_by(reviews.c.created.desc())).all()
    return [review_of(connection, row, counted) for row in rows]


def review_of(connection: Connection, row: Row[Any], counted: bool) -> Review:
    """A review and what belongs to it."""
    values = row._mapping
    kept = {name: values[name] for name in Plan.__dataclass_fields__ if name != "ways"}
    plan = Plan(ways=tuple(Way.of(each) for each in values["ways"]), **kept)
    drawn = connection.execute(select(sheets.c.way, sheets.c.digest).where(sheets.c.review == row.number)).all()
    decided = connection.execute(
        select(decisions).where(decisions.c.review == row.number).order_by(decisions.c.number)
    ).all()
    answered, given = connection.execute(counts(row.number)).one() if counted else (0, 0)
    return Review(
        row.number,
        plan,
        row.seed,
        {each.way: each.digest for each in drawn},
        row.created,
        row.shown,
        row.notes,
        tuple(Decision(each.verdict, each.decided_by, each.rule, each.note, each.decided) for each in decided),
        answered,
        given,
    )


def counts(review: str) -> Select[int, int]:
    """Asks how many people have answered, and how often."""
    return (
        select(func.count(votes.c.person.distinct()), func.count())
        .select_from(votes.join(people))
        .where(people.c.review == review)
    )


def standing(token: str, reviewers: str) -> Select[Any]:
    """Asks who has a token within a review, how many pairs they have answered, and how far the review is."""
    answered = select(func.count()).where(votes.c.person == people.c.number).scalar_subquery()
    decided = select(func.count()).where(decisions.c.review == people.c.review).scalar_subquery()
    return (
        select(people.c.number, people.c.review, people.c.seed, answered.label("answered"), decided.label("decided"))
        .add_columns(reviews.c.shown)
        .join(reviews, people.c.review == reviews.c.number)
        .where(people.c.digest == digest(token), reviews.c.reviewers == digest(reviewers))
    )


def vote_values(person: Person, pair: Pair, number: int, answer: Answer) -> dict[str, Any]:
    """A vote as it is stored."""
    return {
        "person": person.number,
        "pair": number,
        "left_way": pair.left.way,
        "left_picture": pair.left.number,
        "right_way": pair.right.way,
        "right_picture": pair.right.number,
        "control": pair.control,
        "answer": answer,
        "given": now(),
    }


def ballot_of(row: Row[Any]) -> Ballot:
    """A vote that was stored."""
    pair = Pair(Picture(row.left_way, row.left_picture), Picture(row.right_way, row.right_picture), row.control)
    return Ballot(row.person, row.name, row.pair, pair, row.answer, row.given)
