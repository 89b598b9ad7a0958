"""The parts of an offer that the contracts permit, or do not deny, in GPUs."""

from collections.abc import Callable, Sequence

from offtake.core.decide import decide, facts_of, in_force, terms_of
from offtake.core.vocabulary import Ask, Decision, Facts, Verdict
from offtake.sourcing.award import Range
from offtake.sourcing.requirement import Lot, Offer, Rules, ask_of

Answer = Callable[[int], Decision]
"""The decision on so many GPUs of an offer."""


def asked(rules: Rules, facts: Facts, lot: Lot, offer: Offer, now_s: int) -> Answer:
    """The decision on a part of an offer, by its GPUs, each worked out once."""
    known: dict[int, Decision] = {}

    def answer(gpus: int) -> Decision:
        if gpus not in known:
            ask = ask_of(lot, offer)._replace(gpus=gpus)
            known[gpus] = decide(rules.clauses, facts, ask, now_s)
        return known[gpus]

    return answer


def turns(rules: Rules, facts: Facts, ask: Ask, now_s: int) -> tuple[int, ...]:
    """The GPUs beyond which some clause in force says that its answer may be another."""
    found: list[int] = []
    for clause in rules.clauses:
        if clause.kind.quantities is not None and in_force(clause, ask, now_s):
            terms, own = terms_of(clause, facts, ask), facts_of(clause, facts, ask.lot)
            found += clause.kind.quantities(terms, own, now_s)
    return tuple(found)


def ranges(answer: Answer, worst: Verdict, turning: Sequence[int], most: int) -> tuple[Range, ...]:
    """The parts, 1 to ``most`` GPUs, whose verdict is no worse than ``worst``.

    Between the quantities where a clause says that its answer turns, what is allowed of a
    small part and not of a greater stops once (a waiver's limit): the edge is found by
    halving. Nothing is allowed of a great part between them that was not of a smaller.
    """
    points = {1, most, *(turn + 1 for turn in turning), *turning}
    known = sorted(point for point in points if 1 <= point <= most)
    found: list[Range] = []
    for start, end in zip(known, [*known[1:], most + 1], strict=True):
        if answer(start).verdict > worst:
            continue
        last = _last(answer, worst, start, end)
        if found and found[-1][1] == start - 1:
            found[-1] = found[-1][0], last
        else:
            found.append((start, last))
    return tuple(found)


def _last(answer: Answer, worst: Verdict, start: int, end: int) -> int:
    """The greatest part from ``start`` on, below ``end``, that is allowed like ``start``."""
    good, bad = start, end
    while bad - good > 1:
        middle = (good + bad) // 2
        if answer(middle).verdict > worst:
            bad = middle
        else:
            good = middle
    return good
