"""Snapshots of the state: bodies in parts, seen once their row is there. All take a transaction.

Parts are written in transactions of their own, so that a desk that writes to its journal meanwhile
waits for one part, never for all of them. One claim at a time keeps two from writing at once.
"""

from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    LargeBinary,
    Table,
    Text,
    delete,
    func,
    insert,
    inspect,
    select,
    update,
)

from offtake.desk.store import journal
from offtake.desk.store.tables import METADATA

SNAPSHOTS = Table(
    "snapshots",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),  # The last entry that it knows, with its hash.
    Column("hash", LargeBinary, nullable=False),
    Column("adopted", BigInteger, nullable=False),  # The entry whose portfolio was in force.
    Column("layout", Text, nullable=False),
    Column("parts", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),  # SHA-256 of all parts.
    Column("at_s", BigInteger, nullable=False),
)
PARTS = Table(
    "snapshot_parts",
    METADATA,
    Column("snapshot", BigInteger, primary_key=True, autoincrement=False),
    Column("place", BigInteger, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
)
CLAIM = Table(
    "snapshot_claim",
    METADATA,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("who", Text, nullable=False),
    Column("until_s", BigInteger, nullable=False),
)
KEPT = 2
"""Snapshots that are kept: should the last be broken, the one before it still spares most."""


class Row(NamedTuple):
    """A snapshot that is whole, but for its body."""

    number: int
    seq: int
    hash: bytes
    adopted: int
    layout: str
    parts: int
    digest: bytes
    at_s: int


class Part(NamedTuple):
    """Which part of which snapshot."""

    snapshot: int
    place: int


def is_there(tx: Connection) -> bool:
    """Whether this database can keep snapshots: its tables may be older."""
    return inspect(tx).has_table(SNAPSHOTS.name)


def rows(tx: Connection) -> list[Row]:
    """The snapshots that are whole, the latest first."""
    found = tx.execute(select(SNAPSHOTS).order_by(SNAPSHOTS.c.number.desc()))
    made = (Row(**row._mapping) for row in found)
    return [row._replace(hash=bytes(row.hash), digest=bytes(row.digest)) for row in made]


def body(tx: Connection, number: int) -> bytes:
    """The body of a snapshot, as far as it is there."""
    wanted = select(PARTS.c.body).where(PARTS.c.snapshot == number).order_by(PARTS.c.place)
    return b"".join(bytes(row.body) for row in tx.execute(wanted))


def claim(tx: Connection, who: str, *, now_s: int, until_s: int) -> bool:
    """Take the right to write one, if nobody has it now.

    Whoever asks holds the head of the journal for this moment, so that two do not ask at once.
    """
    journal.lock(tx)
    held = tx.execute(select(CLAIM.c.who, CLAIM.c.until_s)).first()
    if held is not None and held.who != who and held.until_s > now_s:
        return False
    tx.execute(delete(CLAIM))
    tx.execute(insert(CLAIM).values(id=1, who=who, until_s=until_s))
    return True


def hold(tx: Connection, who: str, until_s: int) -> bool:
    """Keep the right for longer; False where somebody else has it by now."""
    own = update(CLAIM).where(CLAIM.c.who == who)
    return tx.execute(own.values(until_s=until_s)).rowcount == 1


def release(tx: Connection, who: str) -> None:
    """Give the right back, if one still has it."""
    tx.execute(delete(CLAIM).where(CLAIM.c.who == who))


def next_number(tx: Connection) -> int:
    """A number above all that are there, also of those that were never finished."""
    highest = [
        tx.execute(select(func.max(column))).scalar() or 0
        for column in (SNAPSHOTS.c.number, PARTS.c.snapshot)
    ]
    return max(highest) + 1


def put(tx: Connection, part: Part, body: bytes) -> None:
    """Write a part of a snapshot that nobody sees yet."""
    tx.execute(insert(PARTS).values(**part._asdict(), body=body))


def keep(tx: Connection, row: Row) -> None:
    """Let everybody see a snapshot whose parts are there."""
    tx.execute(insert(SNAPSHOTS).values(**row._asdict()))


def surplus(tx: Connection) -> list[Part]:
    """The parts of snapshots but for the last few, which are seen no more, and of unfinished ones.

    Nobody else may be writing one.
    """
    last = [row.number for row in rows(tx)[:KEPT]]
    tx.execute(delete(SNAPSHOTS).where(SNAPSHOTS.c.number.not_in(last)))
    old = select(PARTS.c.snapshot, PARTS.c.place).where(PARTS.c.snapshot.not_in(last))
    return [Part(*row) for row in tx.execute(old)]


def drop(tx: Connection, part: Part) -> None:
    """Remove a part."""
    own = (PARTS.c.snapshot == part.snapshot) & (PARTS.c.place == part.place)
    tx.execute(delete(PARTS).where(own))
