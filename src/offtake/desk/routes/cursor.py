"""Where a page of a list goes on: told by what its reader has seen, never by a number of ours.

Numbers of the desk count everybody's matters, so that the next one would tell a supplier how many
there are beside its own, and a buyer how many sealed offers have come. A cursor is therefore the
name of the last requirement that was shown, or how many rows were.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from offtake.desk.access.who import Who
from offtake.desk.desk import Desk
from offtake.desk.problem import BadRequest
from offtake.desk.view.requirement import parties_of
from offtake.sourcing.requirement import Lot

LIMIT_SKIPPED = 1_000_000
"""Rows that may be skipped."""


class Found(NamedTuple):
    """The rows of a page, and the cursor of the next one if there is more to see."""

    rows: list[Any]
    next: str | None


def by_requirement(
    desk: Desk,
    who: Who,
    rows: Callable[[Lot], Iterable[Any]],
    *,
    cursor: str | None,
    limit: int,
) -> Found:
    """Rows of requirements, the latest first; those of one requirement stay together.

    Raises:
        BadRequest: The cursor is no requirement that is there for whoever asks.
    """
    state, found, last = desk.state, list[Any](), ""
    for number in range(_from(desk, who, cursor), 0, -1):
        lot = state.sourcing.lots[number]
        own = list(rows(lot))
        if own and len(found) >= limit:
            return Found(found, last)
        found += own
        last = lot.need.requirement if own else last
    return Found(found, None)


def _from(desk: Desk, who: Who, cursor: str | None) -> int:
    """The number of the requirement that is next."""
    if cursor is None:
        return len(desk.state.numbers)
    lot = desk.state.lot(cursor)
    if lot is None or (who.party and who.party not in parties_of(desk.state, lot)):
        raise _none()
    return lot.number - 1


def by_count(rows: Iterator[Any], cursor: str | None, limit: int) -> Found:
    """Rows after as many as were shown.

    Raises:
        BadRequest: The cursor is no number of rows.
    """
    start = skipped(cursor)
    own = list(islice(rows, start, start + limit + 1))
    return Found(own[:limit], str(start + limit) if len(own) > limit else None)


def skipped(cursor: str | None) -> int:
    """How many rows a cursor leaves out.

    Raises:
        BadRequest: It is no number of rows.
    """
    if cursor is None:
        return 0
    if not cursor.isascii() or not cursor.isdigit() or int(cursor) > LIMIT_SKIPPED:
        raise _none()
    return int(cursor)


def _none() -> BadRequest:
    return BadRequest("cursor", "is none of ours", "Take it from `next` of the page before.")
