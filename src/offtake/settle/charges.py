"""Charges of a period: uses priced, capacity orders, shortfalls, revenue shares (M1, M2)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from offtake.core.account import Account, Charge, Report, Taken, Use
from offtake.core.names import BUYER, Names
from offtake.core.pricing import priced
from offtake.core.vocabulary import NONE, BoundClause
from offtake.units.money import Rounding, price_of
from offtake.units.time import DAY_S, months

KIND_OF_RULE = {"RC": "use", "TP1": "use", "TP2": "shortfall", "RS": "revenue_share", "S5": "order"}
"""The kinds of charge that reports tell apart, by rule."""


class Line(NamedTuple):
    """One line of a statement."""

    clause_id: str
    charge: Charge


class Usage(NamedTuple):
    """A use with the price its own pool states, where it states one.

    ``reserved`` capacity is an order's: it is paid from its delivery on, used or not (S5).
    """

    use: Use
    rate_micros_per_gpu_h: int = NONE
    reserved: int = 0


class Commitment(NamedTuple):
    """A floor of one period with what counted against it."""

    clause_id: str
    supplier: int
    start_s: int
    end_s: int
    floor_micros: int
    floor_gpu_s: int
    taken: Taken
    shortfall_micros: int


class Settlement(NamedTuple):
    """All lines of a period, the gaps nothing prices, and where commitments stand."""

    lines: tuple[Line, ...]
    gaps: tuple[Use, ...]
    commitments: tuple[Commitment, ...]


class Terms(NamedTuple):
    """What prices and charges: contracts first, the price list for what they leave open."""

    clauses: tuple[BoundClause, ...]
    prices: tuple[BoundClause, ...]
    reports: tuple[Report, ...] = ()


def cuts(clauses: Iterable[BoundClause], from_s: int, until_s: int) -> list[int]:
    """The instants at which usage must be split: months, and the edges of floors and clauses."""
    edges = {edge for piece in months(from_s, until_s) for edge in piece}
    for clause in clauses:
        edges |= {clause.from_s, clause.until_s}
        if clause.kind.floor is not None:
            edges |= {e for due in clause.kind.floor(clause.terms)[1] for e in due[:2]}
    return sorted(edge for edge in edges if from_s <= edge <= until_s)


def settle(
    terms: Terms, usage: Sequence[Usage], undelivered: Sequence[Use], period: tuple[int, int]
) -> Settlement:
    """Charge a period ``[from, until)`` of uses that were split at its ``cuts``.

    ``undelivered`` is capacity that was ordered and not there; it lowers floors (TP5).
    """
    lines, gaps, priced_uses = _price(terms, usage)
    taken = _taken(terms.clauses, priced_uses, undelivered)
    for position, clause in enumerate(terms.clauses):
        if clause.kind.charge is not None:
            account = Account(taken.get(position, {}), terms.reports, *period)
            lines += [
                Line(clause.clause_id, charge)
                for charge in clause.kind.charge(clause.terms, account)
            ]
    return Settlement(tuple(lines), tuple(gaps), tuple(_commitments(terms, taken, lines, period)))


def _price(
    terms: Terms, usage: Sequence[Usage]
) -> tuple[list[Line], list[Use], list[tuple[Use, int]]]:
    """Lines, gaps, and uses with their amounts, in order of time for volume tiers (RC2)."""
    lines: list[Line] = []
    gaps: list[Use] = []
    amounts: list[tuple[Use, int]] = []
    before: dict[tuple[int, int], int] = defaultdict(int)
    for item in sorted(usage, key=lambda row: (row.use.start_s, row.use[:4], row.use.pool)):
        use = item.use
        month = months(max(use.start_s - 31 * DAY_S, 0), use.start_s + 1)[-1][0]
        found = _one(terms, item, before[use.supplier, month])
        before[use.supplier, month] += use.gpu_s
        if found is None:
            gaps.append(use)
            continue
        clause_id, rule, amount = found
        charge = Charge(rule, BUYER, use.supplier, amount, use.start_s, use.end_s, use.gpu_s)
        lines.append(Line(clause_id, charge))
        amounts.append((use, amount))
    return lines, gaps, amounts


def _one(terms: Terms, item: Usage, before_gpu_s: int) -> tuple[str, str, int] | None:
    """Clause, rule and amount of one use: its order, its contract, its pool, the price list."""
    use, rate = item.use, item.rate_micros_per_gpu_h
    if item.reserved:
        return "order", "S5", price_of(use.gpu_s, max(rate, 0), Rounding.HALF_EVEN)
    if use.supplier == BUYER and rate == NONE:
        return "build", "S5", 0  # What the buyer built is paid as it is built, not by the hour.
    found = priced(terms.clauses, use, before_gpu_s)
    if found is None and rate != NONE:
        return "pool", "RC1", price_of(use.gpu_s, rate, Rounding.HALF_EVEN)
    if found is None:
        found = priced(terms.prices, use, before_gpu_s)
    if found is None:
        return None
    return found.clause.clause_id, found.price.rule, found.price.amount_micros


Counted = dict[tuple[int, int], Taken]


def _taken(
    clauses: Sequence[BoundClause],
    uses: Sequence[tuple[Use, int]],
    undelivered: Sequence[Use],
) -> dict[int, Counted]:
    """What counts against each clause's floors, by its position: no use counts twice.

    Several commitments to one supplier are filled in portfolio order: each takes what its
    floors need, the last in force takes all that is left.
    """
    left: list[list[Any]] = [[use, use.gpu_s, amount] for use, amount in uses]
    found: dict[int, Counted] = {}
    with_floor = [n for n, clause in enumerate(clauses) if clause.kind.floor is not None]
    for position in with_floor:
        supplier, dues = _floor(clauses[position])
        later = [d for n in with_floor if n > position for d in _later(clauses[n], supplier)]
        counted: Counted = {}
        for due in dues:
            shared = any(d.start_s < due.end_s and due.start_s < d.end_s for d in later)
            inside = [
                row
                for row in left
                if row[0].supplier == supplier and due.start_s <= row[0].start_s < due.end_s
            ]
            missing = sum(
                use.gpu_s
                for use in undelivered
                if use.supplier == supplier and due.start_s <= use.start_s < due.end_s
            )
            gpu_s, micros = _draw(inside, due, shared=shared)
            counted[due.start_s, due.end_s] = Taken(gpu_s, micros, missing)
        found[position] = counted
    return found


def _floor(clause: BoundClause) -> Any:
    assert clause.kind.floor is not None
    return clause.kind.floor(clause.terms)


def _later(clause: BoundClause, supplier: int) -> Any:
    other, dues = _floor(clause)
    return dues if other == supplier else ()


def _draw(rows: list[list[Any]], due: Any, *, shared: bool) -> tuple[int, int]:
    """Take from the rows what a floor needs, or all; rows are (use, GPU-s left, micros left)."""
    gpu_s = micros = 0
    for row in rows:
        if shared and (gpu_s >= due.gpu_s if due.gpu_s != NONE else micros >= due.amount_micros):
            break
        gpu_s, micros = gpu_s + row[1], micros + row[2]
        row[1] = row[2] = 0
    return gpu_s, micros


def _commitments(
    terms: Terms, taken: dict[int, Counted], lines: Sequence[Line], period: tuple[int, int]
) -> list[Commitment]:
    """The floors of all periods that began and ended within the settled one."""
    shortfalls = {
        (line.clause_id, line.charge.start_s): line.charge.amount_micros
        for line in lines
        if line.charge.rule == "TP2"
    }
    rows = []
    for position, counted in taken.items():
        clause = terms.clauses[position]
        supplier, dues = _floor(clause)
        for due in dues:
            if due.end_s <= period[0] or due.start_s >= period[1]:
                continue
            shortfall = shortfalls.get((clause.clause_id, due.start_s), 0)
            rows.append(
                Commitment(
                    clause.clause_id,
                    supplier,
                    due.start_s,
                    due.end_s,
                    due.amount_micros,
                    due.gpu_s,
                    counted[due.start_s, due.end_s],
                    shortfall,
                )
            )
    return rows


class Cost(NamedTuple):
    """Totals in micros; what others owe the buyer counts against it (RS3)."""

    total: int
    by_supplier: dict[str, int]
    by_charge: dict[str, int]


def cost(settlement: Settlement, names: Names) -> Cost:
    """The buyer's cost: what it pays less what it is paid."""
    by_supplier: dict[str, int] = defaultdict(int)
    by_charge: dict[str, int] = defaultdict(int)
    for line in settlement.lines:
        charge = line.charge
        sign = (charge.payer == BUYER) - (charge.payee == BUYER)
        other = charge.payee if charge.payer == BUYER else charge.payer
        by_supplier[names.parties[other]] += sign * charge.amount_micros
        by_charge[kind_of(charge.rule)] += sign * charge.amount_micros
    return Cost(sum(by_charge.values()), dict(by_supplier), dict(by_charge))


def kind_of(rule: str) -> str:
    """The kind of charge of a rule."""
    return next(kind for start, kind in KIND_OF_RULE.items() if rule.startswith(start))
