"""Rows of text as columns of numbers: streamed, located, nothing dropped silently.

Files are read in blocks, so that memory holds columns and never rows. What is no number is
found by a second, slower reading that only files with such rows pay for. A cell must end on
its line: line breaks inside quotes are refused, because a stray quote would swallow rows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from offtake.demand.cells import Coder, Marks, Numbers, instants_of, numbers_of, whole_of
from offtake.demand.columns import BAD_SHARE_MAX, Column, Dropped, UnreadableTrace
from offtake.demand.lines import BLANKS, Lines, empty_lines, head_of, opened

BLOCK_BYTES = 1 << 22
LIMIT_ROWS = 100_000_000
MISSING = ("", "null", "NULL", "NaN", "nan", "N/A")
"""Words that stand for no value."""


class Cell(Enum):
    """What a column holds."""

    NUMBER = "a number"
    TIME = "a date and time"  # Without a zone: counted as UTC; with one: turned to it.
    WORD = "a word"  # Few distinct ones: kept as numbers of words.
    TEXT = "a text"  # Many distinct ones: kept as Arrow arrays.


class Field(NamedTuple):
    """A column that a reader wants."""

    name: str
    cell: Cell = Cell.NUMBER
    required: bool = True  # Whether the file must have the column.


@dataclass(frozen=True, slots=True)
class Table:
    """The wanted columns of a file, one entry a row that could be read.

    ``numbers`` holds NUMBER columns as they are written and TIME columns as seconds since the
    epoch, ``nan`` where nothing is written. ``words`` holds WORD columns as indices into
    ``known``, -1 where nothing is written; ``texts`` holds TEXT columns, null where nothing is.
    """

    path: Path
    rows: int
    numbers: dict[str, Numbers]
    words: dict[str, Column]
    known: dict[str, tuple[str, ...]]
    texts: dict[str, Any]  # pyarrow.ChunkedArray
    line: Any  # int32: the line of each row in the file, from 1.
    dropped: tuple[Dropped, ...] = ()

    def place(self, row: int) -> str:
        """Where a row stands, for messages."""
        return f"{self.path.name}:{self.line[row]}"

    def drop(self, keep: Marks, reason: str) -> "Table":
        """The table without the rows that are not kept, which are counted and located."""
        if keep.all():
            return self
        lost = int((~keep).sum())
        found = Dropped(reason, lost, self.place(int(np.argmin(keep))))
        return replace(
            self,
            rows=self.rows - lost,
            numbers={name: column[keep] for name, column in self.numbers.items()},
            words={name: column[keep] for name, column in self.words.items()},
            texts={name: column.filter(keep) for name, column in self.texts.items()},
            line=self.line[keep],
            dropped=(*self.dropped, found),
        )

    def require(self, keep: Marks, reason: str) -> "Table":
        """As ``drop``, for rows that no file of this format should have.

        Raises:
            UnreadableTrace: More of them than BAD_SHARE_MAX.
        """
        wrong = int((~keep).sum())
        if wrong > BAD_SHARE_MAX * self.rows:
            place = f"{self.path}:{self.line[int(np.argmin(keep))]}"
            says = f"{wrong} of {self.rows} rows: {reason}"
            raise UnreadableTrace(place, says, "Check the file, its columns and its units.")
        return self.drop(keep, reason)

    def whole(self, name: str, *, scale: float = 1.0, missing: int = -1) -> Column:
        """A NUMBER or TIME column times ``scale``, rounded down to whole numbers.

        Beyond 2**62 it stops there; a millionth below a whole number counts as the number.
        """
        values = self.numbers[name]
        return whole_of(values if scale == 1 else values * scale, missing)


def header_of(path: Path, delimiter: str = ",") -> list[str]:
    """The words of a file's first line that is not blank; empty when it is no text."""
    return _header(path, delimiter)[0]


def _header(path: Path, delimiter: str) -> tuple[list[str], int]:
    """The first words, and how many lines they take with the blank ones before them."""
    for number, line in enumerate(head_of(path).split("\n"), start=1):
        if line.strip() and not (delimiter == BLANKS and line.startswith(";")):
            words = line.split() if delimiter == BLANKS else line.strip("\r").split(delimiter)
            return [word.strip().strip('"') for word in words], number
    return [], 0


def read_table(
    path: Path,
    fields: Sequence[Field],
    *,
    delimiter: str = ",",
    header: Sequence[str] | None = None,
    missing: Sequence[str] = (),
) -> Table:
    """Read the wanted columns of a delimited file, plain or compressed.

    Args:
        path: CR LF, a byte-order mark and blank lines are accepted; endings such as ``.gz``
            are unpacked.
        fields: The wanted columns, in any order.
        delimiter: What stands between columns; BLANKS for any run of blanks.
        header: The names of all columns of a file that has no header line.
        missing: Words that stand for no value in this format, besides MISSING.

    Raises:
        UnreadableTrace: No such file or column, not text, or too many bad rows.
    """
    names, skip = (list(header), 0) if header is not None else _header(path, delimiter)
    absent = [field.name for field in fields if field.required and field.name not in names]
    if absent:
        wanted = ", ".join(field.name for field in fields if field.required)
        raise UnreadableTrace(
            f"{path}:{max(skip, 1)}", f"no column `{absent[0]}`", f"This format has {wanted}."
        )
    wanted_here = tuple(field for field in fields if field.name in names)
    layout = _Layout(path, delimiter, _unique(names), skip, (*MISSING, *missing))
    try:
        try:
            return _read(layout, wanted_here, strict=True)
        except _NotNumbers:
            return _read(layout, wanted_here, strict=False)
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise UnreadableTrace(str(path), f"not text: {error}", "Give the file itself.") from error


class _NotNumbers(ValueError):
    """Some cell is not of its column's type: the slow reading finds which."""


class _Layout(NamedTuple):
    path: Path
    delimiter: str
    names: tuple[str, ...]
    skip: int  # Lines before the first row.
    missing: tuple[str, ...]


def _unique(names: Sequence[str]) -> tuple[str, ...]:
    """Names that an option can tell apart; the first of a name keeps it."""
    return tuple(
        name if name not in names[:place] else f"{name}#{place}" for place, name in enumerate(names)
    )


def _read(layout: _Layout, fields: tuple[Field, ...], *, strict: bool) -> Table:
    gathered = Gathered(layout.path, fields)
    skipped: list[int] = []  # Numbers of rows of another width, from 1.
    with opened(layout.path) as stream:
        lines = Lines(stream, layout.delimiter, layout.skip)
        if not lines.empty():
            for batch in _batches(layout, fields, (lines, skipped), strict=strict):
                gathered.add(batch.columns)
    if gathered.seen + len(skipped) < lines.all_lines():
        place = _open_quote(layout.path)
        raise UnreadableTrace(place, "a quote is not closed on its line", "Close or remove it.")
    return gathered.table(layout.skip, skipped, layout.delimiter)


def _batches(
    layout: _Layout,
    fields: tuple[Field, ...],
    source: tuple[Lines, list[int]],
    *,
    strict: bool,
) -> Iterator[Any]:
    """The file's rows in blocks; the list gets the numbers of rows of another width."""
    import pyarrow as pa
    from pyarrow import csv

    types = {Cell.NUMBER: pa.float64(), Cell.TIME: pa.timestamp("ns")} if strict else {}

    def other_width(row: Any) -> str:
        source[1].append(row.number)
        return "skip"

    try:
        yield from csv.open_csv(
            pa.PythonFile(source[0], mode="r"),
            read_options=csv.ReadOptions(
                use_threads=False, block_size=BLOCK_BYTES, column_names=layout.names
            ),
            parse_options=csv.ParseOptions(
                delimiter=layout.delimiter,
                ignore_empty_lines=False,
                invalid_row_handler=other_width,
            ),
            convert_options=csv.ConvertOptions(
                include_columns=[field.name for field in fields],
                column_types={field.name: types.get(field.cell, pa.string()) for field in fields},
                null_values=list(layout.missing),
                strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid as error:
        if strict:
            raise _NotNumbers from error
        raise OSError(str(error)) from error


def _open_quote(path: Path) -> str:
    """Where the first line with a quote that is not closed stands."""
    with opened(path) as stream:
        lines = stream.read().split(b"\n")
    odd = (number for number, line in enumerate(lines, start=1) if line.count(b'"') % 2)
    return f"{path}:{next(odd, 1)}"


def _nothing(column: Any) -> Marks:
    """Where nothing is written, in a column of any kind of cell."""
    if not isinstance(column, np.ndarray):
        return np.asarray(column.is_null())
    nothing: Marks = np.isnan(column) if column.dtype == np.float64 else column < 0
    return nothing


def _release() -> None:
    """Give back memory of blocks that are gone: the allocator would keep it."""
    import pyarrow as pa

    pa.default_memory_pool().release_unused()


class Gathered:
    """Blocks of columns, joined to a table at the end."""

    def __init__(self, path: Path, fields: Sequence[Field]) -> None:
        self.path, self.fields = path, tuple(fields)
        self.seen = 0  # Rows so far, blank and bad ones included.
        self._parts: list[list[Any]] = [[] for _ in fields]
        self._coders = {field.name: Coder() for field in fields if field.cell is Cell.WORD}
        self._bad: list[Any] = []  # Numbers, from 0, of rows with a cell of another type,
        self._empty: list[Any] = []  # and of rows without any cell that is wanted.

    def add(self, arrays: Sequence[Any]) -> None:
        """Add a block: an Arrow array a field.

        Raises:
            UnreadableTrace: More than LIMIT_ROWS rows.
        """
        rows = len(arrays[0])
        bad, empty = np.zeros(rows, bool), np.ones(rows, bool)
        columns = []
        for field, array in zip(self.fields, arrays, strict=True):
            column, wrong = self._typed(field, array)
            columns.append(column)
            bad |= wrong
            if empty.any():
                empty &= _nothing(column)
        empty &= ~bad
        if bad.any() or empty.any():
            self._bad.append(np.flatnonzero(bad) + self.seen)
            self._empty.append(np.flatnonzero(empty) + self.seen)
            keep = ~(bad | empty)
            columns = [
                column[keep] if isinstance(column, np.ndarray) else column.filter(keep)
                for column in columns
            ]
        for part, column in zip(self._parts, columns, strict=True):
            part.append(column)
        self.seen += rows
        if self.seen > LIMIT_ROWS:
            says = f"more than {LIMIT_ROWS} rows"
            raise UnreadableTrace(str(self.path), says, "Split the file.")

    def _typed(self, field: Field, array: Any) -> tuple[Any, Any]:
        if field.cell is Cell.NUMBER:
            return numbers_of(array)
        if field.cell is Cell.TIME:
            return instants_of(array)
        if field.cell is Cell.WORD:
            return self._coders[field.name].codes(array), False
        return array, False

    def table(self, before: int = 0, skipped: Sequence[int] = (), delimiter: str = "") -> Table:
        """The table; ``before`` lines precede the first row, ``skipped`` are of another width.

        Rows without any wanted cell are bad, except lines that are empty, where a delimiter
        says that there are lines.

        Raises:
            UnreadableTrace: Too many bad rows.
        """
        line, wrong = self._lines(before, np.array(skipped, np.int64), delimiter)
        self._refuse(wrong, len(line))
        found = {field.name: self._joined(field) for field in self.fields}
        _release()
        of = {cell: [field.name for field in self.fields if field.cell is cell] for cell in Cell}
        first = f"{self.path.name}:{wrong[0]}" if wrong else ""
        return Table(
            path=self.path,
            rows=len(line),
            numbers={name: found[name] for name in (*of[Cell.NUMBER], *of[Cell.TIME])},
            words={name: found[name] for name in of[Cell.WORD]},
            known={name: tuple(self._coders[name].words) for name in of[Cell.WORD]},
            texts={name: found[name] for name in of[Cell.TEXT]},
            line=line,
            dropped=(Dropped("not a row of this format", len(wrong), first),) if wrong else (),
        )

    def _lines(self, before: int, skipped: Any, delimiter: str) -> tuple[Any, list[int]]:
        """The line of each row that is kept, and those of bad rows, in order."""
        total = self.seen + len(skipped)
        line = np.arange(1 + before, 1 + before + total, dtype=np.int32)
        line = np.delete(line, skipped - 1) if len(skipped) else line
        none = np.zeros(0, np.int64)
        bad, empty = np.concatenate([none, *self._bad]), np.concatenate([none, *self._empty])
        doubtful = {*(skipped + before).tolist(), *line[empty].tolist()}
        if doubtful and delimiter:
            doubtful -= empty_lines(self.path, doubtful, delimiter)
        wrong = sorted({*doubtful, *line[bad].tolist()})
        if len(bad) or len(empty):
            line = np.delete(line, np.concatenate([bad, empty]))
        return line, wrong

    def _joined(self, field: Field) -> Any:
        """One column; its parts are let go, so that memory holds them once."""
        part = self._parts[self.fields.index(field)]
        if field.cell is Cell.TEXT:
            import pyarrow as pa

            return pa.chunked_array(part, pa.string())
        wanted = np.int64 if field.cell is Cell.WORD else np.float64
        joined = np.concatenate([*part, np.zeros(0, wanted)], dtype=wanted)
        part.clear()
        return joined

    def _refuse(self, wrong: list[int], rows: int) -> None:
        if len(wrong) > BAD_SHARE_MAX * (rows + len(wrong)):
            says = f"{len(wrong)} of {rows + len(wrong)} rows are not of this format"
            place = f"{self.path}:{wrong[0]}"
            raise UnreadableTrace(place, says, "Check the file, its columns and its format.")
