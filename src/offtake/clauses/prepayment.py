"""Prepayment: an amount is paid ahead, use draws it down, the rest is refunded or forfeited.

The market's words: the *balance* is what is left of the amount; what is *drawn* pays for use.
Rules PP1 to PP3: docs/reference/clauses/prepayment.md.
"""

from dataclasses import dataclass
from typing import NamedTuple

from offtake.core.account import Account, Charge, Taken
from offtake.core.names import Names
from offtake.core.scope import Scope, Summed
from offtake.core.text import ScopeText, Value, scope_of, term
from offtake.core.vocabulary import ClauseType, Period
from offtake.units.money import Money
from offtake.units.time import months


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(ScopeText):
    """What the parties wrote."""

    supplier: str = term(Value.PARTY, "Who is paid ahead.")
    amount: Money = term(Value.MONEY, "What is paid when the clause begins.")
    at_end: str = term(
        Value.CHOICE,
        "What becomes of the rest when the clause ends.",
        default="forfeit",
        choices=("forfeit", "refund"),
    )


class Terms(NamedTuple):
    """What the parties agreed; ``periods`` are its months, in order."""

    scope: Scope
    supplier: int
    amount_micros: int
    refunds: int
    periods: tuple[tuple[int, int], ...]


def lower(text: Text, names: Names, period: Period) -> Terms:
    """The terms in numbers."""
    return Terms(
        scope=scope_of(text, names),
        supplier=names.parties.index(text.supplier),
        amount_micros=text.amount.micros,
        refunds=int(text.at_end == "refund"),
        periods=tuple(months(period.from_s, period.until_s)),
    )


def sums(terms: Terms) -> Summed:
    """The use that draws the balance down, by month."""
    return Summed(terms.supplier, terms.scope, terms.periods)


def charge(terms: Terms, account: Account) -> list[Charge]:
    """What is paid ahead (PP1), what use draws of it each month (PP2), and the rest (PP3).

    Nothing where use is not known since the beginning: the balance is not either.
    """
    start_s, end_s = terms.periods[0][0], terms.periods[-1][1]
    if account.known_from_s > start_s:
        return []
    owed, given = (account.buyer, terms.supplier), (terms.supplier, account.buyer)
    charges = []
    if account.has_start(start_s):
        charges.append(Charge("PP1", *owed, terms.amount_micros, start_s, end_s, due_at_s=start_s))
    left = terms.amount_micros
    for span in terms.periods:
        used = account.sums.get(span, Taken())
        drawn = min(left, used.amount_micros)
        left -= drawn
        if drawn and account.has_end(span[1]):
            charges.append(Charge("PP2", *given, drawn, *span))
    if left and terms.refunds and account.has_end(end_s):
        charges.append(Charge("PP3", *given, left, start_s, end_s))
    return charges


CLAUSE = ClauseType(
    code=10,
    name="prepayment",
    text=Text,
    terms=Terms,
    lower=lower,
    rules=("PP1", "PP2", "PP3"),
    sums=sums,
    charge=charge,
)
