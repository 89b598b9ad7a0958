"""The rounds of a first refusal: what happened to a lot, and what that leaves to others.

A part of ``first_refusal``, which holds what is written and its words. Rules FR1 to FR11:
docs/reference/clauses/first_refusal.md.
"""

from typing import NamedTuple

from offtake.core.names import BUYER, UNSTATED
from offtake.core.scope import covers
from offtake.core.vocabulary import NONE, SILENT, Ask, Event, EventKind, Obligation
from offtake.units.capacity import PPM
from offtake.units.time import NEVER

NOT_NOTIFIED, WINDOW_OPEN, PART_NOT_OFFERED, FREE_WINDOW_OVER = 10_201, 10_202, 10_203, 10_204
BETTER_TERMS, OTHER_OFFER, OFFER_NOT_SHOWN, SENIOR_FIRST = 10_205, 10_206, 10_207, 10_208
ACCEPTED, PARTLY_ACCEPTED = 20_209, 20_210
LEARNS_OF = frozenset(
    (
        *(EventKind.NOTICE_GIVEN, EventKind.ACCEPTED, EventKind.REFUSED, EventKind.LAPSED),
        *(EventKind.DEFAULT_DECLARED, EventKind.DEFAULT_CURED),
        *(EventKind.ORDERED, EventKind.REQUIREMENT_CHANGED),
    )
)
OF_ALL = (
    EventKind.DEFAULT_DECLARED,
    EventKind.DEFAULT_CURED,
    EventKind.ORDERED,
    EventKind.REQUIREMENT_CHANGED,
)
"""What concerns every lot where it names none; of other events without one nothing is learned."""


class Terms(NamedTuple):
    """What the parties agreed. Shares are parts per million; windows at their longest."""

    purposes: int
    accelerators: int
    regions: int
    suppliers: int
    assets: int
    capacity: int
    acts: int
    holder: int
    matching: int
    rank: int
    window_s: int
    large_lot_gpus: int
    large_window_s: int
    reoffer_window_s: int
    partial: int
    minimum_lot_gpus: int
    reoffer_parts: int
    price_tolerance_ppm: int
    quantity_tolerance_ppm: int
    term_tolerance_ppm: int
    sleeps_from_at_s: int


class Senior(NamedTuple):
    """A holder that ranks before this one and was asked about the lot (FR11).

    ``party`` is UNSTATED until it accepts; ``until_at_s`` is when its answer, then its order is
    due. One that is through with the lot is forgotten.
    """

    clause: int
    noticed_gpus: int
    until_at_s: int
    party: int = UNSTATED
    gpus: int = 0

    @property
    def comes_first(self) -> bool:
        """Whether it may still take the whole: it thinks, or has accepted all."""
        return self.party == UNSTATED or self.gpus >= self.noticed_gpus


class Facts(NamedTuple):
    """What has happened to one lot under this clause. Instants, or NEVER.

    ``lot_gpus`` is what the last notice was of, out of ``of_gpus``; ``ordered_gpus`` what others
    had of it since, beside what holders asked before this one had accepted.
    ``senior_until_at_s`` is until when a holder before this one comes first.
    """

    noticed_at_s: int = NEVER
    due_at_s: int = NEVER
    lot_gpus: int = 0
    of_gpus: int = 0
    start_at_s: int = NEVER
    start_until_at_s: int = NEVER
    end_at_s: int = NEVER
    price_micros_per_gpu_h: int = NONE
    prepaid_ppm: int = NONE
    offeror: int = UNSTATED
    answered_at_s: int = NEVER
    accepted_gpus: int = 0
    order_due_at_s: int = NEVER
    free_until_at_s: int = NEVER
    fallen_until_at_s: int = NEVER
    signed_at_s: int = NEVER
    ordered_gpus: int = 0
    defaulted_at_s: int = NEVER
    senior_until_at_s: int = NEVER
    seniors: tuple[Senior, ...] = ()


class Left(NamedTuple):
    """What the last round leaves to others now, in GPUs, and until when."""

    accepted_gpus: int
    free_gpus: int  # Of what was noticed, all that the holder did not take.
    rest_gpus: int  # What of it nobody has ordered yet.
    until_at_s: int


def rule(terms: Terms, facts: Facts, ask: Ask, now_s: int) -> int:
    """Apply FR1 to FR11; the first that applies answers."""
    if ask.supplier == terms.holder or ask.own or not covers(terms, ask):  # FR1.
        return SILENT
    if now_s >= terms.sleeps_from_at_s or facts.defaulted_at_s != NEVER:  # FR2.
        return SILENT
    if _taken_before(facts, ask, now_s):  # FR11.
        return SILENT
    if facts.noticed_at_s == NEVER:
        return _unnoticed(terms, facts, now_s)
    if facts.answered_at_s == NEVER and now_s < facts.due_at_s:  # FR4: half-open.
        return WINDOW_OPEN
    return _answered(terms, facts, ask, now_s)


def _taken_before(facts: Facts, ask: Ask, now_s: int) -> bool:
    """Whether the ask is of what a holder that ranks before has accepted and may still sign."""
    return any(
        ask.supplier == senior.party and ask.gpus <= senior.gpus and now_s < senior.until_at_s
        for senior in facts.seniors
        if senior.party != UNSTATED
    )


def _unnoticed(terms: Terms, facts: Facts, now_s: int) -> int:
    if facts.senior_until_at_s > now_s:  # FR11: one holder after the other.
        return SENIOR_FIRST
    return OFFER_NOT_SHOWN if terms.matching else NOT_NOTIFIED  # FR9, FR3.


def left(facts: Facts, now_s: int) -> Left:
    """What the answer, or silence, leaves; an acceptance without an order in time falls (FR10)."""
    accepted, until_s = facts.accepted_gpus, facts.free_until_at_s
    if accepted and facts.signed_at_s == NEVER and now_s >= facts.order_due_at_s:
        accepted, until_s = 0, facts.fallen_until_at_s
    free = facts.lot_gpus - accepted
    return Left(accepted, free, max(free - facts.ordered_gpus, 0), until_s)


def _answered(terms: Terms, facts: Facts, ask: Ask, now_s: int) -> int:
    """FR5 to FR10: what is left to others, and on which terms."""
    rests = left(facts, now_s)
    if rests.accepted_gpus and ask.gpus > rests.rest_gpus:
        if _of_another_part(facts, rests, ask.gpus):
            return PART_NOT_OFFERED
        return PARTLY_ACCEPTED if rests.free_gpus else ACCEPTED  # FR6, FR5.
    if terms.reoffer_parts and not 0 < rests.rest_gpus <= ask.gpus:
        return PART_NOT_OFFERED  # FR6: the part must be offered by itself.
    if now_s >= rests.until_at_s:
        return FREE_WINDOW_OVER  # FR8.
    if terms.matching and ask.supplier != facts.offeror:
        return OTHER_OFFER  # FR9: only the offer shown is free.
    return BETTER_TERMS if _better(terms, facts, ask, rests.free_gpus) else SILENT  # FR8, FR7.


def _of_another_part(facts: Facts, rests: Left, gpus: int) -> bool:
    """Whether the round was about a part, is done with, and the ask is about what is beside it."""
    done = facts.signed_at_s != NEVER and rests.rest_gpus == 0
    beside = facts.of_gpus - facts.lot_gpus - max(facts.ordered_gpus - rests.free_gpus, 0)
    return done and gpus <= beside


def _better(terms: Terms, facts: Facts, ask: Ask, free_gpus: int) -> bool:
    """Whether the ask is better for the supplier than what was noticed, where both say (FR7)."""
    price, noticed = ask.price_micros_per_gpu_h, facts.price_micros_per_gpu_h
    if NONE not in (price, noticed) and exceeds(
        price, noticed, tolerance_ppm=terms.price_tolerance_ppm
    ):
        return True
    if NONE not in (facts.prepaid_ppm, ask.prepaid_ppm) and ask.prepaid_ppm > facts.prepaid_ppm:
        return True
    if facts.start_until_at_s != NEVER and ask.start_s > facts.start_until_at_s:
        return True
    gpus = facts.ordered_gpus + ask.gpus  # What others had of the lot counts with it.
    if exceeds(gpus, free_gpus, tolerance_ppm=terms.quantity_tolerance_ppm):
        return True
    if NEVER in (facts.start_at_s, facts.end_at_s):
        return False
    asked_s, noticed_s = ask.end_s - ask.start_s, facts.end_at_s - facts.start_at_s
    return exceeds(asked_s, noticed_s, tolerance_ppm=terms.term_tolerance_ppm)


def exceeds(value: int, limit: int, *, tolerance_ppm: int) -> bool:
    """Whether ``value`` is above ``limit`` by more than the tolerance, exactly."""
    return value * PPM > limit * (PPM + tolerance_ppm)


def quantities(terms: Terms, facts: Facts, now_s: int) -> tuple[int, ...]:
    """The GPUs of an ask beyond which the answer may be another: all of them."""
    rests = left(facts, now_s)
    most = rests.free_gpus * (PPM + terms.quantity_tolerance_ppm) // PPM - facts.ordered_gpus
    beside = facts.of_gpus - facts.lot_gpus - max(facts.ordered_gpus - rests.free_gpus, 0)
    rest = rests.rest_gpus
    return (rest - 1, rest, most, beside, *(senior.gpus for senior in facts.seniors))


def instants(terms: Terms) -> tuple[int, ...]:
    """The first instant with too little term left (FR2)."""
    return (terms.sleeps_from_at_s,)


def obligation(terms: Terms, facts: Facts, ask: Ask, now_s: int, code: int) -> Obligation:
    """Who must act: the holder while its window runs, else the buyer, in time for the start."""
    if code == WINDOW_OPEN:
        return Obligation(terms.holder, "answer the notice", facts.due_at_s)
    if code == SENIOR_FIRST:
        return Obligation(BUYER, "wait for the senior holder", facts.senior_until_at_s)
    again = facts.noticed_at_s != NEVER
    window_s = terms.window_s
    if terms.large_lot_gpus != NONE and ask.gpus >= terms.large_lot_gpus:
        window_s = terms.large_window_s
    if again and terms.reoffer_window_s != NONE:
        window_s = terms.reoffer_window_s
    act = "offer the lot again" if again else "give notice"
    return Obligation(BUYER, act, max(now_s, ask.start_s - window_s))


def evolve(terms: Terms, facts: Facts, event: Event, clause: int) -> Facts:
    """Fold one event. Answers count only inside the window: half-open, first one wins."""
    kind = event.kind
    if kind in (EventKind.DEFAULT_DECLARED, EventKind.DEFAULT_CURED):
        declared_s = event.at_s if kind == EventKind.DEFAULT_DECLARED else NEVER
        return facts._replace(defaulted_at_s=declared_s) if event.party == terms.holder else facts
    if kind == EventKind.ORDERED:
        return _ordered(terms, facts, event)
    if kind == EventKind.REQUIREMENT_CHANGED:
        return _changed(facts, event.at_s)
    if event.clause == NONE or event.lot == NONE:
        return facts
    if event.clause != clause:
        return _senior(terms, facts, event)
    if kind == EventKind.NOTICE_GIVEN:
        return _noticed(facts, event)
    in_time = facts.noticed_at_s <= event.at_s < facts.due_at_s
    if facts.answered_at_s != NEVER or not in_time:
        return facts
    if kind in (EventKind.ACCEPTED, EventKind.REFUSED) and event.party in (UNSTATED, terms.holder):
        return _answer(terms, facts, event)
    return facts


def _noticed(facts: Facts, event: Event) -> Facts:
    """A notice opens a round and forgets the one before (FR8)."""
    return Facts(
        noticed_at_s=event.at_s,
        due_at_s=event.due_at_s,
        lot_gpus=event.gpus,
        of_gpus=max(event.gpus, event.of_gpus),
        start_at_s=event.start_s,
        start_until_at_s=event.start_until_at_s,
        end_at_s=event.end_s,
        price_micros_per_gpu_h=event.price_micros_per_gpu_h,
        prepaid_ppm=event.prepaid_ppm,
        offeror=event.party,
        free_until_at_s=event.free_until_at_s,
        defaulted_at_s=facts.defaulted_at_s,
        senior_until_at_s=facts.senior_until_at_s,
        seniors=facts.seniors,
    )


def _changed(facts: Facts, at_s: int) -> Facts:
    """An open notice falls when what it was of is sought no more; answers and lapses stay."""
    over = facts.answered_at_s != NEVER or at_s >= facts.due_at_s
    if facts.noticed_at_s == NEVER or over:
        return facts._replace(seniors=(), senior_until_at_s=NEVER)
    return Facts(defaulted_at_s=facts.defaulted_at_s)


def _answer(terms: Terms, facts: Facts, event: Event) -> Facts:
    """What was accepted, and the deadlines that follow; a refusal accepts nothing."""
    gpus = 0
    if event.kind == EventKind.ACCEPTED:
        gpus = agreed_gpus(terms, facts.lot_gpus, event.gpus)
    return facts._replace(
        answered_at_s=event.at_s,
        accepted_gpus=gpus,
        order_due_at_s=event.order_due_at_s,
        free_until_at_s=event.free_until_at_s,
        fallen_until_at_s=event.fallen_until_at_s,
    )


def binds(facts: Facts) -> bool:
    """Whether a round stands, open or answered, and with it the terms of its notice (S9)."""
    return facts.noticed_at_s != NEVER


def agreed_gpus(terms: Terms, noticed_gpus: int, gpus: int) -> int:
    """The GPUs an acceptance takes; no number means all that was noticed.

    0 for a part that was not agreed: an acceptance on other terms is none (FR6).
    """
    if gpus == 0 or gpus >= noticed_gpus:
        return noticed_gpus
    return gpus if terms.partial and gpus >= terms.minimum_lot_gpus else 0


def _ordered(terms: Terms, facts: Facts, event: Event) -> Facts:
    """An order makes the acceptance it follows good, as far as it goes (FR10).

    What others have of the lot is no longer free; what the holder has takes nothing from what
    it let go. An order that names no lot uses up none.
    """
    gpus, seniors = event.gpus, list[Senior]()
    for senior in facts.seniors:
        if senior.party == event.party != UNSTATED and event.at_s < senior.until_at_s:
            gpus = max(gpus - senior.gpus, 0)
        else:
            seniors.append(senior)
    if event.lot != NONE:
        facts = _after(facts, seniors)
    if event.party == terms.holder:
        waits = facts.accepted_gpus > 0 and facts.signed_at_s == NEVER
        if not waits or event.at_s >= facts.order_due_at_s:
            return facts
        signed = min(facts.accepted_gpus, event.gpus)
        return facts._replace(accepted_gpus=signed, signed_at_s=event.at_s)
    if event.lot == NONE or facts.noticed_at_s == NEVER:
        return facts
    return facts._replace(ordered_gpus=facts.ordered_gpus + gpus)


def _senior(terms: Terms, facts: Facts, event: Event) -> Facts:
    """What a holder asked before this one is told and says (FR11); its first answer counts.

    While it may think, and while it may sign what it accepted in whole, it comes first; what
    it accepted is not this holder's to refuse.
    """
    if event.rank >= terms.rank:
        return facts
    others = [senior for senior in facts.seniors if senior.clause != event.clause]
    asked = next((senior for senior in facts.seniors if senior.clause == event.clause), None)
    if event.kind == EventKind.NOTICE_GIVEN:
        return _after(facts, [*others, Senior(event.clause, event.gpus, event.due_at_s)])
    if event.kind == EventKind.LAPSED:
        return _after(facts, others)
    if asked is None or asked.party != UNSTATED:
        return facts
    if event.kind == EventKind.ACCEPTED and event.order_due_at_s != NEVER:
        gpus = min(event.gpus, asked.noticed_gpus) or asked.noticed_gpus
        taken = asked._replace(until_at_s=event.order_due_at_s, party=event.party, gpus=gpus)
        return _after(facts, [*others, taken])
    # Refused, too late, or a part that was not agreed, for which no order is due.
    answered = event.kind in (EventKind.ACCEPTED, EventKind.REFUSED)
    return _after(facts, others) if answered else facts


def _after(facts: Facts, seniors: list[Senior]) -> Facts:
    until_s = max((each.until_at_s for each in seniors if each.comes_first), default=NEVER)
    return facts._replace(senior_until_at_s=until_s, seniors=tuple(seniors))
