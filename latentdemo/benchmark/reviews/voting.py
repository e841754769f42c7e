"""Many people who vote at once: how long an answer takes until it is kept and the next pair is drawn; none may be lost.

Measured is what the server does for an answer, on either database; the way to the browser and back is not. Between two
answers people look, for a second on average, which is four times as fast as most do.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from latentdemo.benchmark.concurrency import percentile
from latentdemo.benchmark.reviews.postgres import find_postgres, running_postgres
from latentdemo.benchmark.timing import Table
from latentdemo.reviews.database import Database
from latentdemo.reviews.pairs import PICTURES, pairs_of
from latentdemo.reviews.pictures import pair_png, sheet_of
from latentdemo.reviews.review import Plan, Way
from latentdemo.reviews.store import ReviewStore
from latentdemo.reviews.tokens import new_token, reviewer_token
from latentdemo.sampling import ChainSpec

PEOPLE, VOTES = 32, 2_000
SIDE = 64  # Pixels of a picture.
LOOKS = (0.5, 1.5)  # Seconds.


def measure_reviews(people: int = PEOPLE, votes: int = VOTES) -> Iterator[Table]:
    """A table for SQLite, and one for PostgreSQL where it is installed."""
    with tempfile.TemporaryDirectory() as folder:
        yield measure_voting("SQLite", f"sqlite:///{folder}/reviews.sqlite", people, votes)
    if find_postgres() is None:
        yield Table("PostgreSQL", [{"": "it is not installed (Debian: apt-get install postgresql)"}])
        return
    with running_postgres() as server:
        yield measure_voting("PostgreSQL", server.url, people, votes)


def measure_voting(title: str, url: str, people: int, votes: int) -> Table:
    """So many people at once, who give so many votes together, on the database of an address."""
    pairs = -(-votes // people)
    store, presenter = ReviewStore(Database(url)), new_token()
    plan = Plan("none/none", "", "", (Way(ChainSpec(steps=0)), Way(ChainSpec(steps=1))), pairs=pairs)
    chance = np.random.default_rng(0)
    drawn = {way.name: chance.integers(0, 256, (PICTURES, SIDE, SIDE, 3), np.uint8) for way in plan.ways}
    number = store.begin(presenter, plan, 1, {name: sheet_of(pictures) for name, pictures in drawn.items()})
    reviewers = reviewer_token(presenter, number)
    try:
        with ThreadPoolExecutor(people) as threads:
            started = time.perf_counter()
            waited = list(threads.map(lambda seed: vote_all(store, reviewers, drawn, pairs, seed), range(people)))
            seconds = time.perf_counter() - started
        kept = len(store.ballots(presenter, number))
    finally:
        store.database.close()
    times = [each for one in waited for each in one]
    row = {
        "votes": len(times),
        "lost": len(times) - kept,
        "p50, ms": percentile(times, 50),
        "p95, ms": percentile(times, 95),
        "longest, ms": max(times),
        "votes a second": len(times) / seconds,
    }
    return Table(f"{title}: {people} people at once", [row])


def vote_all(store: ReviewStore, reviewers: str, drawn: dict[str, np.ndarray], pairs: int, seed: int) -> list[float]:
    """One person's votes from the first to the last: milliseconds of each, until the next pair is there."""
    token = store.join(reviewers)
    waited = []
    chance = random.Random(seed)
    for number in range(pairs):
        time.sleep(chance.uniform(*LOOKS))
        started = time.perf_counter()
        store.answer(token, reviewers, number, "left")
        person = store.person(token, reviewers)
        assert person is not None
        shown = pairs_of(person.review.plan, person.review.has_real, person.seed)
        pair_png(shown[min(number + 1, pairs - 1)], drawn, 1)
        waited.append(1000 * (time.perf_counter() - started))
    return waited
