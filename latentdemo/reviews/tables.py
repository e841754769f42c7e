"""The tables of the reviews, as SQLAlchemy knows them; `migrations` brings a database to this form."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

metadata = MetaData()
DIGEST = String(64)  # SHA-256 in hexadecimal digits


class Moment(TypeDecorator[datetime]):
    """A time with its zone, which SQLite does not keep: there it is that of Greenwich."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        """As it is stored."""
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        """As it was stored."""
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


def part_of(table: str, column: str) -> Column[Any]:
    """A column that names what a row belongs to, and goes with."""
    return Column(column, ForeignKey(f"{table}.number", ondelete="CASCADE"), nullable=False)


reviews = Table(
    "reviews",
    metadata,
    Column("number", String(32), primary_key=True),
    Column("presenter", DIGEST, nullable=False, index=True),
    Column("reviewers", DIGEST, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("question", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("model_sha256", Text, nullable=False),
    Column("densities_sha256", Text, nullable=False),
    Column("evaluated", Text, nullable=False),
    Column("ways", JSON, nullable=False),
    Column("pairs", SmallInteger, nullable=False),
    Column("same_start", Boolean, nullable=False),
    Column("ties", Boolean, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("created", Moment, nullable=False),
    Column("shown", Boolean, nullable=False),
    Column("notes", Text, nullable=False),
    Column("begun_by", Text, nullable=False),
    Column("guests", Boolean, nullable=False),
)

sheets = Table(
    "sheets",
    metadata,
    Column("review", ForeignKey("reviews.number", ondelete="CASCADE"), primary_key=True),
    Column("way", String(500), primary_key=True),
    Column("digest", DIGEST, nullable=False),
    Column("png", LargeBinary, nullable=False),
)

people = Table(
    "people",
    metadata,
    Column("number", Integer, primary_key=True),
    part_of("reviews", "review"),
    Column("digest", DIGEST, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("joined", Moment, nullable=False),
    Index("people_by_review", "review"),
)

votes = Table(
    "votes",
    metadata,
    Column("number", Integer, primary_key=True),
    part_of("people", "person"),
    Column("pair", SmallInteger, nullable=False),
    Column("left_way", String(500), nullable=False),
    Column("left_picture", SmallInteger, nullable=False),
    Column("right_way", String(500), nullable=False),
    Column("right_picture", SmallInteger, nullable=False),
    Column("control", String(10)),
    Column("answer", String(5), nullable=False),
    Column("given", Moment, nullable=False),
    UniqueConstraint("person", "pair", name="one_vote_a_pair"),
)

decisions = Table(
    "decisions",
    metadata,
    Column("number", Integer, primary_key=True),
    part_of("reviews", "review"),
    Column("verdict", String(10), nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("rule", JSON),
    Column("note", Text, nullable=False),
    Column("decided", Moment, nullable=False),
    Index("decisions_by_review", "review"),
)
