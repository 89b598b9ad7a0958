"""The pages of today and of requirements."""

from datetime import UTC, datetime
from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from offtake.core.names import BUYER
from offtake.desk.access.act import Act
from offtake.desk.access.http import needs
from offtake.desk.access.may import may
from offtake.desk.access.visible import About
from offtake.desk.act import next_step
from offtake.desk.desk import need, seen_of, shown
from offtake.desk.entry import read
from offtake.desk.pages.site import Visit, Visitor, Wrongs, again
from offtake.desk.pages.terms import because, say
from offtake.desk.pages.told import instant
from offtake.desk.routes.cursor import by_requirement
from offtake.desk.routes.keys import Cursor
from offtake.desk.routes.matters import (
    deadlines_seen,
    notices_of,
    tenders_of,
)
from offtake.desk.store import journal
from offtake.desk.thread import in_thread
from offtake.desk.view import requirement as view
from offtake.desk.view.decision import step, why
from offtake.desk.view.entry import about_entry, entry_data
from offtake.desk.words import later
from offtake.sourcing.requirement import Lot, Status
from offtake.units.time import parse_instant

Data = dict[str, Any]
PER_PAGE = 50
Html = Response[str]


def day_of(at_s: int) -> str:
    """A date as a form has it."""
    return datetime.fromtimestamp(at_s, UTC).date().isoformat()


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
        row["spent"] = 100 * (now_s - since_s) // max(due_s - since_s, 1)
        row["href"] = _href(visit, lot, row)
        row["why"] = visit.words(RUNS[row["kind"]])
        if who.party and row["kind"] == "answer":
            row["party"] = who.party  # A holder sees no other's.
    return visit.page("today", deadlines=rows, todo=_todo(visit), hint=_hint(visit))


RUNS = {
    "answer": later("Silence until then counts as a refusal (FR4)."),
    "order": later("Without a signed order the acceptance falls (FR10)."),
    "close": later("The sealed offers are opened then, and none counts later (S3)."),
    "delivery": later("What has not come by then is late (DL1)."),
    "remedy": later("What the delivery clause allows is done then (DL1)."),
}
"""Why it matters that something runs out."""
HINTS = (
    (Act.NOTICE_GIVE, "/requirements", later("Raise a requirement")),
    (Act.USAGE_RECORD, "/ask", later("Ask where a job may run, and why not elsewhere")),
    (Act.JOURNAL_READ, "/journal", later("Search the journal")),
    (Act.PEOPLE_MANAGE, "/people", later("Look after people and tokens")),
    (Act.NOTICE_READ, "/notices", later("Look at notices that were given")),
)
"""Where to go when nothing waits, by what somebody may do."""


def _hint(visit: Visit) -> tuple[str, str] | None:
    for act, href, says in HINTS:
        if may(visit.known, act):
            return href, visit.words(says)
    return None


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
            says = _next(visit, lot) if len(found) < EXPLAINED else visit.words(says)
            found.append({"href": f"/requirements/{name}", "title": title, "says": says})
    return found


EXPLAINED = 20
"""Of so many that wait the very next step is worked out, and why."""


def _next(visit: Visit, lot: Lot) -> str:
    """What is to be done about a requirement, and why, as its own page says it."""
    words, state = visit.words, visit.desk.state
    now_s = max(visit.desk.clock.now_s(), state.at_s)
    plain = words(STEPS[view.status(state, lot)][1])
    found = None if lot.status in SIGNING else step(state, next_step(state, lot, now_s))
    if found is None:
        return plain
    label = say(f"step {found['step']}", words)
    if not found["why"]:
        return label
    return words("{label}: {value}", label=label, value=because(found["why"], words))


SIGNING = (Status.ACCEPTED, Status.AWARDED)
"""Where orders are to be signed, which is no step that the desk proposes."""


def _mine(visit: Visit, lot: Lot) -> list[Data]:
    """What a supplier is asked about a requirement."""
    party, state, found = visit.known.party, visit.desk.state, list[Data]()
    row = next(iter(notices_of(state, lot)), None)
    if row is not None and row["holder"] == party and row["outcome"] == "open":
        says = visit.words("a notice to answer before {due}", due=instant(row["due"], visit.words))
        found.append({"href": f"/notices/{row['notice']}", "title": row["notice"], "says": says})
    row = next(iter(tenders_of(state, lot)), None)
    if row is not None and party in row["invited"] and row["status"] == "open":
        says = visit.words(
            "an invitation to offer before {due}", due=instant(row["closes_at"], visit.words)
        )
        found.append({"href": f"/tenders/{row['tender']}", "title": row["tender"], "says": says})
    return found


@get("/requirements", include_in_schema=False, guards=[needs(Act.REQUIREMENT_READ)])
async def requirements(visit: Visitor, cursor: Cursor = None) -> Html:
    """All requirements, the latest first."""
    return requirements_page(visit, cursor)


def requirements_page(
    visit: Visit, cursor: str | None = None, wrong: Wrongs = (), form: Data | None = None
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
        **again(wrong, form),
    )


@get(
    "/requirements/{name:str}",
    include_in_schema=False,
    guards=[needs(Act.REQUIREMENT_READ)],
)
@in_thread
def requirement(visit: Visitor, name: FromPath[str]) -> Html:
    """A requirement: what is next, why, and what happened."""
    return requirement_page(visit, name)


def requirement_page(visit: Visit, name: str, wrong: Wrongs = (), form: Data | None = None) -> Html:
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
    names = state.in_force.portfolio.names
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
        buyer_title=names.title(BUYER),
        **again(wrong, form),
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
