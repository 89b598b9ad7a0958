"""The writer behind an event loop: many commands at once share one transaction.

One thread of its own writes; while the database makes a batch durable, the next one gathers. It is
handed over once nobody else comes at the moment: a batch of few costs nearly as much as one of
many.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from functools import partial
from queue import Empty, SimpleQueue

from offtake.desk.deadline import Stuck
from offtake.desk.state import State
from offtake.desk.writer import LIMIT_BATCH, Answered, Asked, Receipt, Unavailable, Writer

LIMIT_WAITING = 10_000
"""Commands that may wait for the writer; beyond that the desk says it is busy."""
QUIET_TURNS = 5
"""Turns of the event loop without another command before those that gathered are handed over."""
GATHER_S = 0.005
"""Seconds after which they are at the latest: where somebody comes all the time it is never quiet.
"""
LOG = logging.getLogger("offtake.desk")


class Broken(Exception):
    """A mistake of ours in one command: it is not answered, and nothing of it has happened."""


class Stopped(Broken):
    """A deadline that comes first cannot be recorded: nothing is decided until it is."""


Reply = Callable[[Answered | Broken], None]
Waiting = tuple[Asked, Reply]


class Service:
    """Commands go in from the event loop; answers come out when they are durable."""

    def __init__(self, writer: Writer, *, tick_s: float = 0.25) -> None:
        self._writer, self._tick_s = writer, tick_s
        self._gathered: list[Waiting] = []
        self._is_writing = self._is_called = False
        self._gathers_until_s = 0.0
        self._queue: SimpleQueue[Sequence[Waiting] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._changed = asyncio.Event()
        self.is_writable = True
        self.stuck_at = ""  # The deadline that cannot be recorded, for the log.
        self.is_leaving = False

    @property
    def state(self) -> State:
        """What is durable, as far as this desk has folded it."""
        return self._writer.state

    async def start(self) -> None:
        """Fold the journal and begin to write."""
        self._loop = asyncio.get_running_loop()
        await asyncio.to_thread(self._writer.open)
        self._thread.start()

    def leave(self) -> None:
        """Let whoever waits for changes go: the desk is about to stop."""
        self.is_leaving = True
        self._changed.set()

    async def stop(self) -> None:
        """Write what waits, then no more."""
        while (self._gathered or self._is_writing) and self._thread.is_alive():
            await asyncio.sleep(0.01)
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    async def ask(self, asked: Asked) -> Receipt:
        """Carry out a command.

        Raises:
            Refused: It does not fit the state.
            Invalid: Its words cannot be read.
            Unavailable: The database cannot be written to, or too many commands wait.
            Stopped: A deadline cannot be recorded that comes first.
        """
        assert self._loop is not None, "start first"
        future: asyncio.Future[Answered | Broken] = self._loop.create_future()
        self.give(asked, lambda answer: None if future.done() else future.set_result(answer))
        answer = await future
        if not isinstance(answer, Receipt):
            raise answer
        return answer

    def give(self, asked: Asked, reply: Reply) -> None:
        """Have a command carried out; ``reply`` is called with the answer, on the event loop.

        Raises:
            Unavailable: Too many commands wait.
        """
        if len(self._gathered) > LIMIT_WAITING:
            raise Unavailable("busy")
        self._gathered.append((asked, reply))
        self._call()

    def _call(self) -> None:
        """See to it that what has gathered is handed over."""
        if self._gathered and not self._is_writing and not self._is_called:
            assert self._loop is not None
            self._is_called = True
            self._gathers_until_s = self._loop.time() + GATHER_S
            self._loop.call_soon(self._hand_over_after, 0, 0)

    def _hand_over_after(self, before: int, quiet: int) -> None:
        """Hand over what has gathered, once a few turns of the loop have brought no more.

        Those who were answered together ask again together: without a look at who comes next, half
        of them would share a transaction while the other half waits, round after round.
        """
        assert self._loop is not None
        count = len(self._gathered)
        quiet = quiet + 1 if count == before else 0
        is_early = self._loop.time() < self._gathers_until_s
        if quiet < QUIET_TURNS and count < LIMIT_BATCH and is_early:
            self._loop.call_soon(self._hand_over_after, count, quiet)
            return
        batch = self._gathered[:LIMIT_BATCH]
        del self._gathered[:LIMIT_BATCH]
        self._is_called, self._is_writing = False, True
        self._queue.put(batch)

    async def changed(self, seq: int) -> State:
        """The state once it is past an entry, or as it is when the desk is told to stop."""
        while self.state.seq <= seq and not self.is_leaving:
            event = self._changed
            await event.wait()
        return self.state

    def _run(self) -> None:
        while (batch := self._next()) is not None:
            if batch or self._has_to_look():
                self._write(batch)

    def _next(self) -> Sequence[Waiting] | None:
        """What was handed over; empty where nothing was for a while, None at the end."""
        try:
            return self._queue.get(timeout=self._tick_s)
        except Empty:
            return ()

    def _has_to_look(self) -> bool:
        """Whether a deadline has come, or another desk has written.

        A database that could not be written to is tried: nobody else would, once those who ask
        are told to come again. Where a deadline has come, recording it is the better trial.
        """
        if not self.is_writable and not self._writer.is_due():
            self._told(writable=self._writer.is_writable())
            return self.is_writable
        try:
            return self._writer.is_due() or self._writer.is_behind()
        except Unavailable:
            self._told(writable=False)
            return False

    def _write(self, batch: Sequence[Waiting]) -> None:
        before = self.state.seq
        answers = self._answers([asked for asked, _ in batch])
        self._told(writable=self._writer.took_last)
        assert self._loop is not None
        changed = self.state.seq != before
        self._loop.call_soon_threadsafe(partial(self._reply, batch, answers, changed=changed))

    def _answers(self, asked: Sequence[Asked]) -> list[Answered | Broken]:
        """The answers of the writer; a command that breaks it is tried, and fails, alone.

        Whatever it is that broke: the others have done nothing wrong, and are served. Where it is
        a deadline, nobody is, until it can be recorded: it is tried with every batch and tick.
        """
        try:
            answers = list(self._writer.write(asked))
        except Stuck as error:
            self._stops(error)
            return [Stopped() for _ in asked]
        except Exception:
            if len(asked) > 1:
                return [answer for one in asked for answer in self._answers([one])]
            LOG.exception("a command could not be carried out")
            return [Broken() for _ in asked]
        if self.stuck_at and self._writer.took_last:
            LOG.info("%s is recorded: the desk goes on", self.stuck_at)
            self.stuck_at = ""
        return [*answers]

    def _stops(self, error: Stuck) -> None:
        """Say so, loudly, once for each deadline."""
        if str(error) != self.stuck_at:
            says = "%s cannot be recorded, by a mistake of ours: nothing is decided until it is"
            LOG.critical(says, error, exc_info=error)
            self.stuck_at = str(error)

    def _reply(
        self, batch: Sequence[Waiting], answers: Sequence[Answered | Broken], *, changed: bool
    ) -> None:
        if batch:
            self._is_writing = False
        self._call()
        assert self._loop is not None
        for (_, reply), answer in zip(batch, answers, strict=False):
            self._loop.call_soon(reply, answer)  # One that breaks keeps nobody else from theirs.
        if changed:
            event, self._changed = self._changed, asyncio.Event()
            event.set()

    def _told(self, *, writable: bool) -> None:
        if writable != self.is_writable:
            LOG.log(
                logging.INFO if writable else logging.ERROR,
                "the database can be written to again"
                if writable
                else "the database cannot be written to",
            )
            self.is_writable = writable
