"""Where commitments stand: the floors of their periods, what was taken, what is to be expected."""

from typing import Any

from litestar import Router, get

from offtake.desk.access.act import Act
from offtake.desk.access.http import needs
from offtake.desk.access.visible import About
from offtake.desk.access.who import Who
from offtake.desk.desk import Asker, Desk, TheDesk, need, seen_of
from offtake.desk.outlook import Outlooks
from offtake.desk.routes.cursor import ByCount
from offtake.desk.routes.listing import Answer, TheListing
from offtake.desk.thread import in_thread
from offtake.desk.view.commitment import commitments
from offtake.units.time import parse_instant

Data = dict[str, Any]
NOTHING = "0.00 "
"""How an amount of nothing begins."""


def commitments_seen(desk: Desk, who: Who, outlooks: Outlooks, now_s: int) -> list[Data]:
    """What somebody sees of the commitments that are counted, run, or are due in time to come."""
    state = desk.state
    found = outlooks.at(state, now_s, who.party)
    rows = seen_of(who, "commitment", ((row, About()) for row in commitments(state, found)))
    return [row for row in rows if "taken" in row or is_listed(row, now_s)]


def is_listed(row: Data, now_s: int) -> bool:
    """Whether a period runs, or is to come and something will be due in it."""
    runs = parse_instant(row["start"]) <= now_s < parse_instant(row["end"])
    is_to_come = parse_instant(row["start"]) > now_s
    return runs or (is_to_come and not str(row.get("floor", "")).startswith(NOTHING))


def commitments_router(outlooks: Outlooks) -> Router:
    """The address of commitments, with what it keeps from one look to the next."""

    @get(
        "/commitments",
        summary="Where commitments stand, and what they are contracted for",
        guards=[needs(Act.COMMITMENT_READ)],
    )
    @in_thread
    def listed(desk: TheDesk, who: Asker, listing: TheListing) -> Answer:
        """What the page of the same name shows: to a supplier its own, to engineers no amounts."""
        need(who, Act.COMMITMENT_READ)
        now_s = max(desk.clock.now_s(), desk.state.at_s)
        return listing.of(ByCount(iter(commitments_seen(desk, who, outlooks, now_s))))

    return Router("", route_handlers=[listed], tags=["commitments"])
