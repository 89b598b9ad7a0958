"""Waivers of rights: given by their holders, and which there are."""

from typing import Any

from litestar import Router, get, post
from litestar.params import JSONBody

from offtake.desk import command as say
from offtake.desk.access.act import Act
from offtake.desk.access.http import needs
from offtake.desk.access.visible import About
from offtake.desk.desk import Asker, TheDesk, need, receipt, seen_of
from offtake.desk.routes.cursor import by_count
from offtake.desk.routes.keys import Cursor, Key, Limit
from offtake.desk.view import waiver as views
from offtake.desk.wire import Page, WaiveBody, command_of

Data = dict[str, Any]


@get("/waivers", summary="Waivers in force or to come", guards=[needs(Act.WAIVER_READ)])
async def waivers(desk: TheDesk, who: Asker, cursor: Cursor = None, limit: Limit = 50) -> Page:
    """A holder sees those of its own rights."""
    need(who, Act.WAIVER_READ)
    rows = views.waivers(desk.state, max(desk.clock.now_s(), desk.state.at_s))
    seen = seen_of(who, "waiver", ((row, About()) for row in rows))
    found = by_count(iter(seen), cursor, limit)
    return Page(items=found.rows, next=found.next)


@post("/waivers", summary="Waive a right", guards=[needs(Act.WAIVER_GIVE)])
async def waive(desk: TheDesk, who: Asker, data: JSONBody[WaiveBody], key: Key = None) -> Data:  # type: ignore[valid-type]
    """By its holder, or as its signed letter says; the portfolio is amended by it."""
    return receipt(who, await desk.do(who, command_of(say.Waive, data), key or ""))


ROUTER = Router("", route_handlers=[waivers, waive], tags=["waivers"])
