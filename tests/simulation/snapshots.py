"""Snapshots beside a simulated desk: made now and then by one that may die, and held to the truth.

Whether one is made, and where its maker dies, follows from the journal alone: what a seed plays
is the same with and without.
"""

from collections.abc import Sequence
from random import Random

from offtake.desk import snapshot
from offtake.desk.command import Adopt
from offtake.desk.entry import Entry
from offtake.desk.fold import empty_under, folded
from offtake.desk.keeping import POINTS, Keeping
from offtake.desk.state import State
from simulation.replica import Clock, Died, Fate, Store

SHARE, DEATHS = 0.3, 0.4


def made(store: Store, clock: Clock, seq: int) -> None:
    """Perhaps a snapshot of the journal, whose last entry has this number."""
    chance, fate = Random(seq), Fate()
    if store.fails or chance.random() > SHARE:
        return
    if chance.random() < DEATHS:
        fate.at(chance.choice(POINTS), 1)
    try:
        Keeping(store.engine, clock, "keeper", at=fate).keep()
    except Died:
        return


def hold(entries: Sequence[Entry], state: State) -> None:
    """Whether a desk that goes on from a snapshot of any entry knows what the journal says.

    Raises:
        AssertionError: It does not, or ``state`` is something else.
    """
    adopts = [entry for entry in entries if isinstance(entry.command, Adopt)]
    if not adopts:
        return
    empty = empty_under(adopts[-1])
    whole = folded(empty, entries)
    assert state == whole, "a new desk knows something else than the journal"
    count = Random(len(entries)).randint(1, len(entries))
    before = folded(empty, entries[:count])
    again = snapshot.read(snapshot.written(before), before.in_force)
    assert again == before, f"the snapshot of entry {count} holds another state"
    assert folded(again, entries[count:]) == whole, f"it goes on otherwise from entry {count}"
