"""What a desk does by the clock beside deadlines: it reminds, and keeps the outbox small.

A reminder is planned in the transaction of its notice. Whoever sends it holds the head of the
journal and knows the whole of it: so it is sent once, whichever desk it is, and not at all where
the notice was answered, changed or ran out, even if that was a moment ago at another desk.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence

from offtake.desk.clock import Clock
from offtake.desk.command import Adopt
from offtake.desk.deadline import of_lot
from offtake.desk.entry import Written, read
from offtake.desk.fold import folded
from offtake.desk.message import REMINDER
from offtake.desk.noticed import document_of
from offtake.desk.reminders import Allowance, Span, days_off, reminders
from offtake.desk.state import State
from offtake.desk.store import journal, outbox, reminder
from offtake.desk.store.engine import Connection, Engine, Failure, reader
from offtake.desk.store.reminder import Planned
from offtake.desk.tell import Audience, Teller
from offtake.desk.tidings import OWN_PEOPLE, Tiding, seen_by
from offtake.desk.view import requirement as view
from offtake.sourcing.requirement import Lot, Status
from offtake.units.capacity import share_text
from offtake.units.time import DAY_S

LOG = logging.getLogger(__name__)
POLL_S, AFTER_MISTAKE_S, TIDY_S = 1, 60, 3_600
LIMIT_AT_ONCE = 100
"""Reminders of one transaction."""
KEEP_SENT_S = 90 * DAY_S
"""How long what was sent, and what was reminded of, is kept."""


def plan(tx: Connection, entries: Sequence[Written]) -> None:
    """Plan the reminders of each notice that was given, in the transaction of its entry."""
    reminder.plan(tx, (row for one in entries for row in _of_entry(one)))


def _of_entry(written: Written) -> Iterator[Planned]:
    entry, before, after = written
    if all(line["event"] != "notice_given" for line in entry.events):
        return
    lot = after.lot(entry.requirement)
    assert lot is not None, entry
    known = before.standing.get(lot.number)
    first = 1 if known is None else len(known.rounds) + 1
    for number in range(first, len(after.standing[lot.number].rounds) + 1):
        yield from planned(after, lot, number)


def planned(state: State, lot: Lot, number: int) -> Iterator[Planned]:
    """The reminders of a notice: at shares of the time that its holder is allowed."""
    notice = document_of(state, lot, number)
    answering, since_s = notice.answering, notice.answering.received_at_s
    still: tuple[Span, ...] = ()
    if answering.window is not None:
        due_s = answering.due_at_s
        still = tuple(days_off(answering.window, answering.calendar, since_s, due_s))
    name = f"{lot.need.requirement}.{number}"
    allowance = Allowance(name, 0, since_s, answering.due_at_s, still)
    for row in reminders(allowance):
        yield Planned(
            row.claim, lot.need.requirement, number, row.share_ppm, row.at_s, answering.due_at_s
        )


class Errands:
    """Reminds and tidies; ``state`` is what this desk has folded."""

    def __init__(
        self, engine: Engine, clock: Clock, teller: Teller, state: Callable[[], State]
    ) -> None:
        self._engine, self._reader, self._clock = engine, reader(engine), clock
        self._teller, self._state = teller, state
        self._tidied_s: int | None = None

    async def run(self, wake: Callable[[], None]) -> None:
        """Go on until canceled; ``wake`` is told that there is something to send."""
        await self._try(self.seed)
        while True:
            has_sent = await self._try(self.remind)
            if has_sent:
                wake()
            if has_sent is not None:
                await self._try(self.tidy)
            await asyncio.sleep(POLL_S if has_sent is not None else AFTER_MISTAKE_S)

    async def _try(self, errand: Callable[[], int]) -> int | None:
        """What came of an errand; a database that is away is waited for, a mistake for longer."""
        try:
            return await asyncio.to_thread(errand)
        except Failure as error:
            LOG.warning("%s waits for the database: %s", errand.__name__, type(error).__name__)
            return 0
        except Exception as error:  # What it says may be the business of others.
            LOG.error("%s breaks: %s", errand.__name__, type(error).__name__)  # noqa: TRY400
            return None

    def seed(self) -> int:
        """Plan the reminders of every notice that is open, where they are not planned."""
        state = self._state()
        rows: list[Planned] = []
        if state.version is not None:
            for lot in state.sourcing.lots.values():
                if lot.status == Status.NOTICED:
                    rows += planned(state, lot, len(state.standing[lot.number].rounds))
        with self._engine.begin() as tx:
            reminder.plan(tx, rows)
        return len(rows)

    def remind(self) -> int:
        """Send the reminders that have come; how many. None until a new portfolio is folded."""
        now_s = self._clock.now_s()
        with self._reader.connect() as tx:
            if not reminder.come(tx, now_s, limit=1):
                return 0
        with self._engine.begin() as tx:
            state = _caught_up(tx, self._state())
            if state is None:
                return 0
            rows = reminder.come(tx, now_s, limit=LIMIT_AT_ONCE)
            latest = {(row.requirement, row.number): row for row in rows}
            open_ones = [row for row in latest.values() if _is_open(state, row, now_s)]
            audience = Audience(tx, self._teller.by_mail)
            for row in open_ones:
                self._tell(tx, audience, row, state)
            reminder.done(tx, [row.claim for row in rows], now_s)
        return len(open_ones)

    def _tell(self, tx: Connection, audience: Audience, row: Planned, state: State) -> None:
        """Put a reminder for the holder, and for the buyer."""
        lot, now_s = state.lot(row.requirement), self._clock.now_s()
        assert lot is not None, row
        data = view.notice(state, lot, row.number)
        for party in (data["holder"], OWN_PEOPLE):
            seen = {**seen_by(party, "notice", data), "share": share_text(row.share_ppm)}
            told = Tiding(REMINDER, row.at_s, party, "notice", seen, row.requirement, row.number)
            outbox.put(tx, self._teller.posts(audience, told, now_s))
            outbox.put(tx, self._teller.letters(audience, told, state, now_s))

    def tidy(self) -> int:
        """Once an hour, drop what was sent long ago and the oldest dead letters; how many."""
        now_s = self._clock.now_s()
        if self._tidied_s is not None and now_s < self._tidied_s + TIDY_S:
            return 0
        self._tidied_s = now_s
        with self._engine.begin() as tx:
            dropped = outbox.forget(tx, now_s - KEEP_SENT_S) + outbox.trim(tx)
            reminder.forget(tx, now_s - KEEP_SENT_S)
        return dropped


def _caught_up(tx: Connection, state: State) -> State | None:
    """The state with all that other desks have appended, while nobody appends more.

    None where one adopted a portfolio: the writer folds everything anew, and it is tried again.
    """
    if journal.lock(tx).seq == state.seq:
        return state
    entries = [read(row.body) for row in journal.since(tx, state.seq)]
    if state.version is None or any(isinstance(entry.command, Adopt) for entry in entries):
        return None
    return folded(state, entries)


def _is_open(state: State, row: Planned, now_s: int) -> bool:
    """Whether a notice still waits for its answer, with time left for one."""
    lot = state.lot(row.requirement)
    if lot is None or lot.status != Status.NOTICED:
        return False
    due = of_lot(state, lot)
    is_last = len(state.standing[lot.number].rounds) == row.number
    return is_last and due is not None and now_s < due.at_s
