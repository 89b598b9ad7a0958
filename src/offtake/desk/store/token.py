"""Tokens of programs: scoped, expiring, kept as hashes, shown once."""

from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Index,
    LargeBinary,
    RowMapping,
    Table,
    Text,
    func,
    insert,
    select,
    update,
)

from offtake.desk.access.act import Act, acts_of
from offtake.desk.access.secret import Chance, Token, hashed, new_id, new_secret, same, token_of
from offtake.desk.access.who import Who
from offtake.desk.store.person import PEOPLE, Trace, person_of, trace
from offtake.desk.store.tables import METADATA
from offtake.units.time import DAY_S

TOKENS = Table(
    "tokens",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("hash", LargeBinary, nullable=False),
    Column("name", Text, nullable=False),
    Column("who", Text, ForeignKey(PEOPLE.c.id), nullable=False),
    Column("scopes", Text, nullable=False),  # Acts, as words.
    Column("created_at_s", BigInteger, nullable=False),
    Column("expires_at_s", BigInteger, nullable=False),
    Column("last_used_day", BigInteger),  # Days since the Unix epoch: no trace of habits.
    Column("revoked_at_s", BigInteger),
    Index("tokens_who", "who"),
)

LIMIT_TOKEN_S = 366 * DAY_S
"""No token lives longer."""
LIMIT_TOKENS = 50
"""Tokens of one person that are in force at a time."""

_NO_HASH = bytes(32)


class TooMany(ValueError):
    """Somebody has as many as one may have."""


class TooLong(ValueError):
    """A token that has ended before it began, or lives too long."""


class Wanted(NamedTuple):
    """A token to be made; ``scopes`` are words (``access.act``)."""

    who: str
    name: str
    scopes: tuple[str, ...]
    expires_at_s: int


class Kept(NamedTuple):
    """A token as it is kept, without its secret."""

    id: str
    name: str
    who: str
    scopes: frozenset[Act]
    created_at_s: int
    expires_at_s: int
    last_used_day: int | None
    revoked_at_s: int | None


class Given(NamedTuple):
    """Who comes with a token, until when, and whether this day's use of it is noted already."""

    who: Who
    until_s: int
    is_noted: bool


def make_token(tx: Connection, chance: Chance, wanted: Wanted, *, now_s: int, by: str) -> Token:
    """A token for a person; its text is never to be had again.

    Raises:
        NoScope: A word is no scope of a token.
        TooLong: It would live longer than ``LIMIT_TOKEN_S``, or not at all.
        TooMany: The person has ``LIMIT_TOKENS``.
    """
    scopes = acts_of(wanted.scopes)
    if not 0 < wanted.expires_at_s - now_s <= LIMIT_TOKEN_S:
        raise TooLong(f"a token lives {LIMIT_TOKEN_S // DAY_S} days at most")
    if _in_force(tx, wanted.who, now_s) >= LIMIT_TOKENS:
        raise TooMany(f"there are {LIMIT_TOKENS} tokens of {wanted.who}: revoke one")
    token = Token(new_id(chance), new_secret(chance))
    row = {
        "id": token.id,
        "hash": hashed(token.secret),
        "name": wanted.name,
        "who": wanted.who,
        "scopes": " ".join(sorted(scopes)),
        "created_at_s": now_s,
        "expires_at_s": wanted.expires_at_s,
    }
    tx.execute(insert(TOKENS).values(**row))
    trace(tx, Trace(now_s, by, "token.made", token.id, f"for {wanted.who}"))
    return token


def given(tx: Connection, text: str, now_s: int) -> Given | None:
    """Who comes with a token; None if it is unknown, over, revoked, or its person disabled.

    An unknown one is compared too: how long it takes does not tell which ids there are.
    """
    token = token_of(text) or Token("", "")
    row = tx.execute(select(TOKENS).where(TOKENS.c.id == token.id)).first()
    kept = _NO_HASH if row is None else bytes(row.hash)
    is_same = same(kept, hashed(token.secret))
    if row is None or not is_same or row.revoked_at_s is not None or row.expires_at_s <= now_s:
        return None
    person = person_of(tx, row.who)
    if person is None or person.disabled_at_s is not None:
        return None
    scopes = _scopes(row.scopes)
    who = Who(person.id, person.name, person.roles, person.party, scopes, token_id=row.id)
    return Given(who, row.expires_at_s, row.last_used_day == now_s // DAY_S)


def note_use(tx: Connection, token_id: str, now_s: int) -> None:
    """Note that a token was used today."""
    used = update(TOKENS).where(TOKENS.c.id == token_id).values(last_used_day=now_s // DAY_S)
    tx.execute(used)


def revoke_token(tx: Connection, token_id: str, now_s: int, by: str) -> bool:
    """End a token now; whether there was one to end."""
    mine = (TOKENS.c.id == token_id) & TOKENS.c.revoked_at_s.is_(None)
    if tx.execute(update(TOKENS).where(mine).values(revoked_at_s=now_s)).rowcount == 0:
        return False
    trace(tx, Trace(now_s, by, "token.revoked", token_id))
    return True


def tokens(tx: Connection, who: str | None = None) -> list[Kept]:
    """The tokens of a person, or of everybody; oldest first."""
    wanted = select(TOKENS).order_by(TOKENS.c.created_at_s, TOKENS.c.id)
    if who is not None:
        wanted = wanted.where(TOKENS.c.who == who)
    return [_kept(row) for row in tx.execute(wanted).mappings()]


def _in_force(tx: Connection, who: str, now_s: int) -> int:
    own = (TOKENS.c.who == who) & TOKENS.c.revoked_at_s.is_(None) & (TOKENS.c.expires_at_s > now_s)
    return tx.execute(select(func.count()).select_from(TOKENS).where(own)).scalar_one()


def _kept(row: RowMapping) -> Kept:
    values = {key: row[key] for key in Kept._fields}
    return Kept(**{**values, "scopes": _scopes(row["scopes"])})


def _scopes(words: str) -> frozenset[Act]:
    """Acts that this version does not know are of no use in it."""
    known = set(Act)
    return frozenset(Act(word) for word in words.split() if word in known)
