"""Sessions of people at browsers, and what leads to one: a sign-on under way, a one-time code.

Whatever opens a session is kept as a hash, is used once or ends by itself.
"""

from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Index,
    LargeBinary,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)

from offtake.desk.access.secret import LIMIT_SECRET, Chance, hashed, new_secret
from offtake.desk.access.who import Who
from offtake.desk.store.person import PEOPLE, Trace, person_of, trace
from offtake.desk.store.tables import METADATA

SESSIONS = Table(
    "sessions",
    METADATA,
    Column("id", LargeBinary, primary_key=True),  # SHA-256 of the cookie.
    Column("person", Text, ForeignKey(PEOPLE.c.id), nullable=False),
    Column("created_at_s", BigInteger, nullable=False),
    Column("seen_at_s", BigInteger, nullable=False),
    Column("expires_at_s", BigInteger, nullable=False),
    Index("sessions_person", "person", "created_at_s"),
)
SIGN_ONS = Table(
    "sign_ons",
    METADATA,
    Column("id", LargeBinary, primary_key=True),  # SHA-256 of the state.
    Column("nonce", Text, nullable=False),
    Column("verifier", Text, nullable=False),
    Column("back", Text, nullable=False),
    Column("expires_at_s", BigInteger, nullable=False),
)
CODES = Table(
    "codes",
    METADATA,
    Column("id", LargeBinary, primary_key=True),  # SHA-256 of the code.
    Column("person", Text, ForeignKey(PEOPLE.c.id), nullable=False),
    Column("expires_at_s", BigInteger, nullable=False),
)

SESSION_S = 12 * 3_600
"""A session ends half a day after it began,"""
IDLE_S = 2 * 3_600
"""or two hours after it was last seen,"""
SEEN_S = 300
"""which is noted every five minutes at most."""
LIMIT_SESSIONS = 10
"""Sessions of one person at a time; the oldest ends when another begins."""
SIGN_ON_S = 600
"""How long a sign-on at the provider may take."""
LIMIT_SIGN_ONS = 10_000
"""Sign-ons under way, so that nobody fills the database by beginning some."""
CODE_S = 15 * 60
"""How long a one-time code opens the desk."""


class SignOn(NamedTuple):
    """A sign-on under way: what must come back from the provider, and where to go then."""

    state: str
    nonce: str
    verifier: str
    back: str = "/"


class Busy(Exception):
    """Too many sign-ons are under way."""


class Seen(NamedTuple):
    """Who comes with a session, until when, and whether this visit is noted already."""

    who: Who
    until_s: int
    is_noted: bool


def begin_session(tx: Connection, chance: Chance, person: str, now_s: int) -> str:
    """The cookie of a new session: no session is ever taken over from before signing on."""
    own = SESSIONS.c.person == person
    kept = select(SESSIONS.c.id).where(own).order_by(SESSIONS.c.created_at_s.desc())
    ids = [row.id for row in tx.execute(kept)]
    if len(ids) >= LIMIT_SESSIONS:
        tx.execute(delete(SESSIONS).where(SESSIONS.c.id.in_(ids[LIMIT_SESSIONS - 1 :])))
    secret = new_secret(chance)
    row = {
        "id": hashed(secret),
        "person": person,
        "created_at_s": now_s,
        "seen_at_s": now_s,
        "expires_at_s": now_s + SESSION_S,
    }
    tx.execute(insert(SESSIONS).values(**row))
    trace(tx, Trace(now_s, person, "signed_on", person))
    return secret


def session(tx: Connection, secret: str, now_s: int) -> Seen | None:
    """Who comes with a cookie; None if its session is unknown or over, or the person disabled."""
    if len(secret) > LIMIT_SECRET:
        return None
    row = tx.execute(select(SESSIONS).where(SESSIONS.c.id == hashed(secret))).first()
    if row is None or row.expires_at_s <= now_s or row.seen_at_s + IDLE_S <= now_s:
        return None
    person = person_of(tx, row.person)
    if person is None or person.disabled_at_s is not None:
        return None
    known_as = bytes(row.id).hex()[:16]
    who = Who(person.id, person.name, person.roles, person.party, session_id=known_as)
    until_s = min(row.expires_at_s, row.seen_at_s + IDLE_S)
    return Seen(who, until_s, now_s - row.seen_at_s < SEEN_S)


def note_visit(tx: Connection, secret: str, now_s: int) -> None:
    """Note that a session was seen."""
    own = SESSIONS.c.id == hashed(secret)
    tx.execute(update(SESSIONS).where(own).values(seen_at_s=now_s))


def end_session(tx: Connection, secret: str) -> None:
    """Sign off: the cookie opens nothing any more."""
    tx.execute(delete(SESSIONS).where(SESSIONS.c.id == hashed(secret)))


def end_sessions(tx: Connection, person: str) -> int:
    """Sign somebody off everywhere; how many sessions ended."""
    return tx.execute(delete(SESSIONS).where(SESSIONS.c.person == person)).rowcount


def keep_sign_on(tx: Connection, begun: SignOn, now_s: int) -> None:
    """Remember a sign-on until it comes back.

    Raises:
        Busy: Too many are under way.
    """
    tx.execute(delete(SIGN_ONS).where(SIGN_ONS.c.expires_at_s <= now_s))
    if tx.execute(select(func.count()).select_from(SIGN_ONS)).scalar_one() >= LIMIT_SIGN_ONS:
        raise Busy("too many sign-ons are under way")
    row = {
        "id": hashed(begun.state),
        "nonce": begun.nonce,
        "verifier": begun.verifier,
        "back": begun.back,
        "expires_at_s": now_s + SIGN_ON_S,
    }
    tx.execute(insert(SIGN_ONS).values(**row))


def take_sign_on(tx: Connection, state: str, now_s: int) -> SignOn | None:
    """The sign-on of a state, once: it is gone then, whatever comes of it."""
    if len(state) > LIMIT_SECRET:
        return None
    own = SIGN_ONS.c.id == hashed(state)
    row = tx.execute(delete(SIGN_ONS).where(own).returning(*SIGN_ONS.c)).first()
    if row is None or row.expires_at_s <= now_s:
        return None
    return SignOn(state, row.nonce, row.verifier, row.back)


def make_code(tx: Connection, chance: Chance, person: str, now_s: int) -> str:
    """A code that signs somebody on once; codes of theirs from before are void."""
    tx.execute(delete(CODES).where(CODES.c.person == person))
    code = new_secret(chance)
    row = {"id": hashed(code), "person": person, "expires_at_s": now_s + CODE_S}
    tx.execute(insert(CODES).values(**row))
    return code


def take_code(tx: Connection, code: str, now_s: int) -> str | None:
    """Whom a code signs on, once."""
    if len(code) > LIMIT_SECRET:
        return None
    row = tx.execute(delete(CODES).where(CODES.c.id == hashed(code)).returning(*CODES.c)).first()
    if row is None or row.expires_at_s <= now_s:
        return None
    person = person_of(tx, row.person)
    return None if person is None or person.disabled_at_s is not None else person.id


def forget(tx: Connection, now_s: int) -> int:
    """Drop what is over; how many rows."""
    over = [
        (SESSIONS.c.expires_at_s <= now_s) | (SESSIONS.c.seen_at_s <= now_s - IDLE_S),
        SIGN_ONS.c.expires_at_s <= now_s,
        CODES.c.expires_at_s <= now_s,
    ]
    tables = (SESSIONS, SIGN_ONS, CODES)
    dropped = (delete(table).where(which) for table, which in zip(tables, over, strict=True))
    return sum(tx.execute(one).rowcount for one in dropped)
