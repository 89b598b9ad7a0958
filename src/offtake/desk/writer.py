"""The one who writes: commands in batches, each batch in one transaction, then the replies.

A batch is read, decided by the pure core and appended, with the deadlines that ran out before it;
only when the database says that all of it is durable are the commands answered (group commit).
Several desks may share one database: whoever holds the head of the journal first folds what the
others have appended. If anything fails, nothing of the batch has happened.
"""

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec

from offtake.core.vocabulary import NONE
from offtake.desk import command as say
from offtake.desk.act import Unknown
from offtake.desk.clock import Clock
from offtake.desk.deadline import Stuck, Timers, command_of, said_of
from offtake.desk.entry import START, Entry, Written, chained, entry_of, read, written
from offtake.desk.fold import Unfit, folded, under
from offtake.desk.machine import Carried, carried
from offtake.desk.opening import opened
from offtake.desk.overtaken import still_fits
from offtake.desk.permits import Repeated, permit_id, repeated
from offtake.desk.reading import Invalid, Wrong
from offtake.desk.state import By, Given, State
from offtake.desk.store import journal
from offtake.desk.store.engine import Connection, Engine, Failure, Unkept, reader
from offtake.desk.store.journal import Answer, Head, Row
from offtake.desk.waiving import line_of, waived
from offtake.sourcing.command import Refused
from offtake.sourcing.permit import Happened
from offtake.units.time import instant_text

LIMIT_BATCH = 512
"""Commands that share one transaction."""


class Asked(NamedTuple):
    """A command on its way to the journal; ``key`` makes a retry of it harmless (S8)."""

    command: say.AnyCommand
    by: By
    key: str = ""

    @property
    def request(self) -> bytes:
        """What tells a retry from another command under the same key."""
        return sha256(msgspec.json.encode(self.command)).digest()


class KeyUsed(Refused):
    """A key that was used for another command (S8)."""


class Unavailable(Exception):
    """The database cannot be written to now; the same may be asked again, under the same key.

    Nothing has happened, unless the database took a batch and could not say so any more.
    """


class Unsure(Unavailable):
    """The database was lost when it was told to keep something: whether it did is not known."""


class Receipt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is answered to a command: which entry it is, and what came of it in a word each."""

    entry: int
    at: str
    requirement: str = ""
    permit: str = ""
    waiver: str = ""
    version: int = 0
    happened: tuple[str, ...] = ()
    orders: tuple[int, ...] = ()


Answered = Receipt | Refused | Invalid | Unavailable
Point = Callable[[str], None]
"""Called with the name of each step (``POINTS``); a test may let the desk die there."""
POINTS = ("opened", "before", "locked", "due", "decided", "adopting", "appended", "committed")
"""The journal is folded; a batch begins, may append, has recorded a deadline, takes its commands,
folds the journal under another portfolio, has appended all, is durable and not answered yet."""
Beside = Callable[[Connection, Sequence[Written]], None]
"""What else is written with entries, in the same transaction: messages to be sent."""


Told = Callable[[Sequence[Entry]], None]
"""Who hears of entries once they are durable."""


def nothing(point: str) -> None:
    """No crash."""


def nobody(tx: Connection, entries: Sequence[Written]) -> None:
    """Nobody is told."""


def unheard(entries: Sequence[Entry]) -> None:
    """Nobody hears."""


class Writer:
    """Carries commands out, one batch after the other; ``state`` is what is durable.

    ``took_last`` says whether the database took the last batch.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        *,
        beside: Beside = nobody,
        told: Told = unheard,
        at: Point = nothing,
    ) -> None:
        self.state, self.took_last = State(), True
        self._engine, self._clock = engine, clock
        self._beside, self._told, self._at = beside, told, at
        self._reader = reader(engine)
        self._head = Head(0, START)
        self._timers = Timers(self.state)

    def open(self) -> None:
        """Fold the journal, from a snapshot on if one fits it.

        What ran out while the desk was down lapses with the first batch. Opened again, it folds
        what has come since.

        Raises:
            Unavailable: The database cannot be read.
        """
        try:
            with self._reader.connect() as tx:
                self._head, self.state, _ = opened(tx, self.state)
        except Failure as error:
            raise Unavailable(str(error.__class__.__name__)) from error
        self._timers = Timers(self.state, self.state.at_s)
        self._at("opened")

    @property
    def next_s(self) -> int | None:
        """The soonest instant at which something may run out."""
        return self._timers.next_s

    def is_due(self) -> bool:
        """Whether a deadline has come, so that there is something to do without a command."""
        next_s = self._timers.next_s
        return next_s is not None and next_s <= self._clock.now_s()

    def is_behind(self) -> bool:
        """Whether another desk has appended to the journal.

        Raises:
            Unavailable: The database cannot be read.
        """
        try:
            with self._reader.connect() as tx:
                return journal.head(tx).seq != self._head.seq
        except Failure as error:
            raise Unavailable(error.__class__.__name__) from error

    def is_writable(self) -> bool:
        """Whether the database keeps what is written, found out by writing nothing new."""
        try:
            with self._engine.begin() as tx:
                journal.touch(tx)
        except Failure:
            return False
        return True

    def write(self, asked: Sequence[Asked]) -> list[Answered]:
        """Carry out commands and the deadlines before them; the answers are durable.

        Where the database takes the words of one and not of the others, each is tried alone.
        """
        batch = _Batch(self, self._clock.now_s())
        is_sure = True
        try:
            self._at("before")
            with self._engine.begin() as tx:
                batch.run(tx, asked)
                self._at("appended")
                is_sure = not batch.has_written
            self._at("committed")
        except Failure as error:
            self._timers = Timers(self.state, self.state.at_s)  # Those that were taken run on.
            if isinstance(error, Unkept) and len(asked) > 1:
                return [answer for one in asked for answer in self.write([one])]
            failed = _failed(error, is_sure=is_sure)
            self.took_last = not isinstance(failed, Unavailable)
            return [failed for _ in asked]
        except BaseException:
            self._timers = Timers(self.state, self.state.at_s)
            raise
        self.state, self._head, self.took_last = batch.state, batch.head, True
        self._told(batch.done)
        return batch.answers


def _failed(error: Failure, *, is_sure: bool) -> Invalid | Unavailable:
    """What a command is told that was not kept."""
    if isinstance(error, Unkept):
        says = "holds something that the database does not keep"
        return Invalid([Wrong("command", says, "Write plain text and smaller numbers.")])
    return (Unavailable if is_sure else Unsure)(error.__class__.__name__)


def _drawn(again: Repeated) -> Receipt:
    """The answer to a draw that was made before: nothing happens once more."""
    return Receipt(
        entry=again.draw.stamp.entry,
        at=instant_text(again.draw.at_s),
        permit=permit_id(again.permit.number),
        version=again.draw.version,
        happened=(Happened.DRAWN.value,),
    )


class _Batch:
    """One transaction of the writer."""

    def __init__(self, writer: Writer, now_s: int) -> None:
        self._w, self._now_s = writer, now_s
        self.state, self.head = writer.state, writer._head
        self._first = self.head  # As it was when the batch began.
        self.answers: list[Answered] = []
        self.done: list[Entry] = []
        self._entries: list[Written] = []
        self._rows: list[Row] = []
        self._kept: list[Answer] = []
        self._timers = writer._timers
        self._due: Given | None = None  # What the desk did last by itself.

    @property
    def has_written(self) -> bool:
        """Whether there is anything to be kept."""
        return self.head.seq != self._first.seq

    def run(self, tx: Connection, asked: Sequence[Asked]) -> None:
        """Catch up, let time pass, carry out, append."""
        w = self._w
        head = self._first = journal.lock(tx)
        w._at("locked")
        if head.seq != self.head.seq:
            self._catch_up(tx, head)
        self._now_s = max(self._now_s, self.state.at_s)  # A clock that went back waits.
        self._time_comes_first()
        keys = [(item.by.id, item.key) for item in asked if item.key]
        known = journal.answered(tx, keys)
        w._at("decided")
        for item in asked:
            self.answers.append(self._answer(tx, item, known))
        self._flush(tx)

    def _flush(self, tx: Connection) -> None:
        """Append what was carried out so far."""
        journal.append(tx, self._rows, self._kept)
        if self._entries:
            self._w._beside(tx, self._entries)
            self.done += (one.entry for one in self._entries)
        self._rows, self._kept, self._entries = [], [], []

    def _catch_up(self, tx: Connection, head: Head) -> None:
        """Fold what other desks have appended."""
        rows = list(journal.since(tx, self.head.seq))
        entries = [read(row.body) for row in rows]
        if any(isinstance(entry.command, say.Adopt) for entry in entries):
            self.state = opened(tx).state
        else:
            self.state = folded(self.state, entries)
        self.head = head
        self._timers = self._w._timers = Timers(self.state, self.state.at_s)

    def _time_comes_first(self) -> None:
        """What has run out by now is recorded before any command, or nothing is."""
        try:
            self._let_time_pass()
        except Exception as error:
            raise Stuck(said_of(self._due)) from error

    def _let_time_pass(self) -> None:
        """Record what has run out, each at its instant, before anything later is decided."""
        while (deadline := self._timers.pop(self.state, self._now_s)) is not None:
            self._due = given = command_of(self.state, deadline)
            done = carried(self.state, given)
            if done.events:
                self._record(given, done)
                self._w._at("due")

    def _answer(
        self, tx: Connection, asked: Asked, known: dict[tuple[str, str], Answer]
    ) -> Answered:
        first = known.get((asked.by.id, asked.key)) if asked.key else None
        if first is not None:
            if first.request != asked.request:
                return KeyUsed(f"the key {asked.key} was used for another command (S8)")
            return msgspec.json.decode(first.answer, type=Receipt)
        try:
            receipt = self._carry_out(tx, asked)
        except (Refused, Invalid) as no:
            return no
        if asked.key:
            answer = Answer(
                asked.by.id,
                asked.key,
                asked.request,
                receipt.entry,
                self._now_s,
                msgspec.json.encode(receipt),
            )
            known[asked.by.id, asked.key] = answer
            self._kept.append(answer)
        return receipt

    def _carry_out(self, tx: Connection, asked: Asked) -> Receipt:
        given = Given(asked.command, asked.by, self._now_s)
        if isinstance(asked.command, say.Adopt):
            return self._adopt(tx, asked.command, given)
        if self.state.version is None:
            raise Unknown("no portfolio has been adopted")
        if isinstance(asked.command, say.Waive):
            made = waived(self.state, asked.command, given)
            line = line_of(asked.command, made, self._now_s)
            return self._adopt(tx, made, given._replace(command=made), line)
        again = repeated(self.state, given)
        if again is not None:
            return _drawn(again)
        receipt = self._record(given, carried(self.state, given))
        self._let_time_pass()  # A right may have ended with what was recorded (S9).
        return receipt

    def _adopt(
        self, tx: Connection, command: say.Adopt, given: Given, *told: Mapping[str, Any]
    ) -> Receipt:
        """Fold the whole journal anew: every index may mean something else now."""
        self._flush(tx)
        self._w._at("adopting")
        made = self.state.proposals.get(command.proposal or 0)
        if made is not None and made.base != self.state.adopted:
            still_fits(self.state, command, journal.portfolio_at(tx, made.base))
        entries = (read(row.body) for row in journal.since(tx, 0))
        try:
            after = under(self.state, command, given.at_s, entries)
        except Unfit as error:
            remedy = "End what is no longer wanted by an amendment; keep its name."
            raise Invalid([Wrong("portfolio", str(error), remedy)]) from error
        receipt = self._record(given, Carried(after, (), told, waiver=command.waiver))
        self._timers = self._w._timers = Timers(after, given.at_s)
        self._let_time_pass()
        return receipt

    def _record(self, given: Given, done: Carried) -> Receipt:
        """Chain one entry and go on from the state after it."""
        entry = entry_of(
            self.head.seq + 1,
            given,
            done.events,
            requirement=done.requirement,
            recorded_at_s=self._now_s,
        )
        body = written(entry)
        self.head = Head(entry.seq, chained(self.head.hash, body))
        kind = type(given.command).__struct_config__.tag
        self._rows.append(
            Row(entry.seq, given.at_s, str(kind), done.requirement, body, self.head.hash)
        )
        self._entries.append(Written(entry, self.state, done.state))
        self.state = done.state
        events = [item.event for item in done.recorded]
        lots = {event.lot for event in events if event.lot != NONE}
        orders = {event.order for event in events if event.order != NONE}
        self._timers.watch(self.state, lots, orders)
        happened = [str(row["event"]) for row in done.events]
        return Receipt(
            entry=entry.seq,
            at=entry.at,
            requirement=done.requirement,
            permit=done.permit,
            waiver=done.waiver,
            version=done.version,
            happened=tuple(happened),
            orders=tuple(sorted(orders)),
        )
