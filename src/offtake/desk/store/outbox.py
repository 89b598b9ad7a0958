"""Messages to be sent: put beside what they tell of, claimed by one desk, then sent or dead.

A message is put in the transaction of the entry that it tells of, so that neither is without the
other. A desk claims it for a while, sends it, and says what came of it; if it dies meanwhile the
claim runs out and another sends the message again under the same id (at least once).

To one target messages go in their order, one at a time: a message waits while an earlier one is on
its way or has been tried fewer than ``TRIES_IN_ORDER`` times. Then the earlier one stands aside, so
that a message that its target cannot take holds the others up for minutes, not for days. Order is
that of ``seq``; who puts messages holds the head of the journal, so that they commit in it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    bindparam,
    case,
    func,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from offtake.desk.store.tables import METADATA

WAITING, CLAIMED, SENT, DEAD = "waiting", "claimed", "sent", "dead"
STATES = (WAITING, CLAIMED, SENT, DEAD)
TRIES_IN_ORDER = 3
LIMIT_BODY_BYTES = 10 * 1024 * 1024
LIMIT_ERROR = 300
LIMIT_DEAD = 10_000
"""Dead messages that are kept: beyond that the oldest go."""

OUTBOX = Table(
    "outbox",
    METADATA,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("created_at_s", BigInteger, nullable=False),
    Column("topic", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("attempts", BigInteger, nullable=False),  # Begun, the one on its way included.
    Column("next_at_s", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("claimed_by", Text),
    Column("claimed_until_s", BigInteger),
    Column("last_error", Text),
    Column("sent_at_s", BigInteger),
    Index("outbox_state", "state", "seq"),
    sqlite_autoincrement=True,  # A number is never used again.
)


def _open(row: Any) -> ColumnElement[bool]:
    """Whether it is still to be sent; the states as literals, for the index of just those rows."""
    found: ColumnElement[bool] = row.state.in_(
        [bindparam(None, state, literal_execute=True) for state in (WAITING, CLAIMED)]
    )
    return found


Index(
    "outbox_open",
    *(OUTBOX.c.channel, OUTBOX.c.target, OUTBOX.c.seq),
    sqlite_where=OUTBOX.c.state.in_((WAITING, CLAIMED)),
    postgresql_where=OUTBOX.c.state.in_((WAITING, CLAIMED)),
)


class Message(NamedTuple):
    """What is sent to whom: a webhook's target is the endpoint's id, a mail's the address."""

    id: str
    created_at_s: int
    topic: str
    channel: str
    target: str
    body: bytes
    subject: str = ""


class TooLarge(ValueError):
    """A body beyond ``LIMIT_BODY_BYTES``."""


class Lease(NamedTuple):
    """Who claims, until when, and by which channels it can send."""

    by: str
    until_s: int
    channels: tuple[str, ...]


class Claim(NamedTuple):
    """A message that is one's own to send. ``attempts`` tells this claim from later ones."""

    seq: int
    attempts: int
    message: Message


class Kept(NamedTuple):
    """What is known of a message, without its body. Instants that were not are None."""

    seq: int
    id: str
    created_at_s: int
    topic: str
    channel: str
    target: str
    subject: str
    attempts: int
    next_at_s: int
    state: str
    last_error: str | None
    sent_at_s: int | None


def put(tx: Connection, messages: Iterable[Message]) -> None:
    """Add messages, in order. One whose id is there already stays as it is.

    Raises:
        TooLarge: A body is beyond the limit; nothing is added.
    """
    rows = [_row(message) for message in messages]
    if rows:
        into = (postgresql if tx.dialect.name == "postgresql" else sqlite).insert(OUTBOX)
        tx.execute(into.on_conflict_do_nothing(index_elements=["id"]), rows)


def _row(message: Message) -> Mapping[str, Any]:
    if len(message.body) > LIMIT_BODY_BYTES:
        says = f"{message.id}: {len(message.body)} bytes; the limit is {LIMIT_BODY_BYTES}"
        raise TooLarge(says)
    subject = message.subject.replace("\0", " ")  # PostgreSQL takes no such letter in a text.
    due = {"attempts": 0, "next_at_s": message.created_at_s, "state": WAITING}
    return {**message._asdict(), **due, "subject": subject}


def claim(tx: Connection, now_s: int, lease: Lease, *, limit: int) -> list[Claim]:
    """Claim what is due, oldest first, at most one message of a target that keeps order."""
    return take(tx, due(tx, now_s, lease.channels, limit=limit), now_s, lease)


def due(tx: Connection, now_s: int, channels: Sequence[str], *, limit: int) -> Sequence[int]:
    """What may be claimed, oldest first, by number; a look that needs no right to write.

    One pass over what is open (``outbox_open``), in the order of targets: it takes about 15 ms for
    10,000 messages, however many were ever sent, and whatever a database believes of its tables.
    """
    own = OUTBOX.c
    holds = case(((own.state == CLAIMED) | (own.attempts < TRIES_IN_ORDER), 1), else_=0)
    ahead = func.sum(holds).over(
        partition_by=(own.channel, own.target), order_by=own.seq, rows=(None, -1)
    )
    wanted = select(own.seq, _due(now_s).label("due"), ahead.label("ahead"))
    queue = wanted.where(_open(own) & own.channel.in_(channels)).subquery()
    free = queue.c.due & (func.coalesce(queue.c.ahead, 0) == 0)
    oldest = select(queue.c.seq).where(free).order_by(queue.c.seq).limit(limit)
    return tx.execute(oldest).scalars().all()


def take(tx: Connection, seqs: Sequence[int], now_s: int, lease: Lease) -> list[Claim]:
    """Claim those of these messages that are still due.

    No other desk gets the same message until the lease ends: PostgreSQL locks the rows and lets
    others pass over them; SQLite has one writer at a time. What was free to be sent when it was
    looked for still is, for those before it can only have been sent since.
    """
    still = select(OUTBOX.c.seq).where(OUTBOX.c.seq.in_(seqs) & _due(now_s))
    own = tx.execute(still.with_for_update(skip_locked=True)).scalars().all() if seqs else []
    if not own:
        return []
    taken = update(OUTBOX).where(OUTBOX.c.seq.in_(own))
    taken = taken.values(
        state=CLAIMED,
        attempts=OUTBOX.c.attempts + 1,
        claimed_by=lease.by,
        claimed_until_s=lease.until_s,
    )
    rows = tx.execute(taken.returning(OUTBOX))
    return sorted(Claim(row.seq, row.attempts, _message(row)) for row in rows)


def _due(now_s: int) -> ColumnElement[bool]:
    """Whether its time has come, or it was left behind by a claim that ran out."""
    own = OUTBOX.c
    waits = (own.state == WAITING) & (own.next_at_s <= now_s)
    left = (own.state == CLAIMED) & (own.claimed_until_s <= now_s)
    return waits | left


def sent(tx: Connection, claim: Claim, at_s: int) -> bool:
    """Record that it was sent, even if the claim ran out meanwhile; False: it was so before."""
    own = (OUTBOX.c.seq == claim.seq) & (OUTBOX.c.state != SENT)
    done = {"state": SENT, "sent_at_s": at_s, "claimed_by": None, "claimed_until_s": None}
    return _changed(tx, own, {**done, "last_error": None})


def failed(tx: Connection, claim: Claim, *, error: str, next_at_s: int | None) -> bool:
    """Record that it was not sent: due again at an instant, or dead if there is none.

    False: the claim had run out, and the message is no longer one's own.
    """
    fate = {"state": DEAD} if next_at_s is None else {"state": WAITING, "next_at_s": next_at_s}
    free = {"claimed_by": None, "claimed_until_s": None, "last_error": error[:LIMIT_ERROR]}
    return _changed(tx, _own(claim), {**fate, **free})


def release(tx: Connection, claim: Claim) -> bool:
    """Give a claim back as if it had not been made, for another to send."""
    back = {"state": WAITING, "attempts": claim.attempts - 1}
    return _changed(tx, _own(claim), {**back, "claimed_by": None, "claimed_until_s": None})


def revive(tx: Connection, message_id: str, now_s: int) -> bool:
    """Make a dead message due again, with all its attempts before it; False: none is dead."""
    dead = (OUTBOX.c.id == message_id) & (OUTBOX.c.state == DEAD)
    return _changed(tx, dead, {"state": WAITING, "attempts": 0, "next_at_s": now_s})


def _own(claim: Claim) -> ColumnElement[bool]:
    own = OUTBOX.c
    return (own.seq == claim.seq) & (own.state == CLAIMED) & (own.attempts == claim.attempts)


def _changed(tx: Connection, which: ColumnElement[bool], values: Mapping[str, Any]) -> bool:
    return tx.execute(update(OUTBOX).where(which).values(**values)).rowcount == 1


def listed(
    tx: Connection, state: str = "", *, before: int | None = None, limit: int = 100
) -> list[Kept]:
    """Messages, newest first, of one state if it is named; the last ``seq`` is the next cursor."""
    columns = [OUTBOX.c[name] for name in Kept._fields]
    wanted = select(*columns).order_by(OUTBOX.c.seq.desc()).limit(limit)
    if state:
        wanted = wanted.where(OUTBOX.c.state == state)
    if before is not None:
        wanted = wanted.where(OUTBOX.c.seq < before)
    return [Kept(*row) for row in tx.execute(wanted)]


def place_of(tx: Connection, message_id: str) -> int | None:
    """The ``seq`` of a message."""
    found: int | None = tx.execute(select(OUTBOX.c.seq).where(OUTBOX.c.id == message_id)).scalar()
    return found


def message(tx: Connection, message_id: str) -> Message | None:
    """A message with its body."""
    row = tx.execute(select(OUTBOX).where(OUTBOX.c.id == message_id)).first()
    return None if row is None else _message(row)


def _message(row: Any) -> Message:
    values = {name: getattr(row, name) for name in Message._fields}
    return Message(**{**values, "body": bytes(row.body)})


class Count(NamedTuple):
    """How many messages of a channel are in a state, and when the oldest of them was put."""

    channel: str
    state: str
    messages: int
    oldest_at_s: int


def counts(tx: Connection) -> list[Count]:
    """How many messages there are, by channel and state."""
    own = OUTBOX.c
    found = select(own.channel, own.state, func.count(), func.min(own.created_at_s))
    rows = tx.execute(found.group_by(own.channel, own.state).order_by(own.channel, own.state))
    return [Count(*row) for row in rows]


def forget(tx: Connection, before_s: int) -> int:
    """Drop what was sent before an instant; how many. What is dead stays until it is revived."""
    old = (OUTBOX.c.state == SENT) & (OUTBOX.c.sent_at_s < before_s)
    return tx.execute(OUTBOX.delete().where(old)).rowcount


def trim(tx: Connection, keep: int = LIMIT_DEAD) -> int:
    """Drop the oldest dead messages but for so many; how many."""
    dead = OUTBOX.c.state == DEAD
    newest = select(OUTBOX.c.seq).where(dead).order_by(OUTBOX.c.seq.desc()).offset(keep).limit(1)
    last = tx.execute(newest).scalar()
    return (
        0
        if last is None
        else tx.execute(OUTBOX.delete().where(dead & (OUTBOX.c.seq <= last))).rowcount
    )
