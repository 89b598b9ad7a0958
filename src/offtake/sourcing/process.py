"""The course of sourcing: ``decide(rules, names, state, command, now) -> events``.

Under the desk people give the commands; in the simulator models do. Nothing here reads a
clock, and nothing here interprets a clause: it asks ``core.decide``.
"""

from offtake.clauses.first_refusal import agreed_gpus, dated_answer
from offtake.core.decide import decide as decide_ask
from offtake.core.evolve import version_for
from offtake.core.names import UNSTATED, Names
from offtake.core.vocabulary import NONE, BoundClause, Event, EventKind, Verdict
from offtake.sourcing.award import suitable
from offtake.sourcing.closing import award, denying
from offtake.sourcing.command import (
    Answer,
    Bid,
    Command,
    Deliver,
    Overdue,
    Proceed,
    Refused,
    Sign,
    Submit,
    Withdraw,
)
from offtake.sourcing.course import offer_event, tranche_event
from offtake.sourcing.notice import notice, partition, to_notice
from offtake.sourcing.requirement import (
    Lot,
    Offer,
    Order,
    Recorded,
    Rules,
    State,
    Status,
    ask_of,
    wanted,
)

NO_OFFEROR = UNSTATED
"""The supplier of a notice that carries the requirement's own terms."""


def decide(
    rules: Rules, names: Names, state: State, command: Command, now_s: int
) -> list[Recorded]:
    """What happens on a command.

    Raises:
        Refused: The command does not fit the state, such as an answer after its deadline.
    """
    match command:
        case Submit():
            return [Recorded(_submitted(state, command, now_s))]
        case Withdraw(number):
            lot = _lot(state, number)
            if lot.status in (Status.ORDERED, Status.UNSERVED, Status.WITHDRAWN):
                raise Refused(f"lot {number} is {lot.status.name.lower()}")
            return [Recorded(_about(lot, EventKind.REQUIREMENT_WITHDRAWN, now_s))]
        case Answer():
            return _answered(rules, names, state, command, now_s)
        case Sign():
            return _signed(rules, state, command, now_s)
        case Bid():
            return [Recorded(_offered(rules, state, command, now_s))]
        case Proceed():
            return _proceed(rules, names, state, command, now_s)
        case Deliver():
            return _delivered(state, command, now_s)
        case Overdue():
            return _overdue(rules, state, command, now_s)


def _lot(state: State, number: int) -> Lot:
    if number not in state.lots:
        raise Refused(f"there is no lot {number}")
    return state.lots[number]


def _about(lot: Lot, kind: EventKind, now_s: int, gpus: int = 0) -> Event:
    return Event(kind, now_s, lot=lot.number, purpose=lot.need.purpose, gpus=gpus)


def _submitted(state: State, command: Submit, now_s: int) -> Event:
    if command.lot in state.lots:
        raise Refused(f"lot {command.lot} exists")
    need = command.need
    if need.gpus <= 0 or need.start_s >= need.end_s:
        raise Refused("a requirement needs GPUs and a period")
    return Event(
        EventKind.REQUIREMENT_SUBMITTED,
        now_s,
        lot=command.lot,
        purpose=need.purpose,
        gpus=need.gpus,
        start_s=need.start_s,
        end_s=need.end_s,
        price_micros_per_gpu_h=need.price_limit_micros_per_gpu_h,
        own=need.own,
    )


def _answered(
    rules: Rules, names: Names, state: State, command: Answer, now_s: int
) -> list[Recorded]:
    """An answer counts strictly before its deadline (FR4), under the terms of its notice (S9)."""
    lot = _lot(state, command.lot)
    if lot.status != Status.NOTICED or _over(rules, lot, now_s):
        raise Refused(f"lot {lot.number} has no open notice")
    if not 0 <= command.gpus <= lot.noticed_gpus:
        raise Refused(f"{command.gpus} GPUs are not between 0 and the {lot.noticed_gpus} noticed")
    clause = noticed_under(rules, lot)
    if command.gpus and not agreed_gpus(clause.terms, lot.noticed_gpus, command.gpus):
        raise Refused(f"{clause.clause_id} does not let its holder take {command.gpus} GPUs (FR6)")
    event = Event(
        EventKind.ACCEPTED if command.gpus > 0 else EventKind.REFUSED,
        now_s,
        lot=lot.number,
        clause=lot.clause,
        party=clause.terms.holder,
        gpus=command.gpus,
    )
    return [Recorded(dated_answer(clause.text, names, event), why="the holder's answer")]


def _offered(rules: Rules, state: State, command: Bid, now_s: int) -> Event:
    lot, offer = _lot(state, command.lot), command.offer
    if lot.status != Status.TENDERED or now_s >= lot.closes_at_s:
        raise Refused(f"lot {lot.number} has no open tender")
    _complete(offer)
    return offer_event(EventKind.OFFER_MADE, now_s, lot, offer)


def _complete(offer: Offer) -> None:
    """An offer says how much, for how long and at what price."""
    if offer.gpus <= 0 or offer.start_s >= offer.end_s or offer.price_micros_per_gpu_h == NONE:
        raise Refused("an offer needs GPUs, a period and a price")


def _proceed(
    rules: Rules, names: Names, state: State, command: Proceed, now_s: int
) -> list[Recorded]:
    lot = _lot(state, command.lot)
    if lot.status in (Status.NOTICED, Status.ACCEPTED):
        why = _over(rules, lot, now_s)
        return [Recorded(_lapsed(rules, lot, now_s), why=why)] if why else []
    if lot.status == Status.SUBMITTED:
        return _start(rules, names, state, lot, now_s)
    if lot.status == Status.TENDERED and now_s >= lot.closes_at_s:
        return [Recorded(_about(lot, EventKind.TENDER_CLOSED, now_s))]
    if lot.status == Status.CLOSED:
        return award(rules, names, state, command, now_s)
    return []


def _over(rules: Rules, lot: Lot, now_s: int) -> str:
    """Why a holder that was asked has its turn no longer; empty while it has."""
    if lot.status == Status.NOTICED and now_s >= lot.due_at_s:
        return "silence to the end of the window"
    if lot.status == Status.ACCEPTED and _negotiation_over(lot, now_s):
        return "no order was signed in time (FR10)"
    return "" if _still_in_force(rules, lot, now_s) else "the right has ended (S9)"


def _lapsed(rules: Rules, lot: Lot, now_s: int) -> Event:
    terms = noticed_under(rules, lot).terms
    return _about(lot, EventKind.LAPSED, now_s)._replace(
        clause=lot.clause, party=terms.holder, rank=terms.rank, due_at_s=lot.due_at_s
    )


def _negotiation_over(lot: Lot, now_s: int) -> bool:
    """Whether an acceptance has fallen without an order (FR10): from that instant on."""
    return now_s >= lot.order_due_at_s


def noticed_under(rules: Rules, lot: Lot) -> BoundClause:
    """The version of a first refusal that the lot was noticed under: its round keeps to it (S9)."""
    assert lot.notice is not None, lot
    version = version_for(rules.clauses, lot.notice)
    assert version is not None, lot
    return version


def _signed(rules: Rules, state: State, command: Sign, now_s: int) -> list[Recorded]:
    """The order that makes an acceptance good, while it stands (FR10)."""
    lot, offer = _lot(state, command.lot), command.offer
    if lot.status != Status.ACCEPTED or offer.supplier != lot.holder:
        raise Refused(f"lot {lot.number} has no acceptance of this supplier to sign")
    if _negotiation_over(lot, now_s):
        raise Refused(f"the acceptance of lot {lot.number} has fallen (FR10)")
    _complete(offer)
    offer = offer.signed_at(now_s)
    if offer.gpus > lot.accepted_gpus:
        raise Refused(f"{offer.gpus} GPUs are more than the {lot.accepted_gpus} accepted")
    shown = None if lot.shown is None else lot.shown.signed_at(now_s)
    unfit = suitable(lot.need, offer, offer.gpus) or worse(offer, shown)
    if unfit:
        raise Refused(f"lot {lot.number} was accepted on other terms: {unfit}")
    decision = decide_ask(rules.clauses, state.facts, ask_of(lot, offer), now_s)
    if decision.verdict is not Verdict.PERMIT:
        raise Refused(f"lot {lot.number} may not be ordered yet: {denying([decision])}")
    ordered = offer_event(EventKind.ORDERED, now_s, lot, offer)._replace(order=len(state.orders))
    return [Recorded(ordered, (decision,), "the holder took it (FR5)")]


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


def _still_in_force(rules: Rules, lot: Lot, now_s: int) -> bool:
    """Whether the right has not ended, in whatever version (S9)."""
    return any(clause.clause == lot.clause and now_s < clause.until_s for clause in rules.clauses)


def _start(rules: Rules, names: Names, state: State, lot: Lot, now_s: int) -> list[Recorded]:
    """Partition the suppliers (S1); ask a holder (S2), or tender to the others (S3)."""
    asked = rules._replace(suppliers=(0,)) if lot.need.own else rules
    decisions = partition(asked, state.facts, lot, now_s)
    clause, terms = to_notice(decisions, lot), wanted(lot, NO_OFFEROR)
    if clause is not None and terms.price_micros_per_gpu_h == NONE:
        why = f"no price to offer: {clause.clause_id}"
        return [Recorded(_about(lot, EventKind.UNSERVED, now_s, lot.open_gpus), decisions, why)]
    if clause is not None:
        given = notice(clause, lot, terms, names, now_s)
        return [Recorded(given, decisions, "a first refusal holds the lot (S2)")]
    if all(decision.verdict is Verdict.DENY for decision in decisions):
        why = f"denied: {denying(decisions)}"
        return [Recorded(_about(lot, EventKind.UNSERVED, now_s, lot.open_gpus), decisions, why)]
    opened = _about(lot, EventKind.TENDER_OPENED, now_s, lot.open_gpus)
    opened = opened._replace(due_at_s=now_s + rules.tender_s)
    return [Recorded(opened, decisions, "tendered to those whom no clause denies (S3)")]


def _tranche(state: State, command: Deliver | Overdue) -> Order:
    """The order a command about a tranche means."""
    order = state.orders.get(command.order)
    if order is None or not 0 <= command.tranche < order.offer.tranches:
        raise Refused(f"there is no tranche {command.tranche} of an order {command.order}")
    return order


def _delivered(state: State, command: Deliver, now_s: int) -> list[Recorded]:
    order = _tranche(state, command)
    if command.tranche in (*order.delivered, *order.ended):
        return []
    return [Recorded(tranche_event(order, command.tranche, EventKind.DELIVERED, now_s))]


def _overdue(rules: Rules, state: State, command: Overdue, now_s: int) -> list[Recorded]:
    """A tranche that is due and not there is late; past its grace the buyer ends it (DL1)."""
    order, tranche = _tranche(state, command), command.tranche
    due_at_s = order.due_at_s(tranche)
    if tranche in (*order.delivered, *order.ended) or now_s < due_at_s:
        return []
    recorded = []
    if tranche not in order.late:
        recorded.append(Recorded(tranche_event(order, tranche, EventKind.TRANCHE_LATE, now_s)))
    for clause in rules.clauses:
        if clause.kind.remedy is None or not clause.from_s <= now_s < clause.until_s:
            continue
        remedy = clause.kind.remedy(
            clause.terms,
            order.offer.supplier,
            due_at_s=due_at_s,
            tranche=tranche,
            thing=order.thing,
        )
        if remedy is not None and now_s >= remedy.from_at_s:
            ends = range(order.offer.tranches) if remedy.ends_order else (tranche,)
            recorded += [
                Recorded(
                    tranche_event(order, number, EventKind.TRANCHE_ENDED, now_s),
                    why=f"late beyond the grace ({clause.clause_id}, {remedy.rule})",
                )
                for number in ends
                if number not in (*order.delivered, *order.ended)
            ]
            break
    return recorded
