"""Reviews, their pictures, the people who answer, votes and decisions."""

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "reviews",
        sa.Column("number", sa.String(32), primary_key=True),
        sa.Column("presenter", sa.String(64), nullable=False),
        sa.Column("reviewers", sa.String(64), nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("model_sha256", sa.Text, nullable=False),
        sa.Column("densities_sha256", sa.Text, nullable=False),
        sa.Column("evaluated", sa.Text, nullable=False),
        sa.Column("ways", sa.JSON, nullable=False),
        sa.Column("pairs", sa.SmallInteger, nullable=False),
        sa.Column("same_start", sa.Boolean, nullable=False),
        sa.Column("ties", sa.Boolean, nullable=False),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shown", sa.Boolean, nullable=False),
        sa.Column("notes", sa.Text, nullable=False),
    )
    op.create_index("ix_reviews_presenter", "reviews", ["presenter"])
    op.create_table(
        "sheets",
        sa.Column("review", sa.String(32), sa.ForeignKey("reviews.number", ondelete="CASCADE"), primary_key=True),
        sa.Column("way", sa.String(500), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("png", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "people",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("review", sa.String(32), sa.ForeignKey("reviews.number", ondelete="CASCADE"), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("joined", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("people_by_review", "people", ["review"])
    op.create_table(
        "votes",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("person", sa.Integer, sa.ForeignKey("people.number", ondelete="CASCADE"), nullable=False),
        sa.Column("pair", sa.SmallInteger, nullable=False),
        sa.Column("left_way", sa.String(500), nullable=False),
        sa.Column("left_picture", sa.SmallInteger, nullable=False),
        sa.Column("right_way", sa.String(500), nullable=False),
        sa.Column("right_picture", sa.SmallInteger, nullable=False),
        sa.Column("control", sa.String(10)),
        sa.Column("answer", sa.String(5), nullable=False),
        sa.Column("given", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("person", "pair", name="one_vote_a_pair"),
    )
    op.create_table(
        "decisions",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("review", sa.String(32), sa.ForeignKey("reviews.number", ondelete="CASCADE"), nullable=False),
        sa.Column("verdict", sa.String(10), nullable=False),
        sa.Column("decided_by", sa.Text, nullable=False),
        sa.Column("rule", sa.JSON),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("decided", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("decisions_by_review", "decisions", ["review"])
