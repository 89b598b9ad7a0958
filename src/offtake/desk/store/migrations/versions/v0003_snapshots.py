"""Snapshots of the state, in parts, and who is writing one."""

from alembic import op
from sqlalchemy import BigInteger, Column, LargeBinary, MetaData, Table, Text

revision = "v0003"
down_revision = "v0002"

TABLES = MetaData()

Table(
    "snapshots",
    TABLES,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("adopted", BigInteger, nullable=False),
    Column("layout", Text, nullable=False),
    Column("parts", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("at_s", BigInteger, nullable=False),
)
Table(
    "snapshot_parts",
    TABLES,
    Column("snapshot", BigInteger, primary_key=True, autoincrement=False),
    Column("place", BigInteger, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
)
Table(
    "snapshot_claim",
    TABLES,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("who", Text, nullable=False),
    Column("until_s", BigInteger, nullable=False),
)


def upgrade() -> None:
    """Make them."""
    TABLES.create_all(op.get_bind())
