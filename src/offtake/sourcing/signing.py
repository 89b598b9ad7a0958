"""From a choice to a signed order: awards by hand, and orders under an acceptance or an award."""

from offtake.core.decide import decide as decide_ask
from offtake.core.evolve import evolve
from offtake.core.names import Names
from offtake.core.vocabulary import Event, EventKind, Verdict
from offtake.sourcing.award import suitable
from offtake.sourcing.closing import award, denying
from offtake.sourcing.command import Choose, Proceed, Refused, Sign, Unaward
from offtake.sourcing.course import offer_event
from offtake.sourcing.requirement import Lot, Offer, Recorded, Rules, State, Status, ask_of
from offtake.sourcing.submission import about, complete, known_lot

Takes = tuple[tuple[int, int], ...]
"""(supplier, GPUs) of an award."""


def proposed(rules: Rules, names: Names, state: State, command: Choose, now_s: int) -> Takes:
    """What S4 would choose for a closed tender: the award at least total cost of ownership."""
    proposal = award(rules, names, state, Proceed(command.lot, command.worth), now_s)
    events = [item.event for item in proposal]
    return tuple((event.party, event.gpus) for event in events if event.kind == EventKind.AWARDED)


def chosen(rules: Rules, names: Names, state: State, command: Choose, now_s: int) -> list[Recorded]:
    """The awards that a person confirms; one that differs from S4's needs a reason.

    Raises:
        Refused: A choice is none, unfit, more than was offered or is open, not permitted, or
            differs without a reason.
    """
    lot = known_lot(state, command.lot)
    if lot.status != Status.CLOSED:
        raise Refused(f"lot {lot.number} has no closed tender to award")
    if not command.takes or len({supplier for supplier, _ in command.takes}) < len(command.takes):
        raise Refused("an award names each chosen supplier once")
    least = sorted(command.takes) == sorted(proposed(rules, names, state, command, now_s))
    if not least and not command.why.strip():
        raise Refused("a choice that differs from the one at least cost needs a reason (S4)")
    if sum(gpus for _, gpus in command.takes) > lot.open_gpus:
        raise Refused(f"no more than {lot.open_gpus} GPUs of lot {lot.number} are open (S7)")
    why = command.why.strip() or "least total cost (S4)"
    facts, recorded = state.facts, list[Recorded]()
    for supplier, gpus in command.takes:
        offer = _part(lot, supplier, gpus, now_s)
        ask = ask_of(lot, offer.signed_at(now_s))
        decision = decide_ask(rules.clauses, facts, ask, now_s)
        if decision.verdict is not Verdict.PERMIT:
            raise Refused(f"lot {lot.number} may not be awarded so: {denying([decision])}")
        awarded = offer_event(EventKind.AWARDED, now_s, lot, offer)
        recorded.append(Recorded(awarded, (decision,), why))
        for event in (awarded, offer_event(EventKind.ORDERED, now_s, lot, offer)):
            facts = evolve(rules.clauses, facts, event)  # The next is judged beside this one.
    return recorded


def _part(lot: Lot, supplier: int, gpus: int, now_s: int) -> Offer:
    """The part of an offer that is chosen."""
    bid = next((offer for offer in lot.offers if offer.supplier == supplier), None)
    if bid is None:
        raise Refused(f"lot {lot.number} has no offer of that supplier")
    if not 0 < gpus <= bid.gpus:
        raise Refused(f"{gpus} GPUs are not between 1 and the {bid.gpus} offered (S7)")
    offer = bid._replace(gpus=gpus)
    unfit = suitable(lot.need, offer.signed_at(now_s), lot.open_gpus)
    if unfit:
        raise Refused(f"the offer does not fit lot {lot.number}: {unfit}")
    return offer


def unawarded(state: State, command: Unaward, now_s: int) -> Event:
    """Awards that are not signed are taken back; their offers stand again.

    Raises:
        Refused: There are none, or no reason is given.
    """
    lot = known_lot(state, command.lot)
    if lot.status != Status.AWARDED:
        raise Refused(f"lot {lot.number} has no award to take back")
    if not command.why.strip():
        raise Refused("taking an award back needs a reason")
    gpus = sum(offer.gpus for offer in lot.awards)
    return about(lot, EventKind.AWARD_CANCELED, now_s, gpus)


def signed(rules: Rules, state: State, command: Sign, now_s: int) -> list[Recorded]:
    """The order that makes an acceptance (FR10) or an award good, while it stands.

    Raises:
        Refused: There is none of this supplier, its time is over, or the terms are others.
    """
    lot, offer = known_lot(state, command.lot), command.offer
    complete(offer)
    offer = offer.signed_at(now_s)
    most_gpus, shown, why = _taken_up(lot, offer.supplier, now_s)
    if offer.gpus > most_gpus:
        raise Refused(f"{offer.gpus} GPUs are more than the {most_gpus} accepted or awarded")
    shown = None if shown is None else shown.signed_at(now_s)
    unfit = suitable(lot.need, offer, offer.gpus) or worse(offer, shown)
    if unfit:
        raise Refused(f"lot {lot.number} was taken on other terms: {unfit}")
    decision = decide_ask(rules.clauses, state.facts, ask_of(lot, offer), now_s)
    if decision.verdict is not Verdict.PERMIT:
        raise Refused(f"lot {lot.number} may not be ordered yet: {denying([decision])}")
    ordered = offer_event(EventKind.ORDERED, now_s, lot, offer)._replace(order=len(state.orders))
    return [Recorded(ordered, (decision,), why)]


def _taken_up(lot: Lot, supplier: int, now_s: int) -> tuple[int, Offer | None, str]:
    """The GPUs that a supplier accepted or was awarded, the offer it must keep to, and why."""
    award = next((offer for offer in lot.awards if offer.supplier == supplier), None)
    if lot.status == Status.AWARDED and award is not None:
        return award.gpus, award, "the buyer chose it (S4)"
    if lot.status != Status.ACCEPTED or supplier != lot.holder:
        raise Refused(f"lot {lot.number} has no acceptance or award of this supplier to sign")
    if negotiation_over(lot, now_s):
        raise Refused(f"the acceptance of lot {lot.number} has fallen (FR10)")
    return lot.accepted_gpus, lot.shown, "the holder took it (FR5)"


def negotiation_over(lot: Lot, now_s: int) -> bool:
    """Whether an acceptance has fallen without an order (FR10): from that instant on."""
    return now_s >= lot.order_due_at_s


def worse(offer: Offer, shown: Offer | None) -> str:
    """In what an offer is worse for the buyer than the one it must match; empty if in nothing.

    Compared are price, prepayment, start, end and accelerator (FR9); the quantity was compared
    when it was accepted. Time that has passed since the notice delays the one it showed as well.
    A notice that showed no offer asks no more than the requirement.
    """
    if shown is None:
        return ""
    if offer.price_micros_per_gpu_h > shown.price_micros_per_gpu_h:
        return "price"
    if offer.prepaid_ppm > shown.prepaid_ppm:
        return "prepayment"
    if offer.accelerator != shown.accelerator:
        return "accelerator"
    if offer.start_s > shown.start_s or offer.end_s < shown.end_s:
        return "start or term"
    return ""
