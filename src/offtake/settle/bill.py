"""A supplier's bill as columns: what reconciliation reads, whatever format it came in (M3, M4).

Reading is in ``offtake.settle.bills``; see docs/reference/bills.md.
"""

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np

from offtake.core.vocabulary import NONE
from offtake.demand.cells import Marks
from offtake.demand.columns import Column
from offtake.units.money import LIMIT_MICROS

ABSENT = -(2**63)
"""An amount of money, or a quantity, that the bill does not state; no amount can be it."""
LIMIT_ROWS = 20_000_000
LIMIT_FILE_BYTES = 8 << 30
LIMIT_UNITS = 10**12
"""The most units of anything on one row: in millionths it fits int64, in GPU-seconds too."""
LIMIT_GPU_S = 2**53
"""The GPU-seconds of all rows of a bill together stay below."""
assert LIMIT_MICROS < 2**63


class Category(IntEnum):
    """What a row charges, in FOCUS's words. Numbers are permanent, because files store names."""

    USAGE = 0
    PURCHASE = 1  # Of a commitment, a reservation, a license: not what was used under it.
    CREDIT = 2
    TAX = 3
    ADJUSTMENT = 4


class Words(NamedTuple):
    """A column of text: indices into the words there are, -1 where nothing is written."""

    code: Column
    known: tuple[str, ...]

    def at(self, row: int) -> str:
        """The word of a row; empty where nothing is written."""
        code = int(self.code[row])
        return self.known[code] if code >= 0 else ""

    def of(self, word: str) -> Marks:
        """The rows that have a word."""
        if word not in self.known:
            return np.zeros(len(self.code), bool)
        marks: Marks = self.code == self.known.index(word)
        return marks

    def take(self, rows: Column | Marks) -> "Words":
        """Some rows, by number or by mark; the words stay."""
        return Words(self.code[rows], self.known)


AMOUNTS = ("billed_micros", "effective_micros", "contracted_micros", "list_micros")
"""The columns of costs, in FOCUS's four meanings."""
NUMBERS = ("start_s", "end_s", "category", "correction", "quantity_micro", "gpu_s", "gpus")
PRICES = ("unit_price_micros", "list_unit_price_micros")
WORDS = (
    "supplier",
    "service",
    "sku",
    "description",
    "accelerator",
    "region",
    "unit",
    "commitment_id",
    "commitment_kind",
    "commitment_status",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """Rows of a bill in the order of their file; numbers are int64 of shape (rows,).

    Periods are half-open ``[start_s, end_s)``. ``category`` holds ``Category``; ``correction``
    is 1 for a row that corrects an earlier bill. ``quantity_micro`` is the priced quantity in
    millionths of ``unit``. ``gpu_s`` are GPU-seconds; ``gpus`` are those of the machine that
    the row names, 0 where it names none. Costs are micro-units of ``currency``, each rounded
    half to even from what the file says. What a row does not state is ``ABSENT``, which its
    ``billed_micros`` never is. ``exact`` has the sums of the costs as the file states them.
    """

    start_s: Column
    end_s: Column
    category: Column
    correction: Column
    quantity_micro: Column
    gpu_s: Column
    gpus: Column
    unit_price_micros: Column
    list_unit_price_micros: Column
    billed_micros: Column
    effective_micros: Column
    contracted_micros: Column
    list_micros: Column
    supplier: Words
    service: Words
    sku: Words
    description: Words
    accelerator: Words
    region: Words
    unit: Words
    commitment_id: Words
    commitment_kind: Words
    commitment_status: Words
    line: Column  # Where each row stands in the file, from 1.
    currency: str
    format: str
    file: str
    sha256: str
    exact: tuple[Decimal, ...]  # Of AMOUNTS, in order.
    other: Any  # pyarrow.Table: the columns that no part of a bill was read from.
    choices: tuple[str, ...] = ()  # What the reader decided, as sentences.

    def __len__(self) -> int:
        return len(self.line)

    def take(self, rows: Column | Marks) -> "Bill":
        """Some rows, by number or by mark; ``exact`` stays what the whole file states."""
        number = np.flatnonzero(rows) if rows.dtype == bool else rows
        names = (*NUMBERS, *PRICES, *AMOUNTS, "line")
        parts: dict[str, Any] = {name: getattr(self, name)[number] for name in names}
        parts |= {name: getattr(self, name).take(number) for name in WORDS}
        return replace(self, other=self.other.take(number), **parts)

    def place(self, row: int) -> str:
        """Where a row stands, for statements and messages: ``bill.csv:17``."""
        return f"{self.file}:{int(self.line[row])}"

    @property
    def period(self) -> tuple[int, int]:
        """From the first start to the last end."""
        return int(self.start_s.min()), int(self.end_s.max())

    def sum_micros(self, amount: str, rows: Marks | None = None) -> int:
        """The sum of a column of costs, in micros; rows that do not state it count nothing."""
        column = getattr(self, amount)
        stated = column != ABSENT
        return int(column[stated if rows is None else stated & rows].sum())

    def rounded_micros(self, amount: str) -> Decimal:
        """What rounding each row added to a column's sum, in micros, exactly."""
        exact = self.exact[AMOUNTS.index(amount)]
        return Decimal(self.sum_micros(amount)) - exact.scaleb(6)


class Expected(NamedTuple):
    """What the reader of a bill knows of it before: what differs is a problem.

    A bill cut off at the end of a row can only be told by its rows or its total. A file without
    any currency or supplier is in this one.
    """

    period: tuple[int, int] | None = None  # Charges start within it.
    currency: str = ""
    suppliers: tuple[str, ...] = ()
    rows: int = NONE
    billed_micros: int = ABSENT  # To the micro, of the exact sum rounded half to even.
