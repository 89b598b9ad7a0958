"""What was used, as columns: the input of settlement, whoever recorded it (M1)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np

from offtake.core.account import Use
from offtake.core.vocabulary import NONE
from offtake.demand.cells import Marks
from offtake.demand.columns import Column
from offtake.settle.charges import Usage

LIMIT_GPU_S = 2**53
"""The GPU-seconds of all rows of a file together stay below: 2.5 trillion GPU-hours."""
COLUMNS = (
    "kind",
    "supplier",
    "accelerator",
    "region",
    "purpose",
    "pool",
    "gpu_s",
    "start_s",
    "end_s",
    "rate",
    "line",
)
"""Those of ``Used``, in order."""
USE = Use._fields
"""The columns that make a use."""


class Kind(IntEnum):
    """What a row tells of. Numbers are permanent, because files store their names."""

    USED = 0  # Jobs or inference ran: priced by contract, else by its pool's rate (RC1).
    ORDERED = 1  # Capacity of an order: paid from its delivery on, used or not (S5).
    UNDELIVERED = 2  # Ordered and not there: lowers floors, costs nothing (TP5).


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """Rows of use; every column is int64 of shape (rows,), in the order of their file.

    ``supplier``, ``accelerator``, ``region`` and ``purpose`` are indices of ``Names``; ``pool``
    indexes ``pools`` (``NONE``: of no pool). Quantities are GPU-seconds within the half-open
    ``[start_s, end_s)``. ``rate`` is what the row's own pool or order costs, in micro-units per
    GPU-hour, ``NONE`` where nothing states it. ``line`` is where a row stands in ``file``.
    ``from_s`` and ``until_s`` say for which time all use is here.
    """

    kind: Column
    supplier: Column
    accelerator: Column
    region: Column
    purpose: Column
    pool: Column
    gpu_s: Column
    start_s: Column
    end_s: Column
    rate: Column
    line: Column
    pools: tuple[str, ...] = ()
    file: str = ""
    from_s: int = 0
    until_s: int = 0

    def __len__(self) -> int:
        return len(self.kind)

    def take(self, rows: Column | Marks) -> "Used":
        """Some rows, by number or by mark."""
        return replace(self, **{name: getattr(self, name)[rows] for name in COLUMNS})

    def place(self, row: int) -> str:
        """Where a row stands, for statements: ``usage.csv:17``."""
        return f"{self.file}:{int(self.line[row])}"

    def use(self, row: int) -> Use:
        """One row as the plain path reads it."""
        return Use(*(int(getattr(self, name)[row]) for name in USE))

    def usage(self) -> list[Usage]:
        """The rows that are priced, as the plain path reads them, in order."""
        return [
            Usage(use, rate, int(kind == Kind.ORDERED))
            for use, rate, kind in self._uses(self.kind != Kind.UNDELIVERED)
        ]

    def undelivered(self) -> list[Use]:
        """The capacity that was ordered and not there."""
        return [use for use, _, _ in self._uses(self.kind == Kind.UNDELIVERED)]

    def _uses(self, marked: Marks) -> Iterable[tuple[Use, int, int]]:
        columns = [getattr(self, name)[marked].tolist() for name in USE]
        uses = map(Use, *columns)
        return zip(uses, self.rate[marked].tolist(), self.kind[marked].tolist(), strict=True)


def used_of(
    usage: Sequence[Usage],
    undelivered: Sequence[Use],
    pools: Sequence[str],
    period: tuple[int, int],
) -> Used:
    """Rows of the plain path as columns; ``line`` counts them from 1."""
    uses = [*(row.use for row in usage), *undelivered]
    ordered = [int(Kind.ORDERED if row.reserved else Kind.USED) for row in usage]
    rates = [row.rate_micros_per_gpu_h for row in usage] + [NONE] * len(undelivered)
    columns = {
        name: np.array([getattr(use, name) for use in uses], np.int64)
        for name in COLUMNS[1:-2]  # All but kind, rate and line.
    }
    return Used(
        kind=np.array(ordered + [int(Kind.UNDELIVERED)] * len(undelivered), np.int64),
        rate=np.array(rates, np.int64),
        line=np.arange(1, len(uses) + 1, dtype=np.int64),
        pools=tuple(pools),
        file="",
        from_s=period[0],
        until_s=period[1],
        **columns,
    )


def split(used: Used, edges: Sequence[int]) -> Used:
    """The same use with no row across an edge; each row's GPU-seconds are split by time.

    Every piece gets what falls to it up to its end, rounded down, less what the pieces before
    it got: no GPU-second is lost, and a piece is at most one GPU-second from its exact share.
    """
    cut = np.asarray(sorted(edges), np.int64)
    first = np.searchsorted(cut, used.start_s, side="right")
    pieces = np.maximum(np.searchsorted(cut, used.end_s, side="left") - first, 0) + 1
    if (pieces == 1).all():
        return used
    row = np.repeat(np.arange(len(used)), pieces)
    number = np.arange(len(row)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    padded = np.append(cut, 0)  # An edge beyond the last is asked for by no piece but the last.
    last = number == pieces[row] - 1
    start = np.where(number == 0, used.start_s[row], padded[first[row] + number - 1])
    end = np.where(last, used.end_s[row], padded[np.minimum(first[row] + number, len(cut))])
    until = _share(used, row, end)
    before = np.where(number == 0, 0, np.roll(until, 1))
    return replace(used.take(row), start_s=start, end_s=end, gpu_s=until - before)


def _share(used: Used, row: Column, until_s: Column) -> Column:
    """The GPU-seconds of rows up to an instant within them, rounded down, exactly.

    In Python's integers, because GPU-seconds times seconds can exceed 64 bits; rows across an
    edge are few.
    """
    shares = [
        gpu_s * (at_s - start_s) // (end_s - start_s)
        for gpu_s, at_s, start_s, end_s in zip(
            used.gpu_s[row].tolist(),
            until_s.tolist(),
            used.start_s[row].tolist(),
            used.end_s[row].tolist(),
            strict=True,
        )
    ]
    return np.array(shares, np.int64)


def within(used: Used, from_s: int, until_s: int) -> Used:
    """The use of a period ``[from_s, until_s)``, rows across its edges split there."""
    pieces = split(used, (from_s, until_s))
    inside = pieces.take((pieces.start_s >= from_s) & (pieces.start_s < until_s))
    return replace(inside, from_s=max(used.from_s, from_s), until_s=min(used.until_s, until_s))
