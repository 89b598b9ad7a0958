"""The desk as a web application: everything it needs is handed in here."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar, Request, Response, Router, get
from litestar.datastructures import ResponseHeader, State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.openapi import ResponseSpec

from offtake import __version__
from offtake.desk.access.who import Who
from offtake.desk.described import config, described
from offtake.desk.desk import Desk, TheDesk
from offtake.desk.legible import LIMIT_BODY, Addresses, Letter
from offtake.desk.outlook import Outlooks
from offtake.desk.pages import ask, commitments, do, entries, live, matter, plans, show
from offtake.desk.pages.site import Visit, visit_of
from offtake.desk.pages.wrong import answer
from offtake.desk.problem import NotSignedOn
from offtake.desk.routes import (
    ledger,
    matters,
    me,
    offers,
    permits,
    questions,
    requirements,
    waivers,
)
from offtake.desk.routes.commitments import commitments_router
from offtake.desk.routes.listing import listing_of

PAGES = (
    *(show.today, show.requirements, show.requirement, entries.entries, ask.ask),
    *(matter.notices, matter.notice, matter.letter, matter.printed),
    *(matter.tenders, matter.tender, matter.orders),
    *(plans.rights, plans.rights_picture, plans.capacity, plans.ledger, plans.capacity_picture),
    *(plans.portfolio, plans.reason, plans.all_reasons),
    *(do.do, live.events, live.static, live.favicon),
)


@get(
    "/health/live",
    summary="Whether the process answers",
    tags=["health"],
    security=[{}],
    opt={"public": True, "unlimited": True},
)
async def alive() -> dict[str, str]:
    """Always, while it runs."""
    return {"status": "live", "version": __version__}


@get(
    "/health/ready",
    summary="Whether commands can be carried out",
    tags=["health"],
    responses={503: ResponseSpec(dict[str, str], False, "Not now")},
    security=[{}],
    opt={"public": True, "unlimited": True},
)
async def ready(desk: TheDesk) -> Response[dict[str, str]]:
    """Not while the database cannot be written to, nor before a portfolio is adopted.

    Nor where a deadline cannot be recorded, by a mistake of the desk: nothing is decided then.
    """
    state = "ready"
    if desk.service.stuck_at:
        state = "a deadline cannot be recorded: the log of the desk says which, and why"
    elif not desk.service.is_writable:
        state = "the database cannot be written to"
    elif desk.state.version is None:
        state = "no portfolio has been adopted"
    if state == "ready":
        return Response({"status": state})
    return Response({"status": state}, status_code=503, headers={"Retry-After": "1"})


def _who(request: Request[Any, Any, Any], desk: TheDesk) -> Who:
    """Who asks, as the door let them in.

    It takes the desk so that both are handed in one after the other: side by side each would
    be a task of its own, which costs more than all that they do.
    """
    if request.user is None:
        raise NotSignedOn
    who: Who = request.user
    return who


def _visit(request: Request[Any, Any, Any], desk: TheDesk) -> Visit:
    """Somebody at a page."""
    return visit_of(desk, request)


def application(
    desk: Desk,
    *,
    more: tuple[Any, ...] = (),
    middleware: tuple[Any, ...] = (),
    before_send: tuple[Any, ...] = (),
    beside: Callable[[], Any] | None = None,
) -> Litestar:
    """The application of a desk.

    Args:
        desk: The service and what it reads from; it is started and stopped with the application.
        more: Handlers beside the interface: pages, metrics.
        middleware: Of the whole application.
        before_send: What looks at every answer before it leaves.
        beside: A context that is entered while the application runs, such as the deliverer.
    """

    @asynccontextmanager
    async def life(_app: Litestar) -> AsyncIterator[None]:
        await desk.service.start()
        try:
            if beside is None:
                yield
            else:
                async with beside():
                    yield
        finally:
            await desk.service.stop()

    rooms = (requirements, matters, offers, questions, permits, ledger, waivers, me)
    outlooks = Outlooks(desk.reader)
    own = [*(room.ROUTER for room in rooms), commitments_router(outlooks)]
    v1 = Router("/v1", route_handlers=own)
    app = Litestar(
        [v1, alive, ready, *PAGES, commitments.page(outlooks), *more],
        dependencies={
            "desk": Provide(lambda: desk, sync_to_thread=False),
            "who": Provide(_who, sync_to_thread=False),
            "visit": Provide(_visit, sync_to_thread=False),
            "listing": Provide(listing_of, sync_to_thread=False),
        },
        exception_handlers={Exception: answer(desk), HTTPException: answer(desk)},
        lifespan=[life],
        middleware=[Addresses(), *middleware],
        before_send=list(before_send),
        logging_config=None,  # Whoever starts the desk says where lines go (``access.discreet``).
        state=State({"leave": desk.service.leave}),
        request_class=Letter,
        request_max_body_size=LIMIT_BODY,
        response_headers=[ResponseHeader(name="Cache-Control", value="no-store")],
        openapi_config=config(),
    )
    return described(app)
