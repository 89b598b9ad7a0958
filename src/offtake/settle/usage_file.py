"""Use as a file: read with every problem located, written so that it reads back as the same.

CSV or Parquet, one row a stretch of use; the columns are in docs/reference/usage.md.
"""

from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from offtake.contract.problem import Place, Problem, Unreadable, nearest
from offtake.core.names import BUYER, UNSTATED, Names
from offtake.core.vocabulary import NONE
from offtake.demand.columns import Column, UnreadableTrace
from offtake.demand.parquet import is_parquet, read_parquet
from offtake.demand.table import Cell, Field, Table, read_table
from offtake.settle.period import month_of
from offtake.settle.used import LIMIT_GPU_S, Kind, Used
from offtake.units.money import SECONDS_PER_HOUR
from offtake.units.time import DAY_S

FIELDS = (
    Field("start", Cell.TIME),
    Field("end", Cell.TIME),
    Field("supplier", Cell.WORD),
    Field("gpu_s", required=False),
    Field("gpu_h", required=False),
    Field("kind", Cell.WORD, required=False),
    Field("accelerator", Cell.WORD, required=False),
    Field("region", Cell.WORD, required=False),
    Field("purpose", Cell.WORD, required=False),
    Field("pool", Cell.WORD, required=False),
    Field("rate", required=False),
    Field("id", Cell.WORD, required=False),
)
KINDS = {kind.name.lower(): kind for kind in Kind}
RATE_MAX = 1e6
"""Units of the currency per GPU-hour; what is dearer is no rate of a GPU."""
LISTED_MAX = 20
"""The most problems that a refusal lists; it says how many more there are."""


class Named(NamedTuple):
    """A column of words that must be names of the portfolio."""

    column: str
    known: tuple[str, ...]
    absent: int  # What a row without the word has.


def read_usage(path: Path, names: Names) -> Used:
    """The use in a file.

    Unless the file says otherwise, its use is taken to be complete from the first second of the
    month in which the first row starts to the end of the day (UTC) in which the last row ends.

    Raises:
        Unreadable: Not such a file, or rows that cannot be booked; nothing is read by half.
    """
    try:
        table = read_parquet(path, FIELDS) if is_parquet(path) else read_table(path, FIELDS)
    except UnreadableTrace as wrong:
        place = Place(wrong.place)
        raise Unreadable([Problem("bad-usage", place, wrong.says, wrong.remedy)]) from wrong
    problems = list(_problems(table, names))
    if problems:
        raise Unreadable(problems)
    return _used(table, names, _stated_period(path))


def _problems(table: Table, names: Names) -> Iterator[Problem]:
    """Everything that keeps a table of use from being booked."""
    for dropped in table.dropped:
        says = f"{dropped.rows:,} row(s): {dropped.reason}; the first is here"
        yield Problem("bad-usage", Place(dropped.first), says, "Mend the row; none is left out.")
    if not table.rows:
        yield Problem("bad-usage", Place(str(table.path)), "holds no use", "Give rows of use.")
        return
    if not {"gpu_s", "gpu_h"} & set(table.numbers):
        says, remedy = "no column `gpu_s` or `gpu_h`", "Add GPU-seconds or GPU-hours."
        yield Problem("bad-usage", Place(f"{table.path}:1"), says, remedy)
        return
    for name in _named(names):
        yield from _unknown(table, name)
    yield from _unknown(table, Named("kind", tuple(KINDS), 0))
    for wrong, says, remedy in _rules(table):
        for row in np.flatnonzero(wrong)[:LISTED_MAX].tolist():
            yield Problem("bad-usage", Place(table.place(row)), says, remedy)


def _named(names: Names) -> tuple[Named, ...]:
    return (
        Named("supplier", names.parties, BUYER),
        Named("accelerator", names.accelerators, UNSTATED),
        Named("region", names.regions, UNSTATED),
        Named("purpose", names.purposes, UNSTATED),
    )


def _unknown(table: Table, name: Named) -> Iterator[Problem]:
    """A problem for each word of a column that names nothing, at the first row that has it."""
    if name.column not in table.words:
        return
    column = table.words[name.column]
    for code, word in enumerate(table.known[name.column]):
        if word not in name.known:
            rows = np.flatnonzero(column == code)
            says = f"{name.column} `{word}` is not in the portfolio ({len(rows):,} row(s))"
            place = Place(table.place(int(rows[0])))
            yield Problem("unknown-name", place, says, nearest(word, name.known))


def _rules(table: Table) -> Iterator[tuple[Any, str, str]]:
    """Rows that break a rule, what it says, and the remedy."""
    start, end = table.numbers["start"], table.numbers["end"]
    quantity = _gpu_s(table)
    nothing = np.isnan(start) | np.isnan(end) | np.isnan(quantity) | (table.words["supplier"] < 0)
    yield nothing, "start, end, supplier or quantity is not stated", "Write all four."
    yield ~(end > start) & ~nothing, "the end is not after the start", "Write a later end."
    yield quantity < 0, "the quantity is negative", "Corrections are rows of their own statement."
    excess = np.cumsum(np.nan_to_num(quantity)) >= LIMIT_GPU_S
    excess[1:] &= ~excess[:-1]
    yield excess, "GPU-seconds above 2^53 in one file", "Check the unit, or split the file."
    if "rate" in table.numbers:
        rate = table.numbers["rate"]
        yield (rate < 0) | (rate > RATE_MAX), f"a rate beyond 0 to {RATE_MAX:,.0f}", "Check it."
    if "id" in table.words:
        yield _repeated(table.words["id"]), "the id was seen before", "Book a row once."


def _repeated(code: Column) -> Any:
    """The rows whose word another row before them has; rows without a word have none."""
    first = np.zeros(len(code), bool)
    first[np.unique(code, return_index=True)[1]] = True
    return ~first & (code >= 0)


def _gpu_s(table: Table) -> Any:
    """GPU-seconds as written, ``nan`` where nothing is; hours to the nearest GPU-second."""
    hours = table.numbers.get("gpu_h")
    seconds = table.numbers.get("gpu_s")
    if hours is None:
        return seconds
    from_hours = np.rint(hours * SECONDS_PER_HOUR)
    return from_hours if seconds is None else np.where(np.isnan(seconds), from_hours, seconds)


def _used(table: Table, names: Names, stated: tuple[int, int] | None) -> Used:
    """The columns of a table without problems."""
    start_s, end_s = table.whole("start"), table.whole("end")
    first_s = int(start_s.min())
    period = stated or (month_of(first_s)[0], -(-int(end_s.max()) // DAY_S) * DAY_S)
    words = {name.column: _codes(table, name) for name in _named(names)}
    rate = table.numbers.get("rate")
    micros = np.full(table.rows, NONE) if rate is None else _micros(rate)
    return Used(
        kind=_codes(table, Named("kind", tuple(KINDS), 0)),
        pool=table.words.get("pool", np.full(table.rows, NONE)),
        gpu_s=np.rint(_gpu_s(table)).astype(np.int64),
        start_s=start_s,
        end_s=end_s,
        rate=micros,
        line=np.asarray(table.line, np.int64),
        pools=table.known.get("pool", ()),
        file=table.path.name,
        from_s=period[0],
        until_s=period[1],
        **words,
    )


def _codes(table: Table, name: Named) -> Column:
    """A column of words as indices of the known names."""
    column = table.words.get(name.column)
    if column is None:
        return np.full(table.rows, name.absent, np.int64)
    known = table.known[name.column]
    index = np.array([*(name.known.index(word) for word in known), name.absent], np.int64)
    return index[column]  # -1, nothing written, is the last.


def _micros(rate: Any) -> Column:
    micros = np.rint(np.nan_to_num(rate) * 1e6).astype(np.int64)
    return np.where(np.isnan(rate), NONE, micros)


def _stated_period(path: Path) -> tuple[int, int] | None:
    """For which time a Parquet file says that its use is complete."""
    if not is_parquet(path):
        return None
    from pyarrow import parquet

    stated: Mapping[bytes, bytes] = parquet.read_schema(path).metadata or {}
    try:
        return int(stated[b"offtake.from_s"]), int(stated[b"offtake.until_s"])
    except (KeyError, ValueError):
        return None


def written(used: Used, names: Names) -> bytes:
    """The Parquet file of rows of use; the same rows give the same bytes."""
    import pyarrow as pa
    from pyarrow import parquet

    def words(column: Column, known: Sequence[str]) -> Any:
        there = (column >= 0) & (column < len(known))
        index = pa.array(np.where(there, column, 0).astype(np.int32), mask=~there)
        return pa.DictionaryArray.from_arrays(index, pa.array(list(known), pa.string()))

    def instants(column: Column) -> Any:
        return pa.array(column, pa.timestamp("s", "UTC"))

    rate = pa.array(used.rate / 1e6, mask=used.rate == NONE)
    table = pa.table(
        {
            "start": instants(used.start_s),
            "end": instants(used.end_s),
            "kind": words(used.kind, tuple(KINDS)),
            "supplier": words(used.supplier, names.parties),
            "accelerator": words(used.accelerator, names.accelerators),
            "region": words(used.region, names.regions),
            "purpose": words(used.purpose, names.purposes),
            "pool": words(used.pool, used.pools),
            "gpu_s": pa.array(used.gpu_s, pa.int64()),
            "rate": rate,
        }
    ).replace_schema_metadata(
        {"offtake.from_s": str(used.from_s), "offtake.until_s": str(used.until_s)}
    )
    out = BytesIO()
    parquet.write_table(table, out, compression="zstd")
    return out.getvalue()
