"""The service around a writer: what it says of itself while nobody asks for anything."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence

from sqlalchemy import Engine, text

from desk.stories import BUYER, Story, submit
from offtake.desk import command as say
from offtake.desk.service import GATHER_S, Service
from offtake.desk.writer import Answered, Asked, Writer
from offtake.sourcing.requirement import Status

TICK_S = 0.01


async def sees(what: Callable[[], bool]) -> bool:
    """Whether something comes to be within a few seconds."""
    until = time.monotonic() + 10
    while not what() and time.monotonic() < until:
        await asyncio.sleep(TICK_S)
    return what()


def renamed(engine: Engine, old: str, new: str) -> None:
    with engine.begin() as tx:
        tx.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))


def test_a_deadline_that_cannot_be_written_shows_until_it_is(engine: Engine) -> None:
    """Also between ticks: who asks whether the desk is ready is told the same every time."""
    story = Story(engine)
    story.does(submit())
    story.does(say.Notice(requirement="r"))
    service = Service(Writer(engine, story.clock), tick_s=TICK_S)

    async def told() -> None:
        await service.start()
        renamed(engine, "head", "away")
        story.clock.set("2025-04-02")
        assert await sees(lambda: not service.is_writable)
        seen = set()
        until = time.monotonic() + 30 * TICK_S
        while time.monotonic() < until:
            seen.add(service.is_writable)
            await asyncio.sleep(TICK_S / 4)
        assert seen == {False}
        renamed(engine, "away", "head")
        assert await sees(lambda: service.is_writable)
        assert await sees(lambda: service.state.sourcing.lots[1].status == Status.SUBMITTED)
        await service.stop()

    asyncio.run(told())


def test_those_who_come_while_others_are_written_share_their_next_transaction(
    engine: Engine,
) -> None:
    """Else each half of the askers would wait for the other half, round after round."""
    story, steps, asking = Story(engine), Counter[str](), asyncio.Event()

    def at(point: str) -> None:
        steps[point] += 1
        if point == "before" and steps[point] == 1:
            loop.call_soon_threadsafe(asking.set)
            time.sleep(0.2)  # The others come while the first are written.

    service = Service(Writer(engine, story.clock, at=at))
    asks, rounds = 8, 10

    async def goes_on_asking(who: int) -> None:
        if who % 2:
            await asking.wait()
        for number in range(rounds):
            command = submit(requirement=f"{who}.{number}")
            await service.ask(Asked(command, BUYER))

    async def told() -> None:
        nonlocal loop
        loop = asyncio.get_running_loop()
        await service.start()
        await asyncio.gather(*(goes_on_asking(who) for who in range(asks)))
        await service.stop()

    loop: asyncio.AbstractEventLoop
    asyncio.run(told())
    assert len(service.state.numbers) == asks * rounds
    assert rounds < steps["before"] <= rounds + 2


def test_where_somebody_comes_all_the_time_nobody_waits_for_it_to_be_quiet(engine: Engine) -> None:
    story, sizes = Story(engine), list[int]()
    writer = Writer(engine, story.clock)
    write = writer.write

    def sized(asked: Sequence[Asked]) -> list[Answered]:
        sizes.append(len(asked))
        return write(asked)

    writer.write = sized  # type: ignore[method-assign]
    service = Service(writer)

    async def told() -> None:
        await service.start()
        answers = list[object]()
        number = 0
        while not answers and number < 400:
            number += 1
            service.give(Asked(submit(requirement=f"{number}"), BUYER), answers.append)
            time.sleep(GATHER_S / 5)  # A turn of a busy loop.
            await asyncio.sleep(0)
        await service.stop()

    asyncio.run(told())
    assert sizes[0] <= 10
