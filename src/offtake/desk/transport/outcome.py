"""What can come of sending a message once."""

from typing import NamedTuple, Protocol

from offtake.desk.store.outbox import Message


class Sent(NamedTuple):
    """The other side has taken it."""


class Failed(NamedTuple):
    """It may work later, no sooner than the other side asks for (0: it asked for nothing)."""

    says: str
    retry_after_s: int = 0


class Refused(NamedTuple):
    """It will not work later either: a person has to look."""

    says: str


class Gone(NamedTuple):
    """The target wants nothing any more, neither this nor what would follow."""

    says: str


Outcome = Sent | Failed | Refused | Gone


class Transport(Protocol):
    """Sends messages of one channel."""

    async def send(self, message: Message, now_s: int) -> Outcome:
        """Try once. What goes wrong outside is an outcome, and holds no secret."""


LIMIT_WORDS = 200


def words(text: str) -> str:
    """What somebody else's machine said, on one line that can be shown."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text[: 4 * LIMIT_WORDS])
    return " ".join(plain.split())[:LIMIT_WORDS]
