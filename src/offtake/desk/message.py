"""What a message holds: its topic, its payload or letter, and the id by which it is known again."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct

from offtake.core.vocabulary import EventKind
from offtake.desk.documents.notice import NoticeDocument
from offtake.desk.words import Language
from offtake.sourcing.permit import Happened

WEBHOOK, EMAIL = "webhook", "email"
"""The channels. A webhook's target is an endpoint's id, a mail's one address."""

SEALED = frozenset({EventKind.OFFER_MADE})
"""What nobody is told of: until a tender closes, not even how many offers there are (S3)."""
TOPIC_OF_EVENT = {
    EventKind.REQUIREMENT_SUBMITTED: "requirement.submitted",
    EventKind.REQUIREMENT_CHANGED: "requirement.changed",
    EventKind.REQUIREMENT_WITHDRAWN: "requirement.withdrawn",
    EventKind.UNSERVED: "requirement.unserved",
    EventKind.NOTICE_GIVEN: "notice.given",
    EventKind.ACCEPTED: "notice.accepted",
    EventKind.REFUSED: "notice.refused",
    EventKind.LAPSED: "notice.lapsed",
    EventKind.TENDER_OPENED: "tender.opened",
    EventKind.TENDER_CLOSED: "tender.closed",
    EventKind.AWARDED: "award.made",
    EventKind.AWARD_CANCELED: "award.canceled",
    EventKind.ORDERED: "order.signed",
    EventKind.DELIVERED: "tranche.delivered",
    EventKind.TRANCHE_LATE: "tranche.late",
    EventKind.TRANCHE_ENDED: "tranche.ended",
    EventKind.SERVICE_ENDED: "service.ended",
    EventKind.DEFAULT_DECLARED: "default.declared",
    EventKind.DEFAULT_CURED: "default.cured",
    EventKind.USAGE_RECORDED: "usage.recorded",
}
TOPIC_OF_PERMIT = {
    Happened.ISSUED: "permit.issued",
    Happened.DRAWN: "permit.drawn",
    Happened.RETURNED: "permit.returned",
    Happened.REVOKED: "permit.revoked",
}
PROPOSED, ADOPTED = "portfolio.proposed", "portfolio.adopted"
WAIVED = "waiver.given"
NOTICE_DROPPED, TENDER_DROPPED = "notice.dropped", "tender.dropped"
DECLINED, REMINDER = "offer.declined", "notice.reminder"
TOPICS = (
    *(*TOPIC_OF_EVENT.values(), *TOPIC_OF_PERMIT.values(), WAIVED, PROPOSED, ADOPTED),
    *(NOTICE_DROPPED, TENDER_DROPPED, DECLINED, REMINDER),
)
"""What there are messages about, in docs/reference/outbox.md as well."""

LIMIT_PAYLOAD_BYTES = 256 * 1024
LIMIT_LETTER_BYTES = 1024 * 1024
"""Of a letter as it is kept, without the file of the notice."""
LIMIT_ATTACHMENTS = 10
PDF, CALENDAR = "application/pdf", "text/calendar"


class Payload(Struct, frozen=True, kw_only=True):
    """The body of a webhook, as Standard Webhooks recommends."""

    type: str
    timestamp: str
    data: dict[str, Any]


class Attachment(Struct, frozen=True):
    """A file beside a letter; ``media_type`` is ``PDF`` or ``CALENDAR``."""

    name: str
    media_type: str
    content: bytes


class Letter(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of a mail: the same said in plain text and in HTML, and files.

    A ``notice`` goes along as a PDF file in a ``language``, made when the letter is sent.
    """

    text: str
    html: str = ""
    attachments: tuple[Attachment, ...] = ()
    notice: NoticeDocument | None = None
    language: Language = "en"


def payload(topic: str, at_s: int, data: dict[str, Any]) -> bytes:
    """The body of a webhook that tells of something that happened at an instant (RFC 3339)."""
    assert topic in TOPICS, topic
    timestamp = datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = msgspec.json.encode(Payload(type=topic, timestamp=timestamp, data=data))
    assert len(body) <= LIMIT_PAYLOAD_BYTES, (topic, len(body))
    return body


def posted(letter: Letter) -> bytes:
    """A letter as the outbox keeps it."""
    kinds = [file.media_type for file in letter.attachments]
    assert len(kinds) <= LIMIT_ATTACHMENTS, kinds
    assert {PDF, CALENDAR}.issuperset(kinds), kinds
    return msgspec.json.encode(letter)


def opened(body: bytes) -> Letter:
    """The letter that the outbox keeps.

    Raises:
        msgspec.DecodeError: It is none.
    """
    return msgspec.json.decode(body, type=Letter)


def message_id(chance: Callable[[int], bytes]) -> str:
    """A new id: 120 random bits in base32 (RFC 4648), small letters.

    It follows from nothing: whoever could work an id out of the number of its entry would learn how
    many sealed offers came before.
    """
    return "msg_" + base64.b32encode(chance(15)).decode().lower()
