"""People who may use the desk, and the trail of what was changed about them and their tokens."""

from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    RowMapping,
    Table,
    Text,
    insert,
    select,
    update,
)

from offtake.desk.access.role import Role, misfit
from offtake.desk.store.tables import METADATA

PEOPLE = Table(
    "people",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("roles", Text, nullable=False),  # Words.
    Column("party", Text, nullable=False),
    Column("subject", Text, unique=True),  # Issuer and subject at the provider that vouches.
    Column("created_at_s", BigInteger, nullable=False),
    Column("disabled_at_s", BigInteger),
)
TRAIL = Table(
    "trail",
    METADATA,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("at_s", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("did", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("more", Text, nullable=False),
    Index("trail_by", "by", "did"),
)


class Misfit(ValueError):
    """Roles that nobody can have together, or not for this party."""


class Person(NamedTuple):
    """Somebody the desk knows. ``subject`` is empty for who signs on by a link or a token only."""

    id: str
    name: str
    roles: frozenset[Role]
    party: str = ""
    email: str = ""
    subject: str = ""
    created_at_s: int = 0
    disabled_at_s: int | None = None


class Trace(NamedTuple):
    """One change: who did what to whom or what, by ids; never a secret.

    ``did`` is a word such as ``person.added``, ``token.made``, ``signed_on``.
    """

    at_s: int
    by: str
    did: str
    about: str
    more: str = ""


def add_person(tx: Connection, person: Person) -> None:
    """Somebody new.

    Raises:
        Misfit: Nobody can have these roles.
    """
    tx.execute(insert(PEOPLE).values(**_values(person)))


def change_person(tx: Connection, person: Person) -> None:
    """Somebody known, with another name, roles, party, or enabled again or disabled.

    Raises:
        Misfit: Nobody can have these roles.
    """
    values = _values(person)
    del values["created_at_s"]
    tx.execute(update(PEOPLE).where(PEOPLE.c.id == person.id).values(**values))


def person_of(tx: Connection, person_id: str) -> Person | None:
    """Somebody by id."""
    return _one(tx, PEOPLE.c.id == person_id)


def person_by_subject(tx: Connection, subject: str) -> Person | None:
    """Somebody by what the provider calls them."""
    return _one(tx, PEOPLE.c.subject == subject)


def people(tx: Connection) -> list[Person]:
    """Everybody, disabled or not, oldest first."""
    rows = tx.execute(select(PEOPLE).order_by(PEOPLE.c.created_at_s, PEOPLE.c.id))
    return [_person(row) for row in rows.mappings()]


def administrators(tx: Connection) -> list[Person]:
    """Those who manage people here, the oldest first."""
    return [
        person
        for person in people(tx)
        if Role.ADMINISTRATOR in person.roles and person.disabled_at_s is None
    ]


def has_signed_on(tx: Connection, person_id: str) -> bool:
    """Whether somebody was ever here."""
    here = (TRAIL.c.by == person_id) & (TRAIL.c.did == "signed_on")
    return tx.execute(select(TRAIL.c.seq).where(here).limit(1)).first() is not None


def trace(tx: Connection, made: Trace) -> None:
    """Leave a trace of a change, in its transaction."""
    tx.execute(insert(TRAIL).values(**made._asdict()))


def trail(tx: Connection, limit: int, skip: int = 0) -> list[Trace]:
    """What was changed, newest first, after the newest ``skip``."""
    wanted = select(TRAIL).order_by(TRAIL.c.seq.desc()).offset(skip).limit(limit)
    return [Trace(row.at_s, row.by, row.did, row.about, row.more) for row in tx.execute(wanted)]


def _values(person: Person) -> dict[str, object]:
    says = misfit(person.roles, person.party)
    if says:
        raise Misfit(says)
    values: dict[str, object] = person._asdict()
    values["roles"] = " ".join(sorted(person.roles))
    values["subject"] = person.subject or None
    return values


def _one(tx: Connection, which: ColumnElement[bool]) -> Person | None:
    row = tx.execute(select(PEOPLE).where(which)).mappings().first()
    return None if row is None else _person(row)


def _person(row: RowMapping) -> Person:
    roles = frozenset(Role(word) for word in row["roles"].split())
    return Person(**{**row, "roles": roles, "subject": row["subject"] or ""})
