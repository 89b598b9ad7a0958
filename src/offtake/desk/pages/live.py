"""What makes pages live: a line whenever something has happened, and files that never change."""

from asyncio import timeout
from collections.abc import AsyncIterator
from functools import cache
from importlib.resources import files
from typing import Annotated

from litestar import Response, get
from litestar.params import FromPath, QueryParameter
from litestar.response import ServerSentEvent
from litestar.response.sse import ServerSentEventMessage

from offtake.desk.access.act import Act
from offtake.desk.access.http import needs
from offtake.desk.pages.site import Visit, Visitor
from offtake.desk.problem import NotThere

BEAT_S = 20
"""Seconds between two signs of life, so that nobody in between closes the line."""
LIMIT_BEATS = 180
"""An hour; the browser comes back by itself."""
TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
Seq = Annotated[int, QueryParameter(ge=0, le=2**62)]


@get("/events", include_in_schema=False, guards=[needs(Act.TOKENS_OWN)])
async def events(visit: Visitor, after: Seq = 0) -> ServerSentEvent:
    """A message whenever the journal has grown; what happened is asked for as any page is."""
    assert visit.who is not None
    return ServerSentEvent(_events(visit, after))


async def _events(visit: Visit, after: int) -> AsyncIterator[ServerSentEventMessage]:
    for _ in range(LIMIT_BEATS):
        try:
            async with timeout(BEAT_S):
                state = await visit.desk.service.changed(after)
        except TimeoutError:
            yield ServerSentEventMessage(comment="still here")
            continue
        after = state.seq
        yield ServerSentEventMessage(data="changed")


@get("/favicon.ico", include_in_schema=False, opt={"public": True})
async def favicon() -> Response[bytes]:
    """What browsers ask for by themselves."""
    return Response(_files()["icon.svg"], media_type=TYPES["svg"])


@get("/static/{name:str}", include_in_schema=False, opt={"public": True})
async def static(name: FromPath[str]) -> Response[bytes]:
    """Styles and scripts; they are ours, and there are few."""
    found = _files().get(name)
    if found is None:
        raise NotThere("there is no such thing")
    kind = TYPES[name.rpartition(".")[2]]
    return Response(found, media_type=kind, headers={"Cache-Control": "public, max-age=300"})


@cache
def _files() -> dict[str, bytes]:
    folder = files("offtake.desk").joinpath("pages", "static")
    return {
        item.name: item.read_bytes()
        for item in folder.iterdir()
        if item.name.rpartition(".")[2] in TYPES
    }
