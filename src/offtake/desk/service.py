"""The writer behind an event loop: many commands at once share one transaction.

One thread of its own writes; while the database makes a batch durable, the next one gathers.
"""

import asyncio
import logging
import threading
from collections.abc import Sequence
from functools import partial
from queue import Empty, SimpleQueue

from offtake.desk.deadline import Stuck
from offtake.desk.reading import Invalid
from offtake.desk.state import State
from offtake.desk.writer import LIMIT_BATCH, Answered, Asked, Receipt, Unavailable, Writer
from offtake.sourcing.command import Refused

LIMIT_WAITING = 10_000
"""Commands that may wait for the writer; beyond that the desk says it is busy."""
LOG = logging.getLogger("offtake.desk")

Waiting = tuple[Asked, "asyncio.Future[Answered]"]


class Broken(Exception):
    """A mistake of ours in one command: it is not answered, and nothing of it has happened."""


class Service:
    """Commands go in from the event loop; answers come out when they are durable."""

    def __init__(self, writer: Writer, *, tick_s: float = 0.25) -> None:
        self._writer, self._tick_s = writer, tick_s
        self._queue: SimpleQueue[Waiting | None] = SimpleQueue()
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
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    async def ask(self, asked: Asked) -> Receipt:
        """Carry out a command.

        Raises:
            Refused: It does not fit the state.
            Invalid: Its words cannot be read.
            Unavailable: The database cannot be written to, or too many commands wait.
            Stuck: A deadline cannot be recorded that comes first.
        """
        assert self._loop is not None, "start first"
        if self._queue.qsize() > LIMIT_WAITING:
            raise Unavailable("busy")
        future: asyncio.Future[Answered] = self._loop.create_future()
        self._queue.put((asked, future))
        answer = await future
        if isinstance(answer, Refused | Invalid | Unavailable):
            raise answer
        return answer

    async def changed(self, seq: int) -> State:
        """The state once it is past an entry, or as it is when the desk is told to stop."""
        while self.state.seq <= seq and not self.is_leaving:
            event = self._changed
            await event.wait()
        return self.state

    def _run(self) -> None:
        going = True
        while going:
            batch, going = self._gather()
            if batch or self._has_to_look():
                self._write(batch)

    def _gather(self) -> tuple[list[Waiting], bool]:
        """What waits now, after waiting a little for it; whether to go on."""
        batch: list[Waiting] = []
        try:
            item = self._queue.get(timeout=self._tick_s)
            while item is not None:
                batch.append(item)
                if len(batch) >= LIMIT_BATCH:
                    return batch, True
                item = self._queue.get_nowait()
        except Empty:
            return batch, True
        return batch, False

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

    def _answers(self, asked: Sequence[Asked]) -> list[Answered | Broken | Stuck]:
        """The answers of the writer; a command that breaks it is tried, and fails, alone.

        Whatever it is that broke: the others have done nothing wrong, and are served. Where it is
        a deadline, nobody is, until it can be recorded: it is tried with every batch and tick.
        """
        try:
            answers = list(self._writer.write(asked))
        except Stuck as error:
            self._stops(error)
            return [Stuck(str(error)) for _ in asked]
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
        self,
        batch: Sequence[Waiting],
        answers: Sequence[Answered | Broken | Stuck],
        *,
        changed: bool,
    ) -> None:
        for (_, future), answer in zip(batch, answers, strict=False):
            if future.cancelled():
                continue
            if isinstance(answer, Broken | Stuck):
                future.set_exception(answer)
            else:
                future.set_result(answer)
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
