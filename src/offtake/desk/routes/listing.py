"""How a list is answered: a page of it, or all of it as lines of JSON, as the reader accepts.

A route says which rows there are, already as far as they are seen; ``Listing`` says how much of
them was asked for, and makes the answer. However many rows have to be looked at, nobody else waits:
routes look in threads of their own (``in_thread``), and so are lines found, a portion at a time. A
portion ends after as many lines as are seen, never after as many as were looked at: its size would
tell how much there is that its reader may not know.
"""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

import msgspec
from anyio.to_thread import run_sync
from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIResponse, Operation
from litestar.response import Stream

from offtake.desk.desk import Asker
from offtake.desk.routes.cursor import Listed
from offtake.desk.routes.keys import Cursor, Limit
from offtake.desk.wire import Page

JSON, LINES = "application/json", "application/jsonl"
AT_ONCE = 500
"""Lines that are found together."""
Answer = Response[Page]
"""What a route of a list answers, as it is described; lines are described by ``OrLines``."""


class Listing(NamedTuple):
    """How much of a list is asked for: a page after a cursor, or all after it as lines."""

    cursor: str | None
    limit: int
    as_lines: bool

    def of(self, listed: Listed) -> Response[Any]:
        """The answer.

        Raises:
            BadRequest: The cursor is none of this list.
        """
        if self.as_lines:
            return streamed(listed.rest(self.cursor))
        found = listed.page(self.cursor, self.limit)
        return Response(Page(items=found.rows, next=found.next))


TheListing = NamedDependency[Listing]


def listing_of(
    request: Request[Any, Any, Any], who: Asker, cursor: Cursor = None, limit: Limit = 50
) -> Listing:
    """What is asked for; it takes who asks so as to be no task of its own (``app._who``)."""
    return Listing(cursor, limit, request.accept.best_match([JSON, LINES]) == LINES)


def streamed(rows: Iterator[Any]) -> Stream:
    """Rows as lines of JSON, found as they are read."""
    return Stream(_portions(rows), media_type=LINES)


async def _portions(rows: Iterator[Any]) -> AsyncIterator[bytes]:
    while portion := await run_sync(_portion, rows):
        yield portion


def _portion(rows: Iterator[Any]) -> bytes:
    """The next lines; nothing where there are no more."""
    return b"".join(msgspec.json.encode(row) + b"\n" for row in islice(rows, AT_ONCE))


@dataclass
class OrLines(Operation):
    """An address of a list, which says that it also answers lines."""

    def __post_init__(self) -> None:
        """Each line is one of the items of a page; no schema of a line can say so (OpenAPI 3.1)."""
        made = (self.responses or {}).get("200")
        if isinstance(made, OpenAPIResponse) and made.content and JSON in made.content:
            made.description = "A page; or all there is from the cursor on, a line of JSON each"
            made.content[LINES] = OpenAPIMediaType()
