"""A database of either kind, and a review in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import numpy as np
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from latentdemo.benchmark.reviews.postgres import Postgres, find_postgres, running_postgres
from latentdemo.reviews.database import Database
from latentdemo.reviews.pairs import PICTURES
from latentdemo.reviews.pictures import sheet_of
from latentdemo.reviews.review import Plan, Way
from latentdemo.reviews.store import ReviewStore
from latentdemo.reviews.tokens import new_token, reviewer_token
from latentdemo.reviews.vote import REAL
from latentdemo.sampling import ChainSpec

KINDS = ("sqlite", "postgres")
PRIOR_WAY, CHAIN_WAY = Way(ChainSpec(steps=0)), Way(ChainSpec(steps=5), 4.5, 39.0)
PLAN = Plan("fashion-mnist/vae", "a" * 64, "b" * 64, (PRIOR_WAY, CHAIN_WAY), name="clothes")


class Led(NamedTuple):
    """A review and the tokens that open it."""

    store: ReviewStore
    presenter: str
    number: str
    reviewers: str


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL that all tests of a process share; they are skipped without, and fail where CI is set."""
    if find_postgres() is None:
        message = "no PostgreSQL; install it (Debian: apt-get install postgresql)"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    with running_postgres() as server:
        yield server


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database of either kind, which no other test uses."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/below/reviews.sqlite"
    return empty_database(request.getfixturevalue("postgres").url)


@pytest.fixture
def store(url: str) -> Iterator[ReviewStore]:
    """The store in it."""
    database = Database(url)
    yield ReviewStore(database)
    database.close()


@pytest.fixture
def led(store: ReviewStore) -> Led:
    """A review that has begun."""
    presenter = new_token()
    number = store.begin(presenter, PLAN, 5, drawn_sheets())
    return Led(store, presenter, number, reviewer_token(presenter, number))


def empty_database(server: str) -> str:
    """The address of a new database on a PostgreSQL server that is at an address."""
    name = f"reviews_{uuid4().hex}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def drawn_sheets() -> dict[str, bytes]:
    """Pictures of the ways and of real data, each of one grey value."""
    names = (PRIOR_WAY.name, CHAIN_WAY.name, REAL)
    return {name: sheet_of(np.full((PICTURES, 4, 4, 1), 40 * place, np.uint8)) for place, name in enumerate(names)}
