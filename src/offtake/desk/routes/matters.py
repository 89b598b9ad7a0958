"""Notices, tenders, orders and deadlines: what runs, for the buyer and for each supplier."""

from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, Any

from litestar import Request, Response, Router, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from offtake.core.vocabulary import NONE
from offtake.desk import command as say
from offtake.desk.access.act import Act
from offtake.desk.access.http import needs
from offtake.desk.access.visible import About
from offtake.desk.access.who import Who
from offtake.desk.deadline import Deadline, all_of
from offtake.desk.desk import Asker, Desk, TheDesk, each_seen, need, receipt, seen_of, shown
from offtake.desk.documents.calendar import Deadline as Dated
from offtake.desk.documents.calendar import Feed, ics
from offtake.desk.problem import NotThere
from offtake.desk.routes.cursor import ByCount, ByRequirement
from offtake.desk.routes.keys import Key, PathNumber
from offtake.desk.routes.listing import Answer, TheListing
from offtake.desk.state import State
from offtake.desk.thread import in_thread
from offtake.desk.view import requirement as view
from offtake.desk.wire import (
    AnswerBody,
    CancelBody,
    DefaultBody,
    TrancheBody,
    UseBody,
    command_of,
)
from offtake.desk.words import words_in
from offtake.sourcing.requirement import Lot

Data = dict[str, Any]
Outcome = Annotated[str | None, QueryParameter(max_length=20)]


def _of_lots(
    state: State, who: Who, resource: str, rows: Callable[[State, Lot], Iterable[Data]]
) -> ByRequirement:
    """What somebody sees of the rows of each requirement, the latest first."""

    def own(lot: Lot) -> list[Data]:
        about = About(parties=view.parties_of(state, lot))
        return seen_of(who, resource, ((row, about) for row in rows(state, lot)))

    return ByRequirement(state, who, own)


def notices_of(state: State, lot: Lot) -> Iterator[Data]:
    """The notices of a requirement, the last first."""
    for number in range(len(state.standing[lot.number].rounds), 0, -1):
        yield view.notice(state, lot, number)


def tenders_of(state: State, lot: Lot) -> Iterator[Data]:
    """The tenders of a requirement, the last first."""
    for number in range(len(state.standing[lot.number].tenders), 0, -1):
        yield view.tender(state, lot, number)


def numbered(desk: Desk, who: Who, name: str, act: Act) -> tuple[Lot, int]:
    """The requirement and the number that an id such as ``texas.2`` means."""
    requirement, _, number = name.rpartition(".")
    if not requirement or not number.isascii() or not number.isdigit() or len(number) > 9:
        raise NotThere("there is no such thing")
    return desk.lot(who, requirement, act), int(number)


@get(
    "/notices",
    summary="Notices, the latest first",
    guards=[needs(Act.NOTICE_READ)],
)
@in_thread
def notices(desk: TheDesk, who: Asker, listing: TheListing, outcome: Outcome = None) -> Answer:
    """``outcome=open``: those that wait for an answer."""
    need(who, Act.NOTICE_READ)

    def rows(state: State, lot: Lot) -> Iterator[Data]:
        return (row for row in notices_of(state, lot) if outcome in (None, row["outcome"]))

    return listing.of(_of_lots(desk.state, who, "notice", rows))


@get("/notices/{name:str}", summary="A notice", guards=[needs(Act.NOTICE_READ)])
async def notice(desk: TheDesk, who: Asker, name: FromPath[str]) -> Data:
    """What was noticed, when the answer is due, and what it was."""
    lot, number = numbered(desk, who, name, Act.NOTICE_READ)
    if not 0 < number <= len(desk.state.standing[lot.number].rounds):
        raise NotThere("there is no such thing")
    return shown(who, "notice", view.notice(desk.state, lot, number))


@post("/notices/{name:str}/answer", summary="Answer a notice", guards=[needs(Act.NOTICE_ANSWER)])
async def answer(
    desk: TheDesk,
    who: Asker,
    name: FromPath[str],
    data: JSONBody[AnswerBody],  # type: ignore[valid-type]
    key: Key = None,
) -> Data:
    """GPUs accepted, 0 to refuse, and who signs; strictly before the due instant (FR4)."""
    lot, number = numbered(desk, who, name, Act.NOTICE_READ)
    given = 0 < number <= len(desk.state.standing[lot.number].rounds)
    made = view.notice(desk.state, lot, number) if given else None
    if made is None or (who.party and made["holder"] != who.party):
        raise NotThere("there is no such thing")
    requirement = lot.need.requirement
    command = command_of(say.Answer, data, requirement=requirement, notice=name)
    return receipt(who, await desk.do(who, command, key or ""))


@get(
    "/tenders",
    summary="Tenders, the latest first",
    guards=[needs(Act.TENDER_READ)],
)
@in_thread
def tenders(desk: TheDesk, who: Asker, listing: TheListing) -> Answer:
    """To a supplier those it is invited to, with its own offers."""
    need(who, Act.TENDER_READ)
    return listing.of(_of_lots(desk.state, who, "tender", invited_of(who)))


def invited_of(who: Who) -> Callable[[State, Lot], Iterator[Data]]:
    """The tenders of a requirement that somebody may know of: a supplier, its invitations."""

    def rows(state: State, lot: Lot) -> Iterator[Data]:
        return (
            row for row in tenders_of(state, lot) if not who.party or who.party in row["invited"]
        )

    return rows


@get("/tenders/{name:str}", summary="A tender", guards=[needs(Act.TENDER_READ)])
async def tender(desk: TheDesk, who: Asker, name: FromPath[str]) -> Data:
    """Offers are there after the close; a supplier sees its own."""
    lot, number = numbered(desk, who, name, Act.TENDER_READ)
    rows = [row for row in invited_of(who)(desk.state, lot) if row["tender"] == name]
    if not rows or not number:
        raise NotThere("there is no such thing")
    about = About(parties=frozenset(rows[0]["invited"]))
    return shown(who, "tender", rows[0], about)


@get(
    "/orders",
    summary="Orders, the latest first",
    guards=[needs(Act.ORDER_READ)],
)
@in_thread
def orders(desk: TheDesk, who: Asker, listing: TheListing) -> Answer:
    """With their tranches."""
    need(who, Act.ORDER_READ)

    def rows(state: State, lot: Lot) -> Iterator[Data]:
        return (view.order(state, row) for row in view.orders_of(state, lot))

    return listing.of(_of_lots(desk.state, who, "order", rows))


@get("/orders/{order:int}", summary="An order", guards=[needs(Act.ORDER_READ)])
async def order(desk: TheDesk, who: Asker, order: PathNumber) -> Data:
    """With its tranches."""
    if who.party or order not in desk.state.sourcing.orders:
        raise NotThere("there is no such thing")  # A number would count others' orders too.
    return shown(who, "order", view.order(desk.state, desk.state.sourcing.orders[order]))


@post(
    "/orders/{order:int}/deliveries",
    summary="A tranche has come",
    guards=[needs(Act.TRANCHE_RECORD)],
)
async def deliver(
    desk: TheDesk,
    who: Asker,
    order: PathNumber,
    data: JSONBody[TrancheBody],  # type: ignore[valid-type]
    key: Key = None,
) -> Data:
    """Its capacity is there from now on (S5)."""
    return receipt(who, await desk.do(who, command_of(say.Deliver, data, order=order), key or ""))


@post("/orders/{order:int}/delays", summary="A tranche is late", guards=[needs(Act.TRANCHE_RECORD)])
async def late(
    desk: TheDesk,
    who: Asker,
    order: PathNumber,
    data: JSONBody[TrancheBody],  # type: ignore[valid-type]
    key: Key = None,
) -> Data:
    """What the delivery clause allows follows by itself (DL1)."""
    return receipt(who, await desk.do(who, command_of(say.Late, data, order=order), key or ""))


@post(
    "/orders/{order:int}/cancellations",
    summary="End a tranche that has not come",
    guards=[needs(Act.TRANCHE_CANCEL)],
)
async def cancel(
    desk: TheDesk,
    who: Asker,
    order: PathNumber,
    data: JSONBody[CancelBody],  # type: ignore[valid-type]
    key: Key = None,
) -> Data:
    """By agreement; commitments fall by it (DL2)."""
    return receipt(who, await desk.do(who, command_of(say.Cancel, data, order=order), key or ""))


@post(
    "/defaults", summary="A party's default is declared or cured", guards=[needs(Act.PARTY_DEFAULT)]
)
async def default(desk: TheDesk, who: Asker, data: JSONBody[DefaultBody], key: Key = None) -> Data:  # type: ignore[valid-type]
    """A holder in default is not asked (FR2)."""
    return receipt(who, await desk.do(who, command_of(say.Default, data), key or ""))


@post("/usage", summary="What was run, as metered", guards=[needs(Act.USAGE_RECORD)])
async def usage(desk: TheDesk, who: Asker, data: JSONBody[UseBody], key: Key = None) -> Data:  # type: ignore[valid-type]
    """Of a period that is over."""
    return receipt(who, await desk.do(who, command_of(say.Use, data), key or ""))


@get(
    "/deadlines",
    summary="What runs out, the soonest first",
    guards=[needs(Act.DEADLINE_READ)],
)
@in_thread
def deadlines(desk: TheDesk, who: Asker, listing: TheListing) -> Answer:
    """Answers, orders, tenders and deliveries that are due."""
    need(who, Act.DEADLINE_READ)
    return listing.of(ByCount(deadlines_by_time(desk.state, who)))


@get(
    "/deadlines.ics",
    summary="The same for a calendar",
    media_type="text/calendar",
    guards=[needs(Act.DEADLINE_READ)],
)
async def feed(desk: TheDesk, who: Asker, request: Request[Any, Any, Any]) -> Response[bytes]:
    """An iCalendar feed: entries keep their ids, and move when their deadline does."""
    need(who, Act.DEADLINE_READ)
    state, base = desk.state, str(request.base_url).rstrip("/")
    rows = sorted(row for row in all_of(state) if row.kind != "remedy")
    mine = (row for row in rows if not who.party or who.party in _concerned(state, row))
    told = Feed("offtake", request.base_url.hostname or "offtake")
    body = ics([_dated(state, row, base) for row in mine], told, words_in("en"))
    return Response(body, media_type="text/calendar")


def _dated(state: State, row: Deadline, base: str) -> Dated:
    """A deadline as a calendar has it; a changed requirement is another generation of it."""
    lot = state.sourcing.lots[row.lot]
    standing, name = state.standing[row.lot], lot.need.requirement
    since_s, rounds = standing.at_s, len(standing.rounds)
    if row.kind == "close":
        since_s, rounds = standing.tenders[-1].opened_at_s, len(standing.tenders)
    elif standing.rounds and row.order == NONE:
        since_s = standing.rounds[-1].notice.at_s
    ident = f"{name}.{rounds}"
    if row.order != NONE:
        ident = f"{view.order(state, state.sourcing.orders[row.order])['name']}.{row.tranche}"
    return Dated(
        kind=row.kind,
        id=ident,
        title=name,  # Suppliers see no titles.
        since_s=min(since_s, row.at_s),
        due_at_s=row.at_s,
        recorded_at_s=since_s,
        url=f"{base}/",
        party=view.deadline(state, row)["party"] or "",
    )


def deadlines_seen(state: State, who: Who) -> list[Data]:
    """The deadlines that somebody sees, by time."""
    return list(deadlines_by_time(state, who))


def deadlines_by_time(state: State, who: Who) -> Iterator[Data]:
    """The same, looked at one by one as they are taken."""
    rows = sorted(row for row in all_of(state) if row.kind != "remedy")
    mine = (row for row in rows if not who.party or who.party in _concerned(state, row))
    seen = ((view.deadline(state, row), About(parties=_concerned(state, row))) for row in mine)
    return each_seen(who, "deadline", seen)


def _concerned(state: State, row: Deadline) -> frozenset[str]:
    """Whom a deadline concerns: the holder, the invited, or who delivers."""
    lot = state.sourcing.lots[row.lot]
    if row.kind == "close":
        invited = state.standing[lot.number].invited
        return frozenset(state.in_force.portfolio.names.parties[party] for party in invited)
    party = view.deadline(state, row)["party"]
    return frozenset({party} if party else ())


ROUTER = Router(
    "",
    route_handlers=[
        notices,
        notice,
        answer,
        tenders,
        tender,
        orders,
        order,
        deliver,
        late,
        cancel,
        default,
        usage,
        deadlines,
        feed,
    ],
    tags=["matters"],
)
