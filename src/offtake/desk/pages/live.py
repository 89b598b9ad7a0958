"""What makes pages live: a line whenever something has happened, and files that never change."""

from asyncio import get_running_loop, sleep, timeout_at
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
from offtake.desk.access.who import Who
from offtake.desk.pages.site import Visitor
from offtake.desk.problem import NotThere
from offtake.desk.service import Service
from offtake.desk.view.tide import LENGTH, tide

BEAT_S = 20
"""Seconds between two signs of life, so that nobody in between closes the line."""
LIMIT_BEATS = 180
"""An hour; the browser comes back by itself."""
PAUSE_S = 1
"""Seconds between two looks: what happens meanwhile is told as one."""
TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
Tide = Annotated[str, QueryParameter(max_length=LENGTH)]


@get("/events", include_in_schema=False, guards=[needs(Act.TOKENS_OWN)])
async def events(visit: Visitor, after: Tide = "") -> ServerSentEvent:
    """A message whenever what somebody sees has changed; what it is is asked for as any page is."""
    assert visit.who is not None
    return ServerSentEvent(_events(visit.desk.service, visit.who, after))


async def _events(service: Service, who: Who, after: str) -> AsyncIterator[ServerSentEventMessage]:
    """Signs of life keep their own time, so that none tells of what is not to be seen."""
    loop = get_running_loop()
    beats, seq, beat_at = 0, -1, loop.time() + BEAT_S
    while beats < LIMIT_BEATS and not service.is_leaving:
        state = service.state
        if state.seq != seq:
            seq, now = state.seq, tide(state, who)
            if now != after:
                after = now
                yield ServerSentEventMessage(data="changed")
        try:
            async with timeout_at(beat_at):
                await sleep(PAUSE_S)
                await service.changed(seq)
        except TimeoutError:
            beats, beat_at = beats + 1, beat_at + BEAT_S
            yield ServerSentEventMessage(comment="still here")


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
