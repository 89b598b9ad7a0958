"""Charges of a period: uses priced, capacity orders, shortfalls, revenue shares (M1, M2)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from offtake.contract.model import Document
from offtake.core.account import Account, Charge, Report, Taken, Use
from offtake.core.names import BUYER, Names
from offtake.core.pricing import Card, card_of, closed, least_micros_per_gpu_h, priced
from offtake.core.scope import Scope
from offtake.core.vocabulary import NONE, BoundClause
from offtake.settle.counting import Counted, Counting
from offtake.settle.period import month_of
from offtake.units.money import SECONDS_PER_HOUR, Rounding, price_of
from offtake.units.time import months

KIND_OF_RULE = {
    "RC": "use",
    "TP1": "use",
    "TP2": "shortfall",
    "TP3": "make_up",
    "TP6": "prepayment",
    "PP": "prepayment",
    "RS": "revenue_share",
    "SC": "service_credit",
    "MF": "refund",
    "OP": "premium",
    "S5": "order",
}
"""The kinds of charge that reports tell apart, by rule."""


class Line(NamedTuple):
    """One line of a statement; ``behind`` are the uses it charges, by their place in the usage."""

    clause_id: str
    charge: Charge
    behind: tuple[int, ...] = ()


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
    known_from_s: int = 0  # Since when all use is in what is settled.


def reports_of(document: Document) -> tuple[Report, ...]:
    """What parties reported, for the clauses that take a share of it."""
    return tuple(
        Report(
            row.base,
            row.starts,
            row.ends,
            0 if row.amount is None else row.amount.micros,
            f"reports[{number}]",
            NONE if row.measured is None else row.measured,
            row.gpu_h * SECONDS_PER_HOUR,
            NONE if row.claimed is None else row.claimed,
        )
        for number, row in enumerate(document.reports)
    )


def cuts(clauses: Iterable[BoundClause], from_s: int, until_s: int) -> list[int]:
    """The instants that split usage: months, edges of floors and clauses, new prices."""
    edges = {edge for piece in months(from_s, until_s) for edge in piece}
    for clause in clauses:
        edges |= {clause.from_s, clause.until_s}
        if clause.kind.floor is not None:
            edges |= {e for due in clause.kind.floor(clause.terms)[1] for e in due[:2]}
        if clause.kind.repriced is not None:
            edges |= set(clause.kind.repriced(clause.terms))
        if clause.kind.sums is not None:
            edges |= {e for piece in clause.kind.sums(clause.terms).periods for e in piece}
    return sorted(edge for edge in edges if from_s <= edge <= until_s)


def settle(
    terms: Terms, usage: Sequence[Usage], undelivered: Sequence[Use], period: tuple[int, int]
) -> Settlement:
    """Charge a period ``[from, until)`` of uses that were split at its ``cuts``.

    ``undelivered`` is capacity that was ordered and not there; it lowers floors (TP5).
    """
    lines, gaps, amounts = _price(terms, usage)
    counting = Counting(terms.clauses)
    for use, micros in amounts:
        counting.use(use, micros)
    return concluded(terms, (lines, gaps), counting, undelivered, period)


def concluded(
    terms: Terms,
    priced: tuple[list[Line], list[Use]],
    counting: Counting,
    undelivered: Sequence[Use],
    period: tuple[int, int],
) -> Settlement:
    """What is due for a period, when all use is priced (lines and gaps) and counted."""
    lines, gaps = priced
    taken = _counted(terms, counting, undelivered)
    for position, clause in enumerate(terms.clauses):
        if clause.kind.charge is not None:
            account = Account(
                taken.get(position, {}),
                terms.reports,
                *period,
                terms.known_from_s,
                sums=counting.sums.get(position, {}),
            )
            lines += [
                Line(clause.clause_id, charge)
                for charge in clause.kind.charge(clause.terms, account)
            ]
    return Settlement(tuple(lines), tuple(gaps), tuple(_commitments(terms, taken, lines, period)))


Volumes = dict[int, dict[Card, dict[int, int]]]
"""GPU-seconds that each line of each card has priced, by calendar month (its first second)."""


def _price(
    terms: Terms, usage: Sequence[Usage]
) -> tuple[list[Line], list[Use], list[tuple[Use, int]]]:
    """Lines, gaps, and uses with their amounts, in order of time for volume tiers (RC2)."""
    lines: list[Line] = []
    gaps: list[Use] = []
    amounts: list[tuple[Use, int]] = []
    volumes: Volumes = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))

    def in_time(place: int) -> tuple[int, tuple[int, ...], int]:
        use = usage[place].use
        return use.start_s, use[:4], use.pool

    for place in sorted(range(len(usage)), key=in_time):
        item, use = usage[place], usage[place].use
        month = month_of(use.start_s)[0]
        found = price_one(terms, item, volumes[month])
        if found is None:
            gaps.append(use)
            continue
        clause_id, rule, amount = found
        charge = Charge(rule, BUYER, use.supplier, amount, use.start_s, use.end_s, use.gpu_s)
        lines.append(Line(clause_id, charge, (place,)))
        amounts.append((use, amount))
    return lines, gaps, amounts


def price_one(
    terms: Terms, item: Usage, volumes: dict[Card, dict[int, int]]
) -> tuple[str, str, int] | None:
    """Clause, rule and amount of one use: its order, its contract, its pool, the price list.

    Only what a line prices adds to that line's volume: not what is paid as an order, used or
    not, and not what a pool or a commitment's own rate prices.
    """
    use, rate = item.use, item.rate_micros_per_gpu_h
    if item.reserved:
        return "order", "S5", price_of(use.gpu_s, max(rate, 0), Rounding.HALF_EVEN)
    if use.supplier == BUYER and rate == NONE:
        return "build", "S5", 0  # What the buyer built is paid as it is built, not by the hour.
    found = priced(terms.clauses, use, volumes)
    if found is None and rate != NONE:
        return "pool", "RC1", price_of(use.gpu_s, rate, Rounding.HALF_EVEN)
    if found is None and not closed(terms.clauses, use):
        found = priced(terms.prices, use, volumes)
    if found is None:
        return None
    volumes[card_of(found.clause)][found.price.line] += use.gpu_s
    return found.clause.clause_id, found.price.rule, found.price.amount_micros


def _counted(terms: Terms, counting: Counting, undelivered: Sequence[Use]) -> dict[int, Counted]:
    """What counts against each clause's floors, by its position, when all use is counted."""
    counting.quote(lambda *asked: _quote(terms, *asked))
    for missing in sorted(undelivered, key=lambda use: use.start_s):
        counting.undelivered(missing)
    counting.shortfalls(terms.known_from_s)
    return counting.taken


def _quote(terms: Terms, supplier: int, scope: Scope, at_s: int) -> int:
    """The least that a GPU-hour in the scope costs at an instant, in micros; 0 if none is priced.

    The buyer could have filled its floor with the cheapest there is.
    """
    contracts = least_micros_per_gpu_h(terms.clauses, supplier, scope, at_s)
    if contracts is not None:
        return contracts
    return least_micros_per_gpu_h(terms.prices, supplier, scope, at_s) or 0


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
        assert clause.kind.floor is not None
        supplier, dues = clause.kind.floor(clause.terms)
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
