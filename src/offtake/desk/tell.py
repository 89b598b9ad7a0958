"""What programs and readers are told of entries, put beside them in one transaction.

Nothing tells of sealed offers, neither by what it says nor by a number that counts entries.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from offtake.core.vocabulary import EventKind
from offtake.desk.command import Adopt, Bid, Propose
from offtake.desk.entry import Entry, Written
from offtake.desk.letters import Letter, letter_of
from offtake.desk.message import (
    ADOPTED,
    EMAIL,
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
from offtake.desk.store import outbox, webhook
from offtake.desk.store.contact import Readers, readers
from offtake.desk.store.engine import Connection
from offtake.desk.store.outbox import Message
from offtake.desk.store.webhook import wishing
from offtake.desk.tidings import OWN_PEOPLE, Tiding, tidings
from offtake.desk.waiving import GIVEN
from offtake.desk.words import Language, words_in
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
        told = {key: value for key, value in line.items() if key != "decisions"}
        yield News(topic, parse_instant(str(line["at"])), cut({**about, **told}))
    if isinstance(entry.command, Propose | Adopt):
        topic = PROPOSED if isinstance(entry.command, Propose) else ADOPTED
        yield News(topic, entry.at_s, cut({**about, "note": entry.command.note}))


def _topic(line: Mapping[str, Any]) -> str | None:
    """What a line of the journal is about; None where nobody is told of it."""
    if is_of_permit(line):
        return TOPIC_OF_PERMIT[Happened(line["event"])]
    if line["event"] == GIVEN:
        return WAIVED
    kind = EventKind[str(line["event"]).upper()]
    return None if kind in SEALED else TOPIC_OF_EVENT[kind]


def cut(data: dict[str, Any]) -> dict[str, Any]:
    """What is told, long words cut."""
    return {
        key: value[:LIMIT_WORDS] if isinstance(value, str) else value for key, value in data.items()
    }


class ByMail(NamedTuple):
    """That letters are written: where people reach the desk, and in which language if none is set.

    Without a mail server nothing is written, for it would wait for ever.
    """

    origin: str
    language: Language = "en"


class Audience:
    """Who wishes to be told, read once; people and addresses only where somebody is written to."""

    def __init__(self, tx: Connection, by_mail: ByMail | None) -> None:
        self._tx, self.by_mail = tx, by_mail
        self._endpoints = [row for row in webhook.listed(tx) if row.disabled_at_s is None]
        self.has_buyers = any(row.party is None for row in self._endpoints)
        self.has_parties = any(row.party for row in self._endpoints) or by_mail is not None
        self._readers: Readers | None = None

    def endpoints(self, topic: str, party: str | None) -> list[str]:
        """The endpoints of a party (None: of the buyer) that wish to be told of a topic."""
        return wishing(self._endpoints, topic, party)

    def readers(self, party: str) -> Mapping[str, Language]:
        """The languages of a party's readers, by address."""
        if self.by_mail is None:
            return {}
        if self._readers is None:
            self._readers = readers(self._tx, self.by_mail.language)
        return self._readers.get(party, {})


@dataclass(frozen=True, slots=True)
class Teller:
    """Puts a message for each endpoint and each reader who is to be told (``Beside``).

    The buyer's own endpoints are told what the journal says; those of a party, and all readers,
    what they may see of their own matters. ``chance`` draws so many bytes that nobody can guess.
    """

    chance: Callable[[int], bytes]
    by_mail: ByMail | None = None

    def __call__(self, tx: Connection, entries: Sequence[Written]) -> None:
        """Put what there is to tell of some entries."""
        audience = Audience(tx, self.by_mail)
        outbox.put(tx, [row for one in entries for row in self._messages(audience, one)])

    def _messages(self, audience: Audience, written: Written) -> Iterator[Message]:
        entry = written.entry
        if isinstance(entry.command, Bid):
            return  # Sealed: nothing tells of it.
        at_s = parse_instant(entry.recorded)
        for new in news(entry) if audience.has_buyers else ():
            for name in audience.endpoints(new.topic, None):
                yield self._post(name, new, at_s)
        for told in tidings(written) if audience.has_parties else ():
            if told.party != OWN_PEOPLE:
                yield from self.posts(audience, told, at_s)
            yield from self.letters(audience, told, written.after, at_s)

    def posts(self, audience: Audience, told: Tiding, at_s: int) -> Iterator[Message]:
        """What endpoints are sent of a tiding: those of its party, or the buyer's own."""
        new = News(told.topic, told.at_s, cut(told.row))
        for name in audience.endpoints(told.topic, told.party or None):
            yield self._post(name, new, at_s)

    def letters(
        self, audience: Audience, told: Tiding, state: State, at_s: int
    ) -> Iterator[Message]:
        """What is written of a tiding, in the language of each reader."""
        by_language: dict[Language, Letter | None] = {}
        for address, language in audience.readers(told.party).items():
            assert audience.by_mail is not None
            if language not in by_language:
                words = words_in(language)
                by_language[language] = letter_of(told, state, words, audience.by_mail.origin)
            letter = by_language[language]
            if letter is not None:
                yield self._message(told.topic, at_s, EMAIL, address, letter)

    def _post(self, endpoint: str, new: News, at_s: int) -> Message:
        body = payload(new.topic, new.at_s, new.data)
        return self._message(new.topic, at_s, WEBHOOK, endpoint, Letter("", body))

    def _message(self, topic: str, at_s: int, channel: str, target: str, what: Letter) -> Message:
        return Message(
            id=message_id(self.chance),
            created_at_s=at_s,
            topic=topic,
            channel=channel,
            target=target,
            body=what.body,
            subject=what.subject,
        )
