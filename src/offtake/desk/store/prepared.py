"""Rows that are put into a table over and over: the text is worked out once for each database."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Dialect, Insert

AT_ONCE = (64, 16, 4, 1)
"""Rows of one statement. With each SQLite lets other threads run, who do not give way at once; with
few lengths all are known to the driver."""


class Prepared:
    """Puts rows of plain values (integers, texts and bytes) into a table.

    They go to the driver as they are, since the library would work the statement out anew for
    each batch. A row is a ``NamedTuple`` with a field for each column.
    """

    def __init__(self, statement: Insert) -> None:
        self._statement = statement

    def put(self, tx: Connection, rows: Sequence[Any]) -> None:
        """Put all rows, in order."""
        if not rows:
            return
        text, names = _compiled(self._statement, tx.dialect)
        if names is None:
            tx.exec_driver_sql(text, [row._asdict() for row in rows])
            return
        values_of = attrgetter(*names)
        for some in _parts(rows):
            values = tuple(chain.from_iterable(map(values_of, some)))
            tx.exec_driver_sql(_repeated(text, len(names), len(some)), values)


def _parts(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    first = 0
    for size in AT_ONCE:
        while len(rows) - first >= size:
            yield rows[first : first + size]
            first += size


@lru_cache(64)
def _repeated(text: str, columns: int, rows: int) -> str:
    """The statement of one row for several."""
    row = f", ({', '.join('?' * columns)})"
    return text + row * (rows - 1)


@lru_cache(64)
def _compiled(statement: Insert, dialect: Dialect) -> tuple[str, tuple[str, ...] | None]:
    """The text, and its parameters in order where they go by their place."""
    compiled = statement.compile(dialect=dialect)
    names = compiled.positiontup
    return str(compiled), None if names is None else tuple(names)
