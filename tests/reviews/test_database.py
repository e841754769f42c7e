"""A database that is away, full, killed or of another form: nothing is lost, and there are words for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from latentdemo.benchmark.reviews.postgres import Postgres
from latentdemo.errors import DatabaseAwayError, DatabaseError, DatabaseFullError
from latentdemo.reviews.database import Database, default_url, explained, may_come_back
from latentdemo.reviews.store import ReviewStore
from latentdemo.reviews.tables import metadata
from latentdemo.reviews.tokens import new_token, reviewer_token
from tests.reviews.conftest import PLAN, Led, drawn_sheets

ROOT = Path(__file__).parents[2]
VOTING = """
import sys
from latentdemo.reviews.database import Database
from latentdemo.reviews.store import ReviewStore
url, reviewers = sys.argv[1:]
store = ReviewStore(Database(url))
while True:
    token = store.join(reviewers)
    for number in range(20):
        store.answer(token, reviewers, number, "left")
        print("kept", flush=True)
"""


def test_the_newest_form_is_that_of_the_tables(store: ReviewStore) -> None:
    def differences(connection):
        return compare_metadata(MigrationContext.configure(connection), metadata)

    assert store.database.read(differences) == []


@pytest.mark.slow
def test_what_was_kept_outlives_a_killed_process(led: Led, url: str) -> None:
    command = [sys.executable, "-c", VOTING, url, led.reviewers]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(30):
            assert process.stdout.readline() == "kept\n"
        os.kill(process.pid, signal.SIGKILL)
        kept = 30 + process.stdout.read().count("kept\n")
    ballots = led.store.ballots(led.presenter, led.number)
    assert len(ballots) in (kept, kept + 1)  # one may have been killed before it could say so
    assert len({(ballot.person, ballot.number) for ballot in ballots}) == len(ballots)


@pytest.mark.slow
def test_an_answer_waits_for_a_server_that_is_away(postgres: Postgres) -> None:
    store = ReviewStore(Database(postgres.url))
    presenter = new_token()
    number = store.begin(presenter, PLAN, 5, drawn_sheets())
    reviewers = reviewer_token(presenter, number)
    token = store.join(reviewers)
    postgres.stop(abruptly=True)
    answered = threading.Thread(target=store.answer, args=(token, reviewers, 0, "left"))
    answered.start()
    answered.join(0.5)
    assert answered.is_alive()
    postgres.start()
    answered.join(30)
    assert len(store.ballots(presenter, number)) == 1
    store.database.close()


def test_a_server_that_stays_away_is_told() -> None:
    database = Database("postgresql+psycopg://nobody@127.0.0.1:1/none", patience=0.2)
    with pytest.raises(DatabaseAwayError, match="nothing that was stored is lost"):
        ReviewStore(database).reviews_of("")


def test_a_writer_that_holds_the_file_is_waited_for(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/reviews.sqlite"
    first, second = Database(url), Database(url)
    first.read(lambda _connection: None)
    held, written = threading.Event(), threading.Event()

    def hold(_connection) -> None:
        held.set()
        assert not written.wait(0.3)

    holder = threading.Thread(target=first.write, args=(hold,))
    holder.start()
    assert held.wait(10)
    second.write(lambda connection: connection.execute(text("DELETE FROM votes")))
    written.set()
    holder.join()


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/reviews.sqlite")

    def fill(connection):
        pages = connection.scalar(text("PRAGMA page_count"))
        connection.execute(text(f"PRAGMA max_page_count = {pages}"))
        connection.execute(text("CREATE TABLE more AS SELECT zeroblob(1000000) AS zeros"))

    with pytest.raises(DatabaseFullError, match="make room"):
        database.write(fill)
    assert ReviewStore(database).reviews_of("") == []


def test_so_is_that_of_a_server() -> None:
    class Full(Exception):
        sqlstate = "53100"

    error = OperationalError("INSERT", {}, Full("could not extend file"))
    assert not may_come_back(error)
    assert isinstance(explained(error), DatabaseFullError)


def test_a_form_of_a_newer_version_is_told(store: ReviewStore, url: str) -> None:
    store.database.write(lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    newer = Database(url)
    with pytest.raises(DatabaseError, match="newer version"):
        ReviewStore(newer).reviews_of("")
    newer.close()


@pytest.mark.parametrize("address", ["nonsense", "postgresql+nodriver://here/there"])
def test_an_address_that_is_none_is_told(address: str) -> None:
    with pytest.raises(DatabaseError, match=r"LATENTDEMO_DATABASE|postgres"):
        Database(address)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DatabaseError, match="cannot be used"):
        ReviewStore(Database(f"sqlite:///{tmp_path}/file/reviews.sqlite")).reviews_of("")


def test_the_database_lies_where_people_say(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("LATENTDEMO_DATABASE", raising=False)
    monkeypatch.setenv("LATENTDEMO_HOME", str(tmp_path))
    assert default_url() == f"sqlite:///{tmp_path}/reviews.sqlite"
    monkeypatch.setenv("LATENTDEMO_DATABASE", "postgresql+psycopg://team@host/reviews")
    assert default_url() == "postgresql+psycopg://team@host/reviews"
