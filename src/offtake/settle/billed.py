"""The use that a bill tells of, in the portfolio's names, and what the contracts say it costs."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from offtake.contract.portfolio import Portfolio
from offtake.core.names import UNSTATED, Names
from offtake.core.vocabulary import NONE, BoundClause
from offtake.demand.cells import Marks
from offtake.demand.columns import Column
from offtake.settle.bill import ABSENT, Bill, Category, Words
from offtake.settle.columns import priced_rows
from offtake.settle.used import Kind, Used
from offtake.units.time import DAY_S

ALIASES = (
    ("microsoft", "azure", "microsoftazure", "microsoftcorporation"),
    ("aws", "amazon", "amazonwebservices", "amazonwebservicesinc"),
    ("oracle", "oci", "oraclecloud", "oraclecloudinfrastructure"),
    ("google", "gcp", "googlecloud", "googlecloudplatform"),
)
"""Names that bills use for one supplier, by their letters and digits."""
_OTHER = re.compile(r"[^a-z0-9]+")


class Billed(NamedTuple):
    """A bill in the portfolio's names; columns of shape (rows of the bill,).

    ``party`` and ``accelerator`` are indices of ``Names``, ``NONE`` where a word names nothing
    there. ``is_use`` marks rows that charge GPU-hours of both.
    """

    bill: Bill
    party: Column
    accelerator: Column
    is_use: Marks


class Agreed(NamedTuple):
    """What the contracts say of each row of a bill; ``clause`` indexes ``clauses``, or NONE."""

    micros: Column
    clause: Column
    clauses: tuple[tuple[str, str], ...]  # Clause and rule.


def billed(bill: Bill, names: Names, supplier: int = NONE) -> Billed:
    """A bill in the portfolio's names; all of it is of ``supplier`` where one is given."""
    party = _indices(bill.supplier, names.parties, names)
    if supplier != NONE:
        party = np.full(len(bill), supplier, np.int64)
    accelerator = _indices(bill.accelerator, names.accelerators, names)
    known = (party != NONE) & (accelerator != NONE)
    is_use = known & (bill.category == Category.USAGE) & (bill.gpu_s != ABSENT)
    return Billed(bill, party, accelerator, is_use)


def _indices(words: Words, known: tuple[str, ...], names: Names) -> Column:
    """Words as indices of known names, compared by letters and digits, titles and aliases."""
    keys: dict[str, int] = {}
    for index, name in enumerate(known):
        for word in (name, names.titles.get(name, name)):
            keys.setdefault(_key(word), index)
    for group in ALIASES:
        there = [keys[word] for word in group if word in keys]
        for word in group if there else ():
            keys.setdefault(word, there[0])
    found = [keys.get(_key(word), NONE) for word in words.known]
    return np.array([*found, NONE], np.int64)[words.code]  # -1, nothing written, is the last.


def _key(word: str) -> str:
    return _OTHER.sub("", word.lower())


def used_of(found: Billed, names: Names, period: tuple[int, int]) -> Used:
    """The GPU use in a bill as rows of use; ``line`` is where each stands in the bill's file."""
    return _used(found, names, period, found.bill.line)


def _used(found: Billed, names: Names, period: tuple[int, int], line: Column) -> Used:
    bill, rows = found.bill, np.flatnonzero(found.is_use)
    region = _indices(bill.region, names.regions, names)[rows]
    nothing = np.full(len(rows), NONE, np.int64)
    return Used(
        kind=np.full(len(rows), int(Kind.USED), np.int64),
        supplier=found.party[rows],
        accelerator=found.accelerator[rows],
        region=np.where(region == NONE, UNSTATED, region),
        purpose=np.full(len(rows), UNSTATED, np.int64),
        pool=nothing,
        gpu_s=bill.gpu_s[rows],
        start_s=bill.start_s[rows],
        end_s=bill.end_s[rows],
        rate=nothing,
        line=line[rows],
        file=bill.file,
        from_s=period[0],
        until_s=period[1],
    )


def agreed(found: Billed, portfolio: Portfolio, clauses: Sequence[BoundClause]) -> Agreed:
    """What the contracts say each row of use costs (RC1); 0 where they say nothing."""
    size = len(found.bill)
    micros, clause = np.zeros(size, np.int64), np.full(size, NONE, np.int64)
    if not found.is_use.any():
        return Agreed(micros, clause, ())
    period = _whole_days(found)
    used = _used(found, portfolio.names, period, np.arange(size, dtype=np.int64))
    pieces, priced = priced_rows(portfolio, clauses, used)
    np.add.at(micros, pieces.line, priced.micros)
    clause[pieces.line] = priced.clause
    unpriced = pieces.line[priced.clause == NONE]
    clause[unpriced], micros[unpriced] = NONE, 0
    return Agreed(micros, clause, priced.clauses)


def _whole_days(found: Billed) -> tuple[int, int]:
    """The days that the rows of use touch."""
    bill, rows = found.bill, found.is_use
    first, last = int(bill.start_s[rows].min()), int(bill.end_s[rows].max())
    return first // DAY_S * DAY_S, -(-last // DAY_S) * DAY_S
