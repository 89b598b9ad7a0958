"""The pages of notices, tenders and orders: lists, each by itself, and a notice as a letter."""

import base64
import re
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from offtake.desk.access.act import Act
from offtake.desk.access.http import needs
from offtake.desk.access.may import may
from offtake.desk.access.visible import About
from offtake.desk.desk import need, seen_of, shown
from offtake.desk.documents.html import html
from offtake.desk.documents.notice import NoticeDocument
from offtake.desk.documents.pdf import pdf
from offtake.desk.noticed import document_of
from offtake.desk.pages.show import PER_PAGE, Html
from offtake.desk.pages.site import Visit, Visitor, Wrongs, again
from offtake.desk.pages.terms import because, say
from offtake.desk.pages.told import instant
from offtake.desk.problem import NotThere
from offtake.desk.routes.cursor import by_requirement
from offtake.desk.routes.keys import Cursor
from offtake.desk.routes.matters import (
    invited_of,
    notices_of,
    numbered,
)
from offtake.desk.view import requirement as view
from offtake.desk.words import later
from offtake.sourcing.requirement import Lot

Data = dict[str, Any]


def _matters(
    visit: Visit, cursor: str | None, heading: str, rows: Callable[[Lot], list[Data]]
) -> Html:
    """A list of what belongs to requirements, the latest first."""
    found = by_requirement(visit.desk, visit.known, rows, cursor=cursor, limit=PER_PAGE)
    empty = EMPTY["supplier" if visit.known.party else visit.here]
    says = visit.words(empty)
    return visit.page("matters", heading=heading, rows=found.rows, next=found.next, empty=says)


EMPTY = {
    "/notices": later("Where a first refusal holds a requirement, its page gives the notice."),
    "/tenders": later("Where no holder must be asked first, a requirement's page opens a tender."),
    "/orders": later("After an acceptance or an award, a requirement's page signs the order."),
    "supplier": later("What concerns your party appears here by itself, and today tells of it."),
}
"""What to do where a list is empty."""

NOTICES = {
    "open": later("The window runs: the holder may answer, and silence counts as a refusal (FR4)."),
    "accepted": later(
        "The holder accepted within its window; an order is to be signed (FR5, FR6)."
    ),
    "refused": later(
        "The holder refused: others may be contracted, on no better terms than were noticed (FR7)."
    ),
    "lapsed": later("No answer came in time, which counts as a refusal (FR7)."),
    "fallen": later("The holder accepted, but no order was signed in time (FR10)."),
    "ordered": later("The holder accepted, and its order is signed (FR5, FR6)."),
    "dropped": later("The requirement was changed or ended, and this notice with it."),
}
"""Why a notice stands as it does."""

TENDERS = {
    "open": later("Those who were invited may offer; no clause denies them (S3)."),
    "closed": later("The tender has closed; what is offered later does not count (S3)."),
}
"""Why a tender stands as it does."""


def _signed(visit: Visit, lot: Lot, row: Data) -> str:
    """Why an order was signed, as far as whoever looks may know."""
    words = visit.words
    for made in _awards(visit, lot):
        if (made["supplier"], made["gpus"]) == (row["supplier"], row["gpus"]):
            if "why" not in made:
                return words("Signed after an award (S4).")
            return words("Signed after an award (S4): {why}.", why=because(made["why"], words))
    return words("Signed after an acceptance or an award (FR5, S4).")


def _awards(visit: Visit, lot: Lot) -> list[Data]:
    """The awards of a requirement that somebody sees."""
    told = view.awards(visit.desk.state, lot, visit.desk.state.standing[lot.number])
    return seen_of(visit.known, "award", ((row, About()) for row in told))


def _tranche(visit: Visit, row: Data) -> str:
    """A delivery of an order in one line."""
    return visit.words(
        "{gpus} GPUs due {due}: {stands}",
        gpus=row["gpus"],
        due=instant(row["due"], visit.words),
        stands=say(row["status"], visit.words),
    )


@get("/notices", include_in_schema=False, guards=[needs(Act.NOTICE_READ)])
async def notices(visit: Visitor, cursor: Cursor = None) -> Html:
    """Notices, the latest first."""
    need(visit.known, Act.NOTICE_READ)
    words = visit.words

    def rows(lot: Lot) -> list[Data]:
        told = ((row, About()) for row in notices_of(visit.desk.state, lot))
        return [
            {
                "href": f"/notices/{row['notice']}",
                "title": f"{row['notice']} · {visit.title(row['holder'])}",
                "state": row["outcome"],
                "lines": [words(NOTICES[row["outcome"]])],
                "says": words(
                    "{gpus} GPUs, answer due before {due}",
                    gpus=row["gpus"],
                    due=instant(row["due"], words),
                ),
            }
            for row in seen_of(visit.known, "notice", told)
        ]

    return _matters(visit, cursor, words("Notices"), rows)


@get("/tenders", include_in_schema=False, guards=[needs(Act.TENDER_READ)])
async def tenders(visit: Visitor, cursor: Cursor = None) -> Html:
    """Tenders, the latest first."""
    need(visit.known, Act.TENDER_READ)
    words = visit.words

    def rows(lot: Lot) -> list[Data]:
        invited = invited_of(visit.known)(visit.desk.state, lot)
        told = ((row, About(parties=frozenset(row["invited"]))) for row in invited)
        return [
            {
                "href": f"/tenders/{row['tender']}",
                "title": row["tender"],
                "state": row["status"],
                "lines": [words(TENDERS[row["status"]])],
                "says": words(
                    "{gpus} GPUs, closes {closes}",
                    gpus=row["gpus"],
                    closes=instant(row["closes_at"], words),
                ),
            }
            for row in seen_of(visit.known, "tender", told)
        ]

    return _matters(visit, cursor, words("Tenders"), rows)


@get("/orders", include_in_schema=False, guards=[needs(Act.ORDER_READ)])
async def orders(visit: Visitor, cursor: Cursor = None) -> Html:
    """Orders, the latest first."""
    need(visit.known, Act.ORDER_READ)
    words, state = visit.words, visit.desk.state

    def rows(lot: Lot) -> list[Data]:
        told = ((view.order(state, row), About()) for row in view.orders_of(state, lot))
        return [
            {
                "href": "" if visit.known.party else f"/requirements/{row['requirement']}",
                "title": row["name"],
                "state": row["status"],
                "says": words(
                    "{gpus} GPUs from {start}",
                    gpus=row["gpus"],
                    start=instant(row["start"], words),
                ),
                "lines": [
                    _signed(visit, lot, row),
                    *(_tranche(visit, one) for one in row["tranches"]),
                ],
            }
            for row in seen_of(visit.known, "order", told)
        ]

    return _matters(visit, cursor, words("Orders"), rows)


@get("/notices/{name:str}", include_in_schema=False, guards=[needs(Act.NOTICE_READ)])
async def notice(visit: Visitor, name: FromPath[str]) -> Html:
    """A notice, and the form to answer it."""
    return notice_page(visit, name)


def notice_page(visit: Visit, name: str, wrong: Wrongs = (), form: Data | None = None) -> Html:
    """A notice, with what went wrong with the answer."""
    lot, number = _notice(visit, name)
    row = shown(visit.known, "notice", view.notice(visit.desk.state, lot, number))
    last = number == len(visit.desk.state.standing[lot.number].rounds)
    answers = row["outcome"] == "open" and last and may(visit.known, Act.NOTICE_ANSWER)
    status = 422 if wrong else 200
    return visit.page(
        "notice",
        status,
        row=row,
        may_answer=answers,
        why=NOTICES[row["outcome"]],
        reads_requirements=may(visit.known, Act.REQUIREMENT_READ),
        **again(wrong, form),
    )


def _notice(visit: Visit, name: str) -> tuple[Lot, int]:
    lot, number = numbered(visit.desk, visit.known, name, Act.NOTICE_READ)
    if not 0 < number <= len(visit.desk.state.standing[lot.number].rounds):
        raise NotThere("there is no such thing")
    shown(visit.known, "notice", view.notice(visit.desk.state, lot, number))
    return lot, number


@get("/notices/{name:str}/document", include_in_schema=False, guards=[needs(Act.NOTICE_READ)])
async def letter(visit: Visitor, name: FromPath[str]) -> Html:
    """The notice as a letter."""
    text = html(_document(visit, name), visit.words)
    return Response(
        text, media_type="text/html", headers={"Content-Security-Policy": _policy(text)}
    )


def _document(visit: Visit, name: str) -> NoticeDocument:
    """The letter, for whoever sees all that it says: a price is in it."""
    lot, number = _notice(visit, name)
    row = shown(visit.known, "notice", view.notice(visit.desk.state, lot, number))
    if "price" not in row:
        raise NotThere("there is no such thing")
    return document_of(visit.desk.state, lot, number)


def _policy(letter: str) -> str:
    """A letter carries its own styles, so that it can be kept as one file: those, and no other."""
    style = re.search("<style>(.*?)</style>", letter, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(sha256(style[1].encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; frame-ancestors 'none'"


@get("/notices/{name:str}/document.pdf", include_in_schema=False, guards=[needs(Act.NOTICE_READ)])
async def printed(visit: Visitor, name: FromPath[str]) -> Response[bytes]:
    """The notice as PDF."""
    body = pdf(_document(visit, name), visit.words)
    headers = {"Content-Disposition": "inline; filename=notice.pdf"}
    return Response(body, media_type="application/pdf", headers=headers)


@get("/tenders/{name:str}", include_in_schema=False, guards=[needs(Act.TENDER_READ)])
async def tender(visit: Visitor, name: FromPath[str]) -> Html:
    """A tender, and the form to offer."""
    return tender_page(visit, name)


def tender_page(visit: Visit, name: str, wrong: Wrongs = (), form: Data | None = None) -> Html:
    """A tender, with what went wrong with the offer."""
    who = visit.known
    lot, _ = numbered(visit.desk, who, name, Act.TENDER_READ)
    found = [row for row in invited_of(who)(visit.desk.state, lot) if row["tender"] == name]
    if not found:
        raise NotThere("there is no such thing")
    row = shown(who, "tender", found[0], About(parties=frozenset(found[0]["invited"])))
    bids = row["status"] == "open" and bool(who.party) and may(who, Act.TENDER_BID)
    return visit.page(
        "tender",
        422 if wrong else 200,
        row=row,
        may_bid=bids,
        why=TENDERS[row["status"]],
        reads_requirements=may(who, Act.REQUIREMENT_READ),
        **again(wrong, form),
    )
