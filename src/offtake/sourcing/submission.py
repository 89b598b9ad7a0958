"""A requirement is raised, changed or given up; and what every command looks up first."""

from offtake.core.vocabulary import NONE, Event, EventKind
from offtake.sourcing.command import Change, Refused, Submit, Withdraw
from offtake.sourcing.requirement import Lot, Need, Offer, State, Status

OPEN = (Status.SUBMITTED, Status.NOTICED, Status.TENDERED, Status.CLOSED)
"""Where a requirement may still be changed: nobody has accepted or been chosen."""


def known_lot(state: State, number: int) -> Lot:
    """The lot of a number.

    Raises:
        Refused: There is none.
    """
    if number not in state.lots:
        raise Refused(f"there is no lot {number}")
    return state.lots[number]


def about(lot: Lot, kind: EventKind, now_s: int, gpus: int = 0) -> Event:
    """An event that concerns a lot and states little more."""
    return Event(kind, now_s, lot=lot.number, purpose=lot.need.purpose, gpus=gpus)


def submitted(state: State, command: Submit, now_s: int) -> Event:
    """A new lot.

    Raises:
        Refused: The number is used, or the requirement asks for nothing.
    """
    if command.lot in state.lots:
        raise Refused(f"lot {command.lot} exists")
    _asks_for_something(command.need)
    return _said(EventKind.REQUIREMENT_SUBMITTED, command.lot, command.need, now_s)


def changed(state: State, command: Change, now_s: int) -> Event:
    """Another need under the same lot; notices, windows and offers of the old one fall.

    A notice is of what it states, so what is sought instead must be noticed anew. Another
    purpose is another requirement. What has been ordered stays ordered.

    Raises:
        Refused: Somebody has accepted or been chosen, or the change leaves nothing to source.
    """
    lot, need = known_lot(state, command.lot), command.need
    if lot.status not in OPEN:
        raise Refused(f"lot {lot.number} is {lot.status.name.lower()}: it can change no more")
    if (need.purpose, need.own) != (lot.need.purpose, lot.need.own):
        raise Refused("another purpose is another requirement: submit it, and withdraw this one")
    _asks_for_something(need)
    ordered = lot.need.gpus - lot.open_gpus
    if need.gpus <= ordered:
        raise Refused(f"{ordered} GPUs of lot {lot.number} are ordered: ask for more, or withdraw")
    return _said(EventKind.REQUIREMENT_CHANGED, lot.number, need, now_s)


def withdrawn(state: State, command: Withdraw, now_s: int) -> Event:
    """The end of a lot whose buyer wants no more.

    Raises:
        Refused: The lot has ended already.
    """
    lot = known_lot(state, command.lot)
    if lot.status in (Status.ORDERED, Status.UNSERVED, Status.WITHDRAWN):
        raise Refused(f"lot {lot.number} is {lot.status.name.lower()}")
    return about(lot, EventKind.REQUIREMENT_WITHDRAWN, now_s)


def complete(offer: Offer) -> None:
    """An offer says how much, for how long and at what price.

    Raises:
        Refused: It does not.
    """
    if offer.gpus <= 0 or offer.start_s >= offer.end_s or offer.price_micros_per_gpu_h == NONE:
        raise Refused("an offer needs GPUs, a period and a price")


def _asks_for_something(need: Need) -> None:
    if need.gpus <= 0 or need.start_s >= need.end_s:
        raise Refused("a requirement needs GPUs and a period")


def _said(kind: EventKind, lot: int, need: Need, now_s: int) -> Event:
    return Event(
        kind,
        now_s,
        lot=lot,
        purpose=need.purpose,
        gpus=need.gpus,
        start_s=need.start_s,
        end_s=need.end_s,
        price_micros_per_gpu_h=need.price_limit_micros_per_gpu_h,
        own=need.own,
    )
