"""The rows of a bill's file as an Arrow table, each with its line; CSV or Parquet.

Unlike traces, bills hold line breaks inside quotes, and no row of them may be left out: a row
of another width is a problem, and so is a file that ends within one.
"""

import codecs
import csv
import io
import re
from collections.abc import Callable, Collection, Sequence
from hashlib import file_digest
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from offtake.contract.problem import Place, Problem, Unreadable
from offtake.demand.cells import Marks
from offtake.demand.columns import Column
from offtake.demand.lines import COMPRESSION, Lines, head_of, opened
from offtake.demand.parquet import is_parquet
from offtake.settle.bill import LIMIT_FILE_BYTES, LIMIT_ROWS

BLOCK_BYTES = 1 << 22
MISSING = ("", "null", "NULL", "Null", "NaN", "nan")
LISTED_MAX = 20
"""The most problems of one kind that a refusal lists; it says how many more there are."""


class Rows(NamedTuple):
    """Columns as written: text where the file is text, few distinct words as codes."""

    path: Path
    table: Any  # pyarrow.Table
    line: Column
    sha256: str


def key_of(name: str) -> str:
    """A column's name as formats are told by: letters and digits only, small."""
    return re.sub("[^a-z0-9]", "", name.lower())


def header_of(path: Path) -> list[str]:
    """The names of a file's columns, in order; empty where it cannot be told.

    Raises:
        Unreadable: No such file, or one above the limit.
    """
    if not path.is_file():
        raise refusal(path, "no such file", "Give the path of a bill.")
    if path.stat().st_size > LIMIT_FILE_BYTES:
        raise refusal(path, f"above {LIMIT_FILE_BYTES >> 30} GiB", "Give one month a file.")
    try:
        if is_parquet(path):
            from offtake.demand.parquet import names_of

            return names_of(path)
        head = head_of(path)
        first = next(csv.reader(io.StringIO(head)), [])
    except (csv.Error, UnicodeDecodeError) as error:
        raise refusal(path, f"has no names of columns: {error}", "Give the file itself.") from error
    if not head and path.suffix in COMPRESSION:
        raise refusal(path, "cannot be unpacked to its end", "Fetch the whole file again.")
    return [name.strip() for name in first]


def refusal(path: Path, says: str, remedy: str) -> Unreadable:
    """That a file cannot be read as a whole."""
    return Unreadable([Problem("bad-bill", Place(str(path)), says, remedy)])


def read_rows(path: Path, header: Sequence[str], plain: Collection[str]) -> Rows:
    """Read all rows; ``plain`` are keys of columns with many distinct texts, such as amounts.

    Raises:
        Unreadable: Rows of another width, a file cut off, not text, too many rows.
    """
    import pyarrow as pa

    try:
        found = _parquet(path, plain) if is_parquet(path) else _csv(path, header, plain)
    except (pa.ArrowException, OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        says = f"cannot be read to its end: {str(error).splitlines()[0]}"
        raise refusal(path, says, "Fetch the whole file again.") from error
    if not found[0].num_rows:
        raise refusal(path, "holds no charge", "Give a bill with rows.")
    with path.open("rb") as stream:
        digest = file_digest(stream, "sha256").hexdigest()
    return Rows(path, found[0], found[1], digest)


def _parquet(path: Path, plain: Collection[str]) -> tuple[Any, Column]:
    import pyarrow as pa
    from pyarrow import parquet

    schema = parquet.read_schema(path)
    words = [
        field.name
        for field in schema
        if pa.types.is_string(field.type) and key_of(field.name) not in plain
    ]
    with parquet.ParquetFile(path, read_dictionary=words) as file:
        _limit(path, file.metadata.num_rows)
        table = file.read(use_threads=False)
    table = table.unify_dictionaries().combine_chunks()
    return table, np.arange(1, table.num_rows + 1, dtype=np.int64)


def _limit(path: Path, rows: int) -> None:
    if rows > LIMIT_ROWS:
        raise refusal(path, f"more than {LIMIT_ROWS:,} rows", "Split the file by month.")


def _check_text(path: Path) -> None:
    """Refuse what is not UTF-8 at its line, before rows of it could be lost."""
    decoder, line = codecs.getincrementaldecoder("utf-8")(), 1
    with opened(path) as stream:
        while block := stream.read(BLOCK_BYTES):
            try:
                decoder.decode(block)
            except UnicodeDecodeError as error:
                line += error.object[: error.start].count(b"\n")
                place, says = Place(path.name, line, 1), "is not text in UTF-8"
                raise Unreadable(
                    [Problem("bad-bill", place, says, "Save the file as UTF-8.")]
                ) from error
            line += block.count(b"\n")
        decoder.decode(b"", final=True)


def _csv(path: Path, header: Sequence[str], plain: Collection[str]) -> tuple[Any, Column]:
    import pyarrow as pa

    _check_text(path)
    names = _unique(header)
    skipped: list[tuple[int, str]] = []  # Number from 1 and text of rows of another width.
    batches: list[Any] = []
    seen = 0
    with opened(path) as stream:
        lines = Lines(stream, ",", 1)
        if not lines.empty():
            for batch in _batches(lines, names, plain, skipped):
                batches.append(batch)
                _limit(path, seen := seen + batch.num_rows)
    schema = pa.schema([(name, _type(name, plain)) for name in names])
    table = pa.Table.from_batches(batches, schema).unify_dictionaries().combine_chunks()
    total = table.num_rows + len(skipped)
    line = _line_of(path, total, lines.all_lines())
    bad = [number for number, text in skipped if text.strip(" ,\t\r\n")]
    if bad:
        raise Unreadable(_widths(path, [int(line[n - 1]) for n in bad], last=int(line[-1])))
    line = np.delete(line, np.array([number for number, _ in skipped], np.int64) - 1)
    written = _written(table)
    return (table, line) if written.all() else (table.filter(written), line[written])


def _written(table: Any) -> Marks:
    """The rows that are not blank; files end with such rows, and spreadsheets with many."""
    if any(column.null_count == 0 for column in table.columns):
        return np.ones(table.num_rows, bool)
    written = np.zeros(table.num_rows, bool)
    for column in table.columns:
        written |= np.asarray(column.is_valid())
        if written.all():
            break
    return written


def _type(name: str, plain: Collection[str]) -> Any:
    import pyarrow as pa

    return pa.string() if key_of(name) in plain else pa.dictionary(pa.int32(), pa.string())


def _batches(
    lines: Lines, names: Sequence[str], plain: Collection[str], skipped: list[tuple[int, str]]
) -> Any:
    import pyarrow as pa
    from pyarrow import csv as arrow

    return arrow.open_csv(
        pa.PythonFile(lines, mode="r"),
        read_options=arrow.ReadOptions(
            use_threads=False, block_size=BLOCK_BYTES, column_names=names
        ),
        parse_options=arrow.ParseOptions(
            newlines_in_values=True,
            ignore_empty_lines=False,
            invalid_row_handler=_keeper(skipped),
        ),
        convert_options=arrow.ConvertOptions(
            column_types={name: _type(name, plain) for name in names},
            null_values=list(MISSING),
            strings_can_be_null=True,
        ),
    )


def _keeper(skipped: list[tuple[int, str]]) -> Callable[[Any], str]:
    def other_width(row: Any) -> str:
        skipped.append((row.number, row.text))
        return "skip"

    return other_width


def _unique(header: Sequence[str]) -> list[str]:
    """Names that can be told apart; the first of a name keeps it."""
    return [
        name if name not in header[:place] else f"{name}#{place + 1}"
        for place, name in enumerate(header)
    ]


def _line_of(path: Path, rows: int, lines: int) -> Column:
    """The line that each row starts on; read a second time where quotes hold line breaks."""
    if rows == lines:
        return np.arange(2, rows + 2, dtype=np.int64)
    starts: list[int] = []
    with opened(path) as stream:
        reader = csv.reader(io.TextIOWrapper(stream, encoding="utf-8-sig", newline=""))
        before = 0
        for _ in reader:
            starts.append(before + 1)
            before = reader.line_num
    line = np.array(starts[1:], np.int64)  # Without the header.
    if len(line) >= rows:
        return line[:rows]
    return np.concatenate([line, np.full(rows - len(line), before, np.int64)])


def _widths(path: Path, lines: list[int], *, last: int) -> list[Problem]:
    """A problem for each row of another width; the last may be where the file was cut off."""
    found = []
    for line in lines[:LISTED_MAX]:
        says = "has another number of columns than the first row"
        if line == last:
            says += "; the file ends here, perhaps cut off"
        place = Place(path.name, line, 1)
        found.append(Problem("bad-bill", place, says, "Fetch the whole file again, or mend it."))
    if len(lines) > LISTED_MAX:
        says = f"{len(lines) - LISTED_MAX:,} more rows of another width"
        found.append(Problem("bad-bill", Place(path.name), says, "Mend them as well."))
    return found
