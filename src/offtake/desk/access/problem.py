"""Refusals as problem details (RFC 9457) that say nothing of what somebody may not see.

A thing that is not there and one that is not to be seen are answered alike, to the letter, as are
an unknown token, one that is over, and one of somebody who was disabled.
"""

from collections.abc import Mapping
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException

MEDIA_TYPE = "application/problem+json"

SAYS: Mapping[int, tuple[str, str]] = {
    401: ("Not signed on", "Sign on, or send a token that is in force."),
    403: ("Not allowed", "Your roles, or the scopes of your token, do not allow this."),
    404: ("Not found", "There is no such thing, or it is not yours to see."),
    429: ("Too many requests", "Wait as long as Retry-After says."),
    500: ("Internal error", "This is a fault of the desk, not of what was asked."),
    503: ("Not now", "The desk, or what it depends on, is not to be had now: try again."),
}
"""Title and detail by status: whatever led to it, nothing else is said."""


def problem(status: int, headers: Mapping[str, str] | None = None) -> Response[dict[str, Any]]:
    """The answer of a status."""
    title, detail = SAYS[status]
    return Response(
        {"type": "about:blank", "title": title, "status": status, "detail": detail},
        status_code=status,
        media_type=MEDIA_TYPE,
        headers=dict(headers or {}),
    )


def refused(_: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    """The answer to an error of one of these statuses, with its headers and not its words."""
    if not isinstance(error, HTTPException):
        return problem(500)
    return problem(error.status_code, error.headers)


HANDLERS = dict.fromkeys(SAYS, refused)
"""For ``Litestar(exception_handlers=...)``."""
