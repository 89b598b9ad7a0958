"""Pages about what was agreed: rights, capacity, the portfolio, reasons."""

from collections.abc import Iterator
from typing import Annotated, Any
from urllib.parse import urlencode

from anyio.to_thread import run_sync
from litestar import Response, get
from litestar.params import FromPath, QueryParameter

from offtake.contract.portfolio import Portfolio
from offtake.contract.problem import Unreadable
from offtake.core.decide import decide
from offtake.core.evolve import NO_FACTS
from offtake.core.vocabulary import Act as Asked
from offtake.desk import command as say
from offtake.desk.access.act import Act
from offtake.desk.access.http import needs
from offtake.desk.access.may import may
from offtake.desk.access.visible import About
from offtake.desk.desk import need, seen_of, shown
from offtake.desk.entry import read
from offtake.desk.pages.picture import svg
from offtake.desk.pages.show import Html, day_of
from offtake.desk.pages.site import Visit, Visitor, Wrongs, again
from offtake.desk.pages.terms import kind
from offtake.desk.pages.told import meaning
from offtake.desk.problem import BadRequest, NotThere
from offtake.desk.reasons import reasons
from offtake.desk.store import journal
from offtake.desk.thread import in_thread
from offtake.desk.view import portfolio as portfolios
from offtake.desk.view.capacity import figure
from offtake.desk.view.clause import clauses
from offtake.desk.view.ledger import Window
from offtake.desk.view.ledger import ledger as rows_of
from offtake.desk.view.tide import tide
from offtake.desk.words import later
from offtake.report import charts
from offtake.report.figures import Series
from offtake.study.rights import ask_about, causes, horizon, rights_map, suppliers_of
from offtake.units.time import DAY_S, parse_instant

Data = dict[str, Any]
Day = Annotated[str | None, QueryParameter(max_length=10, description="such as 2026-05-01")]

Sheet = Annotated[str | None, QueryParameter(max_length=10, description="`phone`: a narrow one")]


def day_s(text: str) -> int:
    """The instant that a day begins.

    Raises:
        BadRequest: It is no day.
    """
    try:
        return parse_instant(text)
    except ValueError as error:
        raise BadRequest("at", str(error), "Write `2026-05-01`.") from error


@get("/rights", include_in_schema=False, guards=[needs(Act.ASK_DECIDE)])
async def rights(visit: Visitor, at: Day = None) -> Html:
    """Who may supply and run what on a day."""
    need(visit.known, Act.ASK_DECIDE)
    version = visit.desk.state.in_force
    first_s, last_s = horizon(version.portfolio)
    at_s = visit.desk.clock.now_s() // DAY_S * DAY_S
    if at is not None:
        at_s = day_s(at)
    at_s = min(max(at_s, first_s // DAY_S * DAY_S), last_s)
    words, portfolio = visit.words, version.portfolio
    tables = [
        (words("May supply new capacity"), _table(visit, portfolio, Asked.SUPPLY, at_s)),
        (words("May run work"), _table(visit, portfolio, Asked.RUN, at_s)),
    ]
    return visit.page(
        "rights",
        tables=tables,
        purposes=portfolio.names.purposes,
        at=day_of(at_s),
        first=day_of(first_s),
        last=day_of(last_s),
        days=(last_s - first_s) // DAY_S,
        day=(at_s - first_s) // DAY_S,
    )


def _table(visit: Visit, portfolio: Portfolio, act: Asked, at_s: int) -> list[Data]:
    """A line a supplier, a cell a purpose, each with the clause it rests on."""
    names, lines = portfolio.names, []
    for supplier in suppliers_of(portfolio):
        cells, asked = [], {"ask": act.name.lower(), "at": day_of(at_s)}
        for purpose in range(len(names.purposes)):
            ask = ask_about(act, supplier=supplier, purpose=purpose, at_s=at_s)
            made = decide(portfolio.clauses, NO_FACTS, ask, at_s)
            cells.append(
                {
                    "verdict": made.verdict.name.lower(),
                    "clause": ", ".join(causes(made)),
                    "href": f"/ask?{urlencode(asked | {'purpose': names.purposes[purpose]})}",
                }
            )
        lines.append({"title": names.title(supplier), "cells": cells})
    return lines


@get("/rights.svg", include_in_schema=False, guards=[needs(Act.ASK_DECIDE)])
async def rights_picture(visit: Visitor, on: Sheet = None) -> Response[bytes]:
    """The rights map over the whole horizon."""
    need(visit.known, Act.ASK_DECIDE)
    portfolio = visit.desk.state.in_force.portfolio
    drawn = await run_sync(_drawn, portfolio, _width_in(on))
    return svg(drawn, visit.words)


def _drawn(portfolio: Portfolio, width_in: float) -> bytes:
    found = rights_map(portfolio, Asked.SUPPLY, horizon(portfolio))
    return charts.rights_map(found, width_in=width_in)


def _width_in(on: str | None) -> float:
    return charts.PHONE_IN if on == "phone" else charts.WIDE_IN


@get("/capacity", include_in_schema=False, guards=[needs(Act.REQUIREMENT_READ)])
async def capacity(visit: Visitor) -> Html:
    """Capacity against what is asked for."""
    need(visit.known, Act.REQUIREMENT_READ)
    now_s = visit.desk.clock.now_s()
    words, found = visit.words, figure(visit.desk.state, now_s)
    rows = [(series.label, *_over(visit, series, now_s)) for series in found.suppliers]
    return visit.page(
        "table",
        heading=words("Capacity against demand"),
        lead=words("What pools and signed orders hold, and what requirements ask for beside."),
        picture=f"/capacity.svg?v={tide(visit.desk.state, visit.known)}",
        picture_says=words("GPUs held by supplier over time, and what is wanted"),
        columns=[
            {"says": words("Supplier")},
            *({"says": words(says), "number": True} for says, _ in LOOKED_AHEAD),
        ],
        rows=[*rows, (words("Wanted"), *_over(visit, found.demand, now_s))],
    )


LOOKED_AHEAD = (
    (later("GPUs today"), 0),
    (later("In a year"), 365 * DAY_S),
    (later("In three years"), 3 * 365 * DAY_S),
)


def _over(visit: Visit, series: Series, now_s: int) -> Iterator[str]:
    """The GPUs of a series now and later."""
    for _, ahead_s in LOOKED_AHEAD:
        yield visit.words.figures.number(_at(series.points, now_s + ahead_s))


@get("/ledger", include_in_schema=False, guards=[needs(Act.PERMIT_READ)])
async def ledger(visit: Visitor) -> Html:
    """What of each pool is permitted, drawn and left now."""
    need(visit.known, Act.PERMIT_READ)
    state, words = visit.desk.state, visit.words
    now_s = max(visit.desk.clock.now_s(), state.at_s)
    told = rows_of(state, Window(now_s, now_s + 1, now_s))
    seen = seen_of(visit.known, "ledger", ((row, About()) for row in told if row["pool"]))
    figures = ("awarded", "delivered", "permitted", "drawn", "left")
    return visit.page(
        "table",
        heading=words("Ledger"),
        lead=words("GPUs of each pool now: signed, there, permitted to engines, drawn, and left."),
        columns=[
            {"says": words("Pool")},
            {"says": words("Supplier")},
            *({"says": words(says), "number": True} for says in LEDGER),
        ],
        rows=[
            (
                row["pool"],
                visit.title(row["supplier"]),
                *(words.figures.number(row[key]) for key in figures),
            )
            for row in seen
        ],
    )


LEDGER = (later("Signed"), later("There"), later("Permitted"), later("Drawn"), later("Left"))


def _at(points: tuple[tuple[int, float], ...], at_s: int) -> int:
    return int(next((value for from_s, value in reversed(points) if from_s <= at_s), 0))


@get("/capacity.svg", include_in_schema=False, guards=[needs(Act.REQUIREMENT_READ)])
async def capacity_picture(visit: Visitor, on: Sheet = None) -> Response[bytes]:
    """Capacity against demand, drawn."""
    need(visit.known, Act.REQUIREMENT_READ)
    found = figure(visit.desk.state, visit.desk.clock.now_s())
    drawn = await run_sync(charts.capacity, found, "svg", _width_in(on))
    return svg(drawn, visit.words)


@get("/portfolio", include_in_schema=False, guards=[needs(Act.PORTFOLIO_READ)])
@in_thread
def portfolio(visit: Visitor) -> Html:
    """The portfolio in force and what is proposed."""
    return portfolio_page(visit)


def portfolio_page(visit: Visit, wrong: Wrongs = (), form: Data | None = None) -> Html:
    """The portfolio, with what went wrong with a proposal."""
    who, state = visit.known, visit.desk.state
    need(who, Act.PORTFOLIO_READ)
    with visit.desk.reader.connect() as tx:
        kept = journal.last_of(tx, "adopt")
    row = portfolios.in_force(state)
    if kept is not None:
        entry = read(kept.body)
        assert isinstance(entry.command, say.Adopt)
        row |= {"text": entry.command.portfolio, "note": entry.command.note, "by": entry.name}
    seen, proposals = shown(who, "portfolio", row), []
    for made in sorted(state.proposals.values(), reverse=True)[:10]:
        for one in seen_of(who, "portfolio", [(portfolios.proposal(made), About())]):
            if not made.adopted and may(who, Act.JOURNAL_READ):
                one["changes"] = _changes(visit, made.number)
            proposals.append(one)
    return visit.page(
        "portfolio",
        422 if wrong else 200,
        row=seen,
        proposals=proposals,
        may_adopt=may(who, Act.PORTFOLIO_ADOPT),
        may_propose=may(who, Act.PORTFOLIO_PROPOSE),
        clauses=clauses(state) if "text" in seen else [],
        **again(wrong, form),
    )


def _changes(visit: Visit, number: int) -> list[Data]:
    state = visit.desk.state
    try:
        return portfolios.difference(state, state.proposals[number], visit.desk.clock.now_s())
    except Unreadable:
        return []  # What is wrong with it stands beside it.


@get("/reasons", include_in_schema=False, guards=[needs(Act.TOKENS_OWN)])
async def all_reasons(visit: Visitor) -> Html:
    """Every reason code, with what it says."""
    rows = [
        {
            "reason": token,
            "verdict": found.finding.verdict.name.lower(),
            "says": meaning(found.finding.says, visit.words),
        }
        for token, found in sorted(reasons().items())
    ]
    return visit.page("reasons", rows=rows)


@get("/reasons/{token:str}", include_in_schema=False, guards=[needs(Act.TOKENS_OWN)])
async def reason(visit: Visitor, token: FromPath[str]) -> Html:
    """What a reason code means, and what to do about it."""
    found = reasons().get(token)
    if found is None:
        raise NotThere("there is no such thing")
    words = visit.words
    row = {
        "reason": token,
        "verdict": found.finding.verdict.name.lower(),
        "rule": found.finding.rule,
        "kind": kind(found.kind, words),
        "says": meaning(found.finding.says, words),
        "wait": words(found.advice.wait),
        "change": words(found.advice.change),
        "escalate": words(found.advice.escalate),
    }
    return visit.page("reason", row=row)
