"""By pool, when running jobs end by what they asked for: sorted keys with room at both ends.

A key is ``end << JOB_BITS | gpus``: which of two equal ones is dropped makes no difference. Most
jobs leave at the front and come in near the back, so the shorter side moves.
"""

from typing import NamedTuple

from offtake.sim.kernel.jit import I64, Place, inlined

SHORT = 64
"""Up to so many keys are counted faster than they are searched: no comparison waits for another."""


class Rows(NamedTuple):
    """``key[pool, low[pool]:high[pool]]`` ascends."""

    key: I64  # (pools, width)
    low: I64
    high: I64


@inlined
def place_of(rows: Rows, pool: int, key: int) -> int:
    """Where a key is, or would be."""
    row, low = rows.key[pool], rows.low[pool]
    left = rows.high[pool] - low
    if left == 0 or row[low] >= key:
        return int(low)
    while left > SHORT:
        half = left >> 1
        low = low + half if row[low + half - 1] < key else low
        left -= half
    part, less = row[low : low + left], 0  # Several are compared at once.
    for number in range(part.shape[0]):
        less += part[number] < key
    return int(low + less)


@inlined
def down(row: I64, low: Place, high: Place) -> None:
    """Move what stands behind each place in ``[low, high)`` down by one."""
    part = row[low : high + 1]  # Counted from 0, several are moved at once.
    for number in range(part.shape[0] - 1):
        part[number] = part[number + 1]


@inlined
def up(row: I64, low: Place, high: Place) -> None:
    """Move what stands at each place in ``[low, high)`` up by one."""
    part = row[low : high + 1]
    for number in range(part.shape[0] - 1, 0, -1):
        part[number] = part[number - 1]


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
        down(row, low - 1, place - 1)
        row[place - 1] = key
        rows.low[pool] = low - 1
        return
    up(row, place, high)
    row[place] = key
    rows.high[pool] = high + 1


@inlined
def drop(rows: Rows, pool: int, key: int) -> None:
    """Take a key out."""
    row, low, high = rows.key[pool], rows.low[pool], rows.high[pool]
    place = place_of(rows, pool, key)
    if place - low < high - place:
        up(row, low, place)
        rows.low[pool] = low + 1
        return
    down(row, place, high - 1)
    rows.high[pool] = high - 1
