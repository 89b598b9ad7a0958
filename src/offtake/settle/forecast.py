"""Use to come: what was used of late goes on, or what is planned; and the same use, moved.

A forecast is use like any other: it is charged by the clauses, so that ramps, tiers, nested
minimums and amendments count as they will.
"""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from offtake.demand.columns import Column
from offtake.settle.used import COLUMNS, Kind, Used, split, within
from offtake.units.time import DAY_S

LATE_S = 30 * DAY_S
"""The run rate is that of the last 30 days that are known."""
ALIKE = ("kind", "supplier", "accelerator", "region", "purpose", "pool", "rate")
"""Rows that agree in these go on together."""


def joined(first: Used, then: Used) -> Used:
    """Use of one time followed by use of a later one; pools keep their names."""
    pools = tuple(dict.fromkeys((*first.pools, *then.pools)))
    index = np.array([*(pools.index(pool) for pool in then.pools), -1], np.int64)
    columns: dict[str, Any] = {
        name: np.concatenate([getattr(first, name), getattr(then, name)])
        for name in COLUMNS
        if name != "pool"
    }
    columns["pool"] = np.concatenate([first.pool, index[then.pool]])
    return replace(first, **columns, pools=pools, until_s=max(first.until_s, then.until_s))


def gathered(used: Used, edges: tuple[int, ...]) -> Used:
    """Rows that agree in ``ALIKE`` and lie between the same edges, as one row each.

    A forecast needs no more; its amounts differ from those of the rows by their rounding.
    """
    pieces = split(used, edges)
    number = np.searchsorted(np.asarray(edges, np.int64), pieces.start_s, side="right")
    keys = np.stack([*(getattr(pieces, name) for name in ALIKE), number], axis=1)
    if not len(pieces):
        return pieces
    _, first, group = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    group = group.reshape(-1)
    gpu_s = np.zeros(len(first), np.int64)
    np.add.at(gpu_s, group, pieces.gpu_s)
    start_s, end_s = pieces.start_s[first], pieces.end_s[first]
    np.minimum.at(start_s, group, pieces.start_s)
    np.maximum.at(end_s, group, pieces.end_s)
    return replace(pieces.take(first), gpu_s=gpu_s, start_s=start_s, end_s=end_s)


def going_on(used: Used, at_s: int, until_s: int) -> Used:
    """The use of the last 30 days before ``at_s``, at the same rate until ``until_s``.

    Capacity that is ordered, and what is missing of it, go on as well.
    """
    since_s = max(used.from_s, at_s - LATE_S)
    late = gathered(within(used, since_s, at_s), (since_s,))
    lasted_s, ahead_s = at_s - since_s, until_s - at_s
    if lasted_s <= 0 or ahead_s <= 0:
        return late.take(np.zeros(0, np.int64))
    gpu_s = [amount * ahead_s // lasted_s for amount in late.gpu_s.tolist()]
    return replace(
        late,
        gpu_s=np.array(gpu_s, np.int64),
        start_s=np.full(len(late), at_s, np.int64),
        end_s=np.full(len(late), until_s, np.int64),
        until_s=until_s,
    )


class Target(NamedTuple):
    """Where use could go: a pool with its supplier, place and kind."""

    pool: str
    supplier: int
    accelerator: int
    region: int
    rate: int


def moved(used: Used, rows: Column, target: Target, part_ppm: int) -> Used:
    """The same use with a part of some rows, in millionths, on another pool."""
    pools = (*used.pools, target.pool)
    gone = used.gpu_s[rows] * part_ppm // 1_000_000
    left = used.gpu_s.copy()
    left[rows] -= gone
    there = used.take(rows)
    size = len(there)
    to: dict[str, Any] = {
        "gpu_s": gone,
        "supplier": np.full(size, target.supplier),
        "accelerator": np.full(size, target.accelerator),
        "region": np.full(size, target.region),
        "rate": np.full(size, target.rate),
        "pool": np.full(size, len(pools) - 1),
        "kind": np.full(size, int(Kind.USED)),
    }
    return joined(replace(used, gpu_s=left, pools=pools), replace(there, pools=pools, **to))
