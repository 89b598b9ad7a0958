"""Errors for whoever looks at a page: said in their language, with a way on."""

from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response

from offtake.desk.access.sign_on import AWAY
from offtake.desk.desk import Desk
from offtake.desk.pages.refusal import refusal, unusable
from offtake.desk.pages.site import visit_of
from offtake.desk.problem import handle
from offtake.desk.wire import Problem
from offtake.desk.words import Words, later

TITLES = {
    400: later("The request cannot be read"),
    401: later("Please sign on"),
    403: later("This is not yours to do"),
    404: later("There is no such page"),
    409: later("It does not fit how things stand"),
    422: later("Some words cannot be used"),
    429: later("Too many requests: wait a moment"),
    503: later("The desk cannot write now: look again before you repeat anything"),
}


def answer(desk: Desk) -> Any:
    """What answers errors: pages to browsers, problem details to programs."""

    def said(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        plain = handle(request, error)
        wants_page = "text/html" in request.headers.get("accept", "")
        if not wants_page or request.url.path.startswith(("/v1/", "/health/")):
            return plain
        visit = visit_of(desk, request)
        problem = msgspec.json.decode(plain.content, type=Problem)
        title = TITLES.get(problem.status, later("A mistake of ours; nothing has happened"))
        page = visit.page(
            "wrong",
            problem.status,
            title=visit.words(title),
            details=_details(problem, visit.words),
            sign_on=_sign_on(request) if problem.status == 401 else "",
        )
        page.headers.update(plain.headers)
        return page

    return said


def _details(problem: Problem, words: Words) -> list[tuple[str, str]]:
    """What went wrong, each with its language where that is not the page's."""
    if problem.status not in (404, 409, 422) or not problem.detail:
        return []
    rows = problem.errors or ()
    return [unusable(row.says, row.remedy, words) for row in rows] or [
        refusal(problem.detail, words)
    ]


def _sign_on(request: Request[Any, Any, Any]) -> str:
    """Where a provider signs people on, who then come back; empty where there is none."""
    if not any(route.path == AWAY for route in request.app.routes):
        return ""
    return f"{AWAY}?{urlencode({'back': request.url.path})}"
