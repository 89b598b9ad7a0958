"""A desk behind HTTP on a port of its own, in a thread; a name is the token of whoever has it."""

import socket
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import uvicorn
from litestar import Litestar
from litestar.enums import ScopeType
from litestar.exceptions import LitestarDeprecationWarning
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send
from sqlalchemy import Engine

from desk.stories import Clock
from offtake.desk.access.role import Role
from offtake.desk.access.who import Who
from offtake.desk.app import application
from offtake.desk.desk import Desk
from offtake.desk.problem import NotSignedOn
from offtake.desk.service import Service
from offtake.desk.store.engine import open_engine, reader
from offtake.desk.store.migrate import migrate
from offtake.desk.writer import Writer

PEOPLE = {
    "ada": Who("p1", "Ada", frozenset({Role.BUYER, Role.APPROVER}), token_id="t1"),
    "eve": Who("p2", "Eve", frozenset({Role.ENGINEER}), token_id="t2"),
    "aud": Who("p3", "Aud", frozenset({Role.AUDITOR}), token_id="t3"),
    **{
        name: Who(f"s-{name}", name.title(), frozenset({Role.SUPPLIER}), name, token_id=f"t-{name}")
        for name in ("alpha", "beta", "gamma")
    },
}


class Doorman(ASGIMiddleware):
    """Lets those in whose name is their token."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        told = dict(scope["headers"]).get(b"authorization", b"").decode()
        scope["user"] = PEOPLE.get(told.removeprefix("Bearer "))
        scope["auth"] = None
        if scope["user"] is None and not scope["route_handler"].opt.get("public"):
            raise NotSignedOn
        await next_app(scope, receive, send)


class Served(NamedTuple):
    """A desk that answers at an address, and its clock."""

    url: str
    clock: Clock
    engine: Engine


def desk_at(engine: Engine, clock: Clock, tick_s: float = 0.02) -> Desk:
    """A desk that is not started yet."""
    return Desk(Service(Writer(engine, clock), tick_s=tick_s), reader(engine), clock)


@contextmanager
def served(url: str) -> Iterator[Served]:
    """A desk on a database, while it runs."""
    engine = open_engine(url)
    migrate(engine)
    clock = Clock()
    with warnings.catch_warnings():  # Of how later versions of the framework want it written.
        warnings.simplefilter("ignore", LitestarDeprecationWarning)
        app = application(desk_at(engine, clock), middleware=(Doorman(),))
    with listening(app) as address:
        yield Served(address, clock, engine)
    engine.dispose()


@contextmanager
def listening(app: Litestar) -> Iterator[str]:
    """The address of an application, while it runs."""
    with socket.socket() as own:
        own.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none"))
        thread = threading.Thread(target=server.run, args=([own],), daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive(), "the desk did not start"
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{own.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
