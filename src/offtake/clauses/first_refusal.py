"""Right of first refusal: before new capacity goes to anyone else, the holder may take it.

The market's words: the buyer gives *notice* of a lot; within the *window* the holder may
*accept*, accept a *part*, or *refuse*; silence to its end is a *lapse*. Others may have the rest
within the *free window*, on terms no better for them. In the *matching* form the notice carries
another's offer. Rules FR1 to FR11: docs/reference/clauses/first_refusal.md.
"""

from dataclasses import dataclass
from typing import NamedTuple

from offtake.core.names import BUYER, UNSTATED, Names
from offtake.core.scope import covers
from offtake.core.text import ScopeText, Value, scope_of, term
from offtake.core.vocabulary import (
    NONE,
    SILENT,
    Act,
    Ask,
    ClauseType,
    Event,
    EventKind,
    Finding,
    Obligation,
    Period,
    Verdict,
    never,
)
from offtake.units.capacity import PPM, Size
from offtake.units.time import NEVER, Calendar, Duration, after

NOT_NOTIFIED, WINDOW_OPEN, PART_NOT_OFFERED, FREE_WINDOW_OVER = 10_201, 10_202, 10_203, 10_204
BETTER_TERMS, OTHER_OFFER, OFFER_NOT_SHOWN, SENIOR_FIRST = 10_205, 10_206, 10_207, 10_208
ACCEPTED, PARTLY_ACCEPTED = 20_209, 20_210


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(ScopeText):
    """What the parties wrote. Capacity is always ``new``, whatever the scope says (FR1)."""

    holder: str = term(Value.PARTY, "Who must be asked first.")
    form: str = term(
        Value.CHOICE,
        "Asked before the market (offer_first), or shown the best offer (matching).",
        default="offer_first",
        choices=("offer_first", "matching"),
    )
    window: Duration = term(Value.DURATION, "How long the holder may think.")
    large_lot: Size | None = term(
        Value.SIZE, "From this size on, the large window applies.", default=None
    )
    large_window: Duration | None = term(
        Value.DURATION, "How long the holder may think about a large lot.", default=None
    )
    reoffer_window: Duration | None = term(
        Value.DURATION,
        "The window when a lot is offered again; the window if absent.",
        default=None,
    )
    calendar: str | None = term(
        Value.CALENDAR, "How days are counted; Monday to Friday in UTC if absent.", default=None
    )
    rank: int = term(Value.COUNT, "Holders are asked in this order, 1 first.", default=1)
    partial: bool = term(Value.FLAG, "Whether the holder may take a part.", default=False)
    minimum_lot: Size = term(
        Value.SIZE, "The smallest part the holder may take.", default=Size(gpus=1)
    )
    reoffer_parts: bool = term(
        Value.FLAG, "Whether a part of a refused lot must be offered by itself.", default=False
    )
    free_window: Duration = term(
        Value.DURATION, "How long others may then be contracted.", default=Duration(90, "d")
    )
    price_tolerance: int = term(
        Value.SHARE, "How much more than the noticed price others may be paid.", default=0
    )
    start_slack: Duration = term(
        Value.DURATION, "How much later than noticed others may start.", default=Duration(30, "d")
    )
    quantity_tolerance: int = term(
        Value.SHARE, "How much more than noticed others may supply.", default=100_000
    )
    term_tolerance: int = term(
        Value.SHARE, "How much longer than noticed others may supply.", default=100_000
    )
    negotiation: Duration = term(
        Value.DURATION,
        "How long an accepted lot may wait for a signed order.",
        default=Duration(60, "d"),
    )
    least_term_left: Duration = term(
        Value.DURATION, "The right sleeps when less of its term is left.", default=Duration(0, "d")
    )


class Terms(NamedTuple):
    """What the parties agreed. Shares are parts per million."""

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
    partial: int
    minimum_lot_gpus: int
    reoffer_parts: int
    free_window_s: int
    price_tolerance_ppm: int
    start_slack_s: int
    quantity_tolerance_ppm: int
    term_tolerance_ppm: int
    negotiation_s: int
    least_term_left_s: int
    ends_at_s: int


class Facts(NamedTuple):
    """What has happened to one lot under this clause. Instants, or NEVER."""

    noticed_at_s: int = NEVER
    due_at_s: int = NEVER
    lot_gpus: int = 0
    start_at_s: int = NEVER
    end_at_s: int = NEVER
    price_micros_per_gpu_h: int = NONE
    prepaid_ppm: int = NONE
    offeror: int = UNSTATED
    answered_at_s: int = NEVER
    accepted_gpus: int = 0
    ordered_at_s: int = NEVER
    defaulted_at_s: int = NEVER
    senior_until_at_s: int = NEVER


def lower(text: Text, names: Names, period: Period) -> Terms:
    """The terms in numbers; a window of business days counts at its longest."""
    return Terms(
        *scope_of(text, names)._replace(capacity=1, acts=Act.SUPPLY),
        holder=names.parties.index(text.holder),
        matching=int(text.form == "matching"),
        rank=text.rank,
        window_s=text.window.longest_s,
        partial=int(text.partial),
        minimum_lot_gpus=text.minimum_lot.in_gpus(names.watts_of(text.accelerators)),
        reoffer_parts=int(text.reoffer_parts),
        free_window_s=text.free_window.longest_s,
        price_tolerance_ppm=text.price_tolerance,
        start_slack_s=text.start_slack.longest_s,
        quantity_tolerance_ppm=text.quantity_tolerance,
        term_tolerance_ppm=text.term_tolerance,
        negotiation_s=text.negotiation.longest_s,
        least_term_left_s=text.least_term_left.longest_s,
        ends_at_s=period.agreed_until_s,
    )


def due_at_s(text: Text, names: Names, received_at_s: int, gpus: int, *, again: bool) -> int:
    """The instant an answer is due at the latest: the window on the clause's calendar."""
    calendar = names.calendars[text.calendar] if text.calendar else Calendar()
    window = text.window
    if text.large_lot is not None and text.large_window is not None:
        large_gpus = text.large_lot.in_gpus(names.watts_of(text.accelerators))
        window = text.large_window if gpus >= large_gpus else window
    if again and text.reoffer_window is not None:
        window = text.reoffer_window
    return after(received_at_s, window, calendar)


def rule(terms: Terms, facts: Facts, ask: Ask, now_s: int) -> int:
    """Apply FR1 to FR11; the first that applies answers."""
    if ask.supplier == terms.holder or ask.own or not covers(terms, ask):  # FR1.
        return SILENT
    ending = terms.ends_at_s - now_s < terms.least_term_left_s
    if ending or facts.defaulted_at_s != NEVER:  # FR2: too little term left, or in default.
        return SILENT
    if facts.noticed_at_s == NEVER:
        return _unnoticed(terms, facts, now_s)
    if facts.answered_at_s == NEVER and now_s < facts.due_at_s:  # FR4: half-open.
        return WINDOW_OPEN
    return _answered(terms, facts, ask, now_s)


def _unnoticed(terms: Terms, facts: Facts, now_s: int) -> int:
    if facts.senior_until_at_s > now_s:  # FR11: one holder after the other.
        return SENIOR_FIRST
    return OFFER_NOT_SHOWN if terms.matching else NOT_NOTIFIED  # FR9, FR3.


def _answered(terms: Terms, facts: Facts, ask: Ask, now_s: int) -> int:
    """FR5 to FR10: what the answer, or silence, leaves to others."""
    free_from_s = facts.due_at_s if facts.answered_at_s == NEVER else facts.answered_at_s
    rest = facts.lot_gpus - facts.accepted_gpus
    if facts.accepted_gpus > 0 and facts.ordered_at_s == NEVER:
        order_due_s = facts.answered_at_s + terms.negotiation_s
        if now_s >= order_due_s:  # FR10: no order in time; as if refused.
            free_from_s, rest = order_due_s, facts.lot_gpus
    if rest == 0:
        return ACCEPTED  # FR5.
    if rest < facts.lot_gpus and exceeds(
        ask.gpus, rest, tolerance_ppm=terms.quantity_tolerance_ppm
    ):
        return PARTLY_ACCEPTED  # FR6.
    if terms.reoffer_parts and ask.gpus < rest:
        return PART_NOT_OFFERED  # FR6: the part must be offered by itself.
    if now_s >= free_from_s + terms.free_window_s:
        return FREE_WINDOW_OVER  # FR8.
    if terms.matching and ask.supplier != facts.offeror:
        return OTHER_OFFER  # FR9: only the offer shown is free.
    return BETTER_TERMS if _better(terms, facts, ask, rest) else SILENT  # FR8, FR7.


def _better(terms: Terms, facts: Facts, ask: Ask, rest: int) -> bool:
    """Whether the ask is better for the supplier than what was noticed, where both say (FR7)."""
    price, noticed = ask.price_micros_per_gpu_h, facts.price_micros_per_gpu_h
    if NONE not in (price, noticed) and exceeds(
        price, noticed, tolerance_ppm=terms.price_tolerance_ppm
    ):
        return True
    if NONE not in (facts.prepaid_ppm, ask.prepaid_ppm) and ask.prepaid_ppm > facts.prepaid_ppm:
        return True
    if ask.start_s > facts.start_at_s + terms.start_slack_s:
        return True
    if exceeds(ask.gpus, rest, tolerance_ppm=terms.quantity_tolerance_ppm):
        return True
    asked_s, noticed_s = ask.end_s - ask.start_s, facts.end_at_s - facts.start_at_s
    return exceeds(asked_s, noticed_s, tolerance_ppm=terms.term_tolerance_ppm)


def exceeds(value: int, limit: int, *, tolerance_ppm: int) -> bool:
    """Whether ``value`` is above ``limit`` by more than the tolerance, exactly."""
    return value * PPM > limit * (PPM + tolerance_ppm)


def obligation(terms: Terms, facts: Facts, ask: Ask, now_s: int, code: int) -> Obligation:
    """Who must act: the holder while its window runs, else the buyer, in time for the start."""
    if code == WINDOW_OPEN:
        return Obligation(terms.holder, "answer the notice", facts.due_at_s)
    if code == SENIOR_FIRST:
        return Obligation(BUYER, "wait for the senior holder", facts.senior_until_at_s)
    act = "give notice" if facts.noticed_at_s == NEVER else "offer the lot again"
    return Obligation(BUYER, act, max(now_s, ask.start_s - terms.window_s))


def evolve(terms: Terms, facts: Facts, event: Event, clause: int) -> Facts:
    """Fold one event. Answers count only inside the window: half-open, first one wins."""
    kind = event.kind
    if kind in (EventKind.DEFAULT_DECLARED, EventKind.DEFAULT_CURED):
        declared_s = event.at_s if kind == EventKind.DEFAULT_DECLARED else NEVER
        return facts._replace(defaulted_at_s=declared_s) if event.party == terms.holder else facts
    if kind == EventKind.ORDERED and event.party == terms.holder:
        return _ordered(terms, facts, event)
    if event.clause == NONE or event.lot == NONE:
        return facts
    if event.clause != clause:
        return _senior(terms, facts, event)
    if kind == EventKind.NOTICE_GIVEN:
        return _noticed(facts, event)
    in_time = facts.noticed_at_s <= event.at_s < facts.due_at_s
    if facts.answered_at_s != NEVER or not in_time:
        return facts
    if kind == EventKind.REFUSED:
        return facts._replace(answered_at_s=event.at_s)
    if kind == EventKind.ACCEPTED:
        return facts._replace(answered_at_s=event.at_s, accepted_gpus=_valid(terms, facts, event))
    return facts


def _valid(terms: Terms, facts: Facts, event: Event) -> int:
    """The GPUs an acceptance takes: 0 for a part that was not agreed, as if refused (FR6)."""
    if event.gpus >= facts.lot_gpus:
        return facts.lot_gpus
    return event.gpus if terms.partial and event.gpus >= terms.minimum_lot_gpus else 0


def _noticed(facts: Facts, event: Event) -> Facts:
    """A notice opens a round and forgets the one before (FR8)."""
    return Facts(
        noticed_at_s=event.at_s,
        due_at_s=event.due_at_s,
        lot_gpus=event.gpus,
        start_at_s=event.start_s,
        end_at_s=event.end_s,
        price_micros_per_gpu_h=event.price_micros_per_gpu_h,
        prepaid_ppm=event.prepaid_ppm,
        offeror=event.party,
        defaulted_at_s=facts.defaulted_at_s,
        senior_until_at_s=facts.senior_until_at_s,
    )


def _ordered(terms: Terms, facts: Facts, event: Event) -> Facts:
    in_time = event.at_s < facts.answered_at_s + terms.negotiation_s
    taken = facts.accepted_gpus > 0 and facts.ordered_at_s == NEVER
    return facts._replace(ordered_at_s=event.at_s) if taken and in_time else facts


def _senior(terms: Terms, facts: Facts, event: Event) -> Facts:
    """Until when a holder asked before this one may still think (FR11)."""
    if event.rank >= terms.rank or facts.noticed_at_s != NEVER:
        return facts
    if event.kind == EventKind.NOTICE_GIVEN:
        return facts._replace(senior_until_at_s=event.due_at_s)
    if event.kind in (EventKind.ACCEPTED, EventKind.REFUSED, EventKind.LAPSED):
        return facts._replace(senior_until_at_s=min(event.at_s, facts.senior_until_at_s))
    return facts


def instants(terms: Terms) -> tuple[int, ...]:
    """The first instant with too little term left (FR2)."""
    return (terms.ends_at_s - terms.least_term_left_s + 1,)


def _hold(code: int, rule: str, reason: str, says: str) -> Finding:
    return Finding(code, Verdict.HOLD, rule, reason, says)


CLAUSE = ClauseType(
    code=2,
    name="first_refusal",
    text=Text,
    terms=Terms,
    lower=lower,
    facts=Facts,
    per_lot=True,
    rules=tuple(f"FR{number}" for number in range(1, 12)),
    parties=("holder", "offeror"),
    rule=rule,
    varies=never,
    instants=instants,
    obligation=obligation,
    evolve=evolve,
    findings=(
        _hold(
            NOT_NOTIFIED,
            "FR3",
            "NotNotified",
            "{holder} must be asked first about new capacity for {purpose}: no notice of this lot "
            "has been given",
        ),
        _hold(
            WINDOW_OPEN,
            "FR4",
            "WindowOpen",
            "{holder} was given notice on {noticed_at} and may answer until {due_at}",
        ),
        _hold(
            PART_NOT_OFFERED,
            "FR6",
            "PartNotOffered",
            "{holder} was offered {lot_gpus} GPUs; {gpus} of them must be offered by themselves",
        ),
        _hold(
            FREE_WINDOW_OVER,
            "FR8",
            "FreeWindowOver",
            "the {free_window} in which others might be contracted are over; {holder} must be "
            "asked again",
        ),
        _hold(
            BETTER_TERMS,
            "FR8",
            "BetterTerms",
            "these terms are better for {supplier} than those {holder} was offered; {holder} must "
            "be asked again",
        ),
        _hold(
            OTHER_OFFER,
            "FR9",
            "OtherOffer",
            "{holder} was shown the offer of {offeror}, not that of {supplier}",
        ),
        _hold(
            OFFER_NOT_SHOWN,
            "FR9",
            "OfferNotShown",
            "{holder} may match the best offer for {purpose} and has not been shown one",
        ),
        _hold(
            SENIOR_FIRST,
            "FR11",
            "SeniorHolderFirst",
            "a holder that ranks before {holder} may answer until {senior_until_at}",
        ),
        Finding(ACCEPTED, Verdict.DENY, "FR5", "Accepted", "{holder} has accepted the whole lot"),
        Finding(
            PARTLY_ACCEPTED,
            Verdict.DENY,
            "FR6",
            "PartlyAccepted",
            "{holder} has accepted {accepted_gpus} of {lot_gpus} GPUs; others may supply only "
            "the rest",
        ),
    ),
)
