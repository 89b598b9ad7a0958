"""Waivers of rights: given by their holders, and which there are."""

from typing import Any

from litestar import Router, get, post
from litestar.params import JSONBody

from offtake.desk import command as say
from offtake.desk.access.act import Act
from offtake.desk.access.http import needs
from offtake.desk.access.visible import About
from offtake.desk.desk import Asker, TheDesk, each_seen, need, receipt
from offtake.desk.routes.cursor import ByCount
from offtake.desk.routes.keys import Key
from offtake.desk.routes.listing import Answer, TheListing
from offtake.desk.thread import in_thread
from offtake.desk.view import waiver as views
from offtake.desk.wire import WaiveBody, command_of

Data = dict[str, Any]


@get(
    "/waivers",
    summary="Waivers in force or to come",
    guards=[needs(Act.WAIVER_READ)],
)
@in_thread
def waivers(desk: TheDesk, who: Asker, listing: TheListing) -> Answer:
    """A holder sees those of its own rights."""
    need(who, Act.WAIVER_READ)
    rows = views.waivers(desk.state, max(desk.clock.now_s(), desk.state.at_s))
    return listing.of(ByCount(each_seen(who, "waiver", ((row, About()) for row in rows))))


@post("/waivers", summary="Waive a right", guards=[needs(Act.WAIVER_GIVE)])
async def waive(desk: TheDesk, who: Asker, data: JSONBody[WaiveBody], key: Key = None) -> Data:  # type: ignore[valid-type]
    """By its holder, or as its signed letter says; the portfolio is amended by it."""
    return receipt(who, await desk.do(who, command_of(say.Waive, data), key or ""))


ROUTER = Router("", route_handlers=[waivers, waive], tags=["waivers"])
