"""Whether a journal is as it was written: every hash again, and against heads known from before.

An entry's hash is made of the hash before it and its own bytes (``entry.chained``). So an edit, a
cut in the middle and a move show by themselves; entries cut from the end, and a journal chained
anew from some entry on, show against a head that somebody kept.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from offtake.desk.entry import START, Entry, chained, read
from offtake.desk.store.journal import Head, Row

LIMIT_FAULTS = 100
"""Faults that are listed; beyond that they are only counted."""


class Fault(NamedTuple):
    """What is wrong, and at which entry it shows."""

    seq: int
    says: str


class Known(NamedTuple):
    """A head that is known from elsewhere, and where from."""

    head: Head
    source: str


class Verified(NamedTuple):
    """What came of a look at a journal: its last entry, and what is wrong."""

    head: Head
    faults: tuple[Fault, ...]
    total: int  # Of faults, listed or not.

    @property
    def is_whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.total


def verified(rows: Iterable[Row], known: Sequence[Known] = ()) -> Verified:
    """Look at every entry, in the order in which they are given."""
    chain = _Chain(known)
    for row in rows:
        chain.follow(row)
    chain.end()
    return Verified(chain.head, tuple(chain.faults), chain.total)


class _Chain:
    """Follows a journal; after a fault it goes on from what is there."""

    def __init__(self, known: Sequence[Known]) -> None:
        self.head, self.faults, self.total = Head(0, START), list[Fault](), 0
        self._at_s, self._known = 0, known

    def follow(self, row: Row) -> None:
        """The next entry."""
        expected, faults = self.head.seq + 1, self.total
        if row.seq < expected:
            self._fault(row.seq, f"stands after entry {self.head.seq}: it was moved or doubled")
            return
        if row.seq > expected:
            missing = f"entry {expected}" if row.seq == expected + 1 else f"entries from {expected}"
            self._fault(row.seq, f"{missing} to come before it: cut out, or moved")
        elif chained(self.head.hash, row.body) != row.hash:
            says = "is not what was chained: it, its hash or the one before it was edited"
            self._fault(row.seq, says)
        self._look(row, holds=self.total == faults)
        self.head = Head(row.seq, row.hash)
        for known in self._known:
            if known.head.seq == row.seq and known.head.hash != row.hash:
                says = f"is another than that of {known.source}: it or one before it was rewritten"
                self._fault(row.seq, says)

    def end(self) -> None:
        """There are no more entries."""
        for known in self._known:
            if known.head.seq > self.head.seq:
                says = f"is the last, and {known.source} is of entry {known.head.seq}: cut off"
                self._fault(self.head.seq, says)

    def _look(self, row: Row, *, holds: bool) -> None:
        """What an entry says of itself; the instant of one that was edited says nothing."""
        try:
            entry = read(row.body)
            at_s = entry.at_s
        except (msgspec.MsgspecError, ValueError):
            self._fault(row.seq, "cannot be read")
            return
        if entry.seq != row.seq:
            self._fault(row.seq, f"says that it is entry {entry.seq}")
        if at_s < self._at_s:
            self._fault(row.seq, "happened before the entry before it")
        elif holds:
            self._at_s = at_s
        if not _is_of(row, entry, at_s):
            self._fault(row.seq, "stands beside columns that say something else")

    def _fault(self, seq: int, says: str) -> None:
        self.total += 1
        if len(self.faults) < LIMIT_FAULTS:
            self.faults.append(Fault(seq, says))


def _is_of(row: Row, entry: Entry, at_s: int) -> bool:
    """Whether the columns of a row repeat what its body says."""
    kind = type(entry.command).__struct_config__.tag
    return (row.at_s, row.kind, row.requirement) == (at_s, kind, entry.requirement)
