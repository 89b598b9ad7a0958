"""Instants as bills write them, as UTC seconds; without a zone they count as UTC.

RFC 3339 and its blank for the ``T``, a date alone (its midnight), and month/day/year as
spreadsheets of the United States write it (``4/1/25``, ``9/30/2023 13:00``).
"""

import re
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np

from offtake.demand.cells import TIME_TEXT, Marks
from offtake.demand.columns import Column

_MONTH_FIRST = re.compile(
    r"^(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})(?: (\d{1,2}):(\d{2})(?::(\d{2}))?)?$"
)
_ISO = re.compile(TIME_TEXT)
YEARS = range(1970, 2200)
NOT_ONE = -1


class Instants(NamedTuple):
    """UTC seconds, NOT_ONE where nothing usable is written; ``wrong`` where something is."""

    at_s: Column
    wrong: Marks


def instants_of(column: Any) -> Instants:
    """A column of an Arrow table; each distinct text is read once."""
    import pyarrow as pa

    column = column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        seconds = column.cast(pa.timestamp("ns")) if pa.types.is_date(column.type) else column
        return _of_moments(seconds)
    coded = column.combine_chunks()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.chunk(0) if coded.num_chunks else pa.array([], column.type)
    if not pa.types.is_dictionary(coded.type):
        coded = coded.cast(pa.string()).dictionary_encode()
    words = coded.dictionary.cast(pa.string()).to_pylist()
    known = np.array([*(instant_of(word) for word in words), NOT_ONE], np.int64)
    written = np.array([*(bool(word and word.strip()) for word in words), False])
    code = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return Instants(known[code], written[code] & (known[code] == NOT_ONE))


def _of_moments(column: Any) -> Instants:
    import pyarrow as pa

    per_s = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[column.type.unit]
    null = np.asarray(column.is_null())
    at_s = column.cast(pa.int64()).fill_null(0).to_numpy() // per_s
    first, last = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (1970, 2200))
    wrong = ~null & ((at_s < first) | (at_s >= last))
    return Instants(np.where(null | wrong, NOT_ONE, at_s), wrong)


def instant_of(word: str | None) -> int:
    """The instant of one text; NOT_ONE where it is none, such as hour 30."""
    text = (word or "").strip()
    try:
        found = _MONTH_FIRST.match(text)
        if found:
            month, day, year, hour, minute, second = (int(part or 0) for part in found.groups())
            year += 2000 if year < 100 else 0
            moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        elif _ISO.match(text):
            moment = datetime.fromisoformat(text)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        else:
            return NOT_ONE
    except ValueError:
        return NOT_ONE
    return int(moment.timestamp() // 1) if moment.year in YEARS else NOT_ONE
