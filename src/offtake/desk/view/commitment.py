"""Where commitments stand: what is contracted, taken and to be expected (TP1, TP2)."""

from collections.abc import Iterator
from typing import Any

from offtake.core.account import Use
from offtake.core.names import UNSTATED
from offtake.core.pricing import listed_micros_per_gpu_h
from offtake.core.scope import Scope, concerns
from offtake.core.vocabulary import NONE, BoundClause
from offtake.desk.state import State
from offtake.desk.view.requirement import Data
from offtake.desk.view.words import instant, name, names_at
from offtake.settle.standing import Outlook, Standing
from offtake.sim.promised import Held, capacity_held
from offtake.supply.pools import sites
from offtake.units.money import SECONDS_PER_HOUR, Rounding, price_of, short


def commitments(state: State, found: Outlook | None) -> Iterator[Data]:
    """A row for each floor of each commitment that is in force or to come.

    ``found`` says of those that run what was taken; None: nothing tells of any use.
    """
    held = list(_held(state))
    stands = {(row.clause.clause_id, row.start_s): row for row in found.standings} if found else {}
    since_s = state.at_s if found is None else min(found.at_s, state.at_s)
    for clause in state.in_force.clauses:
        if clause.kind.floor is None or clause.until_s <= since_s:
            continue
        supplier, dues = clause.kind.floor(clause.terms)
        scope = Scope() if clause.kind.about is None else clause.kind.about(clause.terms)
        own = [row for row in held if row.supplier == supplier and concerns(scope, row.thing)]
        for due in dues:
            if due.end_s > since_s:
                standing = stands.get((clause.clause_id, due.start_s))
                yield {
                    **_contracted(state, clause, due, own),
                    **({} if found is None or standing is None else _taken(state, found, standing)),
                }


def _held(state: State) -> Iterator[Held]:
    """What pools and orders hold, used in full."""
    document = state.in_force.portfolio.document
    pools = sites(document, names_at(state))
    yield from capacity_held(pools, state.sourcing.orders, lambda use: _quote(state, use))


def _quote(state: State, use: Use) -> int:
    portfolio = state.in_force.portfolio
    rate = listed_micros_per_gpu_h(portfolio.clauses, portfolio.prices, use)
    return NONE if rate is None else rate


def _contracted(state: State, clause: BoundClause, due: Any, own: list[Held]) -> Data:
    """A floor of one period, with what is contracted within it."""
    assert clause.kind.floor is not None
    supplier, currency = clause.kind.floor(clause.terms)[0], _currency(state)
    floor = due.amount_micros
    if floor == NONE:
        use = Use(supplier, UNSTATED, UNSTATED, UNSTATED, 0, due.start_s, due.start_s)
        floor = price_of(due.gpu_s, max(_quote(state, use), 0), Rounding.HALF_EVEN)
    contracted = sum(row.within((due.start_s, due.end_s)) for row in own)
    return {
        "commitment": f"{clause.clause_id}.{instant(due.start_s)}",
        "agreement": clause.agreement,
        "clause": clause.clause_id,
        "supplier": name(names_at(state).parties, supplier),
        "start": instant(due.start_s),
        "end": instant(due.end_s),
        "unit": currency,
        "floor": short(floor, currency),
        "contracted": short(contracted, currency),
        "uncontracted": short(max(floor - contracted, 0), currency),
    }


def _taken(state: State, found: Outlook, row: Standing) -> Data:
    """What was taken of a floor whose period runs, and what is to be expected at its end.

    A shortfall is told only where all use since the period began is known.
    """
    currency = _currency(state)

    def amount(value: int) -> str:
        return f"{value // SECONDS_PER_HOUR} GPU-h" if row.in_time else short(value, currency)

    return {
        "floor_now": amount(row.floor),
        "taken": amount(row.taken),
        "left": amount(row.left),
        "counted_until": instant(found.at_s),
        "taken_percent": 100 * row.taken // row.floor if row.floor > 0 else None,
        "known": row.known,
        "undelivered": f"{row.undelivered_gpu_s // SECONDS_PER_HOUR} GPU-h",
        "expected": amount(row.forecast),
        "expected_percent": 100 * row.forecast // row.floor if row.floor > 0 else None,
        "shortfall_expected": short(row.shortfall_micros, currency) if row.known else None,
        "alerts": [
            {
                "percent": one.percent,
                "at": None if one.at_s == NONE else instant(one.at_s),
                "expected": one.expected,
            }
            for one in row.alerts
        ],
    }


def _currency(state: State) -> str:
    return state.in_force.portfolio.document.currency
