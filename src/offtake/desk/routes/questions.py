"""Asks, the portfolio and its amendments, and the journal."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from anyio.to_thread import run_sync
from litestar import Router, get, post
from litestar.params import JSONBody
from litestar.response import Stream

from offtake.contract.problem import Unreadable
from offtake.contract.question import Unclear, ask_of
from offtake.desk import command as say
from offtake.desk.access.act import Act
from offtake.desk.access.http import needs
from offtake.desk.access.visible import About
from offtake.desk.access.who import Who
from offtake.desk.desk import Asker, Desk, TheDesk, each_seen, need, receipt, shown
from offtake.desk.entry import read
from offtake.desk.legible import LIMIT_PORTFOLIO
from offtake.desk.problem import NotThere
from offtake.desk.reading import Invalid, Wrong
from offtake.desk.routes.cursor import ByName, no_cursor, skipped
from offtake.desk.routes.keys import Cursor, Key, PathNumber
from offtake.desk.routes.listing import LINES, Answer, TheListing, streamed
from offtake.desk.state import Proposal
from offtake.desk.store import journal
from offtake.desk.thread import in_thread
from offtake.desk.view import decision as views
from offtake.desk.view import portfolio as portfolios
from offtake.desk.view.entry import about_entry, entry_data
from offtake.desk.wire import AskBody, Page, PortfolioText, ProposeBody, command_of
from offtake.units.time import parse_instant

Data = dict[str, Any]
ASK_WORDS = tuple(word for word in AskBody.__struct_fields__ if word not in ("ask", "at"))
"""What an ask may state, besides what it is and when."""


@post(
    "/asks",
    summary="May this be supplied, run or used, and why",
    status_code=200,
    guards=[needs(Act.ASK_DECIDE)],
)
async def ask(desk: TheDesk, who: Asker, data: JSONBody[AskBody]) -> Data:
    """The decision of the core on what has happened so far (D6)."""
    need(who, Act.ASK_DECIDE)
    at_s = max(desk.clock.now_s(), desk.state.at_s)
    if data.at is not None:
        try:
            at_s = parse_instant(data.at)
        except ValueError as error:
            raise Invalid([Wrong("at", str(error), "Write `2026-05-01`.")]) from error
    words = {word: getattr(data, word) for word in ASK_WORDS}
    version = desk.state.in_force
    try:
        asked = ask_of(data.ask, words, version.portfolio.document, version.portfolio.names, at_s)
    except Unclear as unclear:
        raise Invalid([Wrong(row.word, row.says, row.remedy) for row in unclear.wrong]) from unclear
    made = views.decided(desk.state, asked, at_s)
    return shown(who, "decision", views.decision(desk.state, made))


@get(
    "/portfolio",
    summary="The portfolio in force",
    guards=[needs(Act.PORTFOLIO_READ)],
)
@in_thread
def in_force(desk: TheDesk, who: Asker) -> Data:
    """Since when; its text is that of the entry that adopted it."""
    need(who, Act.PORTFOLIO_READ)
    with desk.reader.connect() as tx:
        row = journal.last_of(tx, "adopt")
    found = portfolios.in_force(desk.state)
    if row is not None:
        command = read(row.body).command
        assert isinstance(command, say.Adopt)
        found |= {"text": command.portfolio, "note": command.note, "by": read(row.body).name}
    return shown(who, "portfolio", found)


@get(
    "/portfolio/proposals",
    summary="Proposed portfolios, the latest first",
    guards=[needs(Act.PORTFOLIO_READ)],
)
@in_thread
def proposals(desk: TheDesk, who: Asker, listing: TheListing) -> Answer:
    """With what a check says of each."""
    need(who, Act.PORTFOLIO_READ)
    known = desk.state.proposals

    def rows(cursor: str | None) -> Iterator[tuple[str, Data]]:
        numbers = sorted(known, reverse=True)
        if cursor is not None:
            if cursor not in map(str, numbers):
                raise no_cursor()
            numbers = [number for number in numbers if number < int(cursor)]
        told = ((number, portfolios.proposal(known[number])) for number in numbers)
        return ((str(number), shown(who, "portfolio", data)) for number, data in told)

    return listing.of(ByName(rows))


@post(
    "/portfolio/proposals",
    summary="Propose a portfolio",
    guards=[needs(Act.PORTFOLIO_PROPOSE)],
    request_max_body_size=LIMIT_PORTFOLIO,
)
async def propose(desk: TheDesk, who: Asker, data: JSONBody[ProposeBody], key: Key = None) -> Data:  # type: ignore[valid-type]
    """Nothing changes until it is adopted."""
    return receipt(who, await desk.do(who, command_of(say.Propose, data), key or ""))


def _proposal(desk: Desk, who: Who, number: int) -> Proposal:
    need(who, Act.PORTFOLIO_READ)
    if number not in desk.state.proposals:
        raise NotThere("there is no such thing")
    return desk.state.proposals[number]


@get(
    "/portfolio/proposals/{number:int}",
    summary="A proposed portfolio",
    guards=[needs(Act.PORTFOLIO_READ)],
)
async def proposal(desk: TheDesk, who: Asker, number: PathNumber) -> Data:
    """With what a check says of it."""
    made = _proposal(desk, who, number)
    return shown(who, "portfolio", await run_sync(portfolios.proposal, made))


@get(
    "/portfolio/proposals/{number:int}/difference",
    summary="What may happen under a proposal that may not now, and the reverse",
    guards=[needs(Act.JOURNAL_READ)],
)
async def difference(desk: TheDesk, who: Asker, number: PathNumber) -> Page:
    """The plainest supply, run and use asks that would be answered otherwise, from now on."""
    made = _proposal(desk, who, number)
    need(who, Act.JOURNAL_READ)
    try:
        now_s = desk.clock.now_s()
        rows = await run_sync(portfolios.difference, desk.state, made, now_s)
    except Unreadable as error:
        wrong = [Wrong(str(row.place), row.says, row.remedy) for row in error.problems]
        raise Invalid(wrong) from error
    return Page(items=rows)


@post(
    "/portfolio/proposals/{number:int}/adoption",
    summary="Put a proposal in force",
    guards=[needs(Act.PORTFOLIO_ADOPT)],
)
async def adopt(desk: TheDesk, who: Asker, number: PathNumber, key: Key = None) -> Data:
    """From now on; the journal is folded under it, and what is open goes on under it (S9)."""
    made = _proposal(desk, who, number)
    command = say.Adopt(portfolio=made.text, note=made.note, proposal=number)
    return receipt(who, await desk.do(who, command, key or ""))


@post(
    "/portfolio/check",
    summary="What is wrong with a portfolio",
    status_code=200,
    guards=[needs(Act.PORTFOLIO_PROPOSE)],
    request_max_body_size=LIMIT_PORTFOLIO,
)
async def check(who: Asker, data: JSONBody[PortfolioText]) -> Page:
    """The problems of `offtake check`, grave ones and those that a lawyer would want flagged."""
    need(who, Act.PORTFOLIO_PROPOSE)
    return Page(items=await run_sync(portfolios.problems, data.portfolio))


@get(
    "/journal",
    summary="The journal, oldest first, a line of JSON each",
    media_type=LINES,
    guards=[needs(Act.JOURNAL_READ)],
)
async def lines(desk: TheDesk, who: Asker, cursor: Cursor = None) -> Stream:
    """As far as they are yours to see; ``cursor`` says how many lines you have already.

    What was sealed stands where it happened once it is opened: who keeps lines reads anew then.
    """
    need(who, Act.JOURNAL_READ)
    return streamed(islice(_entries(desk, who), skipped(cursor), None))


AT_ONCE = 1_000
"""Entries that are read together."""


def _entries(desk: Desk, who: Who) -> Iterator[Data]:
    """All entries as far as they are seen; no connection is held while nobody takes any."""
    after = 0
    while rows := _page(desk, after):
        entries = ((read(row.body), row.hash) for row in rows)
        told = ((entry_data(one, digest), about_entry(desk.state, one)) for one, digest in entries)
        yield from each_seen(who, "journal", told)
        after = rows[-1].seq


def _page(desk: Desk, after: int) -> list[journal.Row]:
    with desk.reader.connect() as tx:
        return list(journal.page(tx, after, AT_ONCE))


@get(
    "/journal/head",
    summary="The number and hash of the last entry",
    guards=[needs(Act.JOURNAL_READ)],
)
@in_thread
def head(desk: TheDesk, who: Asker) -> Data:
    """Who keeps it can tell later whether an entry was edited, cut or moved."""
    need(who, Act.JOURNAL_READ)
    with desk.reader.connect() as tx:
        last = journal.head(tx)
    return shown(who, "journal", {"seq": last.seq, "hash": last.hash.hex()}, About(opened=True))


ROUTER = Router(
    "",
    route_handlers=[
        ask,
        in_force,
        proposals,
        propose,
        proposal,
        difference,
        adopt,
        check,
        lines,
        head,
    ],
    tags=["questions"],
)
