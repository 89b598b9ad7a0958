"""The pages that show: today, requirements, notices, tenders, orders, rights, the journal."""

from collections.abc import Callable
from datetime import UTC, datetime
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
from offtake.desk.entry import read
from offtake.desk.noticed import document_of
from offtake.desk.pages.site import Visit, Visitor
from offtake.desk.problem import NotThere
from offtake.desk.routes.cursor import by_requirement
from offtake.desk.routes.keys import Cursor
from offtake.desk.routes.matters import (
    deadlines_seen,
    invited_of,
    notices_of,
    numbered,
    tenders_of,
)
from offtake.desk.store import journal
from offtake.desk.view import requirement as view
from offtake.desk.view.decision import why
from offtake.desk.view.entry import about_entry, entry_data
from offtake.desk.words import later
from offtake.sourcing.requirement import Lot
from offtake.units.time import parse_instant

Data = dict[str, Any]
PER_PAGE = 50
Html = Response[str]


def left(at_s: int, now_s: int) -> str:
    """The time left, in its two largest units."""
    minutes = max(at_s - now_s, 0) // 60
    days, hours = minutes // 1_440, minutes // 60 % 24
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes % 60} min"


@get("/", include_in_schema=False, guards=[needs(Act.TOKENS_OWN)])
async def today(visit: Visitor) -> Html:
    """What runs out, and what waits for whoever looks."""
    who, state = visit.known, visit.desk.state
    now_s = max(visit.desk.clock.now_s(), state.at_s)
    rows = deadlines_seen(state, who)[:PER_PAGE] if may(who, Act.DEADLINE_READ) else []
    for row in rows:
        due_s = parse_instant(row["at"])
        lot = state.lot(row["requirement"])
        assert lot is not None
        since_s = _since(visit, lot, row["kind"])
        row["left"] = left(due_s, now_s)
        row["spent"] = 100 * (now_s - since_s) // max(due_s - since_s, 1)
        row["href"] = _href(visit, lot, row)
    return visit.page("today", deadlines=rows, todo=_todo(visit))


def _since(visit: Visit, lot: Lot, kind: str) -> int:
    standing = visit.desk.state.standing[lot.number]
    if kind == "close" and standing.tenders:
        return standing.tenders[-1].opened_at_s
    if kind in ("answer", "order") and standing.rounds:
        return standing.rounds[-1].notice.at_s
    return standing.at_s


def _href(visit: Visit, lot: Lot, row: Data) -> str:
    name, standing = lot.need.requirement, visit.desk.state.standing[lot.number]
    if row["kind"] == "answer":
        return f"/notices/{name}.{len(standing.rounds)}"
    if row["kind"] == "close":
        return f"/tenders/{name}.{len(standing.tenders)}"
    return "/orders" if visit.known.party else f"/requirements/{name}"


STEPS = {
    "submitted": (Act.NOTICE_GIVE, later("a notice is to be given, or a tender opened")),
    "closed": (Act.AWARD_CONFIRM, later("offers are in: an award is to be confirmed")),
    "accepted": (Act.ORDER_SIGN, later("accepted: the order is to be signed")),
    "awarded": (Act.ORDER_SIGN, later("awarded: orders are to be signed")),
}


def _todo(visit: Visit) -> list[Data]:
    """What somebody may do next, of the latest hundred requirements."""
    who, state = visit.known, visit.desk.state
    found: list[Data] = []
    last = len(state.numbers)
    for number in range(last, max(last - 100, 0), -1):
        lot = state.sourcing.lots[number]
        found += _mine(visit, lot) if who.party else []
        act, says = STEPS.get(view.status(state, lot), (None, ""))
        if act is not None and may(who, act):
            name = lot.need.requirement
            title = state.standing[number].title or name
            href = f"/requirements/{name}"
            found.append({"href": href, "title": title, "says": visit.words(says)})
    return found


def _mine(visit: Visit, lot: Lot) -> list[Data]:
    """What a supplier is asked about a requirement."""
    party, state, found = visit.known.party, visit.desk.state, list[Data]()
    row = next(iter(notices_of(state, lot)), None)
    if row is not None and row["holder"] == party and row["outcome"] == "open":
        says = visit.words("a notice to answer before {due}", due=row["due"])
        found.append({"href": f"/notices/{row['notice']}", "title": row["notice"], "says": says})
    row = next(iter(tenders_of(state, lot)), None)
    if row is not None and party in row["invited"] and row["status"] == "open":
        says = visit.words("an invitation to offer before {due}", due=row["closes_at"])
        found.append({"href": f"/tenders/{row['tender']}", "title": row["tender"], "says": says})
    return found


@get("/requirements", include_in_schema=False, guards=[needs(Act.REQUIREMENT_READ)])
async def requirements(visit: Visitor, cursor: Cursor = None) -> Html:
    """All requirements, the latest first."""
    return requirements_page(visit, cursor)


def requirements_page(
    visit: Visit, cursor: str | None = None, wrong: tuple[str, ...] = (), form: Data | None = None
) -> Html:
    """The list, with the form to raise one."""
    need(visit.known, Act.REQUIREMENT_READ)
    state = visit.desk.state

    def own(lot: Lot) -> list[Data]:
        return seen_of(visit.known, "requirement", [(view.requirement(state, lot), About())])

    found = by_requirement(visit.desk, visit.known, own, cursor=cursor, limit=PER_PAGE)
    names = state.in_force.portfolio.names
    return visit.page(
        "requirements",
        422 if wrong else 200,
        rows=found.rows,
        next=found.next,
        may_submit=may(visit.known, Act.REQUIREMENT_SUBMIT),
        purposes=names.purposes,
        accelerators=names.accelerators,
        regions=names.regions,
        wrong=wrong,
        form=form or {},
    )


@get("/requirements/{name:str}", include_in_schema=False, guards=[needs(Act.REQUIREMENT_READ)])
async def requirement(visit: Visitor, name: FromPath[str]) -> Html:
    """A requirement: what is next, why, and what happened."""
    return requirement_page(visit, name)


def requirement_page(visit: Visit, name: str, wrong: tuple[str, ...] = ()) -> Html:
    """A requirement, with what went wrong with what was just sent."""
    who, desk = visit.known, visit.desk
    lot, state = desk.lot(who, name), desk.state
    row = shown(who, "requirement", view.requirement(state, lot))
    now_s = max(desk.clock.now_s(), state.at_s)
    found = why(state, lot, now_s)
    step = found["next"] or {}
    decisions = seen_of(who, "decision", ((one, About()) for one in found["decisions"]))
    if "why" not in row and step:
        step = {**step, "why": None, "takes": None}
    closed = row["tenders"][-1]["bids"] if row["tenders"] and "bids" in row["tenders"][-1] else []
    return visit.page(
        "requirement",
        422 if wrong else 200,
        row=row,
        why={**found, "next": step or None, "decisions": decisions},
        bids=closed,
        proposal=step.get("takes") or {},
        acts=_acts(visit, lot, row, step),
        timeline=_timeline(visit, name),
        wrong=wrong,
    )


def _acts(visit: Visit, lot: Lot, row: Data, step: Data) -> Data:
    """What whoever looks may do about a requirement now."""
    who, status = visit.known, row["status"]
    doing = step.get("step")
    signs = may(who, Act.ORDER_SIGN)
    waits = [one for one in row["rounds"] if one["outcome"] == "accepted"]
    names = visit.desk.state.in_force.portfolio.names
    return {
        "notice": doing == "notice" and may(who, Act.NOTICE_GIVE),
        "tender": doing == "tender" and may(who, Act.TENDER_OPEN),
        "award": doing == "award" and may(who, Act.AWARD_CONFIRM),
        "give_up": doing == "give_up" and may(who, Act.REQUIREMENT_GIVE_UP),
        "sign": [names.parties[one.supplier] for one in lot.awards] if signs else [],
        "accepted": waits[-1] if signs and waits and status == "accepted" else None,
        "deliver": may(who, Act.TRANCHE_RECORD),
        "withdraw": may(who, Act.REQUIREMENT_WITHDRAW)
        and status not in ("ordered", "delivered", "late", "ended", "unserved", "withdrawn"),
    }


def _timeline(visit: Visit, name: str) -> list[Data]:
    """The journal's entries about a requirement, oldest first."""
    if not may(visit.known, Act.JOURNAL_READ):
        return []
    with visit.desk.reader.connect() as tx:
        rows = journal.about(tx, name, 0, 200)
    entries = [read(row.body) for row in rows]
    told = ((entry_data(one), about_entry(visit.desk.state, one)) for one in entries)
    return seen_of(visit.known, "journal", told)


def _matters(
    visit: Visit, cursor: str | None, heading: str, rows: Callable[[Lot], list[Data]]
) -> Html:
    """A list of what belongs to requirements, the latest first."""
    found = by_requirement(visit.desk, visit.known, rows, cursor=cursor, limit=PER_PAGE)
    return visit.page("matters", heading=heading, rows=found.rows, next=found.next)


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
                "title": f"{row['notice']} · {row['holder']}",
                "state": row["outcome"],
                "says": words(
                    "{gpus} GPUs, answer due before {due}", gpus=row["gpus"], due=row["due"]
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
                "says": words(
                    "{gpus} GPUs, closes {closes}", gpus=row["gpus"], closes=row["closes_at"]
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
                "href": "/orders" if visit.known.party else f"/requirements/{row['requirement']}",
                "title": row["name"],
                "state": row["status"],
                "says": words("{gpus} GPUs from {start}", gpus=row["gpus"], start=row["start"]),
            }
            for row in seen_of(visit.known, "order", told)
        ]

    return _matters(visit, cursor, words("Orders"), rows)


@get("/notices/{name:str}", include_in_schema=False, guards=[needs(Act.NOTICE_READ)])
async def notice(visit: Visitor, name: FromPath[str]) -> Html:
    """A notice, and the form to answer it."""
    return notice_page(visit, name)


def notice_page(visit: Visit, name: str, wrong: tuple[str, ...] = ()) -> Html:
    """A notice, with what went wrong with the answer."""
    lot, number = _notice(visit, name)
    row = shown(visit.known, "notice", view.notice(visit.desk.state, lot, number))
    last = number == len(visit.desk.state.standing[lot.number].rounds)
    answers = row["outcome"] == "open" and last and may(visit.known, Act.NOTICE_ANSWER)
    status = 422 if wrong else 200
    return visit.page("notice", status, row=row, may_answer=answers, wrong=wrong)


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
    return Response(text, media_type="text/html", headers={"Content-Security-Policy": LETTER})


def _document(visit: Visit, name: str) -> NoticeDocument:
    """The letter, for whoever sees all that it says: a price is in it."""
    lot, number = _notice(visit, name)
    row = shown(visit.known, "notice", view.notice(visit.desk.state, lot, number))
    if "price" not in row:
        raise NotThere("there is no such thing")
    return document_of(visit.desk.state, lot, number)


LETTER = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
"""A letter carries its own styles, so that it can be kept as one file."""


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


def tender_page(visit: Visit, name: str, wrong: tuple[str, ...] = ()) -> Html:
    """A tender, with what went wrong with the offer."""
    who = visit.known
    lot, _ = numbered(visit.desk, who, name, Act.TENDER_READ)
    found = [row for row in invited_of(who)(visit.desk.state, lot) if row["tender"] == name]
    if not found:
        raise NotThere("there is no such thing")
    row = shown(who, "tender", found[0], About(parties=frozenset(found[0]["invited"])))
    bids = row["status"] == "open" and bool(who.party) and may(who, Act.TENDER_BID)
    return visit.page("tender", 422 if wrong else 200, row=row, may_bid=bids, wrong=wrong)


def day_of(at_s: int) -> str:
    """A date as a form has it."""
    return datetime.fromtimestamp(at_s, UTC).date().isoformat()
