"""A desk that delivers to one receiver, with a clock that is set by hand."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Engine

from desk.outbox.receivers import NEAR, Receiver
from offtake.desk.endpoint import Endpoints, Wish
from offtake.desk.message import payload
from offtake.desk.outbox import Deliverer, Policy
from offtake.desk.seal import Seal, Secret
from offtake.desk.store import outbox
from offtake.desk.store.engine import reader
from offtake.desk.store.outbox import Kept, Message
from offtake.desk.transport.webhook import Webhooks

NOW_S = 1_750_000_000
KEY = bytes(32)


class Clock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.at_s = NOW_S

    def now_s(self) -> int:
        return self.at_s


class Tally:
    """Counts what a deliverer counts."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()

    def count(self, what: str, channel: str) -> None:
        self.seen[what] += 1


def draws():
    """Bytes that are never the same twice, and always the same in each test."""
    numbers = itertools.count(1)
    return lambda length: next(numbers).to_bytes(length, "big")


class Post:
    """The outbox of a database, its endpoints, and a deliverer of it."""

    def __init__(self, engine: Engine, **policy: Any) -> None:
        self.engine, self.clock, self.tally = engine, Clock(), Tally()
        self.endpoints = Endpoints(engine, Seal([KEY], draws()), draws())
        self.policy = Policy(**{"jitter": lambda: 0.0, **policy})
        self.secrets: dict[str, Secret] = {}

    def deliverer(self, transports: dict[str, Any] | None = None) -> Deliverer:
        given = transports or {"webhook": Webhooks(self.endpoints.find, NEAR)}
        return Deliverer(self.engine, self.clock, given, self.policy, self.tally)

    def endpoint(self, url: str) -> str:
        """An endpoint's id."""
        with self.engine.begin() as tx:
            new = self.endpoints.register(tx, Wish(url), NEAR, NOW_S)
        self.secrets[new.endpoint.id] = new.secret
        return new.endpoint.id

    def put(self, target: str, *numbers: int, channel: str = "webhook") -> None:
        with self.engine.begin() as tx:
            outbox.put(tx, [message(number, target, channel=channel) for number in numbers])

    def once(self, receiver: Receiver, numbers: Sequence[int] = ()) -> int:
        """Put messages to a receiver's only endpoint, and deliver what is due."""

        async def deliver() -> int:
            async with receiver.open():
                if not self.secrets:
                    self.endpoint(receiver.url())
                self._follow(receiver)
                self.put(next(iter(self.secrets)), *numbers)
                return await self.deliverer().once()

        return asyncio.run(deliver())

    def _follow(self, receiver: Receiver) -> None:
        """The receiver has another port each time it opens."""
        with self.engine.begin() as tx:
            tx.exec_driver_sql(f"UPDATE webhooks SET url = '{receiver.url()}'")

    def kept(self) -> list[Kept]:
        """Every message, oldest first."""
        with reader(self.engine).connect() as tx:
            return outbox.listed(tx, limit=10_000)[::-1]

    def states(self) -> list[str]:
        return [row.state for row in self.kept()]


def message(number: int, target: str, **more: Any) -> Message:
    body = payload("notice.given", NOW_S, {"entry": number})
    given = {"channel": "webhook", "body": body, **more}
    return Message(
        id=name(number), created_at_s=NOW_S, topic="notice.given", target=target, **given
    )


def name(number: int) -> str:
    return f"msg_{number:04}"
