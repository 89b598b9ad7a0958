"""What a journal tells when a desk opens it: from the latest snapshot that fits it, or whole.

A snapshot is no second truth. It is used where it was made of this very journal, under the
portfolio that is in force, by this version of offtake, and is as it was written; else it is as if
there were none.
"""

import gc
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from itertools import takewhile
from typing import NamedTuple

from offtake.desk import snapshot
from offtake.desk.entry import read
from offtake.desk.fold import empty_under, folded
from offtake.desk.state import State, Version
from offtake.desk.store import journal
from offtake.desk.store import snapshot as store
from offtake.desk.store.engine import Connection
from offtake.desk.store.journal import Head
from offtake.sourcing.snapshot import BadSnapshot

LOG = logging.getLogger("offtake.desk")
NOTHING = State()
MANY = 100_000
"""Records that came at once: those of some ten thousand entries."""


class Opened(NamedTuple):
    """The state at the head of a journal."""

    head: Head
    state: State
    kept: int = 0  # The entry that it was gone on from, of a snapshot, say; 0 if there was none.


def opened(tx: Connection, known: State = NOTHING) -> Opened:
    """What the journal tells up to its head, whatever is appended meanwhile.

    ``known`` is what has been folded of it before: a desk is opened once more when it is served.
    """
    head = journal.head(tx)
    start = begun(tx, head.seq, known)
    return Opened(head, told(tx, start, head.seq), start.seq)


def told(tx: Connection, start: State, through: int) -> State:
    """The state after the entries that follow a state, through one of them."""
    rows = journal.since(tx, start.seq)
    wanted = takewhile(lambda row: row.seq <= through, rows)
    with unhurried():
        return folded(start, (read(row.body) for row in wanted))


def begun(tx: Connection, through: int, known: State = NOTHING) -> State:
    """From what to fold the journal through an entry: what is known, a snapshot, or nothing.

    Each is under the portfolio that was adopted last.
    """
    last = journal.latest(tx, through + 1, 1, kind="adopt")
    if not last:
        return NOTHING
    if known.version is not None and known.version.number == last[0].seq:
        return known
    empty = empty_under(read(last[0].body))
    found = fitting(tx, empty.in_force, through)
    return empty if found is None else found


def fitting(tx: Connection, version: Version, through: int) -> State | None:
    """What the latest snapshot says that fits the journal, its portfolio and this version."""
    for row in usable(tx, version.number, through):
        try:
            return whole(tx, row, version)
        except BadSnapshot as error:
            LOG.warning("the snapshot of entry %s is not used: %s", row.seq, error)
    return None


def held(tx: Connection) -> tuple[list[State], list[str]]:
    """What every snapshot holds that a start would look at, and why others are not used."""
    states, wrong = list[State](), list[str]()
    last = journal.last_of(tx, "adopt")
    if last is None:
        return states, wrong
    version = empty_under(read(last.body)).in_force
    for row in usable(tx, version.number, journal.head(tx).seq):
        try:
            states.append(whole(tx, row, version))
        except BadSnapshot as error:
            wrong.append(f"the snapshot of entry {row.seq} is not used: {error}")
    return states, wrong


def usable(tx: Connection, adopted: int, through: int) -> list[store.Row]:
    """The snapshots that are of this version and of the portfolio in force, the latest first."""
    if not store.is_there(tx):
        return []
    return [
        row
        for row in store.rows(tx)
        if row.layout == snapshot.layout() and row.adopted == adopted and row.seq <= through
    ]


def whole(tx: Connection, row: store.Row, version: Version) -> State:
    """What a snapshot says.

    Raises:
        BadSnapshot: It is not of this journal, not as it was written, or of another kind.
    """
    entry = journal.page(tx, row.seq - 1, 1)
    if not entry or (entry[0].seq, entry[0].hash) != (row.seq, row.hash):
        raise BadSnapshot("hash", f"is not that of entry {row.seq}")
    body = store.body(tx, row.number)
    if sha256(body).digest() != row.digest:
        raise BadSnapshot("digest", "is not that of its parts")
    with unhurried():
        state = snapshot.read(body, version)
    if state.seq != row.seq:
        raise BadSnapshot("seq", f"{state.seq} in the body, and {row.seq} beside it")
    return state


@contextmanager
def unhurried() -> Iterator[None]:
    """Nobody looks for what holds itself while millions of records come to be and none goes.

    Each look goes through all that is there so far: it would take most of the time. Where many
    came they are there to stay, and no later look goes through them either.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if gc.get_count()[0] > MANY:
            gc.freeze()
        if was_on:
            gc.enable()
