"""The course of sourcing: ``decide(rules, names, state, command, now) -> events``.

Under the desk people give the commands; in the simulator models do. Nothing here reads a
clock, and nothing here interprets a clause: it asks ``core.decide``.
"""

from offtake.clauses.first_refusal import CLAUSE, agreed_gpus, dated_answer
from offtake.core.evolve import version_for
from offtake.core.names import UNSTATED, Names
from offtake.core.vocabulary import NONE, BoundClause, Event, EventKind, Verdict
from offtake.sourcing.closing import award, denying
from offtake.sourcing.command import (
    Answer,
    Bid,
    Cancel,
    Change,
    Choose,
    Command,
    Declare,
    Deliver,
    Overdue,
    Proceed,
    Refused,
    Sign,
    Submit,
    Told,
    Unaward,
    Use,
    Withdraw,
)
from offtake.sourcing.course import offer_event
from offtake.sourcing.notice import notice, partition, to_notice
from offtake.sourcing.requirement import Lot, Recorded, Rules, State, Status, wanted
from offtake.sourcing.signing import chosen, negotiation_over, signed, unawarded
from offtake.sourcing.submission import about, changed, complete, known_lot, submitted, withdrawn
from offtake.sourcing.tranche import canceled, delivered, overdue

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
            return [Recorded(submitted(state, command, now_s))]
        case Change():
            return [Recorded(changed(state, command, now_s))]
        case Withdraw():
            return [Recorded(withdrawn(state, command, now_s))]
        case Answer():
            return _answered(rules, names, state, command, now_s)
        case Bid():
            return [Recorded(_offered(state, command, now_s))]
        case Choose():
            return chosen(rules, names, state, command, now_s)
        case Unaward():
            return [Recorded(unawarded(state, command, now_s), why=command.why.strip())]
        case Sign():
            return signed(rules, state, command, now_s)
        case Proceed():
            return _proceed(rules, names, state, command, now_s)
        case _:
            return _told(rules, state, command, now_s)


def _told(rules: Rules, state: State, command: Told, now_s: int) -> list[Recorded]:
    """What is reported of orders, parties and use."""
    match command:
        case Deliver():
            return delivered(state, command, now_s)
        case Overdue():
            return overdue(rules, state, command, now_s)
        case Cancel():
            return canceled(state, command, now_s)
        case Declare():
            return [Recorded(_declared(command, now_s))]
        case Use():
            return [Recorded(_used(command, now_s))]


def _declared(command: Declare, now_s: int) -> Event:
    if command.kind not in (EventKind.DEFAULT_DECLARED, EventKind.DEFAULT_CURED):
        raise Refused("a default is declared or cured")
    return Event(command.kind, now_s, party=command.party)


def _used(command: Use, now_s: int) -> Event:
    """Use is told after the fact, of a period that is over."""
    if command.gpus <= 0 or not 0 <= command.start_s < command.end_s:
        raise Refused("use needs GPUs and a period")
    if command.end_s > now_s:
        raise Refused("use is recorded when its period is over")
    return Event(
        EventKind.USAGE_RECORDED,
        now_s,
        party=command.supplier,
        purpose=command.purpose,
        accelerator=command.accelerator,
        region=command.region,
        gpus=command.gpus,
        start_s=command.start_s,
        end_s=command.end_s,
        own=command.own,
    )


def _answered(
    rules: Rules, names: Names, state: State, command: Answer, now_s: int
) -> list[Recorded]:
    """An answer counts strictly before its deadline (FR4), under the terms of its notice (S9)."""
    lot = known_lot(state, command.lot)
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


def _offered(state: State, command: Bid, now_s: int) -> Event:
    lot, offer = known_lot(state, command.lot), command.offer
    if lot.status != Status.TENDERED or now_s >= lot.closes_at_s:
        raise Refused(f"lot {lot.number} has no open tender")
    complete(offer)
    return offer_event(EventKind.OFFER_MADE, now_s, lot, offer)


def _proceed(
    rules: Rules, names: Names, state: State, command: Proceed, now_s: int
) -> list[Recorded]:
    lot = known_lot(state, command.lot)
    if lot.status in (Status.NOTICED, Status.ACCEPTED):
        why = _over(rules, lot, now_s)
        return [Recorded(_lapsed(rules, lot, now_s), why=why)] if why else []
    if lot.status == Status.SUBMITTED:
        return _start(rules, names, state, lot, now_s)
    if lot.status == Status.TENDERED and now_s >= lot.closes_at_s:
        return [Recorded(about(lot, EventKind.TENDER_CLOSED, now_s))]
    if lot.status == Status.CLOSED:
        return award(rules, names, state, command, now_s)
    return []


def _over(rules: Rules, lot: Lot, now_s: int) -> str:
    """Why a holder that was asked has its turn no longer; empty while it has."""
    if lot.status == Status.NOTICED and now_s >= lot.due_at_s:
        return "silence to the end of the window"
    if lot.status == Status.ACCEPTED and negotiation_over(lot, now_s):
        return "no order was signed in time (FR10)"
    return "" if _still_in_force(rules, lot, now_s) else "the right has ended (S9)"


def _lapsed(rules: Rules, lot: Lot, now_s: int) -> Event:
    terms = noticed_under(rules, lot).terms
    return about(lot, EventKind.LAPSED, now_s)._replace(
        clause=lot.clause, party=terms.holder, rank=terms.rank, due_at_s=lot.due_at_s
    )


def noticed_under(rules: Rules, lot: Lot) -> BoundClause:
    """The version of a first refusal that the lot was noticed under: its round keeps to it (S9)."""
    assert lot.notice is not None, lot
    version = version_for(rules.clauses, lot.notice)
    assert version is not None, lot
    return version


def without_terms(rules: Rules, state: State) -> Lot | None:
    """A lot whose holder thinks or negotiates under a right that these rules do not have then."""
    for lot in state.lots.values():
        if lot.status in (Status.NOTICED, Status.ACCEPTED) and lot.notice is not None:
            version = version_for(rules.clauses, lot.notice)
            if version is None or version.kind is not CLAUSE:
                return lot
    return None


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
        return [Recorded(about(lot, EventKind.UNSERVED, now_s, lot.open_gpus), decisions, why)]
    if clause is not None:
        given = notice(clause, lot, terms, names, now_s)
        return [Recorded(given, decisions, "a first refusal holds the lot (S2)")]
    if all(decision.verdict is Verdict.DENY for decision in decisions):
        why = f"denied: {denying(decisions)}"
        return [Recorded(about(lot, EventKind.UNSERVED, now_s, lot.open_gpus), decisions, why)]
    opened = about(lot, EventKind.TENDER_OPENED, now_s, lot.open_gpus)
    opened = opened._replace(due_at_s=now_s + rules.tender_s)
    return [Recorded(opened, decisions, "tendered to those whom no clause denies (S3)")]
