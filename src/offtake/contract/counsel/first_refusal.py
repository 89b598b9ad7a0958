"""Two holders who must both be asked first."""

from collections.abc import Iterator
from itertools import combinations

from offtake.contract.counsel.case import Case, overlap, period_text
from offtake.contract.problem import Problem


def flags(case: Case) -> Iterator[Problem]:
    """First refusals of two holders that share a rank and a matter, once a pair of holders."""
    seen = set()
    for one, other in combinations(case.distinct("first_refusal"), 2):
        holders = frozenset((one.terms.holder, other.terms.holder))
        same = one.terms.rank == other.terms.rank and len(holders) == 2
        if not same or holders in seen or one.terms.suppliers & other.terms.suppliers == 0:
            continue
        period = overlap(one, other)
        if period is None:
            continue
        seen.add(holders)
        later = max(other, one, key=lambda clause: clause.from_s)
        yield case.flag(
            "equal-rank",
            case.place(later),
            f"{case.names.title(one.terms.holder)} ({one.clause_id}) and "
            f"{case.names.title(other.terms.holder)} ({other.clause_id}) must both be asked "
            f"first: both have rank {one.terms.rank} for the same matter, {period_text(period)}",
            "Write `rank: 2` at the one that is asked second (FR11).",
        )
