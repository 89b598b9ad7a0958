"""Which clause prices a use: the closest line in force. Pure; knows no clause."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from offtake.core.account import Price, Use
from offtake.core.scope import Scope
from offtake.core.vocabulary import BoundClause
from offtake.units.money import SECONDS_PER_HOUR

Volume = Mapping[int, int]
"""GPU-seconds that each line of one version of a clause has priced this calendar month."""
Card = tuple[str, int]
"""One version of a clause that prices: its id, and from when it is in force."""
NO_VOLUME: Volume = {}


class Priced(NamedTuple):
    """A price with the clause that says it."""

    clause: BoundClause
    price: Price


def card_of(clause: BoundClause) -> Card:
    """The version of a clause whose volume tiers go by (RC2)."""
    return clause.clause_id, clause.from_s


def priced(
    clauses: Sequence[BoundClause], use: Use, volumes: Mapping[Card, Volume] | None = None
) -> Priced | None:
    """The price of a use by the closest line of the clauses in force when it began (RC1).

    None is a gap that its caller must name. ``volumes`` is what each card has priced in the
    calendar month so far. Of equally close lines the first in portfolio order counts.
    """
    best: Priced | None = None
    for clause in clauses:
        if clause.kind.price is None or not clause.from_s <= use.start_s < clause.until_s:
            continue
        volume = (volumes or {}).get(card_of(clause), NO_VOLUME)
        price = clause.kind.price(clause.terms, use, volume)
        if price is not None and (best is None or price.closeness > best.price.closeness):
            best = Priced(clause, price)
    return best


def closed(clauses: Sequence[BoundClause], use: Use) -> bool:
    """Whether a clause in force keeps the price list from pricing a use (RC1)."""
    return any(
        clause.kind.closes is not None
        and clause.from_s <= use.start_s < clause.until_s
        and clause.kind.closes(clause.terms, use)
        for clause in clauses
    )


def least_micros_per_gpu_h(
    clauses: Sequence[BoundClause], supplier: int, scope: Scope, at_s: int
) -> int | None:
    """The lowest price that clauses in force state for anything in a scope, in micros."""
    prices = [
        clause.kind.least(clause.terms, supplier, scope, at_s)
        for clause in clauses
        if clause.kind.least is not None and clause.from_s <= at_s < clause.until_s
    ]
    return min((price for price in prices if price is not None), default=None)


def rate_micros_per_gpu_h(clauses: Sequence[BoundClause], use: Use) -> int | None:
    """The price of the first GPU-hour of a use, in micros; None where there is none."""
    found = priced(clauses, use._replace(gpu_s=SECONDS_PER_HOUR))
    return None if found is None else found.price.amount_micros


def listed_micros_per_gpu_h(
    clauses: Sequence[BoundClause], prices: Sequence[BoundClause], use: Use
) -> int | None:
    """The same by contracts, else by the price list, where no contract keeps it out."""
    rate = rate_micros_per_gpu_h(clauses, use)
    if rate is None and not closed(clauses, use):
        return rate_micros_per_gpu_h(prices, use)
    return rate
