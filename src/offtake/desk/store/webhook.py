"""Endpoints that wish to be told: where, of what, and the secrets that sign, sealed."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    LargeBinary,
    Table,
    Text,
    func,
    insert,
    select,
    update,
)

from offtake.desk.store.prepared import Prepared
from offtake.desk.store.tables import METADATA

EVERYTHING = "*"
"""The topic of an endpoint that wishes to be told of all of them."""
LIMIT_ENDPOINTS = 1_000
LIMIT_OF_PARTY = 20
"""Endpoints of one party: no party leaves another without room."""

WEBHOOKS = Table(
    "webhooks",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("url", Text, nullable=False),
    Column("topics", Text, nullable=False),  # Names between spaces.
    Column("party", Text),  # NULL: the buyer's own.
    Column("created_at_s", BigInteger, nullable=False),
    Column("disabled_at_s", BigInteger),
    Column("disabled_why", Text),
    Column("secret", LargeBinary, nullable=False),  # Sealed (desk/seal.py), as the next.
    Column("secret_before", LargeBinary),
    Column("secret_before_until_s", BigInteger),
)


class Endpoint(NamedTuple):
    """An endpoint, without its secrets."""

    id: str
    url: str
    topics: tuple[str, ...]
    party: str | None
    created_at_s: int
    disabled_at_s: int | None = None
    disabled_why: str | None = None


class Sealed(NamedTuple):
    """An endpoint's secrets as they are kept; the one before signs too until an instant."""

    secret: bytes
    before: bytes | None
    before_until_s: int | None


class TooMany(ValueError):
    """There are ``LIMIT_ENDPOINTS`` endpoints, or ``LIMIT_OF_PARTY`` of one party."""


def add(tx: Connection, endpoint: Endpoint, secret: bytes) -> None:
    """Add an endpoint with its sealed secret.

    Raises:
        TooMany: There is room for no other.
    """
    if tx.execute(select(func.count()).select_from(WEBHOOKS)).scalar_one() >= LIMIT_ENDPOINTS:
        raise TooMany(f"there are {LIMIT_ENDPOINTS} endpoints; remove one first")
    own = select(func.count()).where(WEBHOOKS.c.party == endpoint.party)
    if endpoint.party is not None and tx.execute(own).scalar_one() >= LIMIT_OF_PARTY:
        raise TooMany(f"there are {LIMIT_OF_PARTY} endpoints of yours; remove one first")
    row = {**endpoint._asdict(), "topics": " ".join(endpoint.topics), "secret": secret}
    tx.execute(insert(WEBHOOKS), row)


def rotate(tx: Connection, endpoint: str, secret: bytes, *, before_until_s: int) -> bool:
    """Sign with another secret from now on, and with the one before too until an instant."""
    own = WEBHOOKS.c
    before = {"secret_before": own.secret, "secret_before_until_s": before_until_s}
    return _changed(tx, own.id == endpoint, secret=secret, **before)


def disable(tx: Connection, endpoint: str, at_s: int, why: str) -> bool:
    """Send nothing to it any more; False: it is disabled already, or not there."""
    on = (WEBHOOKS.c.id == endpoint) & WEBHOOKS.c.disabled_at_s.is_(None)
    return _changed(tx, on, disabled_at_s=at_s, disabled_why=why)


def enable(tx: Connection, endpoint: str) -> bool:
    """Send to it again."""
    off = (WEBHOOKS.c.id == endpoint) & WEBHOOKS.c.disabled_at_s.is_not(None)
    return _changed(tx, off, disabled_at_s=None, disabled_why=None)


def remove(tx: Connection, endpoint: str) -> bool:
    """Forget an endpoint with its secrets."""
    return tx.execute(WEBHOOKS.delete().where(WEBHOOKS.c.id == endpoint)).rowcount == 1


def _changed(tx: Connection, which: ColumnElement[bool], **values: Any) -> bool:
    return tx.execute(update(WEBHOOKS).where(which).values(**values)).rowcount == 1


def find(tx: Connection, endpoint: str) -> tuple[Endpoint, Sealed] | None:
    """An endpoint and its sealed secrets."""
    row = tx.execute(select(WEBHOOKS).where(WEBHOOKS.c.id == endpoint)).first()
    if row is None:
        return None
    before = None if row.secret_before is None else bytes(row.secret_before)
    return _endpoint(row), Sealed(bytes(row.secret), before, row.secret_before_until_s)


_OWN = [WEBHOOKS.c[name] for name in Endpoint._fields]
_LISTED = Prepared(select(*_OWN).order_by(WEBHOOKS.c.created_at_s, WEBHOOKS.c.id))


def listed(tx: Connection) -> list[Endpoint]:
    """Every endpoint, oldest first."""
    return [_endpoint(row) for row in _LISTED.run(tx)]


def subscribed(tx: Connection, topic: str, party: str | None) -> list[str]:
    """The endpoints of exactly that party (None: of the buyer) that wish to be told of a topic."""
    return wishing(listed(tx), topic, party)


def wishing(endpoints: Iterable[Endpoint], topic: str, party: str | None) -> list[str]:
    """Those that are on, of exactly that party, and wish to be told of a topic."""
    wishes = (row for row in endpoints if row.party == party and row.disabled_at_s is None)
    return [row.id for row in wishes if {topic, EVERYTHING} & set(row.topics)]


def _endpoint(row: Sequence[Any]) -> Endpoint:
    found = Endpoint(*row[: len(_OWN)])
    return found._replace(topics=tuple(str(found.topics).split()))
