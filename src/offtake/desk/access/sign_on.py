"""Signing on and off: by the provider, or by a one-time code. These routes need no session."""

import logging
from collections.abc import Sequence
from typing import Any

from anyio.to_thread import run_sync
from litestar import MediaType, Request, Response, Router, get, post
from litestar.datastructures import Cookie
from litestar.exceptions import NotAuthorizedException, ServiceUnavailableException
from litestar.handlers import HTTPRouteHandler
from litestar.response import Redirect

from offtake.desk.access.claim import NotVouched
from offtake.desk.access.cookie import cookie, name_of, no_cookie
from offtake.desk.access.http import Door
from offtake.desk.access.oidc import Back, Provider, Unreachable
from offtake.desk.access.origin import inside
from offtake.desk.access.secret import same
from offtake.desk.pages.site import PAGES, language_of
from offtake.desk.store.access import Disabled
from offtake.desk.store.session import Busy, SignOn
from offtake.desk.words import words_in

AnyRequest = Request[Any, Any, Any]
LOG = logging.getLogger("offtake.desk.access")
AWAY = "/sign-on"
"""Where people are sent to the provider from."""


def link(door: Door, code: str) -> str:
    """Where a one-time code is exchanged for a session: for a terminal, never for a log."""
    return door.origin.url(f"/sign-in?code={code}")


def sign_on_router(door: Door, provider: Provider | None = None) -> Router:
    """``/sign-in`` and ``/sign-off``, and ``/sign-on`` where there is a provider."""
    handlers: list[HTTPRouteHandler] = [*_by_code(door), _off(door)]
    if provider is not None:
        handlers += [_away(door, provider), _returned(door, provider)]
    return Router(path="/", route_handlers=handlers, opt={"public": True}, include_in_schema=False)


async def _session(request: AnyRequest, door: Door, secret: str, to: str) -> Redirect:
    """Go on with a new session; one from before ends."""
    before = request.cookies.get(name_of("session", door.origin))
    if before:
        await run_sync(door.register.sign_off, before)
    cookies = [cookie("session", secret, door.origin), no_cookie("sign_on", door.origin)]
    return _to(inside(to), cookies)


def _to(url: str, cookies: Sequence[Cookie]) -> Redirect:
    return Redirect(url, status_code=303, cookies=cookies)


def _by_code(door: Door) -> list[HTTPRouteHandler]:
    @get("/sign-in", media_type=MediaType.HTML)
    async def page(request: AnyRequest) -> str:
        """Ask whether a one-time code is meant: previews look at links, and sign nobody on."""
        words = words_in(language_of(request))
        template = PAGES.get_template("sign_in.html.j2")
        return template.render(words=words, code=request.query_params.get("code", ""))

    @post("/sign-in")
    async def used(request: AnyRequest) -> Response[Any]:
        """Exchange a one-time code for a session."""
        code = str((await request.form()).get("code", ""))
        secret = await run_sync(door.register.redeem, code)
        if secret is None:
            raise NotAuthorizedException
        return await _session(request, door, secret, "/")

    return [page, used]


def _off(door: Door) -> HTTPRouteHandler:
    @post("/sign-off")
    async def off(request: AnyRequest) -> Response[Any]:
        """End the session."""
        before = request.cookies.get(name_of("session", door.origin))
        if before:
            await run_sync(door.register.sign_off, before)
        return _to("/", [no_cookie("session", door.origin)])

    return off


def _away(door: Door, provider: Provider) -> HTTPRouteHandler:
    @get(AWAY)
    async def away(request: AnyRequest) -> Response[Any]:
        """Send a browser to the provider; its cookie says that it was this one."""
        back = inside(request.query_params.get("back", "/"))
        try:
            url, begun = await provider.start(door.register.chance, back)
            await run_sync(door.register.begin, begun)
        except (Unreachable, Busy) as error:
            LOG.warning("no sign-on now: %s", error)
            raise ServiceUnavailableException from error
        return _to(url, [cookie("sign_on", begun.state, door.origin)])

    return away


def _returned(door: Door, provider: Provider) -> HTTPRouteHandler:
    @get("/sign-on/back")
    async def returned(request: AnyRequest) -> Response[Any]:
        """Take a browser back from the provider."""
        try:
            begun = await _begun(request, door)
            told = request.query_params
            back = Back(told.get("code", ""), told.get("error", ""), told.get("iss", ""))
            vouched = await provider.finish(begun, back)
            secret = await run_sync(door.register.sign_on, vouched)
        except (NotVouched, Disabled) as error:
            LOG.warning("sign-on refused: %s", error)
            raise NotAuthorizedException from error
        except Unreachable as error:
            LOG.warning("no sign-on now: %s", error)
            raise ServiceUnavailableException from error
        return await _session(request, door, secret, begun.back)

    return returned


async def _begun(request: AnyRequest, door: Door) -> SignOn:
    """The sign-on that comes back, with the browser that went.

    Raises:
        NotVouched: It is none, or comes with another browser, too late or twice.
    """
    state = request.query_params.get("state", "")
    held = request.cookies.get(name_of("sign_on", door.origin), "")
    if not state or not same(held.encode(), state.encode()):
        raise NotVouched("the browser that comes back is not the one that went")
    begun = await run_sync(door.register.back, state)
    if begun is None:
        raise NotVouched("the sign-on took too long, or came back twice")
    return begun
