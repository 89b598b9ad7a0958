"""Statements of every batch, given to the driver as they are.

The library would work each of them out anew, and go a long way to the driver: with few commands in
a transaction that costs more than the database does. What fails is told as the library tells it.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Dialect, Executable, Table, insert
from sqlalchemy.exc import DBAPIError

AT_ONCE = (64, 16, 4, 1)
"""Rows of one statement: with few lengths all are known to the driver."""


class Prepared:
    """A statement whose text is worked out once for each database."""

    def __init__(self, statement: Executable) -> None:
        self._statement = statement

    def run(self, tx: Connection, **values: Any) -> Any:
        """Carry it out; the driver's cursor."""
        text, names = _compiled(self._statement, tx.dialect)
        return run(tx, text, values if names is None else [values[name] for name in names])


class Rows:
    """Puts rows of plain values (integers, texts and bytes) into a table.

    A row is a tuple with a value for each column, in the order of the table.
    """

    def __init__(self, table: Table) -> None:
        names = [column.name for column in table.columns]
        self._copy = f"COPY {table.name} ({', '.join(names)}) FROM STDIN"
        self._insert, self._more = insert(table), f", ({', '.join('?' * len(names))})"

    def put(self, tx: Connection, rows: Sequence[Sequence[Any]]) -> None:
        """Put all rows, in order."""
        if not rows:
            return
        if tx.dialect.name == "postgresql":
            self._copied(tx, rows)
            return
        one, _ = _compiled(self._insert, tx.dialect)
        for some in _parts(rows):
            text = one + self._more * (len(some) - 1)
            run(tx, text, list(chain.from_iterable(some)))

    def _copied(self, tx: Connection, rows: Sequence[Sequence[Any]]) -> None:
        """As PostgreSQL takes many rows with the least work on either side."""
        try:
            with _driver(tx).cursor().copy(self._copy) as copy:
                for row in rows:
                    copy.write_row(row)
        except tx.dialect.loaded_dbapi.Error as error:
            raise _told(tx, error) from error


def _parts(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    first = 0
    for size in AT_ONCE:
        while len(rows) - first >= size:
            yield rows[first : first + size]
            first += size


@lru_cache(64)
def _compiled(statement: Executable, dialect: Dialect) -> tuple[str, tuple[str, ...] | None]:
    """The text, and its parameters in order where they go by their place."""
    compiled: Any = statement.compile(dialect=dialect)  # type: ignore[attr-defined]
    names = compiled.positiontup
    return str(compiled), None if names is None else tuple(names)


def run(tx: Connection, text: str, values: Any = ()) -> Any:
    """Have the driver carry a text out; its cursor."""
    try:
        return _driver(tx).execute(text, values)
    except tx.dialect.loaded_dbapi.Error as error:
        raise _told(tx, error) from error


def _driver(tx: Connection) -> Any:
    return tx.connection.driver_connection


def _told(tx: Connection, error: Exception) -> Exception:
    """An error of the driver as the library's."""
    known = tx.dialect.loaded_dbapi.Error
    return DBAPIError.instance(None, None, error, known, hide_parameters=True)
