"""Use as a journal tells of it: what was ordered, what came late, what was metered (M1).

Capacity of an order is paid from its delivery on, used or not (S5); what was due and not there
is not delivered (TP5). Metered use on a supplier is charged only as far as it exceeds what the
supplier's orders had delivered: the rest is in the orders.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from offtake.core.account import Use
from offtake.core.names import BUYER
from offtake.core.vocabulary import NONE, Event, EventKind
from offtake.settle.charges import Usage
from offtake.settle.used import Used, used_of
from offtake.sourcing.course import offer_of
from offtake.sourcing.requirement import Order
from offtake.units.time import FOREVER_S, NEVER


class Tranche(NamedTuple):
    """One delivery of an order: when it was due, came and ended; NEVER: not so far."""

    order: Order
    number: int
    due_at_s: int
    came_at_s: int
    until_s: int


def used_in(events: Iterable[Event], until_s: int) -> Used:
    """The use that a journal tells of until an instant."""
    told = [event for event in events if event.at_s < until_s]
    orders, metered = _orders(told), _metered(told, until_s)
    tranches = list(_tranches(orders, told))
    usage, undelivered = [], []
    names = [f"order-{order.number}" for order in orders]
    for tranche in tranches:
        place = next(n for n, order in enumerate(orders) if order is tranche.order)
        came_s = until_s if tranche.came_at_s == NEVER else tranche.came_at_s
        held = _use(tranche, came_s, min(tranche.until_s, until_s), place)
        rate = tranche.order.offer.price_micros_per_gpu_h
        usage += [Usage(held, rate, 1)] if held is not None else []
        missing = _use(tranche, tranche.due_at_s, min(came_s, tranche.order.offer.end_s), place)
        undelivered += [missing] if missing is not None else []
    usage += [Usage(use) for use in _beyond(metered, [row.use for row in usage])]
    starts = [row.use.start_s for row in usage] + [use.start_s for use in undelivered]
    from_s = min([event.at_s for event in told] + starts, default=0)
    return used_of(usage, undelivered, names, (from_s, until_s))


def _orders(events: list[Event]) -> list[Order]:
    """The orders that were signed, in order."""
    return [
        Order(event.order, event.lot, offer_of(event), event.gpus, event.purpose)
        for event in events
        if event.kind == EventKind.ORDERED
    ]


def _tranches(orders: list[Order], events: list[Event]) -> Iterator[Tranche]:
    """Every tranche, with what happened to it."""
    at: dict[tuple[int, int, int], int] = {}
    for event in events:
        at.setdefault((event.kind, event.order, event.tranche), event.at_s)
    for order in orders:
        ended_s = at.get((EventKind.SERVICE_ENDED, order.number, NONE), FOREVER_S)
        for number in range(order.offer.tranches):
            key = order.number, number
            until_s = min(
                order.offer.end_s, ended_s, at.get((EventKind.TRANCHE_ENDED, *key), FOREVER_S)
            )
            came_s = at.get((EventKind.DELIVERED, *key), NEVER)
            yield Tranche(order, number, order.due_at_s(number), came_s, until_s)


def _use(tranche: Tranche, from_s: int, until_s: int, pool: int) -> Use | None:
    """A tranche's GPUs for a time; None where that is none."""
    if until_s <= from_s:
        return None
    order = tranche.order
    gpu_s = order.gpus_in(tranche.number) * (until_s - from_s)
    thing = order.offer.accelerator, order.offer.region, order.purpose
    return Use(order.offer.supplier, *thing, gpu_s, from_s, until_s, pool)


def _metered(events: list[Event], until_s: int) -> list[Use]:
    """What was metered, as use; a record that ends later counts to the instant."""
    rows = []
    for event in events:
        end_s = min(event.end_s, until_s)
        if event.kind == EventKind.USAGE_RECORDED and event.start_s < end_s:
            gpu_s = event.gpus * (end_s - event.start_s)
            party = BUYER if event.own else event.party
            thing = event.accelerator, event.region, event.purpose
            rows.append(Use(party, *thing, gpu_s, event.start_s, end_s))
    return rows


def _beyond(metered: list[Use], held: list[Use]) -> Iterator[Use]:
    """Metered use beyond what orders held, in the order in which it was recorded.

    Between two instants at which anything changes, use of a supplier's kind of accelerator first
    takes what orders of that kind hold.
    """
    kinds = dict.fromkeys((use.supplier, use.accelerator) for use in metered)
    for kind in kinds:
        own = [[use for use in uses if use[:2] == kind] for uses in (metered, held)]
        edges = sorted({edge for use in (*own[0], *own[1]) for edge in (use.start_s, use.end_s)})
        running = [_running(uses, edges) for uses in own]
        for number, (from_s, until_s) in enumerate(pairwise(edges)):
            room = sum(_part(use, from_s, until_s) for use in running[1][number])
            for use in running[0][number]:
                gpu_s = _part(use, from_s, until_s)
                beyond = max(gpu_s - room, 0)
                room -= gpu_s - beyond
                if beyond:
                    yield use._replace(gpu_s=beyond, start_s=from_s, end_s=until_s)


def _running(uses: list[Use], edges: list[int]) -> list[list[Use]]:
    """The uses that run from each edge on, in their order."""
    place = {edge: number for number, edge in enumerate(edges)}
    found: list[list[Use]] = [[] for _ in edges]
    for use in uses:
        for number in range(place[use.start_s], place[use.end_s]):
            found[number].append(use)
    return found


def _part(use: Use, from_s: int, until_s: int) -> int:
    """GPU-seconds of a use at a constant level within a time."""
    return use.gpu_s // (use.end_s - use.start_s) * (until_s - from_s)
