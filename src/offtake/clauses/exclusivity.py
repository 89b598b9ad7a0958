"""Exclusivity: the holder alone may supply, run or carry what is in scope.

The market's words: the *holder* is the exclusive supplier; an API exclusivity is this clause
over the purpose ``api``. Rules EX1 to EX3: docs/reference/clauses/exclusivity.md.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

from offtake.core.names import UNSTATED, Names
from offtake.core.scope import Scope, covers
from offtake.core.text import ScopeText, Value, scope_of, term
from offtake.core.vocabulary import SILENT, Act, Ask, ClauseType, Finding, Period, Verdict, never

EXCLUSIVE_TO_HOLDER = 20_101


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(ScopeText):
    """What the parties wrote."""

    holder: str = term(Value.PARTY, "Who alone may supply what is in scope.")


class Terms(NamedTuple):
    """What the parties agreed."""

    purposes: int
    accelerators: int
    regions: int
    suppliers: int
    assets: int
    capacity: int
    acts: int
    holder: int


def lower(text: Text, names: Names, period: Period) -> Terms:
    """The terms in numbers."""
    return Terms(*scope_of(text, names), holder=names.parties.index(text.holder))


def rule(terms: Terms, facts: Any, ask: Ask, now_s: int) -> int:
    """Apply EX1 to EX3 in order; the first that applies answers."""
    if not covers(terms, ask):  # EX1: not concerned.
        return SILENT
    if ask.act == Act.USE and ask.supplier == UNSTATED:  # EX1: no platform is involved.
        return SILENT
    if ask.supplier == terms.holder:  # EX2: the holder may.
        return SILENT
    return EXCLUSIVE_TO_HOLDER  # EX3.


CLAUSE = ClauseType(
    code=1,
    name="exclusivity",
    text=Text,
    terms=Terms,
    lower=lower,
    rules=("EX1", "EX2", "EX3"),
    parties=("holder",),
    rule=rule,
    varies=never,
    findings=(
        Finding(
            EXCLUSIVE_TO_HOLDER,
            Verdict.DENY,
            "EX3",
            "ExclusiveToHolder",
            "{holder} alone may {act_on} {matter}; {supplier} may not",
        ),
    ),
)
assert Terms._fields[: len(Scope._fields)] == Scope._fields
