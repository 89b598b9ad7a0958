"""After the close of a tender: award what is permitted, show what is held, or give up (S4, S6)."""

from collections.abc import Sequence
from typing import NamedTuple

from offtake.core.evolve import evolve
from offtake.core.names import Names
from offtake.core.vocabulary import Decision, Event, EventKind, Facts, Verdict
from offtake.sourcing.award import Award, Parts, Range, choose, suitable
from offtake.sourcing.command import Proceed
from offtake.sourcing.course import offer_event
from offtake.sourcing.notice import notice, to_notice
from offtake.sourcing.permitted import Answer, asked, ranges, turns
from offtake.sourcing.requirement import Lot, Offer, Recorded, Rules, State, ask_of


class Judged(NamedTuple):
    """An offer as it would be signed now: why it is unfit, and what the contracts say of it."""

    offer: Offer
    unfit: str
    answer: Answer
    turning: tuple[int, ...]
    most: int

    def parts(self, worst: Verdict) -> tuple[Range, ...]:
        """The parts of it whose verdict is no worse."""
        return ranges(self.answer, worst, self.turning, self.most)


def award(rules: Rules, names: Names, state: State, command: Proceed, now_s: int) -> list[Recorded]:
    """Award to the permitted offers; what is left is looked at again with the offers left.

    When none is permitted, the best held one is shown to its holder, else the lot is unserved.
    """
    lot = state.lots[command.lot]
    judged = _judged(rules, state.facts, lot, now_s)
    fit = [item for item in judged if not item.unfit]
    offers = [item.offer for item in fit]
    parts = _parts(fit, Verdict.PERMIT)
    awards = choose(lot.need, lot.open_gpus, offers, command.worth, parts)
    if not awards:
        return _unawarded(names, lot, judged, command, now_s)
    return _orders(rules, state, lot, awards, now_s)


def _judged(rules: Rules, facts: Facts, lot: Lot, now_s: int) -> list[Judged]:
    found = []
    for bid in lot.offers:
        offer = bid.signed_at(now_s)
        found.append(
            Judged(
                offer,
                suitable(lot.need, offer, lot.open_gpus),
                asked(rules, facts, lot, offer, now_s),
                turns(rules, facts, ask_of(lot, offer), now_s),
                min(offer.gpus, lot.open_gpus),
            )
        )
    return found


def _parts(judged: Sequence[Judged], worst: Verdict) -> Parts:
    """The parts of each offer whose verdict is no worse."""
    known = {item.offer: item.parts(worst) for item in judged}
    return known.__getitem__


def _orders(
    rules: Rules, state: State, lot: Lot, awards: Sequence[Award], now_s: int
) -> list[Recorded]:
    """The orders of an award, one after the other.

    A part that the contracts permit by itself but not beside those before it is left: it is
    looked at again when these are signed.
    """
    facts, recorded = state.facts, list[Recorded]()
    for choice in awards:
        offer = choice.offer._replace(gpus=choice.gpus)
        decision = asked(rules, facts, lot, choice.offer, now_s)(choice.gpus)
        if decision.verdict is not Verdict.PERMIT:
            continue
        number = len(state.orders) + len(recorded) // 2
        awarded = offer_event(EventKind.AWARDED, now_s, lot, offer)
        ordered = offer_event(EventKind.ORDERED, now_s, lot, offer)._replace(order=number)
        recorded += [Recorded(awarded, (decision,), choice.why), Recorded(ordered, (decision,))]
        for event in (awarded, ordered):
            facts = evolve(rules.clauses, facts, event)
    assert recorded, awards  # The first is permitted as it stands.
    return recorded


def _unawarded(
    names: Names, lot: Lot, judged: Sequence[Judged], command: Proceed, now_s: int
) -> list[Recorded]:
    """No offer is free: offer the best held one to its holder again, or give up (S6).

    What is noticed is the part of it that would be ordered.
    """
    held = [item for item in judged if not item.unfit and _to_show(lot, item)]
    offers = [item.offer for item in held]
    best = choose(lot.need, lot.open_gpus, offers, command.worth, _parts(held, Verdict.HOLD))
    for choice in best[:1]:
        shown = choice.offer._replace(gpus=choice.gpus)
        answer = next(item.answer for item in held if item.offer == choice.offer)
        decisions = (answer(choice.gpus),)
        clause = to_notice(decisions, lot._replace(shown=shown))
        if clause is not None:
            given = notice(clause, lot, shown, names, now_s)
            return [Recorded(given, decisions, "the best offer is shown to the holder (FR8, FR9)")]
    against = tuple(item.answer(item.most) for item in judged)
    given_up = Event(
        EventKind.UNSERVED,
        now_s,
        lot=lot.number,
        purpose=lot.need.purpose,
        gpus=lot.open_gpus,
    )
    return [Recorded(given_up, against, _binding(judged))]


def _to_show(lot: Lot, item: Judged) -> bool:
    """Whether some part of an offer is held by a right whose holder may be asked (again)."""
    decisions = [item.answer(high) for _, high in item.parts(Verdict.HOLD)]
    return to_notice(decisions, lot._replace(shown=item.offer)) is not None


def _binding(judged: Sequence[Judged]) -> str:
    """Why nobody supplies the rest: the clause, no supply, the price limit, too late (S6)."""
    answers = [item.answer(item.most) for item in judged if not item.unfit]
    denied = [decision for decision in answers if decision.verdict is not Verdict.PERMIT]
    if denied:
        return f"denied: {denying(denied)}"
    for reason in ("price limit", "too late"):
        if any(item.unfit == reason for item in judged):
            return reason
    return "no supply"


def denying(decisions: Sequence[Decision]) -> str:
    """The clauses that deny, most often denying first, as text."""
    counts: dict[str, int] = {}
    for decision in decisions:
        for found in decision.findings:
            if found.finding.verdict is not Verdict.PERMIT:
                counts[found.clause.clause_id] = counts.get(found.clause.clause_id, 0) + 1
    return ", ".join(sorted(counts, key=lambda clause: (-counts[clause], clause)))
