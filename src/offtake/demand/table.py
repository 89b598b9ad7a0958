"""Rows of text as columns of numbers: streamed, located, nothing dropped silently.

Files are read in blocks, so that memory holds columns and never rows. What is no number is
found by a second, slower reading that only files with such rows pay for.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from offtake.demand.columns import BAD_SHARE_MAX, Column, Dropped, UnreadableTrace

BLOCK_BYTES = 1 << 22
LIMIT_ROWS = 100_000_000
MISSING = ("", "null", "NULL", "NaN", "nan", "N/A")
"""Words that stand for no value."""
NUMBER_TEXT = r"^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?\s*$"
TIME_TEXT = r"^\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[-+]\d\d:?\d\d)?$"

Numbers = NDArray[np.float64]


class Cell(Enum):
    """What a column holds."""

    NUMBER = "a number"
    TIME = "a date and time"  # Without a zone: counted as UTC; with one: turned to it.
    WORD = "a word"


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
    ``known``, -1 where nothing is written.
    """

    path: Path
    rows: int
    numbers: dict[str, Numbers]
    words: dict[str, Column]
    known: dict[str, tuple[str, ...]]
    line: Column  # The line of each row in the file, from 1.
    dropped: tuple[Dropped, ...]

    def place(self, row: int) -> str:
        """Where a row stands, for messages."""
        return f"{self.path.name}:{self.line[row]}"

    def drop(self, keep: NDArray[np.bool_], reason: str) -> "Table":
        """The table without the rows that are not kept, which are counted and located."""
        if keep.all():
            return self
        first = self.place(int(np.flatnonzero(~keep)[0]))
        found = Dropped(reason, int((~keep).sum()), first)
        return Table(
            self.path,
            int(keep.sum()),
            {name: column[keep] for name, column in self.numbers.items()},
            {name: column[keep] for name, column in self.words.items()},
            self.known,
            self.line[keep],
            (*self.dropped, found),
        )

    def whole(self, name: str, *, scale: float = 1.0, missing: int = -1) -> Column:
        """A NUMBER or TIME column times ``scale``, rounded down to whole numbers."""
        values = self.numbers[name]
        filled = np.where(np.isnan(values), missing / scale, values)
        found: Column = np.floor(np.round(filled * scale, 6)).astype(np.int64)
        return found


def header_of(path: Path, delimiter: str = ",") -> list[str]:
    """The words of a file's first line; empty when it is no text."""
    try:
        with _opened(path) as stream:
            first = stream.read(65_536).split(b"\n", 1)[0]
        text = first.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return []
    return [word.strip().strip('"') for word in text.strip("\r").split(delimiter)]


def read_table(
    path: Path,
    fields: Sequence[Field],
    *,
    delimiter: str = ",",
    header: Sequence[str] | None = None,
    bad_share_max: float = BAD_SHARE_MAX,
) -> Table:
    """Read the wanted columns of a delimited file, plain or compressed.

    Args:
        path: CR LF, a byte-order mark and blank lines are accepted; endings such as ``.gz``
            are unpacked.
        fields: The wanted columns, in any order.
        delimiter: What stands between columns.
        header: The names of all columns of a file that has no header line.
        bad_share_max: The share of rows that cannot be read past which the file is refused.

    Raises:
        UnreadableTrace: No such file or column, not text, or too many bad rows.
    """
    present = list(header) if header is not None else header_of(path, delimiter)
    missing = [field.name for field in fields if field.required and field.name not in present]
    if missing:
        wanted = ", ".join(field.name for field in fields if field.required)
        says = f"no column `{missing[0]}`"
        raise UnreadableTrace(f"{path}:1", says, f"This format has {wanted}.")
    wanted_here = [field for field in fields if field.name in present]
    skipped: list[int] = []
    layout = _Layout(path, delimiter, None if header is None else tuple(header))
    try:
        try:
            parts = list(_blocks(layout, wanted_here, skipped, strict=True))
        except _NotNumbers:
            skipped.clear()
            parts = list(_blocks(layout, wanted_here, skipped, strict=False))
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise UnreadableTrace(str(path), f"not text: {error}", "Give the file itself.") from error
    return _joined(layout, wanted_here, parts, skipped, bad_share_max)


class _NotNumbers(ValueError):
    """Some cell is not of its column's type: the slow reading finds which."""


class _Layout(NamedTuple):
    path: Path
    delimiter: str
    header: tuple[str, ...] | None


class _Block(NamedTuple):
    """Columns of some rows; ``bad`` marks rows with a cell that is not of its type."""

    columns: list[Any]  # Arrow arrays for words, float64 for the others.
    bad: NDArray[np.bool_]
    blank: NDArray[np.bool_]


def _opened(path: Path) -> Any:
    import pyarrow as pa

    compression = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd"}.get(path.suffix)
    return pa.input_stream(str(path), compression=compression)


def _blocks(
    layout: _Layout, fields: Sequence[Field], skipped: list[int], *, strict: bool
) -> Iterator[_Block]:
    """The file's rows in blocks; ``skipped`` gets the lines of rows of another width."""
    import pyarrow as pa
    from pyarrow import csv

    types = {Cell.NUMBER: pa.float64(), Cell.TIME: pa.timestamp("ns"), Cell.WORD: pa.string()}

    def other_width(row: Any) -> str:
        skipped.append(row.number)
        return "skip"

    column_types = {f.name: types[f.cell] if strict else pa.string() for f in fields}
    try:
        with _opened(layout.path) as stream:
            reader = csv.open_csv(
                stream,
                read_options=csv.ReadOptions(
                    use_threads=False, block_size=BLOCK_BYTES, column_names=layout.header
                ),
                parse_options=csv.ParseOptions(
                    delimiter=layout.delimiter,
                    ignore_empty_lines=False,
                    invalid_row_handler=other_width,
                ),
                convert_options=csv.ConvertOptions(
                    include_columns=[field.name for field in fields],
                    column_types=column_types,
                    null_values=list(MISSING),
                    strings_can_be_null=True,
                ),
            )
            for batch in reader:
                yield _block(fields, batch.columns)
    except pa.ArrowInvalid as error:
        if strict:
            raise _NotNumbers from error
        raise OSError(str(error)) from error


def _block(fields: Sequence[Field], arrays: Sequence[Any]) -> _Block:
    rows = len(arrays[0]) if arrays else 0
    bad, blank = np.zeros(rows, bool), np.ones(rows, bool)
    columns = []
    for field, array in zip(fields, arrays, strict=True):
        blank &= np.asarray(array.is_null())
        if field.cell is Cell.WORD:
            columns.append(array)
            continue
        values, wrong = _typed(field.cell, array)
        bad |= wrong
        columns.append(values)
    return _Block(columns, bad & ~blank, blank)


def _typed(cell: Cell, array: Any) -> tuple[Numbers, NDArray[np.bool_]]:
    """A column as float64, and which cells hold something else."""
    import pyarrow as pa
    import pyarrow.compute as pc

    wrong = np.zeros(len(array), bool)
    if pa.types.is_string(array.type):
        pattern = NUMBER_TEXT if cell is Cell.NUMBER else TIME_TEXT
        fits = pc.fill_null(pc.match_substring_regex(array, pattern), True)
        wrong = ~np.asarray(fits)
        array = pc.if_else(fits, array, None)
        array = pc.utf8_trim_whitespace(array)
        array = array.cast(pa.float64() if cell is Cell.NUMBER else pa.timestamp("ns"))
    if cell is Cell.TIME:
        return _seconds(array), wrong
    values = array.to_numpy(zero_copy_only=False)
    return values.astype(np.float64, copy=False), wrong


def _seconds(array: Any) -> Numbers:
    """Instants as seconds since the epoch, to the microsecond."""
    import pyarrow as pa

    null = np.asarray(array.is_null())
    whole = array.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    return np.where(null, np.nan, whole / 1e9)


def _joined(
    layout: _Layout,
    fields: Sequence[Field],
    parts: list[_Block],
    skipped: list[int],
    bad_share_max: float,
) -> Table:
    """One table of the blocks, without blank and bad rows."""
    import pyarrow as pa

    bad = np.concatenate([part.bad for part in parts] or [np.zeros(0, bool)])
    blank = np.concatenate([part.blank for part in parts] or [np.zeros(0, bool)])
    line = _lines(len(bad), 1 if layout.header is None else 0, skipped)
    keep = ~(bad | blank)
    numbers: dict[str, Numbers] = {}
    words: dict[str, Column] = {}
    known: dict[str, tuple[str, ...]] = {}
    for number, field in enumerate(fields):
        own = [part.columns[number] for part in parts]
        if field.cell is not Cell.WORD:
            numbers[field.name] = np.concatenate([*own, np.zeros(0)])[keep]
            continue
        coded = pa.chunked_array([*own], pa.string()).combine_chunks().dictionary_encode()
        codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        words[field.name] = codes.astype(np.int64)[keep]
        known[field.name] = tuple(coded.dictionary.to_pylist())
    wrong = sorted([*line[bad].tolist(), *skipped])
    rows = int(keep.sum())
    _refuse(layout, wrong, rows, bad_share_max)
    first = f"{layout.path.name}:{wrong[0]}" if wrong else ""
    dropped = (Dropped("not a row of this format", len(wrong), first),) if wrong else ()
    return Table(layout.path, rows, numbers, words, known, line[keep], dropped)


def _refuse(layout: _Layout, wrong: list[int], rows: int, bad_share_max: float) -> None:
    """Refuse a file with too many bad rows, or too many rows."""
    if len(wrong) > bad_share_max * (rows + len(wrong)):
        says = f"{len(wrong)} of {rows + len(wrong)} rows are not of this format"
        place = f"{layout.path}:{wrong[0]}"
        raise UnreadableTrace(place, says, "Check the file, its columns and its format.")
    if rows > LIMIT_ROWS:
        says = f"{rows} rows; the limit is {LIMIT_ROWS}"
        raise UnreadableTrace(str(layout.path), says, "Split the file.")


def _lines(rows: int, header: int, skipped: list[int]) -> Column:
    """The line of each row that was kept: those of other width lie between them."""
    line: Column = np.arange(1 + header, rows + 1 + header, dtype=np.int64)
    for number in sorted(skipped):
        line[line >= number] += 1
    return line
