"""The tables of the first version of the desk.

They are here once more, as they were, whatever becomes of those of ``store``.
"""

from alembic import op
from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)

revision = "v0001"
down_revision = None

TABLES = MetaData()
COUNTED = BigInteger().with_variant(Integer(), "sqlite")
"""Numbers that a database gives by itself."""
OPEN = text("state IN ('waiting', 'claimed')")

Table(
    "answers",
    TABLES,
    Column("who", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request", LargeBinary, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("at_s", BigInteger, nullable=False),
    Column("answer", LargeBinary, nullable=False),
)
Table(
    "head",
    TABLES,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)
Table(
    "journal",
    TABLES,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at_s", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("requirement", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Index("journal_kind", "kind", "seq"),
    Index("journal_requirement", "requirement", "seq"),
)
Table(
    "outbox",
    TABLES,
    Column("seq", COUNTED, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("created_at_s", BigInteger, nullable=False),
    Column("topic", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("attempts", BigInteger, nullable=False),
    Column("next_at_s", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("claimed_by", Text),
    Column("claimed_until_s", BigInteger),
    Column("last_error", Text),
    Column("sent_at_s", BigInteger),
    Index(
        "outbox_open",
        "channel",
        "target",
        "seq",
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    ),
    Index("outbox_state", "state", "seq"),
    sqlite_autoincrement=True,
)
Table(
    "people",
    TABLES,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("roles", Text, nullable=False),
    Column("party", Text, nullable=False),
    Column("subject", Text, unique=True),
    Column("created_at_s", BigInteger, nullable=False),
    Column("disabled_at_s", BigInteger),
)
Table(
    "sign_ons",
    TABLES,
    Column("id", LargeBinary, primary_key=True),
    Column("nonce", Text, nullable=False),
    Column("verifier", Text, nullable=False),
    Column("back", Text, nullable=False),
    Column("expires_at_s", BigInteger, nullable=False),
)
Table(
    "trail",
    TABLES,
    Column("seq", COUNTED, primary_key=True),
    Column("at_s", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("did", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("more", Text, nullable=False),
    Index("trail_by", "by", "did"),
)
Table(
    "webhooks",
    TABLES,
    Column("id", Text, primary_key=True),
    Column("url", Text, nullable=False),
    Column("topics", Text, nullable=False),
    Column("party", Text),
    Column("created_at_s", BigInteger, nullable=False),
    Column("disabled_at_s", BigInteger),
    Column("disabled_why", Text),
    Column("secret", LargeBinary, nullable=False),
    Column("secret_before", LargeBinary),
    Column("secret_before_until_s", BigInteger),
)
Table(
    "codes",
    TABLES,
    Column("id", LargeBinary, primary_key=True),
    Column("person", Text, ForeignKey("people.id"), nullable=False),
    Column("expires_at_s", BigInteger, nullable=False),
)
Table(
    "sessions",
    TABLES,
    Column("id", LargeBinary, primary_key=True),
    Column("person", Text, ForeignKey("people.id"), nullable=False),
    Column("created_at_s", BigInteger, nullable=False),
    Column("seen_at_s", BigInteger, nullable=False),
    Column("expires_at_s", BigInteger, nullable=False),
    Index("sessions_person", "person", "created_at_s"),
)
Table(
    "tokens",
    TABLES,
    Column("id", Text, primary_key=True),
    Column("hash", LargeBinary, nullable=False),
    Column("name", Text, nullable=False),
    Column("who", Text, ForeignKey("people.id"), nullable=False),
    Column("scopes", Text, nullable=False),
    Column("created_at_s", BigInteger, nullable=False),
    Column("expires_at_s", BigInteger, nullable=False),
    Column("last_used_day", BigInteger),
    Column("revoked_at_s", BigInteger),
    Index("tokens_who", "who"),
)


def upgrade() -> None:
    """Make each table that is not there: desks without revisions made them themselves."""
    TABLES.create_all(op.get_bind())
