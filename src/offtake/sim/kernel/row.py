"""By pool, when running jobs end by what they asked for: sorted keys with room at both ends.

A key is ``end << JOB_BITS | job``. Most jobs leave at the front and come in near the back, so
the shorter side moves.
"""

from typing import NamedTuple

from offtake.sim.kernel.state import I64, inlined


class Rows(NamedTuple):
    """``key[pool, low[pool]:high[pool]]`` ascends."""

    key: I64  # (pools, width)
    low: I64
    high: I64


@inlined
def place_of(rows: Rows, pool: int, key: int) -> int:
    """Where a key is, or would be."""
    low, high = rows.low[pool], rows.high[pool]
    while low < high:
        middle = (low + high) >> 1
        if rows.key[pool, middle] < key:
            low = middle + 1
        else:
            high = middle
    return int(low)


@inlined
def add(rows: Rows, pool: int, key: int) -> None:
    """Put a key in its place."""
    row, low, high = rows.key[pool], rows.low[pool], rows.high[pool]
    if high == row.shape[0]:  # Begin at the front again.
        for number in range(high - low):
            row[number] = row[low + number]
        low, high = 0, high - low
        rows.low[pool], rows.high[pool] = low, high
    place = place_of(rows, pool, key)
    if low > 0 and place - low < high - place:
        for number in range(low - 1, place - 1):
            row[number] = row[number + 1]
        row[place - 1] = key
        rows.low[pool] = low - 1
        return
    for number in range(high, place, -1):
        row[number] = row[number - 1]
    row[place] = key
    rows.high[pool] = high + 1


@inlined
def drop(rows: Rows, pool: int, key: int) -> None:
    """Take a key out."""
    row, low, high = rows.key[pool], rows.low[pool], rows.high[pool]
    place = place_of(rows, pool, key)
    if place - low < high - place:
        for number in range(place, low, -1):
            row[number] = row[number - 1]
        rows.low[pool] = low + 1
        return
    for number in range(place, high - 1):
        row[number] = row[number + 1]
    rows.high[pool] = high - 1
