"""What is due, each amount with what it is for and what is behind it: the lines of statements.

A line of use keeps what was used, so that statements can say it; a true-up, a share or a credit
keeps the period it is for.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from offtake.contract.portfolio import Portfolio
from offtake.core.account import Use
from offtake.core.names import BUYER, UNSTATED
from offtake.core.vocabulary import NONE, BoundClause
from offtake.demand.columns import Column
from offtake.settle.charges import (
    Commitment,
    Line,
    Terms,
    cuts,
    kind_of,
    reports_of,
    settle,
)
from offtake.settle.used import Kind, Used, split

OUTSIDE = {"order": "orders", "pool": "pools", "build": "builds"}
LISTED = "list prices"
"""What use is booked under that no agreement prices: see docs/reference/settlement.md."""


class Entry(NamedTuple):
    """One amount due. Indices are those of ``Names``; ``pool`` indexes the pools of the use.

    ``rows`` are the rows of use ``behind`` it, or the first of them, by number; none where a
    clause looks at a whole period. ``at_s`` is the instant that puts it into a period: when the
    use began, or when a period that is trued up has ended.
    """

    agreement: str  # Its id, or one of OUTSIDE, or LISTED.
    clause_id: str
    rule: str
    payer: int
    payee: int
    amount_micros: int
    start_s: int
    end_s: int
    at_s: int
    gpu_s: int = 0
    accelerator: int = UNSTATED
    region: int = UNSTATED
    purpose: int = UNSTATED
    pool: int = NONE
    rows: tuple[int, ...] = ()
    behind: int = 0  # How many rows there are; only the first may be kept.
    because: tuple[str, ...] = ()  # What else is behind it: "reports[3]".

    @property
    def kind(self) -> str:
        """The kind of charge, as reports tell them apart."""
        return kind_of(self.rule)

    @property
    def signed_micros(self) -> int:
        """What it adds to the buyer's cost: negative where the buyer is paid."""
        return self.amount_micros * ((self.payer == BUYER) - (self.payee == BUYER))

    @property
    def other(self) -> int:
        """The party on the other side; for what does not touch the buyer, who is paid."""
        return self.payee if self.payer == BUYER or self.payee != BUYER else self.payer


class Books(NamedTuple):
    """All that is due for the time that use is known, in order of time."""

    entries: tuple[Entry, ...]
    gaps: tuple[Use, ...]  # Use that nothing prices.
    commitments: tuple[Commitment, ...]
    used: Used  # Split where charging needs it; ``Entry.rows`` number its rows.
    edges: tuple[int, ...]  # Where it is split.
    clauses: tuple[BoundClause, ...]


def book(
    portfolio: Portfolio,
    clauses: Sequence[BoundClause],
    used: Used,
    also_at: Sequence[int] = (),
) -> Books:
    """Charge use, clause by clause (M1), split ``also_at`` these instants.

    Every use is priced by the terms in force when it was used. What is known of the past stays
    as it is when terms change later.
    """
    pieces, terms, edges = prepared(portfolio, clauses, used, also_at)
    period = used.from_s, used.until_s
    settled = settle(terms, pieces.usage(), pieces.undelivered(), period)
    rows = np.flatnonzero(pieces.kind != Kind.UNDELIVERED)
    entries = [entry_of(line, rows, pieces) for line in settled.lines]
    entries.sort(key=lambda entry: entry.at_s)  # Stable: then in the order of the portfolio.
    return Books(
        tuple(entries), settled.gaps, settled.commitments, pieces, tuple(edges), terms.clauses
    )


def prepared(
    portfolio: Portfolio, clauses: Sequence[BoundClause], used: Used, also_at: Sequence[int]
) -> tuple[Used, Terms, list[int]]:
    """Use split where charging needs it, priced pools and all, with the terms and the edges."""
    edges = cuts((*clauses, *portfolio.prices), used.from_s, used.until_s)
    edges = sorted({*edges, *also_at, used.from_s, used.until_s})
    pieces = _at_pool_rates(split(used, edges), portfolio)
    reports = reports_of(portfolio.document)
    return pieces, Terms(tuple(clauses), portfolio.prices, reports, used.from_s), edges


def _at_pool_rates(used: Used, portfolio: Portfolio) -> Used:
    """The same use; rows without a price of their own have that of their pool, if it states one."""
    stated = {
        pool.id: pool.rate.micros for pool in portfolio.document.pools if pool.rate is not None
    }
    if not stated.keys() & set(used.pools):
        return used
    rates = np.array([*(stated.get(pool, NONE) for pool in used.pools), NONE], np.int64)
    return replace(used, rate=np.where(used.rate == NONE, rates[used.pool], used.rate))


def entry_of(line: Line, rows: Column, used: Used) -> Entry:
    """An amount with what it is for; ``rows`` are the numbers of the uses that are priced."""
    charge = line.charge
    plain = Entry(
        agreement=_agreement(line.clause_id),
        clause_id=line.clause_id,
        rule=charge.rule,
        payer=charge.payer,
        payee=charge.payee,
        amount_micros=charge.amount_micros,
        start_s=charge.start_s,
        end_s=charge.end_s,
        at_s=charge.end_s if charge.due_at_s == NONE else charge.due_at_s,
        gpu_s=charge.quantity_gpu_s,
        because=charge.because,
    )
    if not line.behind:
        return plain
    behind = tuple(int(rows[place]) for place in line.behind)
    return plain._replace(
        at_s=charge.start_s,
        accelerator=int(used.accelerator[behind[0]]),
        region=int(used.region[behind[0]]),
        purpose=int(used.purpose[behind[0]]),
        pool=int(used.pool[behind[0]]),
        rows=behind,
        behind=len(behind),
    )


def _agreement(clause_id: str) -> str:
    """The agreement of a clause, or what use is booked under that has none."""
    found = clause_id.rpartition("/")[0]
    return found or OUTSIDE.get(clause_id, LISTED)
