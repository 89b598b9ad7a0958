"""What the buyer's own endpoints are told of entries, put beside them in one transaction.

Nothing tells of sealed offers, neither by what it says nor by a number that counts entries.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from offtake.core.vocabulary import EventKind
from offtake.desk.command import Adopt, Propose
from offtake.desk.entry import Entry
from offtake.desk.message import (
    ADOPTED,
    PROPOSED,
    SEALED,
    TOPIC_OF_EVENT,
    TOPIC_OF_PERMIT,
    WAIVED,
    WEBHOOK,
    message_id,
    payload,
)
from offtake.desk.permits import is_of_permit
from offtake.desk.state import State
from offtake.desk.store import outbox
from offtake.desk.store.engine import Connection
from offtake.desk.store.outbox import Message
from offtake.desk.store.webhook import subscribed
from offtake.desk.waiving import GIVEN
from offtake.sourcing.permit import Happened
from offtake.units.time import parse_instant

LIMIT_WORDS = 2_000


class News(NamedTuple):
    """One thing that happened: its topic, when, and what is told of it."""

    topic: str
    at_s: int
    data: dict[str, Any]


def news(entry: Entry) -> Iterator[News]:
    """What an entry tells: each of its events as in the journal, or that a portfolio came.

    The decisions behind an event stay in the journal, and so do long words beyond their beginning:
    whoever wants them asks for the entry.
    """
    about = {"by": entry.name}
    for line in entry.events:
        topic = _topic(line)
        if topic is None:
            continue
        told = {key: _brief(value) for key, value in line.items() if key != "decisions"}
        yield News(topic, parse_instant(str(line["at"])), {**about, **told})
    if isinstance(entry.command, Propose | Adopt):
        topic = PROPOSED if isinstance(entry.command, Propose) else ADOPTED
        yield News(topic, entry.at_s, {**about, "note": _brief(entry.command.note)})


def _topic(line: Mapping[str, Any]) -> str | None:
    """What a line of the journal is about; None where nobody is told of it."""
    if is_of_permit(line):
        return TOPIC_OF_PERMIT[Happened(line["event"])]
    if line["event"] == GIVEN:
        return WAIVED
    kind = EventKind[str(line["event"]).upper()]
    return None if kind in SEALED else TOPIC_OF_EVENT[kind]


def _brief(value: Any) -> Any:
    return value[:LIMIT_WORDS] if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class Teller:
    """Puts a message for each of the buyer's endpoints that wishes to be told (``Beside``).

    Other parties are told nothing here: a journal line holds what is the buyer's alone.
    ``chance`` draws so many bytes that nobody can guess.
    """

    chance: Callable[[int], bytes]

    def __call__(self, tx: Connection, _state: State, entries: Sequence[Entry]) -> None:
        """Put what there is to tell of some entries."""
        outbox.put(tx, [message for entry in entries for message in self._messages(tx, entry)])

    def _messages(self, tx: Connection, entry: Entry) -> Iterator[Message]:
        recorded_at_s = parse_instant(entry.recorded)
        for new in news(entry):
            for endpoint in subscribed(tx, new.topic, None):
                yield Message(
                    id=message_id(self.chance),
                    created_at_s=recorded_at_s,
                    topic=new.topic,
                    channel=WEBHOOK,
                    target=endpoint,
                    body=payload(new.topic, new.at_s, new.data),
                )
