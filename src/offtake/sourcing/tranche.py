"""What becomes of the tranches of an order: delivered, late, ended or canceled (S5, DL1)."""

from offtake.core.vocabulary import EventKind
from offtake.sourcing.command import Cancel, Deliver, Overdue, Refused
from offtake.sourcing.course import tranche_event
from offtake.sourcing.requirement import Order, Recorded, Rules, State


def _order_of(state: State, command: Deliver | Overdue | Cancel) -> Order:
    """The order a command about a tranche means."""
    order = state.orders.get(command.order)
    if order is None or not 0 <= command.tranche < order.offer.tranches:
        raise Refused(f"there is no tranche {command.tranche} of an order {command.order}")
    return order


def delivered(state: State, command: Deliver, now_s: int) -> list[Recorded]:
    """A tranche has come; nothing, if it had come or was ended.

    Raises:
        Refused: There is no such tranche.
    """
    order = _order_of(state, command)
    if command.tranche in (*order.delivered, *order.ended):
        return []
    return [Recorded(tranche_event(order, command.tranche, EventKind.DELIVERED, now_s))]


def overdue(rules: Rules, state: State, command: Overdue, now_s: int) -> list[Recorded]:
    """A tranche that is due and not there is late; past its grace the buyer ends it (DL1).

    Raises:
        Refused: There is no such tranche.
    """
    order, tranche = _order_of(state, command), command.tranche
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


def canceled(state: State, command: Cancel, now_s: int) -> list[Recorded]:
    """A tranche that has not come is ended by agreement; commitments fall by it (DL2).

    Raises:
        Refused: There is no such tranche, it has come or was ended, or no reason is given.
    """
    order = _order_of(state, command)
    if command.tranche in (*order.delivered, *order.ended):
        raise Refused(f"tranche {command.tranche} of order {command.order} has come or was ended")
    if not command.why.strip():
        raise Refused("canceling a tranche needs a reason")
    event = tranche_event(order, command.tranche, EventKind.TRANCHE_ENDED, now_s)
    return [Recorded(event, why=command.why.strip())]
