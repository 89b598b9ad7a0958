"""What the buyer's own endpoints are told of entries, put beside them in one transaction."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection

from offtake.core.vocabulary import EventKind
from offtake.desk.command import Adopt, Propose
from offtake.desk.entry import Entry
from offtake.desk.message import (
    ADOPTED,
    PROPOSED,
    TOPIC_OF_EVENT,
    WEBHOOK,
    message_id,
    payload,
)
from offtake.desk.state import State
from offtake.desk.store import outbox
from offtake.desk.store.outbox import Message
from offtake.desk.store.webhook import subscribed
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
    about = {"entry": entry.seq, "by": entry.name}
    for line in entry.events:
        kind = EventKind[str(line["event"]).upper()]
        if kind not in TOPIC_OF_EVENT:
            continue
        told = {key: _brief(value) for key, value in line.items() if key != "decisions"}
        yield News(TOPIC_OF_EVENT[kind], parse_instant(str(line["at"])), {**about, **told})
    if isinstance(entry.command, Propose | Adopt):
        topic = PROPOSED if isinstance(entry.command, Propose) else ADOPTED
        yield News(topic, entry.at_s, {**about, "note": _brief(entry.command.note)})


def _brief(value: Any) -> Any:
    return value[:LIMIT_WORDS] if isinstance(value, str) else value


def tell(tx: Connection, state: State, entries: Sequence[Entry]) -> None:
    """Put a message for each of the buyer's endpoints that wishes to be told.

    Other parties are told nothing here: a journal line holds what is the buyer's alone.
    """
    outbox.put(tx, [message for entry in entries for message in _messages(tx, entry)])


def _messages(tx: Connection, entry: Entry) -> Iterator[Message]:
    recorded_at_s = parse_instant(entry.recorded)
    for number, new in enumerate(news(entry)):
        for endpoint in subscribed(tx, new.topic, None):
            yield Message(
                id=message_id(entry.seq, number, WEBHOOK, endpoint),
                created_at_s=recorded_at_s,
                topic=new.topic,
                channel=WEBHOOK,
                target=endpoint,
                body=payload(new.topic, new.at_s, new.data),
            )
