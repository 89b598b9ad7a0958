"""Where may it be supplied or run, and why not there: the core's answer for every supplier."""

from typing import Any

from litestar import Request, Response, get

from offtake.core.names import BUYER, UNSTATED, Names
from offtake.core.vocabulary import Act as Asked
from offtake.core.vocabulary import Ask
from offtake.desk.access.act import Act
from offtake.desk.access.http import needs
from offtake.desk.access.visible import About
from offtake.desk.desk import need, seen_of
from offtake.desk.pages.plans import Day, day_s
from offtake.desk.pages.show import day_of
from offtake.desk.pages.site import Visit, Visitor
from offtake.desk.problem import BadRequest
from offtake.desk.view.decision import decided, decision
from offtake.desk.words import later
from offtake.study.rights import ask_about, suppliers_of
from offtake.units.time import DAY_S

WORDS = ("ask", "purpose", "accelerator", "region")
ASKS = (
    ("run", later("Where may work run?")),
    ("supply", later("Who may supply new capacity?")),
)


@get("/ask", include_in_schema=False, guards=[needs(Act.ASK_DECIDE)])
async def ask(visit: Visitor, request: Request[Any, Any, Any], at: Day = None) -> Response[str]:
    """Each supplier with its verdict: the sentence, its clause, and what to do about it."""
    need(visit.known, Act.ASK_DECIDE)
    state, names = visit.desk.state, visit.desk.state.in_force.portfolio.names
    now_s = max(visit.desk.clock.now_s(), state.at_s)
    at_s = day_s(at) if at else now_s
    if at_s == now_s // DAY_S * DAY_S:
        at_s = now_s  # Today is asked about as it stands now.
    asked = {word: request.query_params.get(word, "") for word in WORDS}
    asked["ask"] = asked["ask"] or "run"
    found = _decisions(visit, asked, at_s) if asked["purpose"] else []
    return visit.page(
        "ask",
        asks=[(name, visit.words(says)) for name, says in ASKS],
        asked={**asked, "at": at or day_of(at_s)},
        purposes=names.purposes,
        accelerators=names.accelerators,
        regions=names.regions,
        decisions=found,
        permitted=sum(row["verdict"] == "permit" for row in found),
    )


def _decisions(visit: Visit, asked: dict[str, str], at_s: int) -> list[dict[str, Any]]:
    """The answer for every supplier, as far as whoever asks may see it."""
    state = visit.desk.state
    portfolio = state.in_force.portfolio
    plain = _plain(portfolio.names, asked, at_s)
    told = []
    for supplier in suppliers_of(portfolio):
        one = plain._replace(supplier=supplier, own=int(supplier == BUYER))
        row = decision(state, decided(state, one, at_s))
        told.append(({**row, "supplier": portfolio.names.parties[supplier]}, About()))
    return seen_of(visit.known, "decision", told)


def _plain(names: Names, asked: dict[str, str], at_s: int) -> Ask:
    """The ask that a form means, of the first supplier.

    Raises:
        BadRequest: A word is none of the portfolio.
    """
    kinds = {name: Asked[name.upper()] for name, _ in ASKS}
    if asked["ask"] not in kinds:
        raise BadRequest("ask", "is no question of this page", "Ask `run` or `supply`.")
    known = {
        "purpose": names.purposes,
        "accelerator": names.accelerators,
        "region": names.regions,
    }
    found = {}
    for word, listed in known.items():
        text = asked[word]
        if text and text not in listed:
            raise BadRequest(word, "is not in the portfolio", "Pick one of the list.")
        found[word] = listed.index(text) if text else UNSTATED
    plain = ask_about(kinds[asked["ask"]], supplier=BUYER, purpose=found["purpose"], at_s=at_s)
    return plain._replace(accelerator=found["accelerator"], region=found["region"])
