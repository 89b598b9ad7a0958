"""Columns of a Parquet file as a table, row group by row group."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from offtake.demand.columns import UnreadableTrace
from offtake.demand.table import Cell, Field, Gathered, Table

BATCH_ROWS = 1 << 18


def is_parquet(path: Path) -> bool:
    """Whether a file says, at its start, that it is Parquet."""
    try:
        with path.open("rb") as stream:
            return stream.read(4) == b"PAR1"
    except OSError:
        return False


def names_of(path: Path) -> list[str]:
    """The columns of a Parquet file; none where it is damaged."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        return list(parquet.read_schema(path, memory_map=True).names)
    except (pa.ArrowException, OSError):
        return []


def read_parquet(path: Path, fields: Sequence[Field]) -> Table:
    """Read the wanted columns; a row's place in messages is its number, from 1.

    Raises:
        UnreadableTrace: Not such a file or column, or too many bad rows.
    """
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path, memory_map=True) as file:
            names = file.schema_arrow.names
            _check(path, fields, names)
            here = [field for field in fields if field.name in names]
            gathered = Gathered(path, here)
            wanted = [field.name for field in here]
            for batch in file.iter_batches(BATCH_ROWS, columns=wanted, use_threads=False):
                gathered.add([_plain(batch.column(f.name), f, path) for f in here])
    except (pa.ArrowException, OSError) as error:
        raise UnreadableTrace(str(path), f"not Parquet: {error}", "Give the file.") from error
    return gathered.table()


def _check(path: Path, fields: Sequence[Field], names: Sequence[str]) -> None:
    absent = [field.name for field in fields if field.required and field.name not in names]
    if absent:
        remedy = f"It has {', '.join(names[:20])}."
        raise UnreadableTrace(str(path), f"no column `{absent[0]}`", remedy)


def _plain(array: Any, field: Field, path: Path) -> Any:
    """A column in a type that cells are read from; words from codes, dates as instants."""
    import pyarrow as pa

    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    kind = array.type
    if field.cell in (Cell.WORD, Cell.TEXT):
        return array.cast(pa.string())
    if pa.types.is_date(kind):
        array = array.cast(pa.timestamp("s"))
    moment = pa.types.is_timestamp(array.type)
    text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    if not (text or (moment if field.cell is Cell.TIME else number)):
        says = f"column `{field.name}` holds {kind}, not {field.cell.value}"
        raise UnreadableTrace(str(path), says, "Map another column, or give its unit.")
    return array
