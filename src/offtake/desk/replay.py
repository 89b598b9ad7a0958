"""Every command of a journal decided again, under the portfolio of its day (laws 3 and 4).

What happened is what is recorded: after a difference the recorded events count. Besides, deciding
the journal and folding it must come to the same state.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, takewhile
from typing import Any, NamedTuple

import msgspec

from offtake.desk import command as say
from offtake.desk.entry import Entry
from offtake.desk.fold import Entries, Unfit, empty_under, folded, under
from offtake.desk.machine import carried, replayed
from offtake.desk.reading import Invalid
from offtake.desk.state import State
from offtake.sourcing.command import Refused
from offtake.sourcing.journal import BadEntry

Events = Sequence[Mapping[str, Any]]


class Difference(NamedTuple):
    """An entry whose events are others when its command is decided again."""

    seq: int
    command: str
    says: str
    recorded: Events = ()
    decided: Events = ()


def differences(entries: Entries, kept: Sequence[State] = ()) -> Iterator[Difference]:
    """Where a journal and its commands, decided again, tell different stories.

    So may the states that snapshots ``kept`` under the last portfolio. Ends with an entry that
    cannot be gone on from.
    """
    state, last = State(), None
    for entry in entries():
        if isinstance(entry.command, say.Adopt):
            last = entry
            before = takewhile(lambda row, end=entry.seq: row.seq < end, entries())  # type: ignore[misc]
            try:
                state = under(state, entry.command, entry.at_s, before)
            except (Invalid, Unfit) as error:
                yield _differs(entry, f"cannot be adopted: {error}")
                return
            continue
        difference, after = _again(state, entry)
        if difference is not None:
            yield difference
        if after is None:
            return
        state = after
    if last is not None:
        yield from _folded(last, entries(), [*kept, state])


def _folded(last: Entry, entries: Iterable[Entry], known: Sequence[State]) -> Iterator[Difference]:
    """Where the journal, folded, comes to another state than those that are known of it.

    The last one is what deciding it again came to.
    """
    rows, state = iter(entries), empty_under(last)
    for each in sorted(known[:-1], key=lambda made: made.seq):
        if each.in_force.number == last.seq:
            state = folded(state, islice(rows, each.seq - state.seq))
            if state != each:
                yield Difference(each.seq, "", "the snapshot of it holds another state")
    if folded(state, rows) != known[-1]:
        yield Difference(known[-1].seq, "", "folding the journal comes to another state")


def _again(state: State, entry: Entry) -> tuple[Difference | None, State | None]:
    """What differs in an entry, and the state after it; None where there is none."""
    if state.version is None and not isinstance(entry.command, say.Propose):
        return _differs(entry, "no portfolio had been adopted"), None
    difference = None
    if entry.at_s < state.at_s:
        difference = _differs(entry, "happened before the entry before it")
    else:
        try:
            done = carried(state, entry.given)
            decided: Events = list(msgspec.to_builtins(done.events))
            if decided == entry.events:
                return None, done.state
            difference = _differs(entry, "is decided otherwise", decided)
        except (Refused, Invalid) as no:
            difference = _differs(entry, f"is refused: {no}")
    try:
        return difference, replayed(state, entry.given, entry.events)
    except (BadEntry, ValueError, LookupError) as error:
        return difference._replace(says=f"{difference.says}; nor can it be folded: {error}"), None


def _differs(entry: Entry, says: str, decided: Events = ()) -> Difference:
    kind = str(type(entry.command).__struct_config__.tag)
    return Difference(entry.seq, kind, says, entry.events, decided)
