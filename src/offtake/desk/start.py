"""A desk put together: database, clock, chance, door and application."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import httpx
from litestar import Litestar, Response, get
from litestar.handlers import HTTPRouteHandler

from offtake.desk.access.act import Act
from offtake.desk.access.http import Door, Doorkeeper, needs, secured
from offtake.desk.access.limit import USUAL, Rates
from offtake.desk.access.oidc import Provider, Settings
from offtake.desk.access.origin import Origin
from offtake.desk.access.role import Role
from offtake.desk.access.sign_on import link, sign_on_router
from offtake.desk.app import application
from offtake.desk.clock import Clock
from offtake.desk.command import Adopt
from offtake.desk.desk import Desk, TheDesk
from offtake.desk.endpoint import Endpoints
from offtake.desk.entry import Written
from offtake.desk.errands import Errands, plan
from offtake.desk.express import Express
from offtake.desk.keeper import Keeper
from offtake.desk.message import EMAIL, WEBHOOK
from offtake.desk.metrics import MEDIA_TYPE, Metrics
from offtake.desk.outbox import Deliverer
from offtake.desk.pages.messages import message_pages
from offtake.desk.pages.people import people_pages
from offtake.desk.routes.contacts import contact_router
from offtake.desk.routes.outbox import Post, outbox_router
from offtake.desk.routes.webhooks import webhook_router
from offtake.desk.seal import Seal, keys_of
from offtake.desk.service import Service
from offtake.desk.signer import Signer
from offtake.desk.state import SYSTEM
from offtake.desk.store.access import Register
from offtake.desk.store.engine import Connection, Engine, open_engine, reader
from offtake.desk.store.migrate import migrate
from offtake.desk.tell import ByMail, Teller
from offtake.desk.thread import in_thread
from offtake.desk.transport.mail import Mail, Server
from offtake.desk.transport.outcome import Transport
from offtake.desk.transport.reach import Reach
from offtake.desk.transport.webhook import Webhooks
from offtake.desk.writer import Answered, Asked, Beside, Receipt, Writer

PATIENCE_S = 5
"""How long a provider that signs people on may take to answer."""


class Ways(NamedTuple):
    """How a desk deals with people: how often they may ask, and whether it writes letters.

    Where it writes, ``posting`` has to know a mail server.
    """

    rates: Rates = USUAL
    by_mail: ByMail | None = None


USUAL_WAYS = Ways()


@dataclass(frozen=True, slots=True)
class Parts:
    """What a desk is made of, before anybody comes."""

    engine: Engine
    writer: Writer
    register: Register
    door: Door
    metrics: Metrics = field(default_factory=Metrics)
    teller: Teller = field(default_factory=lambda: Teller(secrets.token_bytes))
    signer: Signer | None = None  # Of permits.

    @property
    def is_new(self) -> bool:
        """Whether no portfolio has been adopted."""
        return self.writer.state.version is None

    def first_link(self) -> str | None:
        """A one-time link for the first administrator; None once one has signed on."""
        everything = (Role.BUYER, Role.APPROVER, Role.ENGINEER, Role.FINANCE)
        code = self.register.first_code("The first administrator", everything)
        return None if code is None else link(self.door, code)


def tick_ms() -> int:
    """Milliseconds of a clock that never goes back."""
    return time.monotonic_ns() // 1_000_000


def parts(
    url: str, origin: Origin, clock: Clock, *, wall: Clock | None = None, ways: Ways = USUAL_WAYS
) -> Parts:
    """Open a database, bring its tables to what this version knows, and fold the journal.

    ``wall`` is the clock of sessions and tokens, where it is another than that of the desk.
    ``ways`` say how often somebody may ask, and whether letters are written.

    Raises:
        Newer: Its tables are of a later version of offtake.
        Unavailable: The database cannot be read.
    """
    engine = open_engine(url)
    migrate(engine)
    metrics = Metrics()
    teller = Teller(secrets.token_bytes, ways.by_mail)
    writer = Writer(engine, clock, beside=in_turn(teller, plan), told=metrics.told)
    writer.open()
    register = Register(engine, wall or clock, secrets.token_bytes)
    door = Door(register, origin, tick_ms, ways.rates)
    return Parts(engine, writer, register, door, metrics, teller)


def in_turn(*those: Beside) -> Beside:
    """Several things that are written with entries, one after the other."""

    def each(tx: Connection, entries: Sequence[Written]) -> None:
        for one in those:
            one(tx, entries)

    return each


def signing_permits(made: Parts, private: bytes) -> Parts:
    """The parts of a desk that signs permits with a private key (PEM), in its own name.

    Raises:
        NoKey: That is none.
    """
    return replace(made, signer=Signer(private, made.door.origin.url("")))


def metrics_page(made: Parts) -> HTTPRouteHandler:
    """Where Prometheus reads."""

    @get("/metrics", include_in_schema=False, guards=[needs(Act.METRICS_READ)])
    @in_thread
    def metrics(desk: TheDesk) -> Response[bytes]:
        """The counts of this process."""
        page = made.metrics.page(
            reader(made.engine),
            is_writable=desk.service.is_writable,
            is_stuck=bool(desk.service.stuck_at),
        )
        return Response(page, media_type=MEDIA_TYPE)

    return metrics


def adopt(writer: Writer, text: str, note: str) -> Answered:
    """Put the first portfolio of a desk in force."""
    (answer,) = writer.write([Asked(Adopt(portfolio=text, note=note), SYSTEM)])
    if not isinstance(answer, Receipt):
        raise answer
    return answer


def posting(
    made: Parts, clock: Clock, keys: str, reach: Reach, *, mail: Server | None = None
) -> Post:
    """What sends messages: with ``keys`` that seal secrets, to what may be reached, and ``mail``.

    Raises:
        BadKey: They are none.
    """
    endpoints, transports = None, dict[str, Transport]()
    if keys:
        endpoints = Endpoints(made.engine, Seal(keys_of(keys)), secrets.token_bytes)
        transports[WEBHOOK] = Webhooks(endpoints.find, reach)
    if mail is not None:
        transports[EMAIL] = Mail(mail)
    if not transports:
        return Post(made.engine, None, None, reach)
    deliverer = Deliverer(made.engine, clock, transports, counters=made.metrics)
    return Post(made.engine, endpoints, deliverer, reach)


@asynccontextmanager
async def _beside(
    asking: httpx.AsyncClient, post: Post, errands: Errands, keeper: Keeper
) -> AsyncIterator[None]:
    """People are reminded, messages delivered and snapshots kept.

    What is on its way at the end may arrive.
    """
    async with asking:
        wake = (lambda: None) if post.deliverer is None else post.deliverer.wake
        running = [asyncio.create_task(errands.run(wake)), asyncio.create_task(keeper.run())]
        delivering = None if post.deliverer is None else asyncio.create_task(post.deliverer.run())
        try:
            yield
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            if post.deliverer is not None and delivering is not None:
                post.deliverer.stop()
                await delivering


def assembled(
    made: Parts,
    clock: Clock,
    more: tuple[Any, ...] = (),
    *,
    post: Post | None = None,
    signing: Settings | None = None,
) -> Litestar:
    """The application of a desk.

    ``post`` is what sends messages and ``signing`` the provider that signs people on, if any does.
    """
    desk = Desk(Service(made.writer), reader(made.engine), clock, made.signer)
    sending = post or posting(made, clock, "", Reach())
    asking = httpx.AsyncClient(timeout=PATIENCE_S)
    errands = Errands(made.engine, clock, made.teller, lambda: made.writer.state)
    keeper = Keeper(made.engine, lambda: made.writer.state)
    provider = None if signing is None else Provider(signing, asking, made.register.clock)
    door = Doorkeeper(made.door)
    app = application(
        desk,
        more=(
            sign_on_router(made.door, provider),
            *people_pages(made.register, made.door.origin),
            *message_pages(sending, made.register),
            metrics_page(made),
            outbox_router(sending),
            webhook_router(sending),
            contact_router(made.register),
            *more,
        ),
        middleware=(door,),
        before_send=(secured(made.door.origin),),
        beside=lambda: _beside(asking, sending, errands, keeper),
    )
    app.state["express"] = Express(desk, door, made.door.origin)
    return app
