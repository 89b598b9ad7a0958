"""Letters by mail: which tidings are written of, to whom, and how they are said. Pure.

A letter is made of what its reader may see (``tidings``). The notice itself goes along as a file,
which is made when the letter is sent: it takes a while, and a command does not wait for it.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from offtake.core.names import BUYER
from offtake.desk.documents.brief import Brief, brief_html, brief_text
from offtake.desk.documents.html import html
from offtake.desk.documents.letter import Row
from offtake.desk.documents.letter import letter as laid_out
from offtake.desk.documents.text import text
from offtake.desk.message import LIMIT_LETTER_BYTES, REMINDER, posted
from offtake.desk.message import Letter as Body
from offtake.desk.noticed import document_of
from offtake.desk.state import State
from offtake.desk.tidings import OWN_PEOPLE, Tiding
from offtake.desk.view.words import names_at
from offtake.desk.words import Words, later
from offtake.units.time import parse_instant

Data = Mapping[str, Any]
LIMIT_VALUE = 500
"""Letters of one value in a short letter."""


class Says(NamedTuple):
    """The title of a letter and its first sentence."""

    title: str
    lead: str


TO_PARTY = {
    REMINDER: Says(
        later("Reminder: notice {id} waits for an answer"),
        later("Silence until it is due counts as a refusal."),
    ),
    "notice.lapsed": Says(
        later("Lapsed: notice {id}"),
        later("No answer, or no order on it, came in time: that has the effect of a refusal."),
    ),
    "notice.dropped": Says(
        later("No longer open: notice {id}"),
        later("The requirement was changed or withdrawn. No answer is due."),
    ),
    "tender.opened": Says(
        later("Invitation to offer: tender {id}"),
        later("{buyer} invites you to offer this capacity. Offers are sealed until the close."),
    ),
    "tender.dropped": Says(
        later("No longer open: tender {id}"),
        later("The tender ended before its time. Offers stay sealed."),
    ),
    "award.made": Says(
        later("Your offer was chosen: {id}"),
        later("{buyer} has chosen this offer. It binds once the order is signed."),
    ),
    "award.canceled": Says(
        later("Award taken back: {id}"),
        later("{buyer} has taken this award back before an order was signed."),
    ),
    "offer.declined": Says(
        later("Your offer was not chosen: tender {id}"),
        later("{buyer} has decided about this tender without choosing this offer."),
    ),
    "order.signed": Says(later("Order signed: {id}"), later("{buyer} has placed this order.")),
    "tranche.late": Says(
        later("Late: tranche {id}"),
        later("This tranche was due and is not recorded as delivered."),
    ),
    "tranche.ended": Says(
        later("Ended: tranche {id}"),
        later("This tranche did not come, and was ended."),
    ),
}
TO_BUYER = {
    REMINDER: Says(
        later("Reminder: notice {id} waits for an answer"),
        later("{holder} has not answered yet."),
    ),
    "notice.accepted": Says(
        later("Accepted: notice {id}"),
        later("{holder} has accepted. The order is to be signed."),
    ),
    "notice.refused": Says(later("Refused: notice {id}"), later("{holder} takes nothing.")),
    "notice.lapsed": TO_PARTY["notice.lapsed"],
    "tender.closed": Says(
        later("Offers are open: tender {id}"),
        later("The tender is closed, and its offers can be seen. An award is next."),
    ),
}
"""What is written of. What a party did itself, it is not told by mail."""
GIVEN = "notice.given"

IDS = {"award": "requirement", "order": "name", "tranche": "name", "offer": "tender"}
"""The field that names a thing, where it is not called as the thing is."""
FIELDS = (
    ("purpose", later("Purpose")),
    ("accelerator", later("Accelerator")),
    ("accelerators", later("Accelerator")),
    ("region", later("Region")),
    ("regions", later("Region")),
    ("gpus", later("GPUs")),
    ("accepted_gpus", later("Accepted")),
    ("price", later("Price per GPU-hour")),
    ("start", later("Start")),
    ("end", later("End")),
    ("due", later("Due")),
    ("order_due", later("Order signed")),
    ("closes_at", later("Closes")),
    ("share", later("Part of the time that is over")),
)
INSTANTS = frozenset({"start", "end", "due", "order_due", "closes_at"})
PATHS = {"notice": "/notices/{id}", "tender": "/tenders/{id}", "offer": "/tenders/{id}"}


class Letter(NamedTuple):
    """A letter as the outbox takes it."""

    subject: str
    body: bytes


def letter_of(told: Tiding, state: State, words: Words, origin: str) -> Letter | None:
    """What is written of a tiding to those it is for; None where nothing is.

    Args:
        told: What happened.
        state: The desk just after it.
        words: In the reader's language.
        origin: Where people reach the desk, such as ``https://desk.example``.
    """
    if told.topic == GIVEN:
        return _notice(told, state, words, origin)
    says = (TO_PARTY if told.party != OWN_PEOPLE else TO_BUYER).get(told.topic)
    if says is None:
        return None
    page = _brief(told, says, words, {"origin": origin, "buyer": names_at(state).title(BUYER)})
    made = Body(text=brief_text(page, words), html=brief_html(page, words))
    return Letter(page.title, posted(made))


def _notice(told: Tiding, state: State, words: Words, origin: str) -> Letter:
    """The notice itself; of one that is far too long, where to read it."""
    lot = state.lot(told.requirement)
    assert lot is not None, told
    document = document_of(state, lot, told.number, origin)
    made = Body(
        text=text(document, words),
        html=html(document, words),
        notice=document,
        language=words.language,
    )
    foot, body = laid_out(document, words).foot, posted(made)
    if len(body) > LIMIT_LETTER_BYTES:
        body = posted(Body(text=f"{foot[:LIMIT_VALUE]}\n\n{document.answering.answer_at}\n"))
    return Letter(foot, body)


def _brief(told: Tiding, says: Says, words: Words, known: Mapping[str, str]) -> Brief:
    row, name = told.row, IDS.get(told.resource, told.resource)
    given = {"id": row.get(name, ""), "buyer": known["buyer"], "holder": row.get("holder", "")}
    path = PATHS.get(told.resource, "/").format_map(given)
    return Brief(
        title=words(says.title, **_strings(given)),
        lead=words(says.lead, **_strings(given)),
        rows=tuple(_rows(row, words)),
        link=Row("link", words("At the desk"), known["origin"] + path),
    )


def _strings(given: Data) -> dict[str, str]:
    return {key: str(value)[:LIMIT_VALUE] for key, value in given.items()}


def _rows(row: Data, words: Words) -> Iterator[Row]:
    for key, label in FIELDS:
        value = row.get(key)
        if value is None or value == []:
            continue
        if key in INSTANTS:
            said = words.instant(parse_instant(value))
        elif isinstance(value, list):
            said = words.either([str(one) for one in value])
        else:
            said = words.figures.number(value) if isinstance(value, int) else str(value)
        yield Row(key, words(label), said[:LIMIT_VALUE])
