"""A running desk has snapshots made by a process of its own, and goes on whatever becomes of it."""

import asyncio
import logging
import sys
from collections.abc import Sequence

import pytest
from litestar.testing import TestClient
from sqlalchemy import Engine

from desk.served import ORIGIN
from desk.stories import PORTFOLIO, Clock, Story, submit
from desk.test_snapshots import keep, open_, put, seen, whole
from offtake.desk import command as say
from offtake.desk import keeper, start
from offtake.desk.keeper import Keeper, command_of
from offtake.desk.snapshot import layout
from offtake.desk.start import assembled, parts
from offtake.desk.store.engine import open_engine


def of(story: Story, every: int, command: Sequence[str] = ()) -> Keeper:
    return Keeper(story.engine, lambda: story.writer.state, every=every, command=command)


def filled(engine: Engine, count: int) -> Story:
    story = Story(engine)
    for number in range(count):
        story.does(submit(requirement=f"r{number}"))
    return story


def test_one_is_wanted_once_enough_has_been_written_since_the_last_that_fits(
    engine: Engine,
) -> None:
    story = filled(engine, 5)
    assert not of(story, every=6).is_wanted()
    assert of(story, every=5).is_wanted()
    keep(engine)
    assert not of(story, every=0).is_wanted()
    story.does(submit(requirement="more"))
    assert of(story, every=0).is_wanted()
    assert not of(story, every=1).is_wanted()
    put(engine, whole(engine), layout="of another version")
    assert of(story, every=0).is_wanted()
    put(engine, whole(engine), layout=layout())
    assert not of(story, every=0).is_wanted()
    story.does(say.Adopt(portfolio=PORTFOLIO))
    assert of(story, every=7).is_wanted()


def test_a_desk_without_a_portfolio_or_a_database_that_answers_wants_none(engine: Engine) -> None:
    assert not of(Story(engine, portfolio=""), every=0).is_wanted()
    away = open_engine("sqlite:////nowhere/desk.db")
    story = filled(engine, 2)
    assert not Keeper(away, lambda: story.writer.state, every=1).is_wanted()


async def until(wanted: object, task: "asyncio.Task[None]") -> None:
    for _ in range(600):
        if wanted() or task.done():  # type: ignore[operator]
            break
        await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def test_a_process_of_its_own_keeps_one(engine: Engine) -> None:
    story = filled(engine, 3)

    async def goes() -> None:
        task = asyncio.create_task(of(story, every=3).run())
        await until(lambda: seen(engine), task)

    asyncio.run(goes())
    assert open_(engine).kept == story.writer.state.seq
    assert open_(engine).state == story.writer.state


def test_it_runs_at_the_lowest_priority_where_there_are_any(engine: Engine) -> None:
    command = command_of(engine)
    assert command[1:3] == ("-n", "19")
    assert command[-5:-1] == ("offtake.cli.main", "journal", "snapshot", "--db")


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ((sys.executable, "-c", "raise SystemExit('full')"), "was kept (exit code 1): full"),
        (("/nowhere/offtake",), "no snapshot can be made: FileNotFoundError"),
    ],
)
def test_what_goes_wrong_is_logged_and_tried_again_later(
    engine: Engine,
    command: tuple[str, ...],
    says: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keeper, "AFTER_FAILURE_S", 0.01)
    story = filled(engine, 3)

    async def goes() -> None:
        task = asyncio.create_task(of(story, every=3, command=command).run())
        await until(lambda: caplog.text.count(says) >= 2, task)

    with caplog.at_level(logging.WARNING):
        asyncio.run(goes())
    assert caplog.text.count(says) >= 2
    assert seen(engine) == []


def test_a_desk_that_stops_ends_the_process(engine: Engine, tmp_path) -> None:
    story = filled(engine, 3)
    there = tmp_path / "there"
    program = f"import pathlib, time; pathlib.Path({str(there)!r}).touch(); time.sleep(600)"

    async def goes() -> None:
        task = asyncio.create_task(of(story, 3, (sys.executable, "-c", program)).run())
        await until(there.exists, task)

    asyncio.run(asyncio.wait_for(goes(), 60))
    assert there.exists()


def test_nobody_else_sees_a_database_in_memory() -> None:
    engine = open_engine("sqlite://")
    asyncio.run(Keeper(engine, lambda: pytest.fail("nobody asks"), every=0).run())
    engine.dispose()


def test_serving_sees_to_it(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    did: list[str] = []

    class Watched(Keeper):
        async def run(self) -> None:
            did.append("began")
            try:
                await asyncio.sleep(3_600)
            finally:
                did.append("ended")

    monkeypatch.setattr(start, "Keeper", Watched)
    made = parts(url, ORIGIN, Clock())
    with TestClient(assembled(made, Clock())):
        pass
    made.engine.dispose()
    assert did == ["began", "ended"]
