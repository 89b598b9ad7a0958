"""Right of first refusal: before new capacity goes to anyone else, the holder may take it.

The market's words: the buyer gives *notice* of a lot; within the *window* the holder may
*accept*, accept a *part*, or *refuse*; silence to its end is a *lapse*. Others may have the rest
within the *free window*, on terms no better for them. In the *matching* form the notice carries
another's offer. Rules FR1 to FR11: docs/reference/clauses/first_refusal.md. Here is what is
written, its deadlines and its words; ``_rounds`` has the rules.
"""

from dataclasses import dataclass

from offtake.clauses._rounds import (
    ACCEPTED,
    BETTER_TERMS,
    FREE_WINDOW_OVER,
    LEARNS_OF,
    NOT_NOTIFIED,
    OF_ALL,
    OFFER_NOT_SHOWN,
    OTHER_OFFER,
    PART_NOT_OFFERED,
    PARTLY_ACCEPTED,
    SENIOR_FIRST,
    WINDOW_OPEN,
    Facts,
    Terms,
    agreed_gpus,
    binds,
    evolve,
    instants,
    obligation,
    quantities,
    rule,
)
from offtake.core.names import Names
from offtake.core.text import ScopeText, Value, scope_of, term
from offtake.core.vocabulary import (
    NONE,
    Act,
    ClauseType,
    Event,
    EventKind,
    Finding,
    Period,
    Verdict,
    never,
)
from offtake.units.capacity import Size
from offtake.units.time import DAY_S, FOREVER_S, NEVER, Calendar, Duration, after

__all__ = [
    "CLAUSE",
    "SENIOR_FIRST",
    "Text",
    "agreed_gpus",
    "calendar",
    "dated_answer",
    "dated_notice",
    "due_at_s",
    "window",
]


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


def lower(text: Text, names: Names, period: Period) -> Terms:
    """The terms in numbers.

    Windows count at their longest here, only to say when a notice is due; the deadlines that
    rules compare are worked out on the calendar when a notice is given or answered.
    """
    watts = names.watts_of(text.accelerators)
    large = text.large_lot is not None and text.large_window is not None
    return Terms(
        *scope_of(text, names)._replace(capacity=1, acts=Act.SUPPLY),
        holder=names.parties.index(text.holder),
        matching=int(text.form == "matching"),
        rank=text.rank,
        window_s=text.window.longest_s,
        large_lot_gpus=text.large_lot.in_gpus(watts) if large and text.large_lot else NONE,
        large_window_s=text.large_window.longest_s if large and text.large_window else NONE,
        reoffer_window_s=NONE if text.reoffer_window is None else text.reoffer_window.longest_s,
        partial=int(text.partial),
        minimum_lot_gpus=text.minimum_lot.in_gpus(watts),
        reoffer_parts=int(text.reoffer_parts),
        price_tolerance_ppm=text.price_tolerance,
        quantity_tolerance_ppm=text.quantity_tolerance,
        term_tolerance_ppm=text.term_tolerance,
        sleeps_from_at_s=_sleeps_from_s(text, names, period.agreed_until_s),
    )


def _sleeps_from_s(text: Text, names: Names, ends_at_s: int) -> int:
    """The first instant with less than ``least_term_left`` to the agreed end (FR2)."""
    least = text.least_term_left
    if least.number == 0 or ends_at_s >= FOREVER_S:
        return ends_at_s + 1
    dates = _between_dates(text, names)
    early_s, late_s = max(ends_at_s - least.longest_s - 2 * DAY_S, 0), ends_at_s
    while early_s < late_s:  # The end of a length never moves back when its start moves on.
        middle_s = (early_s + late_s) // 2
        if after(middle_s, least, dates) > ends_at_s:
            late_s = middle_s
        else:
            early_s = middle_s + 1
    return early_s


def calendar(text: Text, names: Names) -> Calendar:
    """How the clause counts days: Monday to Friday in UTC where it names no calendar."""
    return names.calendars[text.calendar] if text.calendar else Calendar()


def _between_dates(text: Text, names: Names) -> Calendar:
    """The clause's business days for a length between dates as written, which are UTC's."""
    return calendar(text, names)._replace(zone="UTC", close="")


def window(text: Text, names: Names, gpus: int, *, again: bool) -> Duration:
    """How long the holder may think about a lot of so many GPUs, as agreed."""
    if again and text.reoffer_window is not None:
        return text.reoffer_window
    if text.large_lot is not None and text.large_window is not None:
        large_gpus = text.large_lot.in_gpus(names.watts_of(text.accelerators))
        return text.large_window if gpus >= large_gpus else text.window
    return text.window


def due_at_s(text: Text, names: Names, received_at_s: int, gpus: int, *, again: bool) -> int:
    """The instant an answer is due at the latest: the window on the clause's calendar."""
    return after(received_at_s, window(text, names, gpus, again=again), calendar(text, names))


def dated_notice(text: Text, names: Names, event: Event, *, again: bool) -> Event:
    """A notice with the deadlines that follow from it, where it does not state them.

    Silence to the end of the window begins the free window there (FR7).
    """
    days, due_s = calendar(text, names), event.due_at_s
    if due_s == NEVER:
        due_s = due_at_s(text, names, event.at_s, event.gpus, again=again)
    late_s = event.start_until_at_s
    if late_s == NEVER and event.start_s != NEVER:
        late_s = after(event.start_s, text.start_slack, _between_dates(text, names))
    return event._replace(
        due_at_s=due_s,
        free_until_at_s=_stated(event.free_until_at_s, after(due_s, text.free_window, days)),
        start_until_at_s=late_s,
        rank=text.rank,
    )


def dated_answer(text: Text, names: Names, event: Event) -> Event:
    """An answer in time with the deadlines that follow from it, where it does not state them."""
    days = calendar(text, names)
    free_s = _stated(event.free_until_at_s, after(event.at_s, text.free_window, days))
    event = event._replace(free_until_at_s=free_s, rank=text.rank)
    if event.kind != EventKind.ACCEPTED:
        return event
    signed_s = _stated(event.order_due_at_s, after(event.at_s, text.negotiation, days))
    fallen_s = _stated(event.fallen_until_at_s, after(signed_s, text.free_window, days))
    return event._replace(order_due_at_s=signed_s, fallen_until_at_s=fallen_s)


def _stated(said_s: int, else_s: int) -> int:
    return else_s if said_s == NEVER else said_s


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
    quantities=quantities,
    obligation=obligation,
    evolve=evolve,
    learns_of=LEARNS_OF,
    of_all=OF_ALL,
    binds=binds,
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
            "{holder} was offered {lot_gpus} GPUs; these {gpus} must be offered by themselves",
        ),
        _hold(
            FREE_WINDOW_OVER,
            "FR8",
            "FreeWindowOver",
            "the time in which others might be contracted is over; {holder} must be asked again",
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
            "a holder that ranks before {holder} has until {senior_until_at} to answer or sign",
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
