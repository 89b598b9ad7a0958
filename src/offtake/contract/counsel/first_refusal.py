"""Two holders who must both be asked first, and needs of which no complete notice can be given."""

from collections.abc import Iterator, Sequence
from itertools import combinations

from offtake.contract.counsel.case import Case, overlap, period_text
from offtake.contract.problem import Problem
from offtake.core.decide import decide
from offtake.core.evolve import NO_FACTS
from offtake.core.names import UNSTATED
from offtake.core.vocabulary import Act, Ask, Verdict


def flags(case: Case) -> Iterator[Problem]:
    """What stands in the way of asking holders in their turn."""
    yield from _equal_ranks(case)
    yield from _unpriced(case)


def _equal_ranks(case: Case) -> Iterator[Problem]:
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


def _unpriced(case: Case) -> Iterator[Problem]:
    """Requirements without a price that a holder would have to be offered (S2)."""
    for item in case.document.requirements:
        if item.price_limit is not None or item.own:
            continue
        names = case.names
        ask = Ask(
            Act.SUPPLY,
            purpose=names.purposes.index(item.purpose),
            accelerator=_only(item.accelerators, names.accelerators),
            region=_only(item.regions, names.regions),
            start_s=item.starts,
            end_s=max(item.ends, item.starts + 1),
        )
        for clause in case.of_kind("first_refusal"):
            decision = decide((clause,), NO_FACTS, ask, item.submitted)
            if decision.verdict is Verdict.HOLD and not clause.terms.matching:
                yield case.flag(
                    "unpriced-requirement",
                    case.reading.places[f"requirements.{item.id}"],
                    f"{case.names.title(clause.terms.holder)} must be offered {item.id} first "
                    f"({clause.clause_id}), and there is no price to offer",
                    "Write its `price_limit:`; without one a run leaves it unserved.",
                )
                break


def _only(wanted: Sequence[str], known: tuple[str, ...]) -> int:
    """The one that a notice would name; left open where several would do."""
    return known.index(wanted[0]) if len(wanted) == 1 else UNSTATED
