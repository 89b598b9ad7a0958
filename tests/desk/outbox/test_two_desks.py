"""Two desks on one database send nothing twice while both live, and lose nothing when one dies."""

import asyncio
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import Engine

from desk.outbox.desk_of_its_own import sender
from desk.outbox.post import message, name
from desk.outbox.receivers import Receiver, Request
from offtake.desk.clock import SystemClock
from offtake.desk.outbox import Deliverer, Policy
from offtake.desk.store import outbox
from offtake.desk.store.engine import open_engine, reader

ROOT = Path(__file__).resolve().parents[3]
TARGETS, EACH = 6, 10
EVERY = [name(number) for number in range(TARGETS * EACH)]


def put(engine: Engine) -> None:
    with engine.begin() as tx:
        outbox.put(tx, [message(n, f"whk_{n % TARGETS}") for n in range(TARGETS * EACH)])


def left(engine: Engine) -> int:
    """How many messages are not sent."""
    with reader(engine).connect() as tx:
        return sum(row.messages for row in outbox.counts(tx) if row.state != "sent")


async def until_sent(engine: Engine) -> None:
    async with asyncio.timeout(30):
        while await asyncio.to_thread(left, engine):
            await asyncio.sleep(0.02)


def in_order(received: list[Request]) -> bool:
    """Whether each target got its messages in their order; repeated ones aside."""
    by_target = defaultdict(list)
    for request in received:
        if request.id not in by_target[request.path]:
            by_target[request.path].append(request.id)
    return all(ids == sorted(ids) for ids in by_target.values())


@asynccontextmanager
async def desk(database: str, port: int, lease_s: int) -> AsyncIterator[subprocess.Popen]:
    """A desk in a process of its own."""
    running = subprocess.Popen(
        [sys.executable, "-m", "desk.outbox.desk_of_its_own", database, str(port), str(lease_s)],
        env={"PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests'}"},
    )
    try:
        yield running
    finally:
        running.kill()
        running.wait()


def test_two_desks_that_live_send_everything_once_and_in_order(engine: Engine, url: str) -> None:
    receiver = Receiver()

    async def live() -> None:
        put(engine)
        async with receiver.open():
            engines = [open_engine(url) for _ in range(2)]
            policy = Policy(sends_max=4, poll_ms=20)
            desks = [
                Deliverer(own, SystemClock(), {"webhook": sender(receiver.port)}, policy)
                for own in engines
            ]
            running = [asyncio.create_task(one.run()) for one in desks]
            await until_sent(engine)
            for one in desks:
                one.stop()
            await asyncio.gather(*running)
            for own in engines:
                own.dispose()

    asyncio.run(live())
    assert sorted(request.id for request in receiver.received) == EVERY
    assert in_order(receiver.received)


def test_two_processes_that_live_send_everything_once_and_in_order(
    engine: Engine, url: str
) -> None:
    one, two = Receiver(), Receiver()

    async def live() -> None:
        async with one.open(), two.open(), desk(url, one.port, 60), desk(url, two.port, 60):
            one.held, two.held = asyncio.Event(), asyncio.Event()
            put(engine)
            async with asyncio.timeout(30):
                while not (one.received and two.received):  # Until both have begun.
                    await asyncio.sleep(0.02)
            one.held.set()
            two.held.set()
            await until_sent(engine)

    asyncio.run(live())
    assert sorted(request.id for request in one.received + two.received) == EVERY
    assert one.received
    assert two.received


def test_what_a_killed_desk_had_on_its_way_is_sent_by_another(engine: Engine, url: str) -> None:
    receiver, lease_s = Receiver(), 2

    async def kill_and_go_on() -> None:
        put(engine)
        async with receiver.open():
            async with desk(url, receiver.port, lease_s) as doomed:
                async with asyncio.timeout(30):
                    while len(receiver.received) < 20:
                        await asyncio.sleep(0.01)
                receiver.held = asyncio.Event()  # From here on it waits for an answer.
                async with asyncio.timeout(30):
                    while receiver.holding < 4:
                        await asyncio.sleep(0.01)
                doomed.kill()
            receiver.held.set()
            receiver.held = None
            assert left(engine) > 0
            policy = Policy(sends_max=4, poll_ms=20, timeout_s=1, lease_s=lease_s)
            transports = {"webhook": sender(receiver.port)}
            other = Deliverer(engine, SystemClock(), transports, policy)
            running = asyncio.create_task(other.run())
            await until_sent(engine)
            other.stop()
            await running

    began = time.monotonic()
    asyncio.run(kill_and_go_on())
    ids = [request.id for request in receiver.received]
    assert sorted(set(ids)) == EVERY
    assert len(ids) - len(EVERY) == 4  # What was on its way, again under the same ids.
    assert in_order(receiver.received)
    assert time.monotonic() - began < 30
