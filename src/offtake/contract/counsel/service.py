"""A purpose that nobody may serve: every supplier, and building, is denied on some dates."""

from collections.abc import Iterator
from itertools import pairwise

from offtake.contract.counsel.case import (
    Case,
    barring,
    forbid,
    period_text,
    question,
)
from offtake.contract.problem import Problem
from offtake.core.vocabulary import Act
from offtake.units.time import FOREVER_S

Spans = list[tuple[int, int, tuple[str, ...]]]


def flags(case: Case) -> Iterator[Problem]:
    """Purposes, each with the dates on which nobody may supply it."""
    for purpose, spans in _barred(case.speaking()).items():
        for from_s, until_s, clauses in spans:
            name = case.names.purposes[purpose]
            place = case.place(next(c for c in case.clauses if c.clause_id == clauses[0]))
            yield case.flag(
                "nobody-may-serve",
                place,
                f"nobody may supply {name} {period_text((from_s, until_s))}, neither a supplier "
                f"nor the buyer itself: {forbid(clauses)}",
                "Check the holders, scopes and dates of these clauses, or agree a waiver.",
            )


def _barred(heard: Case) -> dict[int, Spans]:
    """By purpose, the periods in which nobody may supply it and by which clauses."""
    barred: dict[int, Spans] = {}
    suppliers = heard.suppliers()
    for from_s, until_s in pairwise([*heard.turns(), FOREVER_S]):
        met = heard.at(from_s)
        spots = met.spots()
        for purpose in range(len(heard.names.purposes)) if met.clauses else ():
            asks = (
                question(Act.SUPPLY, supplier=supplier, purpose=purpose, at_s=from_s, spot=spot)
                for supplier in suppliers
                for spot in spots
            )
            clauses, spans = barring(met, asks, from_s), barred.setdefault(purpose, [])
            if clauses and spans and spans[-1][1:] == (from_s, clauses):
                spans[-1] = (spans[-1][0], until_s, clauses)
            elif clauses:
                spans.append((from_s, until_s, clauses))
    return barred
