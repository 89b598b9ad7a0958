"""What goes wrong between people and desks: messages are lost, repeated, late and out of order."""

from heapq import heappop, heappush
from random import Random
from typing import Any, NamedTuple

HOUR_S = 3_600


class Message(NamedTuple):
    """Something on its way; those that arrive at one instant come in any order."""

    at_s: int
    order: float
    number: int
    to: str
    content: Any


class Network:
    """Carries messages, most of them well; ``calm`` ends all faults."""

    def __init__(self, chance: Random) -> None:
        self._chance, self._ways, self._sent = chance, list[Message](), 0
        self._faulty = True
        self.lost, self.repeated, self.late = 0, 0, 0

    def calm(self) -> None:
        self._faulty = False

    def send(self, to: str, content: Any, now_s: int) -> None:
        """Send a message: it comes once, twice or not at all, at once or later."""
        copies = 1
        if self._faulty:
            roll = self._chance.random()
            copies = 0 if roll < 0.06 else 2 if roll < 0.12 else 1
        self.lost += copies == 0
        self.repeated += copies == 2
        for _ in range(copies):
            self._sent += 1
            order = self._chance.random()
            message = Message(now_s + self._delay_s(), order, self._sent, to, content)
            self.late += message.at_s > now_s
            heappush(self._ways, message)

    def _delay_s(self) -> int:
        roll = self._chance.random()
        if not self._faulty or roll < 0.8:
            return 0
        return self._chance.randint(1, 90 if roll < 0.95 else 30 * HOUR_S)

    def arrived(self, now_s: int) -> Message | None:
        """The next message that has arrived."""
        if self._ways and self._ways[0].at_s <= now_s:
            return heappop(self._ways)
        return None

    @property
    def next_s(self) -> int | None:
        """When the next message arrives."""
        return self._ways[0].at_s if self._ways else None
