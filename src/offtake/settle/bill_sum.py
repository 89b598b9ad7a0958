"""What a bill comes to: by supplier, service and accelerator, and by commitment."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from offtake.settle.bill import ABSENT, AMOUNTS, Bill, Category

KEYS = ("supplier", "service", "sku", "accelerator", "region", "category", "commitment_id")
"""What rows can be gathered by."""
USUAL = ("supplier", "service", "accelerator", "category")
COMMITMENT = ("supplier", "commitment_id", "commitment_kind", "commitment_status", "category")


class BillSum(NamedTuple):
    """Rows that are alike: their words in the order asked for, how many, and their sums.

    ``micros`` has the sums of AMOUNTS in order, ABSENT where no row states one; ``gpu_s`` counts
    the rows that tell GPU-seconds.
    """

    words: tuple[str, ...]
    rows: int
    gpu_s: int
    micros: tuple[int, ...]


def sums_of(bill: Bill, by: Sequence[str] = USUAL) -> list[BillSum]:
    """The sums of a bill's rows by some of their words, the most billed first."""
    codes = np.stack([_codes(bill, name) for name in by])
    _, first, group = np.unique(codes, axis=1, return_index=True, return_inverse=True)
    group = group.reshape(-1)
    count = len(first)
    told = bill.gpu_s != ABSENT
    gpu_s = _sum(group[told], bill.gpu_s[told], count)
    rows = np.bincount(group, minlength=count)
    amounts = [_amounts(bill, name, group, count) for name in AMOUNTS]
    found = [
        BillSum(
            words=tuple(_word(bill, name, int(first[number])) for name in by),
            rows=int(rows[number]),
            gpu_s=int(gpu_s[number]),
            micros=tuple(int(amount[number]) for amount in amounts),
        )
        for number in range(count)
    ]
    return sorted(found, key=lambda one: (-one.micros[0], one.words))


def commitments_in(bill: Bill) -> list[BillSum]:
    """The same for the rows that name a commitment, by it, its kind and whether it was used."""
    covered = bill.commitment_id.code >= 0
    return sums_of(bill.take(covered), COMMITMENT) if covered.any() else []


def _codes(bill: Bill, name: str) -> np.ndarray:
    return bill.category if name == "category" else getattr(bill, name).code


def _word(bill: Bill, name: str, row: int) -> str:
    if name == "category":
        return Category(int(bill.category[row])).name.lower()
    word: str = getattr(bill, name).at(row)
    return word


def _amounts(bill: Bill, name: str, group: np.ndarray, count: int) -> np.ndarray:
    """The sums of a column of costs; ABSENT in groups where nothing is stated."""
    column = getattr(bill, name)
    stated = column != ABSENT
    some = np.bincount(group[stated], minlength=count) > 0
    return np.where(some, _sum(group[stated], column[stated], count), ABSENT)


def _sum(group: np.ndarray, values: np.ndarray, count: int) -> np.ndarray:
    """Sums by group in integers: exact, where floating-point sums are not."""
    total = np.zeros(count, np.int64)
    np.add.at(total, group, values)
    return total
