"""A desk in one thread: what it is asked waits for its turn, and it may die at any named point."""

import sqlite3
from collections.abc import Callable, Coroutine, Generator
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Engine

from offtake.desk.access.who import Who
from offtake.desk.command import AnyCommand
from offtake.desk.desk import Desk
from offtake.desk.problem import Forbidden, NotThere
from offtake.desk.reading import Invalid
from offtake.desk.service import Service
from offtake.desk.state import State
from offtake.desk.store.engine import open_engine, reader
from offtake.desk.store.migrate import migrate
from offtake.desk.writer import Answered, Asked, Receipt, Unavailable, Writer
from offtake.sourcing.command import Refused

NO = (Refused, Invalid, Forbidden, NotThere)
"""What is final: nothing has happened, and saying it again under the same key is another try."""


class Died(BaseException):
    """The desk is no more; nobody who catches mistakes catches it."""


class Mistake(Exception):
    """The desk broke over a command."""


class Call(NamedTuple):
    """Something that somebody says to a desk, under a key."""

    key: str
    who: Who
    command: AnyCommand


Answer = Receipt | Refused | Invalid | Forbidden | NotThere | Unavailable


class Fate:
    """Where a desk dies: when its writer has come often enough to a point."""

    def __init__(self) -> None:
        self.point, self.left, self.deaths = "", 0, 0

    def at(self, point: str, count: int) -> None:
        self.point, self.left = point, count

    def __call__(self, reached: str) -> None:
        if reached == self.point:
            self.left -= 1
            if self.left <= 0:
                self.point = ""
                self.deaths += 1
                raise Died(reached)


class Store:
    """A database in memory, whose commits may fail: before they are made, or just after."""

    def __init__(self) -> None:
        self.engine = open_engine("sqlite://")
        with self.engine.connect() as empty:
            empty.connection.driver_connection.deserialize(_tables())  # type: ignore[union-attr]
        self.fails, self.commits = "", 0
        self._commit = self.engine.dialect.do_commit
        self.engine.dialect.do_commit = self._do_commit  # type: ignore[method-assign]

    def _do_commit(self, connection: Any) -> None:
        fails, self.fails = self.fails, ""
        if fails != "before":
            self._commit(connection)
            self.commits += 1
        if fails:
            raise sqlite3.OperationalError("disk I/O error")


@cache
def _tables() -> bytes:
    """A database with the desk's tables, made once."""
    engine = open_engine("sqlite://")
    migrate(engine)
    with engine.connect() as made:
        tables: bytes = made.connection.driver_connection.serialize()  # type: ignore[union-attr]
    engine.dispose()
    return tables


class Clock:
    """The clock of one machine: ``ahead_s`` of the true time, or behind it."""

    def __init__(self, true: "Clock | None" = None, now_s: int = 0) -> None:
        self.true, self.ahead_s = true, now_s

    def now_s(self) -> int:
        return self.ahead_s + (0 if self.true is None else self.true.now_s())


class Waiting:
    """A command in the queue of a desk, until it is answered."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.answer: Answered | None = None

    def __await__(self) -> Generator[None, None, Answered]:
        while self.answer is None:
            yield
        return self.answer


class OneThread(Service):
    """The service of a desk whose turn comes when it is told."""

    def __init__(self, writer: Writer) -> None:
        super().__init__(writer)
        self.queue: list[Waiting] = []

    async def ask(self, asked: Asked) -> Receipt:
        waiting = Waiting(asked)
        self.queue.append(waiting)
        answer = await waiting
        if isinstance(answer, Refused | Invalid | Unavailable):
            raise answer
        return answer

    def turn(self) -> None:
        """Carry out what waits, in one batch, and what is due."""
        batch, self.queue = self.queue, []
        if not batch and not self._has_to_look():
            return
        try:
            answers = self._writer.write([waiting.asked for waiting in batch])
        except Exception as error:
            raise Mistake(f"{type(error).__name__}: {error}") from error
        for waiting, answer in zip(batch, answers, strict=True):
            waiting.answer = answer


Makes = Callable[..., Writer]


class Replica:
    """One machine: a desk that runs or does not, its clock, and where it dies next."""

    def __init__(self, store: Store, clock: Clock, makes: Makes) -> None:
        self.clock, self.fate = clock, Fate()
        self._store, self._makes = store, makes
        self._desk: Desk | None = None
        self._service: OneThread
        self._talks: list[tuple[Call, Coroutine[Any, Any, Receipt]]] = []
        self.writer: Writer

    @property
    def is_up(self) -> bool:
        return self._desk is not None

    @property
    def state(self) -> State:
        """What people see at this desk."""
        return self.writer.state

    def starts(self) -> None:
        """Start a desk from what the database holds."""
        engine: Engine = self._store.engine
        try:
            self.writer = self._makes(engine, self.clock, at=self.fate)
            self.writer.open()
        except Died:
            return
        self._service = OneThread(self.writer)
        self._desk = Desk(self._service, reader(engine), self.clock)

    def stops(self) -> None:
        """Die: what was being said is forgotten."""
        for _, talk in self._talks:
            talk.close()
        self._talks, self._desk = [], None

    def hears(self, call: Call) -> list[tuple[Call, Answer]]:
        """Begin to serve a request; what can be answered at once is."""
        assert self._desk is not None
        talk = self._desk.do(call.who, call.command, call.key)
        answer = _went_on(talk)
        if answer is not None:
            return [(call, answer)]
        self._talks.append((call, talk))
        return []

    def turn(self) -> list[tuple[Call, Answer]]:
        """Let the writer write; the answers to those who wait."""
        try:
            self._service.turn()
        except Died:
            self.stops()
            return []
        talks, self._talks, answers = self._talks, [], []
        for call, talk in talks:
            answer = _went_on(talk)
            assert answer is not None, call
            answers.append((call, answer))
        return answers


def _went_on(talk: Coroutine[Any, Any, Receipt]) -> Answer | None:
    """What a request is answered, if it is by now."""
    try:
        talk.send(None)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]
    except (*NO, Unavailable) as answer:
        return answer
    return None
