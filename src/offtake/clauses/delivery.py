"""Delivery: how late a tranche may be, and what the buyer may end when it is later.

The market's words: an order is delivered in dated *tranches*; after the *grace* the buyer may
end the tranche, or the whole order when the first is missing. Rules DL1 and DL2:
docs/reference/clauses/delivery.md.
"""

from dataclasses import dataclass
from typing import NamedTuple

from offtake.core.account import ANYTHING, Thing
from offtake.core.names import Names
from offtake.core.scope import Scope, concerns
from offtake.core.text import ScopeText, Value, scope_of, term
from offtake.core.vocabulary import ClauseType, Period
from offtake.units.time import Duration, after


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(ScopeText):
    """What the parties wrote."""

    supplier: str = term(Value.PARTY, "Who delivers.")
    grace: Duration = term(Value.DURATION, "How late a tranche may be.", default=Duration(30, "d"))
    remedy: str = term(
        Value.CHOICE,
        "What the buyer may end after the grace (the order, if it is the first tranche).",
        default="end_tranche",
        choices=("end_tranche", "none"),
    )


class Terms(NamedTuple):
    """What the parties agreed."""

    scope: Scope
    supplier: int
    grace: Duration
    may_end: int


class Remedy(NamedTuple):
    """What may be ended: the order (first tranche) or the tranche alone."""

    rule: str
    ends_order: int
    from_at_s: int


def lower(text: Text, names: Names, period: Period) -> Terms:
    """The terms in numbers."""
    return Terms(
        scope=scope_of(text, names),
        supplier=names.parties.index(text.supplier),
        grace=text.grace,
        may_end=int(text.remedy == "end_tranche"),
    )


def remedy(
    terms: Terms, supplier: int, *, due_at_s: int, tranche: int, thing: Thing = ANYTHING
) -> Remedy | None:
    """What the buyer may end of a tranche still missing, and from when (DL1).

    Tranches are numbered from 0; ``thing`` is what was ordered. What is ended lowers the
    commitment (DL2): settlement counts it as undelivered.
    """
    if supplier != terms.supplier or not terms.may_end or not concerns(terms.scope, thing):
        return None
    return Remedy("DL1", int(tranche == 0), after(due_at_s, terms.grace))


CLAUSE = ClauseType(
    code=9,
    name="delivery",
    text=Text,
    terms=Terms,
    lower=lower,
    rules=("DL1", "DL2"),
    remedy=remedy,
)
