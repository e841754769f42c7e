"""A PostgreSQL of its own in a folder that goes with it, from Debian's package."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from latentdemo.errors import ServerError

PATIENCE = 60.0  # In seconds; reached only when something is broken.
SETTINGS = ("listen_addresses=", "max_connections=60", "shared_buffers=16MB", "unix_socket_directories=")


def find_postgres() -> Path | None:
    """The folder of its programs; None where it is not installed."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    return max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), default=None)


class Postgres:
    """A server that only this machine reaches, through a socket in its folder.

    Attributes:
        url: of its database, for SQLAlchemy.
    """

    def __init__(self, programs: Path, folder: Path) -> None:
        self.url = f"postgresql+psycopg://postgres@/postgres?host={folder}"
        self._programs, self._folder, self._data = programs, folder, folder / "data"
        # It refuses to be run by root: Debian's package has a user for it.
        self._user: dict[str, Any] = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
        if self._user:
            shutil.chown(folder, **self._user)
        self._do("initdb", "--auth=trust", "--username=postgres", "--no-sync", "--no-locale", "--encoding=UTF8")

    def start(self) -> None:
        """Start it, and wait until it answers; raises ServerError where it does not."""
        options = " ".join(f"-c {each}" for each in SETTINGS) + str(self._folder)
        self._do("pg_ctl", "start", "--wait", f"--log={self._folder}/log", f"--options={options}")

    def stop(self, abruptly: bool = False) -> None:
        """Stop it; abruptly, as when the power goes."""
        self._do("pg_ctl", "stop", f"--mode={'immediate' if abruptly else 'fast'}", "--wait")

    def _do(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), f"--pgdata={self._data}", *arguments]
        try:
            subprocess.run(
                command, cwd=self._folder, check=True, timeout=PATIENCE, capture_output=program == "initdb",
                stdout=None if program == "initdb" else subprocess.DEVNULL, **self._user,
            )  # fmt: skip
        except (OSError, subprocess.SubprocessError) as error:
            raise ServerError(f"PostgreSQL does not {program}: {error}") from error


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """A fresh one that runs.

    Raises:
        ServerError: it is not installed, or does not start.
    """
    programs = find_postgres()
    if programs is None:
        raise ServerError("there is no PostgreSQL here; install it (Debian: apt-get install postgresql)")
    with tempfile.TemporaryDirectory(prefix="latentdemo-") as folder:
        server = Postgres(programs, Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.stop(abruptly=True)
