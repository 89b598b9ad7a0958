"""Where commitments stand, if what is held and ordered is used in full (TP1, TP2)."""

from collections.abc import Iterator

from offtake.core.account import Use
from offtake.core.names import UNSTATED
from offtake.core.pricing import listed_micros_per_gpu_h
from offtake.core.scope import Scope, concerns
from offtake.core.vocabulary import NONE
from offtake.desk.state import State
from offtake.desk.view.requirement import Data
from offtake.desk.view.words import instant, name, names_at
from offtake.sim.promised import capacity_held
from offtake.supply.pools import sites
from offtake.units.money import Rounding, price_of, short


def commitments(state: State) -> Iterator[Data]:
    """A row for each floor of each commitment that is in force or to come."""
    portfolio, clauses = state.in_force.portfolio, state.in_force.clauses
    names, currency = names_at(state), portfolio.document.currency

    def quote(use: Use) -> int:
        rate = listed_micros_per_gpu_h(clauses, portfolio.prices, use)
        return NONE if rate is None else rate

    pools = sites(portfolio.document, names)
    held = list(capacity_held(pools, state.sourcing.orders, quote))
    for clause in clauses:
        if clause.kind.floor is None or clause.until_s <= state.at_s:
            continue
        supplier, dues = clause.kind.floor(clause.terms)
        scope = Scope() if clause.kind.about is None else clause.kind.about(clause.terms)
        own = [row for row in held if row.supplier == supplier and concerns(scope, row.thing)]
        for due in dues:
            if due.end_s <= state.at_s:
                continue
            floor = due.amount_micros
            if floor == NONE:
                use = Use(supplier, UNSTATED, UNSTATED, UNSTATED, 0, due.start_s, due.start_s)
                floor = price_of(due.gpu_s, max(quote(use), 0), Rounding.HALF_EVEN)
            taken = sum(row.within((due.start_s, due.end_s)) for row in own)
            yield {
                "commitment": f"{clause.clause_id}.{instant(due.start_s)}",
                "agreement": clause.agreement,
                "clause": clause.clause_id,
                "supplier": name(names.parties, supplier),
                "start": instant(due.start_s),
                "end": instant(due.end_s),
                "unit": currency,
                "floor": short(floor, currency),
                "taken": short(taken, currency),
                "left": short(max(floor - taken, 0), currency),
            }
