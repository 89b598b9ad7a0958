"""A supplier's bill against the contracts: every micro-unit of it in one line with its reason (M4).

What is billed for GPU-hours is taken apart exactly: billed less what our use costs under the
contracts is what is billed above the agreed price, and what is billed for hours that we did not
use. Every row of the bill is in one line, and the columns add up.
"""

from collections.abc import Iterator, Sequence
from enum import Enum
from typing import NamedTuple

import numpy as np

from offtake.contract.portfolio import Portfolio
from offtake.core.names import BUYER, Names, name_of
from offtake.core.vocabulary import NONE, BoundClause
from offtake.demand.cells import Marks
from offtake.demand.columns import Column
from offtake.settle.bill import ABSENT, Bill, Category
from offtake.settle.billed import Agreed, Billed, agreed
from offtake.settle.booked import Books, Entry
from offtake.settle.columns import book_columns
from offtake.settle.statement import PLACES_SHOWN, belongs
from offtake.settle.used import Used, within
from offtake.units.money import MICROS

TOLERANCE_MICROS = MICROS // 100
"""A row that is a cent from what was agreed matches: bills round to cents."""


class Verdict(Enum):
    """What is said of a line; the words are permanent, because programs read them."""

    MATCHED = "matched"
    PRICE_DIFFERS = "price differs"
    QUANTITY_DIFFERS = "quantity differs"
    NOT_OURS = "not ours"
    MISSING = "missing"
    UNPRICED = "no price agreed"
    FEE_MATCHED = "fee as agreed"
    FEE_DIFFERS = "fee differs"
    FEE_UNCHECKED = "fee not checked"
    CREDIT_GIVEN = "credit given"
    CREDIT_DUE = "credit due"
    TAX = "tax"
    OTHER = "no clause speaks of it"
    OTHER_PERIOD = "other period"


class Line(NamedTuple):
    """Some rows of a bill, or what it lacks. ``billed`` less ``agreed`` is the difference."""

    verdict: Verdict
    party: str
    what: str
    clause: str
    rule: str
    billed_micros: int
    agreed_micros: int
    billed_gpu_s: int = 0
    own_gpu_s: int = 0
    rows: int = 0
    places: tuple[str, ...] = ()

    @property
    def difference_micros(self) -> int:
        """What is billed above what was agreed; negative: below."""
        return self.billed_micros - self.agreed_micros


class Asked(NamedTuple):
    """How a bill is compared."""

    period: tuple[int, int]
    amount: str = "billed"  # Which of a bill's costs: billed, effective, contracted, list.
    tolerance_micros: int = TOLERANCE_MICROS


class Compared(NamedTuple):
    """A bill as compared: its rows' amounts, what was agreed of them, and whose they are."""

    found: Billed
    agreed: Agreed
    micros: Column
    inside: Marks  # Rows of the period.
    names: Names

    @property
    def bill(self) -> Bill:
        """The bill itself."""
        return self.found.bill


def reconcile(
    portfolio: Portfolio,
    clauses: Sequence[BoundClause],
    found: Billed,
    own: Used | None,
    asked: Asked,
) -> list[Line]:
    """Every row of the bill in a line, and what it lacks; without ``own`` use, prices alone."""
    bill = found.bill
    stated = getattr(bill, f"{asked.amount}_micros")
    micros = np.where(stated == ABSENT, 0, stated)
    inside = (bill.start_s >= asked.period[0]) & (bill.start_s < asked.period[1])
    compared = Compared(found, agreed(found, portfolio, clauses), micros, inside, portfolio.names)
    books = None if own is None else _books(portfolio, clauses, own, asked.period)
    lines = [*_outside(compared), *_use(compared, books, asked)]
    lines += [*_fees(compared, books, asked), *_credits(compared, books, asked)]
    return lines


def _books(
    portfolio: Portfolio, clauses: Sequence[BoundClause], own: Used, period: tuple[int, int]
) -> Books:
    known = within(own, own.from_s, max(period[1], own.from_s + 1))
    return book_columns(portfolio, clauses, known, period)


def _outside(made: Compared) -> Iterator[Line]:
    """Rows of other periods, of nobody we know, taxes, and what no clause speaks of."""
    bill, found = made.bill, made.found
    yield from _grouped(made, ~made.inside, Verdict.OTHER_PERIOD)
    nobody = made.inside & (found.party == NONE)
    yield from _grouped(made, nobody, Verdict.NOT_OURS)
    ours = made.inside & (found.party != NONE)
    yield from _grouped(made, ours & (bill.category == Category.TAX), Verdict.TAX)
    use = bill.category == Category.USAGE
    yield from _grouped(made, ours & use & ~found.is_use, Verdict.OTHER)


def _grouped(made: Compared, marks: Marks, verdict: Verdict) -> Iterator[Line]:
    """A line for each supplier and service or accelerator among some rows."""
    bill, rows = made.bill, np.flatnonzero(marks)
    keys = np.stack([bill.supplier.code[rows], bill.service.code[rows]], axis=1)
    for group in _groups(keys):
        of = rows[group]
        first = int(of[0])
        party = _party(made, first)
        what = bill.service.at(first) or bill.sku.at(first) or "unnamed"
        yield _line(made, of, (verdict, party, what, "", ""), 0)


def _party(made: Compared, row: int) -> str:
    """Whose row it is: the party, or the bill's own word."""
    party = int(made.found.party[row])
    return made.bill.supplier.at(row) if party == NONE else made.names.parties[party]


def _groups(keys: Column) -> list[Column]:
    """The places of rows with equal keys, in order of their first."""
    if not len(keys):
        return []
    _, inside = np.unique(keys, axis=0, return_inverse=True)
    inside = inside.reshape(-1)
    order = np.argsort(inside, kind="stable")
    cuts = np.flatnonzero(np.diff(inside[order])) + 1
    return sorted(np.split(order, cuts), key=lambda places: int(places[0]))


def _line(
    made: Compared, rows: Column, named: tuple[Verdict, str, str, str, str], agreed_micros: int
) -> Line:
    gpu_s = made.bill.gpu_s[rows]
    return Line(
        *named,
        billed_micros=int(made.micros[rows].sum()),
        agreed_micros=agreed_micros,
        billed_gpu_s=int(gpu_s[gpu_s != ABSENT].sum()),
        rows=len(rows),
        places=tuple(made.bill.place(int(row)) for row in rows[:PLACES_SHOWN]),
    )


def _use(made: Compared, books: Books | None, asked: Asked) -> Iterator[Line]:
    """GPU-hours: the agreed price of each row, then the hours of each kind against ours."""
    use = made.inside & made.found.is_use
    ours = {} if books is None else _own(books, asked.period)
    kinds = dict.fromkeys(
        zip(made.found.party[use].tolist(), made.found.accelerator[use].tolist(), strict=True)
    )
    billed_parties = set(_parties(made))
    for kind in kinds:
        rows = use & (made.found.party == kind[0]) & (made.found.accelerator == kind[1])
        if books is not None and kind not in ours:
            yield from _not_ours(made, rows, kind)
            continue
        yield from _prices(made, rows, kind, asked)
        if books is not None:
            yield from _quantity(made, rows, kind, (*ours[kind], asked.tolerance_micros))
    for kind, (gpu_s, micros) in ours.items():
        if kind not in kinds and kind[0] in billed_parties:
            named = Verdict.MISSING, made.names.parties[kind[0]], _what(made, kind[1]), "", ""
            yield Line(*named, 0, micros, own_gpu_s=gpu_s)


def _own(books: Books, period: tuple[int, int]) -> dict[tuple[int, int], tuple[int, int]]:
    """GPU-seconds and what they cost, by supplier and accelerator, of our own records."""
    found: dict[tuple[int, int], tuple[int, int]] = {}
    for entry in books.entries:
        if entry.rows and belongs(entry, period) and entry.payee != BUYER:
            key = entry.payee, entry.accelerator
            gpu_s, micros = found.get(key, (0, 0))
            found[key] = gpu_s + entry.gpu_s, micros + entry.amount_micros
    return found


def _what(made: Compared, accelerator: int) -> str:
    return name_of(made.names.accelerators, accelerator)


def _not_ours(made: Compared, rows: Marks, kind: tuple[int, int]) -> Iterator[Line]:
    named = Verdict.NOT_OURS, made.names.parties[kind[0]], _what(made, kind[1]), "", ""
    yield _line(made, np.flatnonzero(rows), named, 0)


def _prices(made: Compared, rows: Marks, kind: tuple[int, int], asked: Asked) -> Iterator[Line]:
    """Rows by clause and stock-keeping unit: as agreed, or not."""
    places = np.flatnonzero(rows)
    clause = made.agreed.clause[places]
    off = np.abs(made.micros[places] - made.agreed.micros[places]) > asked.tolerance_micros
    sku = np.where(off, made.bill.sku.code[places], NONE)  # Matching rows need not be told apart.
    for group in _groups(np.stack([clause, off.astype(np.int64), sku], axis=1)):
        of, first = places[group], int(group[0])
        name, rule = ("", "RC1") if clause[first] == NONE else made.agreed.clauses[clause[first]]
        verdict = Verdict.PRICE_DIFFERS if off[first] else Verdict.MATCHED
        verdict = Verdict.UNPRICED if clause[first] == NONE else verdict
        detail = made.bill.sku.at(int(of[0])) if off[first] else ""
        what = " ".join(filter(None, (_what(made, kind[1]), detail)))
        named = verdict, made.names.parties[kind[0]], what, name, rule
        yield _line(made, of, named, int(made.agreed.micros[of].sum()))


def _quantity(
    made: Compared, rows: Marks, kind: tuple[int, int], ours: tuple[int, int, int]
) -> Iterator[Line]:
    """The hours billed against ours: what our use costs, less what the billed hours would.

    ``ours`` are our GPU-seconds, what they cost, and the tolerance. Equal hours at another
    amount: our records say more of what was used (a purpose, a region) than the bill does.
    """
    own_gpu_s, own_micros, tolerance = ours
    billed_gpu_s = int(made.bill.gpu_s[rows].sum())
    difference = own_micros - int(made.agreed.micros[rows].sum())
    if billed_gpu_s == own_gpu_s and not difference:
        return
    verdict = Verdict.QUANTITY_DIFFERS
    if billed_gpu_s == own_gpu_s:
        verdict = Verdict.PRICE_DIFFERS if abs(difference) > tolerance else Verdict.MATCHED
    named = verdict, made.names.parties[kind[0]], _what(made, kind[1]), "", "M4"
    yield Line(*named, 0, difference, billed_gpu_s=billed_gpu_s, own_gpu_s=own_gpu_s)


def _due(books: Books, asked: Asked, party: int, *, to_buyer: bool) -> list[Entry]:
    """What clauses true up with a party in the period, shares of revenue left out."""
    return [
        entry
        for entry in books.entries
        if not entry.rows
        and belongs(entry, asked.period)
        and entry.other == party
        and entry.kind != "revenue_share"
        and (entry.payee == BUYER) is to_buyer
    ]


def _fees(made: Compared, books: Books | None, asked: Asked) -> Iterator[Line]:
    """Purchases and adjustments against shortfalls and other sums that clauses make due."""
    category = made.bill.category
    fee = (category == Category.PURCHASE) | (category == Category.ADJUSTMENT)
    for party in _parties(made):
        rows = np.flatnonzero(made.inside & fee & (made.found.party == party))
        due = [] if books is None else _due(books, asked, party, to_buyer=False)
        name = made.names.parties[party]
        if not len(rows) and not due:
            continue
        clause, rule = _named(due)
        expected = sum(entry.amount_micros for entry in due)
        line = _line(made, rows, (Verdict.FEE_DIFFERS, name, "commitment", clause, rule), expected)
        if books is None:
            line = line._replace(verdict=Verdict.FEE_UNCHECKED)
        elif abs(line.difference_micros) <= asked.tolerance_micros:
            line = line._replace(verdict=Verdict.FEE_MATCHED)
        elif not len(rows):
            line = line._replace(verdict=Verdict.MISSING)
        yield line


def _credits(made: Compared, books: Books | None, asked: Asked) -> Iterator[Line]:
    """Credits given against what clauses make the supplier owe."""
    credit = made.bill.category == Category.CREDIT
    for party in _parties(made):
        rows = np.flatnonzero(made.inside & credit & (made.found.party == party))
        due = [] if books is None else _due(books, asked, party, to_buyer=True)
        if not len(rows) and not due:
            continue
        clause, rule = _named(due)
        expected = -sum(entry.amount_micros for entry in due)
        named = Verdict.CREDIT_DUE, made.names.parties[party], "credit", clause, rule
        line = _line(made, rows, named, expected)
        if line.difference_micros <= asked.tolerance_micros:
            line = line._replace(verdict=Verdict.CREDIT_GIVEN)
        yield line


def _parties(made: Compared) -> list[int]:
    """The suppliers that the bill is of, as far as the portfolio knows them."""
    return sorted({int(party) for party in np.unique(made.found.party) if party != NONE})


def _named(due: list[Entry]) -> tuple[str, str]:
    """The clauses and rules of some sums."""
    clauses = dict.fromkeys(entry.clause_id for entry in due)
    return ", ".join(clauses), ", ".join(dict.fromkeys(entry.rule for entry in due))
