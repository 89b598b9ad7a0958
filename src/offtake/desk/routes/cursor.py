"""Where a list goes on: told by what its reader has seen, never by a number of ours.

Numbers of the desk count everybody's matters, so that the next one would tell a supplier how many
there are beside its own, and a buyer how many sealed offers have come. A cursor is therefore the
name of the last requirement, or row, that was shown, or how many rows were.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from offtake.desk.access.who import Who
from offtake.desk.desk import Desk
from offtake.desk.problem import BadRequest
from offtake.desk.state import State
from offtake.desk.view.requirement import parties_of
from offtake.sourcing.requirement import Lot

LIMIT_SKIPPED = 1_000_000
"""Rows that may be skipped."""


class Found(NamedTuple):
    """The rows of a page, and the cursor of the next one if there is more to see."""

    rows: list[Any]
    next: str | None


class ByRequirement(NamedTuple):
    """Rows of requirements, the latest first; those of one requirement stay together.

    All of them are rows of one state, however long it takes to read them; ``only`` is the lot of
    one requirement, if no others are asked for.
    """

    state: State
    who: Who
    rows: Callable[[Lot], Iterable[Any]]
    only: Lot | None = None

    def page(self, cursor: str | None, limit: int) -> Found:
        """As many rows after a cursor as were asked for, and the rest of the last requirement.

        Raises:
            BadRequest: The cursor is no requirement that is there for whoever asks.
        """
        found, last = list[Any](), ""
        for lot in self._lots(cursor):
            own = list(self.rows(lot))
            if own and len(found) >= limit:
                return Found(found, last)
            found += own
            last = lot.need.requirement if own else last
        return Found(found, None)

    def rest(self, cursor: str | None) -> Iterator[Any]:
        """All rows after a cursor, found one by one as they are taken.

        Raises:
            BadRequest: The same, and before the first is taken.
        """
        lots = self._lots(cursor)
        return (row for lot in lots for row in self.rows(lot))

    def _lots(self, cursor: str | None) -> Iterator[Lot]:
        """The requirements that come next."""
        first = self._first(cursor)
        if self.only is not None:
            return iter((self.only,) if self.only.number <= first else ())
        lots = self.state.sourcing.lots
        return (lots[number] for number in range(first, 0, -1))

    def _first(self, cursor: str | None) -> int:
        """The number of the requirement that is next."""
        if cursor is None:
            return len(self.state.numbers)
        lot = self.state.lot(cursor)
        if lot is None or (self.who.party and self.who.party not in parties_of(self.state, lot)):
            raise no_cursor()
        return lot.number - 1


class ByCount(NamedTuple):
    """Rows in an order of their own, which are taken once."""

    rows: Iterator[Any]

    def page(self, cursor: str | None, limit: int) -> Found:
        """Rows after as many as were shown.

        Raises:
            BadRequest: The cursor is no number of rows.
        """
        start = skipped(cursor)
        own = list(islice(self.rows, start, start + limit + 1))
        return Found(own[:limit], str(start + limit) if len(own) > limit else None)

    def rest(self, cursor: str | None) -> Iterator[Any]:
        """All rows after as many as were shown, found one by one as they are taken.

        Raises:
            BadRequest: The same, and before the first is taken.
        """
        return islice(self.rows, skipped(cursor), None)


class ByName(NamedTuple):
    """Rows with their names, from one after a cursor on, which is the name of the last one shown.

    ``rows`` raises BadRequest before the first is taken, if it is handed a cursor that is none.
    """

    rows: Callable[[str | None], Iterator[tuple[str, Any]]]

    def page(self, cursor: str | None, limit: int) -> Found:
        """Rows after a cursor.

        Raises:
            BadRequest: It is no name of a row.
        """
        own = list(islice(self.rows(cursor), limit + 1))
        last = own[limit - 1][0] if len(own) > limit else None
        return Found([row for _, row in own[:limit]], last)

    def rest(self, cursor: str | None) -> Iterator[Any]:
        """All rows after a cursor, found one by one as they are taken.

        Raises:
            BadRequest: The same, and before the first is taken.
        """
        return (row for _, row in self.rows(cursor))


Listed = ByRequirement | ByCount | ByName
"""What can be read a page at a time, or all of it."""


def by_requirement(
    desk: Desk,
    who: Who,
    rows: Callable[[Lot], Iterable[Any]],
    *,
    cursor: str | None,
    limit: int,
) -> Found:
    """A page of rows of requirements, the latest first.

    Raises:
        BadRequest: The cursor is no requirement that is there for whoever asks.
    """
    return ByRequirement(desk.state, who, rows).page(cursor, limit)


def by_count(rows: Iterator[Any], cursor: str | None, limit: int) -> Found:
    """A page of rows after as many as were shown.

    Raises:
        BadRequest: The cursor is no number of rows.
    """
    return ByCount(rows).page(cursor, limit)


def skipped(cursor: str | None) -> int:
    """How many rows a cursor leaves out.

    Raises:
        BadRequest: It is no number of rows.
    """
    if cursor is None:
        return 0
    if not cursor.isascii() or not cursor.isdigit() or int(cursor) > LIMIT_SKIPPED:
        raise no_cursor()
    return int(cursor)


def no_cursor() -> BadRequest:
    """What is told whoever sends a cursor that is none of the list."""
    return BadRequest("cursor", "is none of ours", "Take it from `next` of the page before.")
