"""Offers in tenders: after the close to those who see prices, before it to who made them alone.

They are made where their requirement is (``routes.requirements``); here they are listed and read.
"""

from collections.abc import Iterator
from typing import Annotated, Any

from litestar import Router, get
from litestar.params import FromPath, QueryParameter

from offtake.desk.access.act import Act
from offtake.desk.access.http import needs
from offtake.desk.access.visible import About
from offtake.desk.access.who import Who
from offtake.desk.desk import Asker, TheDesk, need, seen_of
from offtake.desk.problem import NotThere
from offtake.desk.routes.cursor import ByRequirement
from offtake.desk.routes.listing import Answer, TheListing
from offtake.desk.state import State
from offtake.desk.thread import in_thread
from offtake.desk.view.requirement import offer as view
from offtake.sourcing.requirement import Lot

Data = dict[str, Any]
Of = Annotated[str | None, QueryParameter(max_length=100, description="Only those of this one")]
LIMIT_ID = 220
"""Letters of an id: two names of the portfolio's length, and a number."""


def offers_of(state: State, who: Who, lot: Lot) -> list[Data]:
    """The offers for a requirement that somebody sees, of the last tender first."""

    def told() -> Iterator[tuple[Data, About]]:
        tenders = state.standing[lot.number].tenders
        for number in range(len(tenders), 0, -1):
            about = About(opened=tenders[number - 1].is_opened)
            yield from ((view(state, lot, number, bid), about) for bid in tenders[number - 1].bids)

    return seen_of(who, "offer", told())


@get(
    "/offers",
    summary="Offers, of the latest requirement first",
    guards=[needs(Act.OFFER_READ)],
)
@in_thread
def offers(desk: TheDesk, who: Asker, listing: TheListing, requirement: Of = None) -> Answer:
    """Those of opened tenders; to a supplier its own, of any."""
    need(who, Act.OFFER_READ)
    state = desk.state
    only = None if requirement is None else desk.lot(who, requirement, Act.OFFER_READ)
    return listing.of(ByRequirement(state, who, lambda lot: offers_of(state, who, lot), only))


@get("/offers/{name:str}", summary="An offer", guards=[needs(Act.OFFER_READ)])
async def offer(desk: TheDesk, who: Asker, name: FromPath[str]) -> Data:
    """By its tender and its supplier, such as ``texas.1.beta``: its terms, what became of it."""
    need(who, Act.OFFER_READ)
    state = desk.state
    for lot in _lots_named(state, name):
        for row in offers_of(state, who, lot):
            if row["offer"] == name:
                return row
    raise NotThere("there is no such thing")


def _lots_named(state: State, name: str) -> Iterator[Lot]:
    """The requirements whose offer an id may be: names may have dots themselves."""
    if len(name) > LIMIT_ID:
        return
    words = name.split(".")
    for place in range(1, len(words) - 1):
        lot = state.lot(".".join(words[:place]))
        if lot is not None and words[place].isdecimal():
            yield lot


ROUTER = Router("", route_handlers=[offers, offer], tags=["offers"])
