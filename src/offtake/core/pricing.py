"""Which clause prices a use: the closest line in force. Pure; knows no clause."""

from collections.abc import Sequence
from typing import NamedTuple

from offtake.core.account import Price, Use
from offtake.core.vocabulary import BoundClause
from offtake.units.money import SECONDS_PER_HOUR


class Priced(NamedTuple):
    """A price with the clause that says it."""

    clause: BoundClause
    price: Price


def priced(clauses: Sequence[BoundClause], use: Use, before_gpu_s: int = 0) -> Priced | None:
    """The price of a use by the closest line of the clauses in force when it began (RC1).

    None is a gap that its caller must name. ``before_gpu_s`` is what the calendar month
    already took from the supplier. Of equally close lines the first in portfolio order counts.
    """
    best: Priced | None = None
    for clause in clauses:
        if clause.kind.price is None or not clause.from_s <= use.start_s < clause.until_s:
            continue
        price = clause.kind.price(clause.terms, use, before_gpu_s)
        if price is not None and (best is None or price.closeness > best.price.closeness):
            best = Priced(clause, price)
    return best


def rate_micros_per_gpu_h(clauses: Sequence[BoundClause], use: Use) -> int | None:
    """The price of the first GPU-hour of a use, in micros; None where there is none."""
    found = priced(clauses, use._replace(gpu_s=SECONDS_PER_HOUR))
    return None if found is None else found.price.amount_micros
