"""The waivers that are in force or to come, wherever they were written."""

from collections.abc import Iterator
from typing import Any

from offtake.core.names import name_of
from offtake.core.vocabulary import NONE, BoundClause
from offtake.desk.state import State
from offtake.desk.view.requirement import Data
from offtake.desk.view.words import instant, names_at, price


def waivers(state: State, at_s: int) -> Iterator[Data]:
    """Each waiver with what is used of it, in the order of the portfolio."""
    for clause in state.in_force.clauses:
        if clause.kind.name == "waiver" and at_s < clause.until_s:
            yield waiver(state, clause)


def waiver(state: State, clause: BoundClause) -> Data:
    """A waiver: of which right, for whom, how much, and how much is used."""
    names, terms, text = names_at(state), clause.terms, clause.text
    facts: Any = state.sourcing.facts.by_clause.get((clause.clause, NONE))
    waived = names.clauses[terms.of]
    rights = (row.terms for row in state.in_force.clauses if row.clause == terms.of)
    holder = next((getattr(each, "holder", NONE) for each in rights), NONE)
    limit = None if terms.limit_gpus == NONE else terms.limit_gpus
    return {
        "waiver": clause.clause_id,
        "clause": waived,
        "holder": name_of(names.parties, holder) if holder != NONE else None,
        "grantee": name_of(names.parties, terms.grantee),
        "purposes": list(text.purposes or ()),
        "accelerators": list(text.accelerators or ()),
        "regions": list(text.regions or ()),
        "limit_gpus": limit,
        "used_gpus": 0 if facts is None else facts.used_gpus,
        "standing": not terms.transaction,
        "price": price(state, terms.price_micros_per_gpu_h),
        "start": instant(clause.from_s),
        "end": instant(clause.until_s),
    }
