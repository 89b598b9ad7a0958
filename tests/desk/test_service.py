"""The service around a writer: what it says of itself while nobody asks for anything."""

import asyncio
import time
from collections.abc import Callable

from sqlalchemy import Engine, text

from desk.stories import Story, submit
from offtake.desk import command as say
from offtake.desk.service import Service
from offtake.desk.writer import Writer
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
