"""The journal's rows, its head, and the first answers to keys. All take a transaction."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    Connection,
    Index,
    LargeBinary,
    Select,
    Table,
    Text,
    any_,
    bindparam,
    func,
    insert,
    select,
    update,
)

from offtake.desk.command import Adopt
from offtake.desk.entry import START, read
from offtake.desk.store.prepared import Prepared, Rows
from offtake.desk.store.tables import METADATA

JOURNAL = Table(
    "journal",
    METADATA,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at_s", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("requirement", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Index("journal_requirement", "requirement", "seq"),
    Index("journal_kind", "kind", "seq"),
)
HEAD = Table(
    "head",
    METADATA,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)
ANSWERS = Table(
    "answers",
    METADATA,
    Column("who", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request", LargeBinary, nullable=False),  # SHA-256 of what was asked.
    Column("seq", BigInteger, nullable=False),
    Column("at_s", BigInteger, nullable=False),
    Column("answer", LargeBinary, nullable=False),
)


_HEAD = select(HEAD.c.seq, HEAD.c.hash)
_LOCKED = Prepared(_HEAD.with_for_update())
_MOVE = Prepared(update(HEAD).values(seq=bindparam("last"), hash=bindparam("its_hash")))
_APPEND, _ANSWER = Rows(JOURNAL), Rows(ANSWERS)
_OF_ONE = select(ANSWERS).where(ANSWERS.c.who == bindparam("who"))
_KEYS_IN_JSON = func.json_each(bindparam("keys")).table_valued("value")
_ANSWERED_IN_JSON = Prepared(_OF_ONE.where(ANSWERS.c.key.in_(select(_KEYS_IN_JSON.c.value))))
_ANSWERED_IN_ARRAY = Prepared(
    _OF_ONE.where(ANSWERS.c.key == any_(bindparam("keys", type_=ARRAY(Text))))
)


class Head(NamedTuple):
    """The last entry of the journal: its number and its hash."""

    seq: int
    hash: bytes


class Row(NamedTuple):
    """An entry as it is kept."""

    seq: int
    at_s: int
    kind: str
    requirement: str
    body: bytes
    hash: bytes


class Answer(NamedTuple):
    """The first answer to a key of somebody."""

    who: str
    key: str
    request: bytes
    seq: int
    at_s: int
    answer: bytes


def head(tx: Connection) -> Head:
    """The last entry, as last committed."""
    row = tx.execute(_HEAD).first()
    return Head(0, START) if row is None else Head(row.seq, bytes(row.hash))


def lock(tx: Connection) -> Head:
    """The last entry, with the right to append: others wait until this transaction ends.

    SQLite has one writer, who began with ``BEGIN IMMEDIATE``; elsewhere the head is locked.
    """
    row = _LOCKED.run(tx).fetchone()
    if row is None:
        tx.execute(insert(HEAD).values(id=1, seq=0, hash=START))
        return Head(0, START)
    return Head(*row)


def touch(tx: Connection) -> None:
    """Write the head as it is: a database that keeps nothing refuses that, too."""
    tx.execute(update(HEAD).values(seq=HEAD.c.seq))


def append(tx: Connection, rows: Sequence[Row], answers: Sequence[Answer]) -> None:
    """Append entries and remember the answers to them; the head moves with them."""
    if rows:
        _APPEND.put(tx, rows)
        _MOVE.run(tx, last=rows[-1].seq, its_hash=rows[-1].hash)
    _ANSWER.put(tx, answers)


def answered(tx: Connection, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Answer]:
    """The first answers to these (who, key).

    Each asker's are sought by themselves: SQLite finds pairs in no index.
    """
    sought: dict[str, list[str]] = {}
    for who, key in keys:
        sought.setdefault(who, []).append(key)
    rows = (Answer(*row) for who, own in sought.items() for row in _answers_of(tx, who, own))
    return {(answer.who, answer.key): answer for answer in rows}


def _answers_of(tx: Connection, who: str, keys: list[str]) -> Any:
    """Sought in the index, however many keys and whatever the database thinks of its tables."""
    if tx.dialect.name == "postgresql":
        return _ANSWERED_IN_ARRAY.run(tx, who=who, keys=keys)
    return _ANSWERED_IN_JSON.run(tx, who=who, keys=msgspec.json.encode(keys).decode())


def forget(tx: Connection, before_s: int) -> int:
    """Forget the keys that were used before an instant; how many."""
    return tx.execute(ANSWERS.delete().where(ANSWERS.c.at_s < before_s)).rowcount


PAGE = 10_000
"""Rows read at a time where all are wanted, so that memory does not grow with the journal."""


def since(tx: Connection, seq: int) -> Iterator[Row]:
    """All entries after one, oldest first."""
    while True:
        rows = page(tx, seq, PAGE)
        yield from rows
        if len(rows) < PAGE:
            return
        seq = rows[-1].seq


def page(tx: Connection, seq: int, limit: int) -> list[Row]:
    """Some entries after one, oldest first."""
    wanted = select(JOURNAL).where(JOURNAL.c.seq > seq).order_by(JOURNAL.c.seq)
    return _rows(tx, wanted.limit(limit))


def portfolio_at(tx: Connection, seq: int) -> str:
    """The portfolio that an entry adopted."""
    (row,) = _rows(tx, select(JOURNAL).where(JOURNAL.c.seq == seq))
    command = read(row.body).command
    assert isinstance(command, Adopt), row.kind
    return command.portfolio


def last_of(tx: Connection, kind: str) -> Row | None:
    """The last entry of a kind of command."""
    wanted = select(JOURNAL).where(JOURNAL.c.kind == kind).order_by(JOURNAL.c.seq.desc()).limit(1)
    return next(iter(_rows(tx, wanted)), None)


def of_kinds(
    tx: Connection, kinds: Sequence[str], between: tuple[int, int], limit: int
) -> list[Row]:
    """Some entries of kinds of command after one and up to another, oldest first."""
    after, last = between
    wanted = select(JOURNAL).where(JOURNAL.c.kind.in_(kinds))
    wanted = wanted.where(JOURNAL.c.seq > after, JOURNAL.c.seq <= last)
    return _rows(tx, wanted.order_by(JOURNAL.c.seq).limit(limit))


def about(tx: Connection, requirement: str, after: int, limit: int) -> list[Row]:
    """Entries that concern a requirement, oldest first."""
    own = (JOURNAL.c.requirement == requirement) & (JOURNAL.c.seq > after)
    return _rows(tx, select(JOURNAL).where(own).order_by(JOURNAL.c.seq).limit(limit))


def latest(
    tx: Connection, before: int | None, limit: int, *, kind: str = "", requirement: str = ""
) -> list[Row]:
    """Entries before one, newest first; of one kind, or about one requirement, if named."""
    wanted = select(JOURNAL)
    if before is not None:
        wanted = wanted.where(JOURNAL.c.seq < before)
    if kind:
        wanted = wanted.where(JOURNAL.c.kind == kind)
    if requirement:
        wanted = wanted.where(JOURNAL.c.requirement == requirement)
    return _rows(tx, wanted.order_by(JOURNAL.c.seq.desc()).limit(limit))


def _rows(tx: Connection, wanted: Select[tuple[object, ...]]) -> list[Row]:
    return [
        Row(row.seq, row.at_s, row.kind, row.requirement, bytes(row.body), bytes(row.hash))
        for row in tx.execute(wanted)
    ]
