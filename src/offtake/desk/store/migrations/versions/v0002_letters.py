"""Addresses that letters go to, and reminders of answers that are due."""

from alembic import op
from sqlalchemy import BigInteger, Column, Index, MetaData, Table, Text, UniqueConstraint

revision = "v0002"
down_revision = "v0001"

TABLES = MetaData()

Table(
    "contacts",
    TABLES,
    Column("id", Text, primary_key=True),
    Column("party", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("created_at_s", BigInteger, nullable=False),
    UniqueConstraint("party", "address"),
)
Table(
    "reminders",
    TABLES,
    Column("claim", Text, primary_key=True),
    Column("requirement", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("share_ppm", BigInteger, nullable=False),
    Column("at_s", BigInteger, nullable=False),
    Column("due_at_s", BigInteger, nullable=False),
    Column("done_at_s", BigInteger),
    Index("reminders_open", "done_at_s", "at_s"),
)


def upgrade() -> None:
    """Make them."""
    TABLES.create_all(op.get_bind())
