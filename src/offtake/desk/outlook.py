"""Where commitments stand, as the journal tells of use: charged as statements are.

Entries that can tell of use are found by the journal's index, and each is read once: what came
since is added, and all is charged again when something came, or an hour later.
"""

from collections.abc import Sequence
from dataclasses import replace
from threading import Lock

from offtake.core.names import name_of
from offtake.core.vocabulary import NONE, EventKind
from offtake.desk.entry import read
from offtake.desk.state import State
from offtake.desk.store import journal
from offtake.desk.store.engine import Connection, Engine
from offtake.settle.recorded import Told, used_in
from offtake.settle.standing import Outlook, outlook
from offtake.sourcing.journal import event_of
from offtake.units.time import DAY_S, HOUR_S, NEVER

TELLING = ("use", "sign", "sign_accepted", "deliver", "cancel", "late", "default", "due")
"""The kinds of command after which something was used, ordered, delivered or ended."""
COUNTED = (
    EventKind.USAGE_RECORDED,
    EventKind.ORDERED,
    EventKind.DELIVERED,
    EventKind.TRANCHE_ENDED,
    EventKind.SERVICE_ENDED,
)
LAG_S = 31 * DAY_S
"""How late use may be recorded: the time since the last record, up to this, is not yet known."""
Key = tuple[int, int, int]
"""Under which portfolio, from how many events and in which hour it was looked."""
PAGE = 1_000
FIRST = 100
"""Entries at the beginning among which is the first that tells of anything."""


class Outlooks:
    """The last outlooks of a desk, and the events they rest on; asked by many threads."""

    def __init__(self, reader: Engine) -> None:
        self._reader, self._lock = reader, Lock()
        self._version, self._seq = NONE, 0
        self._told: list[Told] = []
        self._since_s = NEVER
        self._found: dict[str, tuple[Key, Outlook | None]] = {}

    def at(self, state: State, now_s: int, party: str = "") -> Outlook | None:
        """Where commitments stand; None where the journal tells of no use and no delivery.

        For a supplier, from what concerns it alone: neither that others have metered anything nor
        until when shows in what it is told.
        """
        with self._lock:
            if self._version != state.in_force.number:  # Names may mean something else by then.
                self._version, self._seq, self._told = state.in_force.number, 0, []
            self._reads(state)
            key = (self._version, len(self._told), now_s // HOUR_S)
            kept, found = self._found.get(party, (None, None))
            if kept != key:
                found = self._looked(state, now_s, party)
                self._found[party] = (key, found)
            return found

    def _looked(self, state: State, now_s: int, party: str) -> Outlook | None:
        if not party:
            return _outlook(state, self._told, self._since_s, now_s)
        parties = state.in_force.portfolio.names.parties
        own = [row for row in self._told if name_of(parties, row[1].party) == party]
        return _outlook(state, own, NEVER, now_s)

    def _reads(self, state: State) -> None:
        """Read what has come since."""
        if self._seq >= state.seq:
            return
        lots = dict(state.numbers)
        with self._reader.connect() as tx:
            if self._seq == 0:
                self._since_s = _begun(tx)
            while self._seq < state.seq:
                between = (self._seq, state.seq)
                rows = journal.of_kinds(tx, TELLING, between, PAGE)
                self._told += [told for row in rows for told in _events(state, lots, row)]
                self._seq = rows[-1].seq if len(rows) == PAGE else state.seq


def _begun(tx: Connection) -> int:
    """When the first thing happened that a journal tells of; NEVER: nothing has."""
    entries = (read(row.body) for row in journal.page(tx, 0, FIRST))
    return next((entry.at_s for entry in entries if entry.events), NEVER)


def _events(state: State, lots: dict[str, int], row: journal.Row) -> list[Told]:
    """What an entry tells of use and of orders, with its number."""
    portfolio = state.in_force.portfolio
    lines = (line for line in read(row.body).events if "permit" not in line)
    currency = portfolio.document.currency
    events = (event_of(line, portfolio.names, lots, currency) for line in lines)
    return [(row.seq, event) for event in events if event.kind in COUNTED]


def _outlook(state: State, told: Sequence[Told], since_s: int, now_s: int) -> Outlook | None:
    """Where commitments stand at the last instant for which use is known."""
    used = used_in(told, now_s + 1, "journal")
    if not len(used):
        return None
    used = replace(used, from_s=min(used.from_s, since_s))
    portfolio = state.in_force.portfolio
    return outlook(portfolio, portfolio.clauses, used, max(known_until(told, now_s), used.from_s))


def known_until(told: Sequence[Told], now_s: int) -> int:
    """Until when use is counted: the end of the last record, if it is not older than ``LAG_S``.

    Meters tell of a month when it is over. The days since would look idle, and the rate of late
    be too low, if they were counted before they are known.
    """
    ends = (event.end_s for _, event in told if event.kind == EventKind.USAGE_RECORDED)
    last_s = max((end_s for end_s in ends if end_s <= now_s), default=0)
    return last_s if last_s >= now_s - LAG_S else now_s
