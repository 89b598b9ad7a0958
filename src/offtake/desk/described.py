"""What the interface says of itself: every answer that can come, also when something is wrong."""

from collections.abc import Iterator
from typing import Any

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig, ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from offtake import __version__
from offtake.desk.problem import MEDIA_TYPE, TITLES
from offtake.desk.routes.listing import OrLines
from offtake.desk.wire import Problem

ALWAYS = (400, 429, 503)
KNOWN = (401, 403, 404)
"""Where somebody must be known; what is not theirs to see is not there."""
CHANGES = (409, 422)
"""Where something is carried out."""
BODY = (413, 415, 422)
"""Where something is sent."""


def config() -> OpenAPIConfig:
    """How the interface is described, at ``/v1/schema/openapi.json``."""
    token = SecurityScheme(type="http", scheme="bearer", description="A token of /people.")
    return OpenAPIConfig(
        title="offtake desk",
        version=__version__,
        description="Requirements, first refusals, tenders and orders, with every reason.",
        path="/v1/schema",
        components=Components(security_schemes={"token": token}),
        security=[{"token": []}],
        render_plugins=[JsonRenderPlugin()],
        use_handler_docstrings=True,
    )


def described(app: Litestar) -> Litestar:
    """An application whose description names all that each address may answer with."""
    for path, handler in _handlers(app):
        if "listing" in handler.parsed_fn_signature.parameters:
            handler.operation_class = OrLines
        own = dict(handler.responses or {})
        handler.responses = {
            status: own.get(status, ResponseSpec(Problem, False, TITLES[status][1], MEDIA_TYPE))
            for status in sorted({*own, *_statuses(path, handler)})
        }
    return app


def _handlers(app: Litestar) -> Iterator[tuple[str, HTTPRouteHandler]]:
    """What is described, with its address."""
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if isinstance(handler, HTTPRouteHandler) and handler.resolve_include_in_schema():
                yield route.path, handler


def _statuses(path: str, handler: Any) -> Iterator[int]:
    """The statuses of problems that an address may answer with."""
    yield from ALWAYS
    if not handler.opt.get("public") or path == "/v1/me":
        yield from KNOWN
    if handler.http_methods & {"POST", "PUT", "DELETE"}:
        yield from CHANGES
    if "data" in handler.parsed_fn_signature.parameters:
        yield from BODY
    if {"cursor", "listing"} & set(handler.parsed_fn_signature.parameters) or (
        path.endswith("difference")
    ):
        yield 422
