"""Errors as answers: problem details (RFC 9457), one type each, with no word about others."""

import logging
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, InternalServerException

from offtake.desk.act import Stale, Unknown
from offtake.desk.legible import Malformed
from offtake.desk.reading import Invalid
from offtake.desk.service import Broken, Stopped
from offtake.desk.store.engine import Failure, Unkept
from offtake.desk.wire import Problem, WrongField
from offtake.desk.writer import KeyUsed, Unavailable, Unsure
from offtake.sourcing.command import Refused
from offtake.sourcing.permitting import NotPermitted

MEDIA_TYPE = "application/problem+json"
LOG = logging.getLogger("offtake.desk")


class NotSignedOn(Exception):
    """Nobody is known to ask."""


class Forbidden(Exception):
    """Whoever asks may not do this at all."""


class NotThere(Exception):
    """Nothing of this name is there for whoever asks."""


class BadRequest(Exception):
    """What was sent cannot be understood; ``field`` says where."""

    def __init__(self, field: str, says: str, remedy: str) -> None:
        self.field, self.says, self.remedy = field, says, remedy
        super().__init__(says)


AGAIN = {"Retry-After": "1"}
UNSURE = (
    "the database was lost while it wrote: whether it is done is not known; "
    "send it again with the same Idempotency-Key, or look"
)
STUCK = (
    "nothing has happened: a deadline that comes first cannot be recorded, by a mistake of the "
    "desk; tell whoever runs it"
)
TITLES: dict[int, tuple[str, str]] = {
    400: ("malformed", "The request cannot be read"),
    401: ("not-signed-on", "Sign on, or send a token"),
    403: ("forbidden", "This is not yours to do"),
    404: ("not-found", "There is no such thing"),
    405: ("wrong-method", "This address has no such method"),
    409: ("refused", "It does not fit how things stand"),
    413: ("too-large", "The request is too large"),
    415: ("wrong-media-type", "Send JSON"),
    422: ("invalid", "Some words cannot be used"),
    429: ("too-many", "Too many requests"),
    431: ("too-large", "The head of the request is too large"),
    500: ("our-mistake", "A mistake of ours; nothing has happened"),
    503: ("unavailable", "The database is away; try again"),
}


def problem(status: int, detail: str = "", **more: Any) -> Response[bytes]:
    """An answer that says what went wrong."""
    code, title = TITLES[status]
    headers = more.pop("headers", None)
    kind, title = more.pop("kind", code), more.pop("title", title)
    body = Problem(type=f"urn:offtake:{kind}", title=title, status=status, detail=detail, **more)
    return Response(
        msgspec.json.encode(body), status_code=status, media_type=MEDIA_TYPE, headers=headers
    )


def _wrong(error: Invalid) -> Response[bytes]:
    rows = [WrongField(field=row.field, says=row.says, remedy=row.remedy) for row in error.wrong]
    return problem(422, "; ".join(f"{row.field}: {row.says}" for row in rows), errors=rows)


def _refused(error: Refused) -> Response[bytes]:
    match error:
        case Unknown():
            return problem(404, str(error))
        case KeyUsed():
            return problem(409, str(error), kind="idempotency-key-conflict")
        case NotPermitted():
            return problem(409, str(error), kind=error.code)
        case Stale():
            return problem(409, str(error), kind="stale")
        case _:
            return problem(409, str(error))


def handle(_request: Request[Any, Any, Any] | None, error: Exception) -> Response[bytes]:
    """The answer to an error, whatever it is, for programs."""
    match error:
        case Invalid():
            return _wrong(error)
        case Refused():
            return _refused(error)
        case BadRequest(field=field, says=says, remedy=remedy):
            row = WrongField(field=field, says=says, remedy=remedy)
            return problem(422, f"{field}: {says}", errors=[row])
        case NotSignedOn():
            return problem(401, headers={"WWW-Authenticate": "Bearer"})
        case Forbidden():
            return problem(403)
        case NotThere():
            return problem(404, str(error))
        case Malformed(says=says):
            return problem(400, says)
        case Unkept():
            return problem(422, "something that was sent cannot be kept")
        case Unsure():
            return problem(503, UNSURE, headers=AGAIN)
        case Unavailable():
            return problem(503, "nothing has happened", headers=AGAIN)
        case Stopped():
            return problem(503, STUCK, kind="stuck", title="The desk has stopped", headers=AGAIN)
        case Failure():
            return problem(503, headers=AGAIN)
        case msgspec.MsgspecError():
            return problem(400, str(error))
        case InternalServerException(detail="client disconnected prematurely"):
            return problem(400, "the request broke off")
        case HTTPException(status_code=status) if status in TITLES and status != 500:
            return problem(status, _told(error), headers=error.headers)
    if not isinstance(error, Broken):
        LOG.error("unexpected", exc_info=error)
    return problem(500)


def _told(error: HTTPException) -> str:
    """What the framework says of a request, without what was sent."""
    extra = error.extra if isinstance(error.extra, list) else []
    rows = [row for row in extra if isinstance(row, dict)]
    said = "; ".join(f"{row.get('key', 'body')}: {row.get('message', '')}" for row in rows)
    hushed = error.status_code in (401, 403, 404, 429) or error.status_code >= 500
    return said or ("" if hushed else str(error.detail))
