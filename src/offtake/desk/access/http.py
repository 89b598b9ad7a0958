"""At the door: who comes with a request, whether it was meant, how often, and what it needs.

Every route needs an act (``guards=[needs(act)]``), or says in its ``opt`` that it is ``public``;
``unguarded`` lists those that do neither.
"""

from asyncio import Task, create_task
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from anyio.to_thread import run_sync
from litestar import Litestar, Request
from litestar.connection import ASGIConnection
from litestar.enums import RequestEncodingType, ScopeType
from litestar.exceptions import (
    NotAuthorizedException,
    PermissionDeniedException,
    TooManyRequestsException,
)
from litestar.handlers import BaseRouteHandler
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from offtake.desk.access.act import Act
from offtake.desk.access.cookie import name_of
from offtake.desk.access.header import with_headers
from offtake.desk.access.limit import USUAL, Buckets, Rates, network_of
from offtake.desk.access.may import may
from offtake.desk.access.origin import Origin
from offtake.desk.access.recent import Found, Recent
from offtake.desk.access.secret import csrf_of, same
from offtake.desk.access.who import Who
from offtake.desk.store.access import Register

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing."""
CSRF_HEADER = "x-csrf-token"
CSRF_FIELD = "_csrf"
FORMS = (RequestEncodingType.URL_ENCODED, RequestEncodingType.MULTI_PART)
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="offtake"'}


@dataclass(frozen=True, slots=True)
class Door:
    """What the door knows; ``tick_ms`` is a clock in milliseconds that never goes back."""

    register: Register
    origin: Origin
    tick_ms: Callable[[], int]
    rates: Rates = USUAL


class Came(NamedTuple):
    """How somebody came: ``by`` token, session or nothing; the CSRF token of the session."""

    by: str = ""
    csrf: str = ""


class Doorkeeper(ASGIMiddleware):
    """Says who is asking (``request.user``, a ``Who`` or None; ``request.auth``, a ``Came``)."""

    scopes = (ScopeType.HTTP, ScopeType.WEBSOCKET)

    def __init__(self, door: Door) -> None:
        self._door = door
        self._known, self._strangers, self._failed = (
            Buckets(rate, door.tick_ms) for rate in door.rates
        )
        self._recent = Recent(lambda: door.register.changes, door.tick_ms)
        self._asking: set[Task[Who | None]] = set()

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Let a request in, with who is asking, or refuse it."""
        connection: ASGIConnection[Any, Any, Any, Any] = ASGIConnection(scope, receive, send)
        address = network_of(connection.client.host if connection.client else "")
        who, came = await self._who(connection, address)
        scope["user"], scope["auth"] = who, came
        if not scope["route_handler"].opt.get("unlimited"):
            self._limit(who, address)
        if who is None and not scope["route_handler"].opt.get("public"):
            raise NotAuthorizedException(headers=CHALLENGE)
        method = scope.get("method", "GET")
        if came.by != "token" and (method not in SAFE or scope["type"] == ScopeType.WEBSOCKET):
            await self._meant(Request(scope, receive, send), came)
        await next_app(scope, receive, send)

    async def _who(
        self, connection: ASGIConnection[Any, Any, Any, Any], address: str
    ) -> tuple[Who | None, Came]:
        """Who comes with a token or, without one, with a cookie."""
        token = bearer(connection.headers.get("authorization", ""))
        cookie = connection.cookies.get(name_of("session", self._door.origin), "")
        if not token and not cookie:
            return None, Came()
        register = self._door.register
        find = register.of_token if token else register.of_session
        known_by = f"token {token}" if token else f"cookie {cookie}"
        who = self._recent.who(known_by, register.clock.now_s())
        if who is None:
            who = await self._found(partial(find, token or cookie), known_by)
        if who is None:  # Others from there, whose tokens are good, are let in all the same.
            self._refuse(self._failed.take(address))
            return None, Came()
        return who, Came("token") if token else Came("session", csrf_of(cookie))

    def remembered(self, token: str) -> Who | None:
        """Who came with a token a moment ago; None where the database has to be asked."""
        known_by, register = f"token {token}", self._door.register
        if not token:
            return None
        who, is_old = self._recent.who_ages(known_by, register.clock.now_s())
        if is_old:
            task = create_task(self._found(partial(register.of_token, token), known_by))
            self._asking.add(task)
            task.add_done_callback(self._asked)
        return who

    def _asked(self, task: Task[Who | None]) -> None:
        """Whoever could not be looked up is looked up by who comes next, and told."""
        self._asking.discard(task)
        if not task.cancelled():
            task.exception()

    def grants(self, who: Who) -> bool:
        """Whether somebody may ask once more now; if so, they have asked."""
        return self._known.take(who.token_id or who.session_id) == 0

    async def _found(self, find: Callable[[], Found | None], known_by: str) -> Who | None:
        """Who comes, as the database says now; it is asked in a thread of its own."""
        at_ms, change = self._door.tick_ms(), self._door.register.changes
        found = await run_sync(find)
        if found is None:
            return None
        self._recent.keep(known_by, found, at_ms, change)
        return found.who

    def _limit(self, who: Who | None, address: str) -> None:
        """Take one request from the bucket of who is asking."""
        if who is None:
            self._refuse(self._strangers.take(address))
        else:
            self._refuse(self._known.take(who.token_id or who.session_id))

    @staticmethod
    def _refuse(wait_s: int) -> None:
        if wait_s:
            raise TooManyRequestsException(headers={"Retry-After": str(wait_s)})

    async def _meant(self, request: Request[Any, Any, Any], came: Came) -> None:
        """A change that a browser sends must come from a page of this desk, in this session."""
        if not self._door.origin.is_told_by(request.headers):
            raise PermissionDeniedException
        if came.by != "session" or request.scope["type"] != ScopeType.HTTP:
            return
        told = request.headers.get(CSRF_HEADER)
        if told is None and request.content_type[0] in FORMS:
            await request.body()  # Kept for the handler, who may want it whole.
            told = str((await request.form()).get(CSRF_FIELD, ""))
        if not same((told or "").encode(), came.csrf.encode()):
            raise PermissionDeniedException


def bearer(authorization: str) -> str:
    """The token of an ``Authorization`` header; empty where it holds none."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


class Needs:
    """A guard: who is asking must be allowed an act. One object for each act."""

    def __init__(self, act: Act) -> None:
        self.act = act

    async def __call__(
        self, connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler
    ) -> None:
        """Refuse who may not.

        Raises:
            PermissionDeniedException: Neither roles nor scopes allow it.
        """
        who = connection.scope.get("user")
        if not isinstance(who, Who) or not may(who, self.act):
            raise PermissionDeniedException


def needs(act: Act) -> Needs:
    """The guard of a route that does one thing: ``guards=[needs(Act.TENDER_OPEN)]``."""
    return Needs(act)


class Guarded(NamedTuple):
    """A route and what it needs; no act: it is public, or nobody thought of it."""

    method: str
    path: str
    act: Act | None
    is_public: bool


def guarded(app: Litestar) -> Iterator[Guarded]:
    """Every route of an application with what it needs."""
    for route in app.routes:
        handlers = getattr(route, "route_handlers", None) or [getattr(route, "route_handler", None)]
        for handler in handlers:
            acts = [guard.act for guard in handler.resolve_guards() if isinstance(guard, Needs)]
            for method in sorted(getattr(handler, "http_methods", {"ANY"})):
                if method != "OPTIONS":
                    public = bool(handler.opt.get("public"))
                    yield Guarded(method, route.path, acts[0] if acts else None, public)


def unguarded(app: Litestar) -> list[Guarded]:
    """Routes that neither need an act nor say that they are public: there must be none."""
    return [row for row in guarded(app) if row.act is None and not row.is_public]


def secured(origin: Origin) -> Callable[[Message, Scope], Any]:
    """For ``Litestar(before_send=[...])``: headers of every answer, also where no route is."""

    async def add(message: Message, scope: Scope) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = with_headers(list(message.get("headers", ())), origin)

    return add
