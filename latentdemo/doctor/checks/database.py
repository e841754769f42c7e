"""The database that reviews are kept in."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from latentdemo.doctor.finding import Finding
from latentdemo.errors import DatabaseError

PATIENCE = 1.0  # seconds that it may be away


def check() -> Iterator[Finding]:
    """Whether it answers; a file that is not there yet is not made."""
    if find_spec("sqlalchemy") is None:
        yield Finding("database", "warning", "reviews need packages that are not there",
                      "pip install 'latentdemo[demo]'")  # fmt: skip
        return
    from sqlalchemy import make_url, text

    from latentdemo.reviews.database import Database, default_url

    try:
        database = Database(default_url(), PATIENCE)
        address = make_url(default_url())
        if address.get_backend_name() == "sqlite" and not Path(address.database or "").expanduser().exists():
            yield Finding("database", "good", f"{address.database} is made with the first review")
            return
        try:
            database.read(lambda connection: connection.execute(text("SELECT 1")).scalar())
        finally:
            database.close()
    except DatabaseError as error:
        wrong, _, remedy = str(error).rpartition(": ")  # messages end with what to do
        yield Finding("database", "fault", wrong, remedy)
    else:
        yield Finding("database", "good", f"{address.render_as_string(hide_password=True)} answers")
