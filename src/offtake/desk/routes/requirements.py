"""Requirements and what is done about them."""

from typing import Annotated, Any

from litestar import Router, get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter

from offtake.desk import command as say
from offtake.desk.access.act import Act
from offtake.desk.access.http import needs
from offtake.desk.access.visible import About
from offtake.desk.desk import Asker, TheDesk, each_seen, need, receipt, seen_of, shown
from offtake.desk.entry import read
from offtake.desk.routes.cursor import ByCount, ByRequirement
from offtake.desk.routes.keys import Key
from offtake.desk.routes.listing import Answer, TheListing
from offtake.desk.store import journal
from offtake.desk.thread import in_thread
from offtake.desk.view.decision import why
from offtake.desk.view.entry import about_entry, entry_data
from offtake.desk.view.requirement import parties_of, requirement
from offtake.desk.view.requirement import status as status_of
from offtake.desk.wire import (
    AwardBody,
    BidBody,
    ChangeBody,
    SignAcceptedBody,
    SignBody,
    SubmitBody,
    TenderBody,
    UnawardBody,
    WithdrawBody,
    command_of,
)
from offtake.sourcing.requirement import Lot

Data = dict[str, Any]
LIMIT_ENTRIES = 100_000
"""Entries about one requirement that are looked at."""
Filter = Annotated[str | None, QueryParameter(max_length=100)]


@get(
    "/requirements",
    summary="Requirements, the latest first",
    guards=[needs(Act.REQUIREMENT_READ)],
)
@in_thread
def listed(desk: TheDesk, who: Asker, listing: TheListing, status: Filter = None) -> Answer:
    """Those of one status, if it is named."""
    need(who, Act.REQUIREMENT_READ)
    now = desk.state

    def own(lot: Lot) -> list[Data]:
        if status is not None and status_of(now, lot) != status:
            return []
        return seen_of(who, "requirement", [(requirement(now, lot), About())])

    return listing.of(ByRequirement(now, who, own))


@post("/requirements", summary="Raise a requirement", guards=[needs(Act.REQUIREMENT_SUBMIT)])
async def submit(desk: TheDesk, who: Asker, data: JSONBody[SubmitBody], key: Key = None) -> Data:  # type: ignore[valid-type]
    """Nobody is asked yet: a notice or a tender is the next step."""
    return receipt(who, await desk.do(who, command_of(say.Submit, data), key or ""))


@get(
    "/requirements/{name:str}",
    summary="A requirement with all that belongs to it",
    guards=[needs(Act.REQUIREMENT_READ)],
)
async def one(desk: TheDesk, who: Asker, name: FromPath[str]) -> Data:
    """Rounds, tenders, awards, orders and deadlines, as far as they are yours to see."""
    lot = desk.lot(who, name)
    parties = parties_of(desk.state, lot)
    return shown(who, "requirement", requirement(desk.state, lot), About(parties=parties))


@put(
    "/requirements/{name:str}",
    summary="Ask for something else under the same id",
    guards=[needs(Act.REQUIREMENT_CHANGE)],
)
async def change(
    desk: TheDesk,
    who: Asker,
    name: FromPath[str],
    data: JSONBody[ChangeBody],  # type: ignore[valid-type]
    key: Key = None,
) -> Data:
    """An open notice, a tender and its offers fall with what was sought before."""
    command = command_of(say.Change, data, requirement=name)
    return receipt(who, await desk.do(who, command, key or ""))


@post(
    "/requirements/{name:str}/withdrawal",
    summary="Give a requirement up",
    guards=[needs(Act.REQUIREMENT_WITHDRAW)],
)
async def withdraw(
    desk: TheDesk,
    who: Asker,
    name: FromPath[str],
    data: JSONBody[WithdrawBody],  # type: ignore[valid-type]
    key: Key = None,
) -> Data:
    """What is ordered stays ordered."""
    command = command_of(say.Withdraw, data, requirement=name)
    return receipt(who, await desk.do(who, command, key or ""))


@get(
    "/requirements/{name:str}/why",
    summary="Every blocker, with evidence",
    guards=[needs(Act.DECISION_READ)],
)
async def explained(desk: TheDesk, who: Asker, name: FromPath[str]) -> Data:
    """What the contracts say of each supplier now, and what is next and why."""
    lot = desk.lot(who, name)
    need(who, Act.DECISION_READ)
    found = why(desk.state, lot, max(desk.clock.now_s(), desk.state.at_s))
    rows = [(row, About()) for row in found.pop("decisions")]
    step = found.pop("next")
    if step is not None and "why" not in shown(who, "requirement", {"why": "", "title": ""}):
        step = {"step": step["step"]}
    return {**found, "next": step, "decisions": seen_of(who, "decision", rows)}


@get(
    "/requirements/{name:str}/timeline",
    summary="What happened, oldest first",
    guards=[needs(Act.JOURNAL_READ)],
)
@in_thread
def timeline(desk: TheDesk, who: Asker, name: FromPath[str], listing: TheListing) -> Answer:
    """The journal's entries about a requirement."""
    desk.lot(who, name)
    need(who, Act.JOURNAL_READ)
    with desk.reader.connect() as tx:
        rows = journal.about(tx, name, 0, LIMIT_ENTRIES)
    state, entries = desk.state, (read(row.body) for row in rows)
    told = ((entry_data(entry), about_entry(state, entry)) for entry in entries)
    return listing.of(ByCount(each_seen(who, "journal", told)))


@post(
    "/requirements/{name:str}/notices",
    summary="Give the notice that is due",
    guards=[needs(Act.NOTICE_GIVE)],
)
async def notice(desk: TheDesk, who: Asker, name: FromPath[str], key: Key = None) -> Data:
    """To the holder of the first refusal that holds the lot; its clock starts at once (S2)."""
    return receipt(who, await desk.do(who, say.Notice(requirement=name), key or ""))


@post(
    "/requirements/{name:str}/tenders",
    summary="Invite suppliers to offer",
    guards=[needs(Act.TENDER_OPEN)],
)
async def tender(
    desk: TheDesk,
    who: Asker,
    name: FromPath[str],
    data: JSONBody[TenderBody],  # type: ignore[valid-type]
    key: Key = None,
) -> Data:
    """All whom no clause denies, or those named; offers are sealed until the close (S3)."""
    command = command_of(say.Tender, data, requirement=name)
    return receipt(who, await desk.do(who, command, key or ""))


@post(
    "/requirements/{name:str}/offers",
    summary="Offer in the open tender",
    guards=[needs(Act.TENDER_BID)],
)
async def bid(
    desk: TheDesk,
    who: Asker,
    name: FromPath[str],
    data: JSONBody[BidBody],  # type: ignore[valid-type]
    key: Key = None,
) -> Data:
    """Nobody sees it before the close; a supplier's last offer counts."""
    command = command_of(say.Bid, data, requirement=name)
    return receipt(who, await desk.do(who, command, key or ""))


@post(
    "/requirements/{name:str}/awards",
    summary="Confirm who gets how much",
    guards=[needs(Act.AWARD_CONFIRM)],
)
async def award(
    desk: TheDesk,
    who: Asker,
    name: FromPath[str],
    data: JSONBody[AwardBody],  # type: ignore[valid-type]
    key: Key = None,
) -> Data:
    """S4's proposal is in `why`; another choice needs a reason."""
    command = command_of(say.Award, data, requirement=name)
    return receipt(who, await desk.do(who, command, key or ""))


@post(
    "/requirements/{name:str}/awards/withdrawal",
    summary="Take unsigned awards back",
    guards=[needs(Act.AWARD_CANCEL)],
)
async def unaward(
    desk: TheDesk,
    who: Asker,
    name: FromPath[str],
    data: JSONBody[UnawardBody],  # type: ignore[valid-type]
    key: Key = None,
) -> Data:
    """The offers stand again."""
    command = command_of(say.Unaward, data, requirement=name)
    return receipt(who, await desk.do(who, command, key or ""))


@post(
    "/requirements/{name:str}/orders",
    summary="Sign the order of an award",
    guards=[needs(Act.ORDER_SIGN)],
)
async def sign(
    desk: TheDesk,
    who: Asker,
    name: FromPath[str],
    data: JSONBody[SignBody],  # type: ignore[valid-type]
    key: Key = None,
) -> Data:
    """The contracts are asked again at the signature (D2)."""
    command = command_of(say.Sign, data, requirement=name)
    return receipt(who, await desk.do(who, command, key or ""))


@post(
    "/requirements/{name:str}/orders/accepted",
    summary="Sign what a holder accepted",
    guards=[needs(Act.ORDER_SIGN)],
)
async def sign_accepted(
    desk: TheDesk,
    who: Asker,
    name: FromPath[str],
    data: JSONBody[SignAcceptedBody],  # type: ignore[valid-type]
    key: Key = None,
) -> Data:
    """On the terms agreed with the holder, no worse than noticed (FR9, FR10)."""
    command = command_of(say.SignAccepted, data, requirement=name)
    return receipt(who, await desk.do(who, command, key or ""))


@post(
    "/requirements/{name:str}/unserved",
    summary="Record that nobody can supply what is left",
    guards=[needs(Act.REQUIREMENT_GIVE_UP)],
)
async def give_up(desk: TheDesk, who: Asker, name: FromPath[str], key: Key = None) -> Data:
    """With the binding reason (S6)."""
    return receipt(who, await desk.do(who, say.GiveUp(requirement=name), key or ""))


ROUTER = Router(
    "",
    route_handlers=[
        listed,
        submit,
        one,
        change,
        withdraw,
        explained,
        timeline,
        notice,
        tender,
        bid,
        award,
        unaward,
        sign,
        sign_accepted,
        give_up,
    ],
    tags=["requirements"],
)
