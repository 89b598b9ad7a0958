"""Two desks on one database, and many who want the same at once: one of them gets it."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine

from desk.stories import ALPHA, BETA, BUYER, GAMMA, Clock, Story, submit
from desk.test_journal import rows_of
from offtake.desk import command as say
from offtake.desk.service import Service
from offtake.desk.state import By, State
from offtake.desk.store.engine import open_engine
from offtake.desk.verify import verified
from offtake.desk.writer import Asked, Receipt, Writer
from offtake.sourcing.command import Refused

MANY = 32


class Loop:
    """A desk's service in an event loop of its own."""

    def __init__(self, url: str, clock: Clock) -> None:
        self.engine = open_engine(url)
        self.service = Service(Writer(self.engine, clock), tick_s=0.01)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.does(self.service.start())

    def does(self, what: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(timeout=30)

    def ask(self, command: say.AnyCommand, by: By, key: str) -> Receipt | Refused:
        try:
            return self.does(self.service.ask(Asked(command, by, key)))
        except Refused as no:
            return no

    def caught_up(self, seq: int) -> State:
        return self.does(self.service.changed(seq - 1))

    def stop(self) -> None:
        self.does(self.service.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self.engine.dispose()


class Race:
    """Two desks, and as many threads as there are commands, all let go at once."""

    def __init__(self, engine: Engine, url: str) -> None:
        self.story = Story(engine)
        self.desks = [Loop(url, self.story.clock) for _ in range(2)]
        self._pool, self._runs = ThreadPoolExecutor(MANY), 0

    def run(
        self,
        command: Callable[[int], say.AnyCommand],
        by: By,
        key: Callable[[int], str],
    ) -> tuple[list[Receipt], list[Refused]]:
        """What those are told who win, and those who do not."""
        gate = threading.Barrier(MANY)

        def goes(number: int) -> Receipt | Refused:
            gate.wait(timeout=30)
            return self.desks[number % 2].ask(command(number), by, key(number))

        answers = list(self._pool.map(goes, range(MANY)))
        won = [answer for answer in answers if isinstance(answer, Receipt)]
        return won, [answer for answer in answers if isinstance(answer, Refused)]

    def wins(self, command: Callable[[int], say.AnyCommand], by: By = BUYER) -> Receipt:
        """What the only one is told who gets it."""
        self._runs += 1
        won, lost = self.run(command, by, lambda number: f"{self._runs}.{number}")
        assert (len(won), len(lost)) == (1, MANY - 1)
        return won[0]

    def stop(self) -> None:
        self._pool.shutdown()
        for desk in self.desks:
            desk.stop()


@pytest.fixture
def race(engine: Engine, url: str) -> Iterator[Race]:
    made = Race(engine, url)
    yield made
    made.stop()


def test_of_many_who_want_the_same_lot_at_two_desks_one_gets_it(race: Race, engine: Engine) -> None:
    race.wins(lambda number: submit(title=f"by {number}"))
    race.wins(lambda _: say.Notice(requirement="r"))
    answered = race.wins(
        lambda number: say.Answer(requirement="r", gpus=8 + number, signed=f"A. {number}"), ALPHA
    )
    taken = race.desks[0].caught_up(answered.entry).sourcing.lots[1].accepted_gpus
    assert 8 <= taken < 8 + MANY
    agreed = {"requirement": "r", "gpus": taken, "price": "$2.90", "supplier": "alpha"}
    race.wins(lambda _: say.SignAccepted(**agreed))
    race.wins(lambda _: say.Tender(requirement="r", open_for="1d"))
    for by in (BETA, GAMMA):
        bid = say.Bid(requirement="r", gpus=64, price="$2.50")
        assert isinstance(race.desks[0].ask(bid, by, by.id), Receipt)
    race.story.clock.set("2025-03-02")
    left = 64 - taken

    def award(number: int) -> say.Award:
        beta = min(1 + number, left - 1)
        return say.Award(requirement="r", takes={"beta": beta, "gamma": left - beta}, why="mine")

    race.wins(award)
    for supplier in ("beta", "gamma"):
        race.wins(lambda _, supplier=supplier: say.Sign(requirement="r", supplier=supplier))

    rows = rows_of(engine)
    assert verified(rows).is_whole
    one, two = (desk.caught_up(rows[-1].seq) for desk in race.desks)
    assert one == two
    assert sum(order.gpus for order in one.sourcing.orders.values()) == 64


def test_a_retry_at_another_desk_gets_the_answer_of_the_first(race: Race, engine: Engine) -> None:
    won, lost = race.run(lambda _: submit(), BUYER, lambda _: "one")
    assert (len(won), lost) == (MANY, [])
    assert len({receipt.entry for receipt in won}) == 1
    won, lost = race.run(
        lambda number: submit(requirement=f"s{number % 2}"), BUYER, lambda _: "two"
    )
    assert len(won) == MANY // 2
    assert all("was used for another command" in str(no) for no in lost)
    assert [row.kind for row in rows_of(engine)] == ["adopt", "submit", "submit"]
