"""The course of sourcing: ``decide(rules, names, state, command, now) -> events``.

Under the desk people give the commands; in the simulator models do. Nothing here reads a
clock, and nothing here interprets a clause: it asks ``core.decide``.
"""

from collections.abc import Sequence

from offtake.core.decide import decide as decide_ask
from offtake.core.names import UNSTATED, Names
from offtake.core.vocabulary import BoundClause, Decision, Event, EventKind, Verdict
from offtake.sourcing.award import Award, Worth, choose, suitable
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
    Recorded,
    Rules,
    State,
    Status,
    ask_of,
    wanted,
)

LIMIT_ROUNDS = 4
"""Notices of one lot before what is still held counts as not to be had."""
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
            return _answered(rules, state, command, now_s)
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


def _answered(rules: Rules, state: State, command: Answer, now_s: int) -> list[Recorded]:
    """An answer counts strictly before its deadline (FR4)."""
    lot = _lot(state, command.lot)
    if lot.status != Status.NOTICED or now_s >= lot.due_at_s:
        raise Refused(f"lot {lot.number} has no open notice")
    if command.gpus > lot.open_gpus:
        raise Refused(f"{command.gpus} GPUs are more than the {lot.open_gpus} noticed")
    clause = _held_by(rules, lot)
    part = 0 < command.gpus < lot.open_gpus
    if part and not (clause.terms.partial and command.gpus >= clause.terms.minimum_lot_gpus):
        raise Refused(f"{clause.clause_id} does not let its holder take {command.gpus} GPUs (FR6)")
    kind = EventKind.ACCEPTED if command.gpus > 0 else EventKind.REFUSED
    event = Event(
        kind,
        now_s,
        lot=lot.number,
        clause=lot.clause,
        party=clause.terms.holder,
        gpus=command.gpus,
        rank=clause.terms.rank,
    )
    return [Recorded(event, why="the holder's answer")]


def _offered(rules: Rules, state: State, command: Bid, now_s: int) -> Event:
    lot, offer = _lot(state, command.lot), command.offer
    if lot.status != Status.TENDERED or now_s >= lot.closes_at_s:
        raise Refused(f"lot {lot.number} has no open tender")
    if offer.gpus <= 0 or offer.start_s >= offer.end_s:
        raise Refused("an offer needs GPUs and a period")
    return offer_event(EventKind.OFFER_MADE, now_s, lot, offer)


def _proceed(
    rules: Rules, names: Names, state: State, command: Proceed, now_s: int
) -> list[Recorded]:
    lot = _lot(state, command.lot)
    if lot.status == Status.NOTICED and now_s >= lot.due_at_s:
        clause = _held_by(rules, lot)
        lapse = _about(lot, EventKind.LAPSED, now_s)
        lapse = lapse._replace(clause=lot.clause, party=clause.terms.holder, due_at_s=lot.due_at_s)
        return [Recorded(lapse, why="silence to the end of the window")]
    if lot.status == Status.NOTICED and not _still_in_force(rules, lot, now_s):
        lapse = _about(lot, EventKind.LAPSED, now_s)._replace(clause=lot.clause)
        return [Recorded(lapse, why="the right has ended (S9)")]
    if lot.status == Status.ACCEPTED and _negotiation_over(rules, state, lot, now_s):
        failed = _about(lot, EventKind.LAPSED, now_s)._replace(clause=lot.clause, party=lot.holder)
        return [Recorded(failed, why="no order was signed in time (FR10)")]
    if lot.status == Status.SUBMITTED:
        return _start(rules, names, state, lot, now_s)
    if lot.status == Status.TENDERED and now_s >= lot.closes_at_s:
        return [Recorded(_about(lot, EventKind.TENDER_CLOSED, now_s))]
    if lot.status == Status.CLOSED:
        return _award(rules, names, state, command, now_s)
    return []


def _negotiation_over(rules: Rules, state: State, lot: Lot, now_s: int) -> bool:
    """Whether the clause itself counts the acceptance as fallen (FR10)."""
    other = wanted(lot, NO_OFFEROR)
    decision = decide_ask([_held_by(rules, lot)], state.facts, ask_of(lot, other), now_s)
    return decision.verdict is not Verdict.DENY


def _held_by(rules: Rules, lot: Lot) -> BoundClause:
    """The first refusal whose holder is being asked, in any of its versions."""
    return next(clause for clause in rules.clauses if clause.clause == lot.clause)


def _signed(rules: Rules, state: State, command: Sign, now_s: int) -> list[Recorded]:
    """The order that makes an acceptance good."""
    lot, offer = _lot(state, command.lot), command.offer
    if lot.status != Status.ACCEPTED or offer.supplier != lot.holder:
        raise Refused(f"lot {lot.number} has no acceptance of this supplier to sign")
    offer = offer.signed_at(now_s)
    if offer.gpus > lot.accepted_gpus:
        raise Refused(f"{offer.gpus} GPUs are more than the {lot.accepted_gpus} accepted")
    decision = decide_ask(rules.clauses, state.facts, ask_of(lot, offer), now_s)
    if decision.verdict is not Verdict.PERMIT:
        why = f"denied: {denying([decision])}"
        return [Recorded(_about(lot, EventKind.UNSERVED, now_s, lot.open_gpus), (decision,), why)]
    ordered = offer_event(EventKind.ORDERED, now_s, lot, offer)._replace(order=len(state.orders))
    return [Recorded(ordered, (decision,), "the holder took it (FR5)")]


def _still_in_force(rules: Rules, lot: Lot, now_s: int) -> bool:
    return any(
        clause.clause == lot.clause and clause.from_s <= now_s < clause.until_s
        for clause in rules.clauses
    )


def _start(rules: Rules, names: Names, state: State, lot: Lot, now_s: int) -> list[Recorded]:
    """Partition the suppliers (S1); ask a holder (S2), or tender to the others (S3)."""
    asked = rules._replace(suppliers=(0,)) if lot.need.own else rules
    decisions = partition(asked, state.facts, lot, now_s)
    clause = to_notice(decisions, lot)
    if clause is not None and lot.rounds < LIMIT_ROUNDS:
        given = notice(clause, lot, lot.shown or wanted(lot, NO_OFFEROR), names, now_s)
        return [Recorded(given, decisions, "a first refusal holds the lot (S2)")]
    if all(decision.verdict is Verdict.DENY for decision in decisions):
        why = f"denied: {denying(decisions)}"
        return [Recorded(_about(lot, EventKind.UNSERVED, now_s, lot.open_gpus), decisions, why)]
    opened = _about(lot, EventKind.TENDER_OPENED, now_s, lot.open_gpus)
    opened = opened._replace(due_at_s=now_s + rules.tender_s)
    return [Recorded(opened, decisions, "tendered to those whom no clause denies (S3)")]


def denying(decisions: Sequence[Decision]) -> str:
    """The clauses that deny, most often denying first, as text."""
    counts: dict[str, int] = {}
    for decision in decisions:
        for found in decision.findings:
            if found.finding.verdict is not Verdict.PERMIT:
                counts[found.clause.clause_id] = counts.get(found.clause.clause_id, 0) + 1
    return ", ".join(sorted(counts, key=lambda clause: (-counts[clause], clause)))


def _award(
    rules: Rules, names: Names, state: State, command: Proceed, now_s: int
) -> list[Recorded]:
    """Award to the permitted offers; what is left is looked at again with the offers left.

    When none is permitted, the best held one is shown to its holder, else the lot is unserved.
    """
    lot = _lot(state, command.lot)
    judged = [
        (offer, suitable(lot.need, offer), decide_ask(rules.clauses, state.facts, ask, now_s))
        for offer in (bid.signed_at(now_s) for bid in lot.offers)
        for ask in (ask_of(lot, offer),)
    ]
    decisions: dict[tuple[Offer, int], Decision] = {}

    def permits(offer: Offer, gpus: int) -> bool:
        ask = ask_of(lot, offer._replace(gpus=gpus))
        decision = decide_ask(rules.clauses, state.facts, ask, now_s)
        decisions[offer, gpus] = decision
        return decision.verdict is Verdict.PERMIT

    fit = [offer for offer, unfit, _ in judged if not unfit]
    awards = choose(lot.need, lot.open_gpus, fit, command.worth, permits)
    if not awards:
        return _unawarded(rules, names, lot, judged, now_s)
    recorded: list[Recorded] = []
    for award in awards:
        number = len(state.orders) + len(recorded) // 2
        decision = decisions[award.offer, award.gpus]
        recorded += _order(lot, award, decision, number, now_s)
    return recorded


def _order(lot: Lot, award: Award, decision: Decision, number: int, now_s: int) -> list[Recorded]:
    assert decision.verdict is Verdict.PERMIT, decision  # Law 2.
    offer = award.offer._replace(gpus=award.gpus)
    awarded = offer_event(EventKind.AWARDED, now_s, lot, offer)
    ordered = offer_event(EventKind.ORDERED, now_s, lot, offer)._replace(order=number)
    return [Recorded(awarded, (decision,), award.why), Recorded(ordered, (decision,))]


def _unawarded(
    rules: Rules,
    names: Names,
    lot: Lot,
    judged: Sequence[tuple[Offer, str, Decision]],
    now_s: int,
) -> list[Recorded]:
    """No offer is free: offer the best held one to its holder again, or give up (S6)."""
    held = [
        (offer, decision)
        for offer, unfit, decision in judged
        if not unfit and decision.verdict is Verdict.HOLD
    ]
    best = choose(lot.need, lot.open_gpus, [offer for offer, _ in held], Worth())
    if best and lot.rounds < LIMIT_ROUNDS:
        decisions = tuple(decision for offer, decision in held if offer == best[0].offer)
        shown = lot._replace(shown=best[0].offer)
        clause = to_notice(decisions, shown)
        if clause is not None:
            given = notice(clause, shown, best[0].offer, names, now_s)
            return [Recorded(given, decisions, "the best offer is shown to the holder (FR8, FR9)")]
    why = _binding(judged)
    decisions = tuple(decision for _, _, decision in judged)
    return [Recorded(_about(lot, EventKind.UNSERVED, now_s, lot.open_gpus), decisions, why)]


def _binding(judged: Sequence[tuple[Offer, str, Decision]]) -> str:
    """Why nobody supplies the rest: the clause, no supply, the price limit, too late (S6)."""
    denied = [d for _, unfit, d in judged if not unfit and d.verdict is not Verdict.PERMIT]
    if denied:
        return f"denied: {denying(denied)}"
    for reason in ("price limit", "too late"):
        if any(unfit == reason for _, unfit, _ in judged):
            return reason
    return "no supply"


def _delivered(state: State, command: Deliver, now_s: int) -> list[Recorded]:
    order = state.orders[command.order]
    if command.tranche in (*order.delivered, *order.ended):
        return []
    return [Recorded(tranche_event(order, command.tranche, EventKind.DELIVERED, now_s))]


def _overdue(rules: Rules, state: State, command: Overdue, now_s: int) -> list[Recorded]:
    """A tranche that is due and not there is late; past its grace the buyer ends it (DL1)."""
    order, tranche = state.orders[command.order], command.tranche
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
