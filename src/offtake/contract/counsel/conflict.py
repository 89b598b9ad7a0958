"""Two suppliers cannot both be the only one: whoever may be chosen then may not be chosen."""

from collections.abc import Iterator
from itertools import combinations

from offtake.contract.counsel.case import Case, Spot, denied, overlap, period_text
from offtake.contract.problem import Problem
from offtake.core.names import BUYER, UNSTATED, Names
from offtake.core.vocabulary import Act, Ask, BoundClause, Capacity
from offtake.units.time import DAY_S

LIMIT_ASKS = 256
"""Questions put about one pair of exclusivities."""
LIMIT_PAIRS = 20
"""Pairs of holders that are named: who has more conflicts knows by then."""


def flags(case: Case) -> Iterator[Problem]:
    """Exclusivities of two holders under which neither may be chosen, once a pair of holders."""
    heard = case.speaking()
    seen: set[frozenset[int]] = set()
    title = case.names.title
    for one, other in combinations(case.distinct("exclusivity"), 2):
        if len(seen) == LIMIT_PAIRS:
            return
        holders = frozenset((one.terms.holder, other.terms.holder))
        if len(holders) < 2 or holders in seen:
            continue
        period = overlap(one, other)
        if period is None or not _neither(heard, one, other, period):
            continue
        seen.add(holders)
        later = max(other, one, key=lambda clause: clause.from_s)
        yield case.flag(
            "conflicting-exclusivities",
            case.place(later),
            f"{one.clause_id} makes {title(one.terms.holder)} and {other.clause_id} makes "
            f"{title(other.terms.holder)} the only one for the same matter, "
            f"{period_text(period)}",
            "Narrow one scope, end one, or agree a waiver: meanwhile neither may be chosen.",
        )


def _neither(case: Case, one: BoundClause, other: BoundClause, period: tuple[int, int]) -> bool:
    """Whether there is a matter of both for which both holders are denied at some time."""
    turns = [at_s for at_s in case.turns() if period[0] <= at_s < period[1]]
    asks = list(_matters(case.names, one, other))[:LIMIT_ASKS]
    for at_s in turns[: LIMIT_ASKS // max(len(asks), 1) + 1]:
        met = case.at(at_s)
        for ask in asks:
            dated = ask._replace(start_s=at_s, end_s=at_s + DAY_S)
            if all(
                denied(met, dated._replace(supplier=holder), at_s)
                for holder in (one.terms.holder, other.terms.holder)
            ):
                return True
    return False


def _matters(names: Names, one: BoundClause, other: BoundClause) -> Iterator[Ask]:
    """What both clauses are about, one ask each."""

    def shared(field: str) -> list[int]:
        both = getattr(one.terms, field) & getattr(other.terms, field)
        return [number for number in range(len(getattr(names, field))) if both >> number & 1]

    spot = Spot(*((shared(field) or [UNSTATED])[0] for field in ("accelerators", "regions")))
    capacity = (one.terms.capacity & other.terms.capacity) & -(
        one.terms.capacity & other.terms.capacity
    )
    for act in Act:
        if not one.terms.acts & other.terms.acts & act:
            continue
        for number in shared("assets" if act == Act.USE else "purposes"):
            yield Ask(
                act,
                purpose=UNSTATED if act == Act.USE else number,
                accelerator=spot.accelerator,
                region=spot.region,
                capacity=Capacity(capacity),
                user=BUYER if act == Act.USE else UNSTATED,
                asset=number if act == Act.USE else UNSTATED,
            )
