"""The database that reviews are kept in, and what is done when it is away, full or of another version.

SQLite in the user's data folder, or what `$LATENTDEMO_DATABASE` names, such as
`postgresql+psycopg://name@host/database`. It is brought to the form that this version needs when it is first used.
"""

from __future__ import annotations

import errno
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from latentdemo.errors import DatabaseAwayError, DatabaseError, DatabaseFullError
from latentdemo.files import data_folder

VARIABLE = "LATENTDEMO_DATABASE"
FILE = "reviews.sqlite"
PATIENCE = 30.0  # seconds that a database may be away before somebody is told
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0  # seconds between two tries; each pause is twice the one before
CONNECTED_WITHIN = 5  # seconds that one try to connect may take
CONNECTIONS = 10  # to a server at most; they stay open, as to open one takes longer than to keep an answer
LOCKED_FOR = 10.0  # seconds that one try may wait for another process that writes to the same file
MIGRATING = 0x6C61_7465  # number of the lock that servers hold while they bring the database to a new form
DISK_FULL = "53100"  # PostgreSQL's name for it
WRITES = "latentdemo_writes"  # execution option of a transaction that writes

Result = TypeVar("Result")

logger = logging.getLogger(__name__)


class Database:
    """A database of reviews; nothing is opened before it is used.

    Args:
        url: of SQLAlchemy.
        patience: seconds that it may be away.

    Raises:
        DatabaseError: the address is none, or its driver is not installed.
    """

    def __init__(self, url: str, patience: float = PATIENCE) -> None:
        self.patience = patience
        self._ready = False
        self._preparing = threading.Lock()
        self._writing = threading.Lock()  # who waits for the file in SQLite sleeps, and others overtake
        try:
            address = make_url(url)
            self._file = address.get_backend_name() == "sqlite"
            self._engine = sqlite_engine(url) if self._file else server_engine(url)
        except ImportError as error:
            raise DatabaseError(
                f"the driver of the database is not installed ({error.name}): pip install 'latentdemo[postgres]'"
            ) from error
        except (SQLAlchemyError, ValueError) as error:
            raise DatabaseError(
                f"${VARIABLE} is no address of a database; it looks like postgresql+psycopg://name@host/database"
            ) from error

    def read(self, work: Callable[[Connection], Result]) -> Result:
        """What some work reads in a transaction; tried again while the database is away.

        Raises:
            DatabaseAwayError: it stayed away for longer than `patience`.
            DatabaseFullError: the disk is full.
            DatabaseError: it cannot be used.
        """
        return self._patiently(lambda: self._transaction(work, writes=False))

    def write(self, work: Callable[[Connection], Result]) -> Result:
        """The same for work that writes. When this returns, what it wrote outlives whatever happens to this process.

        Work that is tried again may have been done: it must come to the same when it is done twice.

        Raises:
            IntegrityError: what it wrote goes against what is there already.
            DatabaseError: as `read` does.
        """
        return self._patiently(lambda: self._transaction(work, writes=True))

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def _transaction(self, work: Callable[[Connection], Result], writes: bool) -> Result:
        if not self._ready:
            self._prepare()
        turn = self._writing if writes and self._file else nullcontext()
        with turn, self._engine.execution_options(**self._options(writes)).begin() as connection:
            return work(connection)

    def _options(self, writes: bool) -> dict[str, Any]:
        """Those of a transaction. A server need not be told where one that only reads begins and ends."""
        return {WRITES: writes} if writes or self._file else {"isolation_level": "AUTOCOMMIT"}

    def _prepare(self) -> None:
        """Bring the database to the form that this version needs; other servers wait meanwhile."""
        with self._preparing:
            if self._ready:
                return
            with self._engine.execution_options(**{WRITES: True}).begin() as connection:
                if not self._file:
                    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATING})
                migrate(connection)
            self._ready = True

    def _patiently(self, work: Callable[[], Result]) -> Result:
        given_up, pause = time.monotonic() + self.patience, FIRST_PAUSE
        while True:
            try:
                return work()
            except IntegrityError:
                raise
            except (DBAPIError, PoolTimeoutError, OSError) as error:
                if not may_come_back(error):
                    logger.error("the database of reviews cannot be used: %s", first_line(error))
                    raise explained(error) from error
                if time.monotonic() + pause > given_up:
                    logger.error("the database of reviews does not answer: %s", first_line(error))
                    raise DatabaseAwayError(
                        f"the database of reviews does not answer ({first_line(error)}); nothing that was stored is "
                        f"lost: start it again, or correct ${VARIABLE}"
                    ) from error
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)


def default_url() -> str:
    """Where reviews are kept unless somebody names another database."""
    return os.environ.get(VARIABLE, "") or f"sqlite:///{data_folder() / FILE}"


def sqlite_engine(url: str) -> Engine:
    """An engine for a file, whose readers do not wait for writers, and whose writers take turns."""
    engine = create_engine(url, connect_args={"timeout": LOCKED_FOR})
    name = make_url(url).database or ""

    @event.listens_for(engine, "do_connect")
    def make_folder(*_: Any) -> None:
        Path(name).expanduser().parent.mkdir(parents=True, exist_ok=True)

    @event.listens_for(engine, "connect")
    def settle(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # transactions begin below, and not by themselves
        for setting in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {setting}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def server_engine(url: str) -> Engine:
    """An engine for a database server. A connection that was lost shows when it is used, and work is tried again."""
    timeout = {"connect_timeout": CONNECTED_WITHIN}
    return create_engine(url, pool_size=CONNECTIONS, max_overflow=0, connect_args=timeout)


def migrate(connection: Connection) -> None:
    """Bring a database to the newest form, in the transaction of a connection.

    Raises:
        DatabaseError: a newer version of the program wrote it.
    """
    config = Config()
    config.set_main_option("script_location", "latentdemo.reviews:migrations")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise DatabaseError(
            f"a newer version of latentdemo wrote the database of reviews ({error}): install that version"
        ) from error


def may_come_back(error: Exception) -> bool:
    """Whether to try again: the database is away, or others write to it; and not that it is full or cannot be used."""
    if isinstance(error, PoolTimeoutError):
        return True
    if not isinstance(error, OperationalError | InterfaceError) or is_full(error):
        return False
    if not isinstance(error.orig, sqlite3.Error):
        return True
    return (error.orig.sqlite_errorcode & 0xFF) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def is_full(error: Exception) -> bool:
    """Whether it says that the disk is full."""
    if isinstance(error, OSError):
        return error.errno == errno.ENOSPC
    cause = getattr(error, "orig", None)
    code = getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorcode", None)
    return code in (DISK_FULL, sqlite3.SQLITE_FULL)


def explained(error: Exception) -> DatabaseError:
    """What went wrong, and what to do."""
    if is_full(error):
        return DatabaseFullError(
            "the disk that reviews are kept on is full; nothing that was stored is lost: make room, and try again"
        )
    return DatabaseError(
        f"the database of reviews cannot be used ({first_line(error)}): look at its files and rights, or name another "
        f"in ${VARIABLE}"
    )


def first_line(error: Exception) -> str:
    """The first line of a message, without what SQLAlchemy adds."""
    return str(getattr(error, "orig", None) or error).strip().split("\n", maxsplit=1)[0]
