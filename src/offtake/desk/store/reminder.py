"""Reminders that are planned: put beside the notice they are of, and done once, whoever does it."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import BigInteger, Column, Connection, Index, Table, Text, select, update
from sqlalchemy.dialects import postgresql, sqlite

from offtake.desk.store.tables import METADATA

REMINDERS = Table(
    "reminders",
    METADATA,
    Column("claim", Text, primary_key=True),
    Column("requirement", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("share_ppm", BigInteger, nullable=False),
    Column("at_s", BigInteger, nullable=False),
    Column("due_at_s", BigInteger, nullable=False),
    Column("done_at_s", BigInteger),  # Sent, or no longer to be.
    Index("reminders_open", "done_at_s", "at_s"),
)


class Planned(NamedTuple):
    """One reminder of the ``number``-th notice of a requirement; once per ``claim``."""

    claim: str
    requirement: str
    number: int
    share_ppm: int
    at_s: int
    due_at_s: int


def plan(tx: Connection, planned: Iterable[Planned]) -> None:
    """Plan reminders; what is planned or done already stays as it is."""
    rows = [row._asdict() for row in planned]
    if rows:
        into = (postgresql if tx.dialect.name == "postgresql" else sqlite).insert(REMINDERS)
        tx.execute(into.on_conflict_do_nothing(index_elements=["claim"]), rows)


def come(tx: Connection, now_s: int, *, limit: int) -> list[Planned]:
    """Reminders whose instant has come and that nobody has done, soonest first."""
    own = REMINDERS.c
    wanted = select(*(own[name] for name in Planned._fields))
    wanted = wanted.where(own.done_at_s.is_(None) & (own.at_s <= now_s))
    return [Planned(*row) for row in tx.execute(wanted.order_by(own.at_s, own.claim).limit(limit))]


def done(tx: Connection, claims: Sequence[str], now_s: int) -> None:
    """These are sent, or no longer to be."""
    own = REMINDERS.c.claim.in_(claims)
    tx.execute(update(REMINDERS).where(own).values(done_at_s=now_s))


def forget(tx: Connection, before_s: int) -> int:
    """Drop those whose answer was due before an instant; how many."""
    return tx.execute(REMINDERS.delete().where(REMINDERS.c.due_at_s < before_s)).rowcount
