"""A snapshot of what a desk knows is made beside it, by whoever has the claim, and kept.

Whoever makes one goes on from the one before, in short transactions: a desk that writes meanwhile
waits for the moment that a part takes, no longer. Until the last step nobody sees it, and those
before it stay in use. It may die at any point: a claim ends by itself, and what was left behind
goes with the next one.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256

from offtake.desk import snapshot
from offtake.desk.clock import Clock
from offtake.desk.entry import Entry, read
from offtake.desk.fold import folded
from offtake.desk.opening import begun, unhurried
from offtake.desk.state import State
from offtake.desk.store import journal
from offtake.desk.store import snapshot as store
from offtake.desk.store.engine import Connection, Engine, reader
from offtake.desk.store.journal import Head
from offtake.desk.store.snapshot import Part, Row

PART_BYTES = 2**20
"""Of a body that is written in one transaction."""
CLAIM_S = 600
"""How long a claim holds after its last sign of life, which comes with every page and part."""
POINTS = ("claimed", "folded", "part", "written", "kept", "dropped")
"""The right is taken; the state is there; a part is written, then all; it is seen; one part of
those that are kept no longer is gone."""
Point = Callable[[str], None]


class Busy(Exception):
    """Somebody else is making a snapshot of this database."""


class NoTables(Exception):
    """A database whose tables are older than snapshots."""


def nothing(point: str) -> None:
    """No crash."""


class Keeping:
    """Makes snapshots of one database, in the name of ``who``."""

    def __init__(self, engine: Engine, clock: Clock, who: str, *, at: Point = nothing) -> None:
        self._engine, self._reader, self._clock = engine, reader(engine), clock
        self._who, self._at = who, at

    def keep(self) -> Row | None:
        """The snapshot of the journal as it is now, made if it is not there; None without one.

        A desk that has adopted no portfolio has nothing to keep.

        Raises:
            Busy: Somebody else has the claim.
            NoTables: A desk of this version has not been started on the database.
        """
        self._claim()
        try:
            return self._kept()
        finally:
            with self._engine.begin() as tx:
                store.release(tx, self._who)

    def _claim(self) -> None:
        with self._reader.connect() as tx:
            if not store.is_there(tx):
                raise NoTables
        now_s = self._clock.now_s()
        with self._engine.begin() as tx:
            if not store.claim(tx, self._who, now_s=now_s, until_s=now_s + CLAIM_S):
                raise Busy
        self._at("claimed")

    def _kept(self) -> Row | None:
        with self._reader.connect() as tx:
            head = journal.head(tx)
            start = begun(tx, head.seq)
            known = {row.seq: row for row in reversed(store.rows(tx))}
            number = store.next_number(tx)
        if start.version is None:
            return None
        if start.seq == head.seq:
            return known[head.seq]
        with unhurried():
            body = snapshot.written(folded(start, self._entries(start, head)))
        self._at("folded")
        count = self._put(number, body)
        row = Row(
            number=number,
            seq=head.seq,
            hash=head.hash,
            adopted=start.version.number,
            layout=snapshot.layout(),
            parts=count,
            digest=sha256(body).digest(),
            at_s=self._clock.now_s(),
        )
        self._show(row)
        return row

    def _entries(self, start: State, head: Head) -> Iterator[Entry]:
        """What follows a state, through the head, page by page: no transaction stays open."""
        seq = start.seq
        while seq < head.seq:
            with self._reader.connect() as tx:
                rows = journal.page(tx, seq, min(journal.PAGE, head.seq - seq))
            yield from (read(row.body) for row in rows)
            seq = rows[-1].seq
            with self._writing():
                pass  # A sign of life.

    def _put(self, number: int, body: bytes) -> int:
        """Write a body in parts that nobody sees yet; how many."""
        firsts = range(0, len(body), PART_BYTES)
        for place, first in enumerate(firsts):
            with self._writing() as tx:
                store.put(tx, Part(number, place), body[first : first + PART_BYTES])
            self._at("part")
        self._at("written")
        return len(firsts)

    def _show(self, row: Row) -> None:
        """Let the snapshot be seen, and the parts of those before the last few go, one by one."""
        with self._writing() as tx:
            store.keep(tx, row)
            old = store.surplus(tx)
        self._at("kept")
        for part in old:
            with self._writing() as tx:
                store.drop(tx, part)
            self._at("dropped")

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """A transaction of whoever has the claim, which holds for longer by it."""
        with self._engine.begin() as tx:
            if not store.hold(tx, self._who, self._clock.now_s() + CLAIM_S):
                raise Busy
            yield tx
