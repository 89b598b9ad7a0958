"""A desk killed while letters are on their way loses none; they come again as themselves."""

import asyncio
import subprocess
import sys
from collections import Counter
from pathlib import Path

from sqlalchemy import Engine

from desk.outbox.desk_of_its_own import mailer
from desk.outbox.receivers import Postbox
from desk.outbox.test_two_desks import left, until_sent
from offtake.desk.clock import SystemClock
from offtake.desk.message import Letter, posted
from offtake.desk.outbox import Deliverer, Policy
from offtake.desk.store import outbox
from offtake.desk.store.outbox import Message

ROOT = Path(__file__).resolve().parents[3]
READERS, EACH, LEASE_S = 4, 4, 2
EVERY = [f"msg_{number:02}" for number in range(READERS * EACH)]


class Slow(Postbox):
    """Takes some letters, then takes others and never says so."""

    def __init__(self, takes: int) -> None:
        super().__init__()
        self.takes, self.holding = takes, 0

    async def handle_DATA(self, server, session, envelope) -> str:  # type: ignore[no-untyped-def]
        answer = await super().handle_DATA(server, session, envelope)
        if len(self.taken) > self.takes:
            self.holding += 1
            await asyncio.sleep(3_600)
        return answer


def put(engine: Engine) -> None:
    body = posted(Letter(text="One letter.\n"))
    with engine.begin() as tx:
        outbox.put(
            tx,
            [
                Message(
                    name, 0, "notice.given", "email", f"{number % READERS}@b.example", body, "s"
                )
                for number, name in enumerate(EVERY)
            ],
        )


def ids(box: Postbox) -> list[str]:
    return [row.mail["message-id"].strip("<>").partition("@")[0] for row in box.taken]


def test_letters_of_a_killed_desk_are_sent_by_another_under_their_ids(
    engine: Engine, url: str
) -> None:
    first, second = Slow(takes=6), Postbox()

    async def kill_and_go_on() -> None:
        put(engine)
        async with first.open(), second.open():
            words = ["-m", "desk.outbox.desk_of_its_own", url, str(first.port), str(LEASE_S)]
            doomed = subprocess.Popen(
                [sys.executable, *words, "email"],
                env={"PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests'}"},
            )
            async with asyncio.timeout(30):
                while not first.holding:
                    await asyncio.sleep(0.02)
            doomed.kill()
            doomed.wait()
            assert left(engine) > 0
            policy = Policy(sends_max=4, poll_ms=20, timeout_s=1, lease_s=LEASE_S)
            transports = {"email": mailer(second.port)}
            other = Deliverer(engine, SystemClock(), transports, policy)
            running = asyncio.create_task(other.run())
            await until_sent(engine)
            other.stop()
            await running

    asyncio.run(kill_and_go_on())
    before, after = ids(first), ids(second)
    assert set(before) | set(after) == set(EVERY)
    assert set(before) & set(after)  # What was on its way came again, as itself.
    assert max(Counter(before).values()) == max(Counter(after).values()) == 1
