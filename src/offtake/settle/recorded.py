"""Use as a journal tells of it: what was ordered, what came late, what was metered (M1).

Capacity of an order is paid from its delivery on, used or not (S5); what was due and not there
is not delivered (TP5). Metered use on a supplier is charged only as far as it exceeds what the
supplier's orders had delivered: the rest is in the orders.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from offtake.core.account import Use
from offtake.core.names import BUYER
from offtake.core.vocabulary import NONE, Event, EventKind
from offtake.settle.charges import Usage
from offtake.settle.used import Used, used_of
from offtake.sourcing.course import offer_of
from offtake.sourcing.requirement import Order
from offtake.units.time import NEVER

Told = tuple[int, Event]
"""An event with the number of the entry that it stands in."""


class Tranche(NamedTuple):
    """One delivery of an order: when it was due, came and ended; NEVER: not so far.

    ``entry`` is that of its delivery, or of the order while it has not come.
    """

    order: Order
    number: int
    due_at_s: int
    came_at_s: int
    until_s: int
    entry: int


class Row(NamedTuple):
    """A use, and the entry of the journal behind it."""

    use: Use
    entry: int


def used_in(told: Iterable[Told], until_s: int, file: str = "") -> Used:
    """The use that a journal tells of until an instant; ``line`` is its entry in ``file``."""
    known = [row for row in told if row[1].at_s < until_s]
    orders = [(entry, _order(event)) for entry, event in known if event.kind == EventKind.ORDERED]
    held, undelivered, rates = [], [], []
    for place, (entry, order) in enumerate(orders):
        for tranche in _tranches(order, entry, known):
            came_s = until_s if tranche.came_at_s == NEVER else tranche.came_at_s
            there = _use(tranche, came_s, min(tranche.until_s, until_s), place)
            missing = _use(tranche, tranche.due_at_s, min(came_s, order.offer.end_s), place)
            held += there
            rates += [order.offer.price_micros_per_gpu_h] * len(there)
            undelivered += missing
    beyond = list(_beyond(_metered(known, until_s), held))
    usage = [Usage(row.use, rate, 1) for row, rate in zip(held, rates, strict=True)]
    usage += [Usage(row.use) for row in beyond]
    rows = [*held, *beyond, *undelivered]
    from_s = min([event.at_s for _, event in known] + [row.use.start_s for row in rows], default=0)
    pools = [f"order-{order.number}" for _, order in orders]
    used = used_of(usage, [row.use for row in undelivered], pools, (from_s, until_s))
    return replace(used, file=file, line=np.array([row.entry for row in rows], np.int64))


def _order(event: Event) -> Order:
    """An order as it was signed."""
    return Order(event.order, event.lot, offer_of(event), event.gpus, event.purpose)


def _tranches(order: Order, signed: int, told: list[Told]) -> Iterator[Tranche]:
    """Every tranche of an order, with what happened to it."""
    at: dict[tuple[int, int], Told] = {}
    for entry, event in told:
        if event.order == order.number:
            at.setdefault((event.kind, event.tranche), (entry, event))
    for number in range(order.offer.tranches):
        ends = [order.offer.end_s]
        for key in ((EventKind.SERVICE_ENDED, NONE), (EventKind.TRANCHE_ENDED, number)):
            ends += [at[key][1].at_s] if key in at else []
        came = at.get((EventKind.DELIVERED, number))
        came_s, entry = (NEVER, signed) if came is None else (came[1].at_s, came[0])
        yield Tranche(order, number, order.due_at_s(number), came_s, min(ends), entry)


def _use(tranche: Tranche, from_s: int, until_s: int, pool: int) -> list[Row]:
    """A tranche's GPUs for a time; none where that is none."""
    if until_s <= from_s:
        return []
    order = tranche.order
    gpu_s = order.gpus_in(tranche.number) * (until_s - from_s)
    thing = order.offer.accelerator, order.offer.region, order.purpose
    return [Row(Use(order.offer.supplier, *thing, gpu_s, from_s, until_s, pool), tranche.entry)]


def _metered(told: list[Told], until_s: int) -> list[Row]:
    """What was metered, as use; a record that ends later counts to the instant."""
    rows = []
    for entry, event in told:
        end_s = min(event.end_s, until_s)
        if event.kind == EventKind.USAGE_RECORDED and event.start_s < end_s:
            gpu_s = event.gpus * (end_s - event.start_s)
            party = BUYER if event.own else event.party
            thing = event.accelerator, event.region, event.purpose
            rows.append(Row(Use(party, *thing, gpu_s, event.start_s, end_s), entry))
    return rows


def _beyond(metered: list[Row], held: list[Row]) -> Iterator[Row]:
    """Metered use beyond what orders held, in the order in which it was recorded.

    Between two instants at which anything changes, use of a supplier's kind of accelerator first
    takes what orders of that kind hold.
    """
    for kind in dict.fromkeys(row.use[:2] for row in metered):
        own = [[row for row in rows if row.use[:2] == kind] for rows in (metered, held)]
        edges = sorted(
            {at for row in (*own[0], *own[1]) for at in (row.use.start_s, row.use.end_s)}
        )
        running = [_running(rows, edges) for rows in own]
        for number, (from_s, until_s) in enumerate(pairwise(edges)):
            room = sum(_part(row.use, from_s, until_s) for row in running[1][number])
            for row in running[0][number]:
                gpu_s = _part(row.use, from_s, until_s)
                beyond = max(gpu_s - room, 0)
                room -= gpu_s - beyond
                if beyond:
                    part = row.use._replace(gpu_s=beyond, start_s=from_s, end_s=until_s)
                    yield Row(part, row.entry)


def _running(rows: list[Row], edges: list[int]) -> list[list[Row]]:
    """The uses that run from each edge on, in their order."""
    place = {edge: number for number, edge in enumerate(edges)}
    found: list[list[Row]] = [[] for _ in edges]
    for row in rows:
        for number in range(place[row.use.start_s], place[row.use.end_s]):
            found[number].append(row)
    return found


def _part(use: Use, from_s: int, until_s: int) -> int:
    """GPU-seconds of a use at a constant level within a time."""
    return use.gpu_s // (use.end_s - use.start_s) * (until_s - from_s)
