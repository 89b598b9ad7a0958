"""Capacity by supplier over time: pools and signed orders; and what requirements ask for."""

from collections import defaultdict
from collections.abc import Iterable

from offtake.desk.state import State
from offtake.report.figures import Capacity, Series
from offtake.sourcing.requirement import Status
from offtake.supply.pools import sites
from offtake.units.time import DAY_S

GONE = (Status.WITHDRAWN,)
Changes = list[tuple[int, int]]


def figure(state: State, now_s: int) -> Capacity:
    """What is held, by supplier, and what is wanted beside what pools hold, in GPUs."""
    portfolio, held = state.in_force.portfolio, defaultdict[int, Changes](list)
    for site in sites(portfolio.document, portfolio.names):
        level = 0
        for at_s, gpus in site.steps:
            held[site.supplier].append((at_s, gpus - level))
            level = gpus
    for order in state.sourcing.orders.values():
        for tranche in range(order.offer.tranches):
            if tranche not in order.ended:
                gpus = order.gpus_in(tranche)
                own = held[order.offer.supplier]
                own += [(order.due_at_s(tranche), gpus), (order.offer.end_s, -gpus)]
    wanted: Changes = []
    for lot in state.sourcing.lots.values():
        if lot.status not in GONE:
            wanted += [(lot.need.start_s, lot.need.gpus), (lot.need.end_s, -lot.need.gpus)]
    known = [at_s for changes in (*held.values(), wanted) for at_s, _ in changes if at_s > 0]
    from_s = min([now_s, *known])
    until_s = max([now_s + DAY_S, *known])
    names = portfolio.names
    rows = (Series(names.title(party), _levels(held[party], from_s)) for party in sorted(held))
    return Capacity(from_s, until_s, tuple(rows), Series("wanted", _levels(wanted, from_s)))


def _levels(changes: Iterable[tuple[int, int]], from_s: int) -> tuple[tuple[int, float], ...]:
    """Running totals, one point an instant, from the start on."""
    points: dict[int, float] = {from_s: 0}
    level = 0
    for at_s, by in sorted(changes):
        level += by
        points[max(at_s, from_s)] = level
    return tuple(points.items())
