"""Who has begun a review, and whether guests may answer it."""

import sqlalchemy as sa
from alembic import op

revision = "2"
down_revision = "1"


def upgrade() -> None:
    """Add both; before, nobody was signed in and everybody could answer."""
    op.add_column("reviews", sa.Column("begun_by", sa.Text, nullable=False, server_default=""))
    op.add_column("reviews", sa.Column("guests", sa.Boolean, nullable=False, server_default=sa.true()))
