"""Deadlines are data: computed from the state, never slept for.

When a desk was down, what ran out meanwhile is recorded at the instant it was due, before any
later command: an answer that arrives after its deadline never counts as given.
"""

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush
from typing import NamedTuple

from offtake.core.vocabulary import NONE
from offtake.desk.command import Due
from offtake.desk.state import SYSTEM, Given, State
from offtake.sourcing.requirement import Lot, Order, Status
from offtake.units.time import FOREVER_S, instant_text


class Stuck(Exception):
    """A deadline that has come cannot be recorded, by a mistake of ours: nothing may be decided.

    Whatever were recorded first, this deadline could only follow it, with a wrong date: instants
    of a journal never go back, and rights run from when a window lapsed. Whether the mistake is
    about one lot alone, nobody knows before it is found.
    """


class Deadline(NamedTuple):
    """Something that happens by itself at an instant: to a lot, or to a tranche of an order."""

    at_s: int
    kind: str  # answer, order, close, delivery, remedy
    lot: int
    order: int = NONE
    tranche: int = 0


def of_lot(state: State, lot: Lot) -> Deadline | None:
    """When the turn of a holder or a tender ends; None where nothing runs."""
    if lot.status == Status.TENDERED:
        return Deadline(lot.closes_at_s, "close", lot.number)
    if lot.status not in (Status.NOTICED, Status.ACCEPTED):
        return None
    noticed = lot.status == Status.NOTICED
    ends_s = max(  # The right itself may end sooner (S9).
        (row.until_s for row in state.in_force.clauses if row.clause == lot.clause), default=0
    )
    due_s = lot.due_at_s if noticed else lot.order_due_at_s
    return Deadline(min(due_s, ends_s), "answer" if noticed else "order", lot.number)


def of_order(state: State, order: Order) -> Iterator[Deadline]:
    """When tranches that have not come are due, and when a remedy for a late one opens (DL1)."""
    for tranche in range(order.offer.tranches):
        if tranche in (*order.delivered, *order.ended):
            continue
        due_s = order.due_at_s(tranche)
        if tranche not in order.late:
            yield Deadline(due_s, "delivery", order.lot, order.number, tranche)
        for clause in state.in_force.clauses:
            if clause.kind.remedy is None:
                continue
            remedy = clause.kind.remedy(
                clause.terms,
                order.offer.supplier,
                due_at_s=due_s,
                tranche=tranche,
                thing=order.thing,
            )
            if remedy is not None and remedy.from_at_s < FOREVER_S:
                yield Deadline(remedy.from_at_s, "remedy", order.lot, order.number, tranche)


def all_of(state: State) -> Iterator[Deadline]:
    """Every deadline that runs."""
    for lot in state.sourcing.lots.values():
        found = of_lot(state, lot)
        if found is not None:
            yield found
    for order in state.sourcing.orders.values():
        yield from of_order(state, order)


def command_of(state: State, deadline: Deadline) -> Given:
    """What the desk does when a deadline has come."""
    if deadline.order != NONE:
        due = Due(order=deadline.order, tranche=deadline.tranche)
    else:
        due = Due(requirement=state.sourcing.lots[deadline.lot].need.requirement)
    return Given(due, SYSTEM, max(deadline.at_s, state.at_s))


def said_of(due: Given | None) -> str:
    """What the desk does by itself, for its log: about what, and of when."""
    if due is None or not isinstance(due.command, Due):
        return "a deadline"
    what = due.command
    name = f"order {what.order}, tranche {what.tranche}"
    name = name if what.requirement is None else f"requirement {what.requirement}"
    return f"the deadline of {name} of {instant_text(due.at_s)}"


class Timers:
    """The deadlines that run, soonest first; one that no longer holds is dropped when it comes.

    A lot that has changed has other deadlines, so those of its old course disarm themselves.
    """

    def __init__(self, state: State, since_s: int = 0) -> None:
        self._heap: list[Deadline] = []
        for deadline in all_of(state):
            if deadline.kind != "remedy" or deadline.at_s > since_s:
                heappush(self._heap, deadline)

    def watch(self, state: State, lots: Iterable[int], orders: Iterable[int]) -> None:
        """Look at lots and orders that have changed."""
        for number in lots:
            found = of_lot(state, state.sourcing.lots[number])
            if found is not None:
                heappush(self._heap, found)
        for number in orders:
            for deadline in of_order(state, state.sourcing.orders[number]):
                if deadline.at_s > state.at_s or deadline.kind == "delivery":
                    heappush(self._heap, deadline)

    @property
    def next_s(self) -> int | None:
        """The soonest instant at which something may be due."""
        return self._heap[0].at_s if self._heap else None

    def pop(self, state: State, now_s: int) -> Deadline | None:
        """The next deadline that has come and still holds."""
        while self._heap and self._heap[0].at_s <= now_s:
            deadline = heappop(self._heap)
            if _holds(state, deadline):
                return deadline
        return None


def _holds(state: State, deadline: Deadline) -> bool:
    if deadline.order == NONE:
        return of_lot(state, state.sourcing.lots[deadline.lot]) == deadline
    return deadline in of_order(state, state.sourcing.orders[deadline.order])
