"""What a buyer sees at a review: the past of demand, what waits, and capacity as agreed.

Nothing here looks ahead in demand. Capacity is seen as contracts and orders promise it: an
outage or a late delivery to come is not known.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from offtake.contract.market import Procurement
from offtake.core.names import BUYER, Names
from offtake.sim.eligibility import Law, pools_of
from offtake.sim.inference import Service
from offtake.sim.placement import WAITS, WHOLE_MILLI
from offtake.sim.world import World
from offtake.sourcing.requirement import Lot, Order, State, Status
from offtake.supply.pools import Site

if TYPE_CHECKING:
    from offtake.sim.kernel import Engine as Compiled
    from offtake.sim.reference import Engine

THROUGH = (Status.ORDERED, Status.UNSERVED, Status.WITHDRAWN)
"""Lots that are not being sourced any more."""


class Room(NamedTuple):
    """GPUs that work of some purposes may use."""

    gpus: int
    purposes: frozenset[int]


class Sight(NamedTuple):
    """A buyer at a review; ``reviews_s`` are all reviews so far, this one last."""

    world: World
    state: State
    engine: "Engine | Compiled"
    sites: Sequence[Site]
    allocated: Sequence[Mapping[int, int]]  # GPUs each service gets, by pool.
    reviews_s: Sequence[int]

    @property
    def now_s(self) -> int:
        """The instant of this review."""
        return self.reviews_s[-1]

    @property
    def last_s(self) -> int:
        """The instant of the review before; before all time at the first."""
        return self.reviews_s[-2] if len(self.reviews_s) > 1 else -1

    def lacking_gpus(self) -> dict[int, int]:
        """GPUs that jobs wait for and inference lacks now, by purpose, where there are any."""
        lacking: dict[int, int] = defaultdict(int)
        for kind, gpus in self.engine.waiting_gpus().items():
            lacking[self.world.kinds[kind].purpose] += gpus
        for service, own in zip(self.world.services, self.allocated, strict=True):
            lacking[service.purpose] += service.demand_at(self.now_s) - sum(own.values())
        return {purpose: gpus for purpose, gpus in lacking.items() if gpus > 0}

    def coming_gpus(self) -> dict[int, int]:
        """GPUs in open lots and orders not yet delivered, by purpose."""
        coming: dict[int, int] = defaultdict(int)
        for lot in self._open_lots():
            coming[lot.need.purpose] += lot.open_gpus
        for order in self.state.orders.values():
            for tranche in _outstanding(order):
                coming[order.purpose] += order.gpus_in(tranche)
        return coming

    def wanted_gpu_s(self, from_s: int, until_s: int) -> dict[int, int]:
        """GPU-seconds asked for in a period that is over, by purpose.

        Jobs count whole in the period they were submitted in, with their run time if they have
        ended by now, else with their request.
        """
        wanted: dict[int, int] = defaultdict(int)
        for kind, gpu_s in enumerate(self._submitted_gpu_s(from_s, until_s)):
            if gpu_s:
                wanted[self.world.kinds[kind].purpose] += gpu_s
        for service in self.world.services:
            wanted[service.purpose] += _demand_gpu_s(service, from_s, until_s)
        return dict(wanted)

    def _submitted_gpu_s(self, from_s: int, until_s: int) -> list[int]:
        jobs = self.world.jobs
        low, high = np.searchsorted(np.asarray(jobs.submit_s), (from_s, until_s)).tolist()
        run, requested, gpus, kind = (
            np.asarray(column[low:high], np.int64)
            for column in (jobs.run_s, jobs.requested_s, jobs.gpus, jobs.kind)
        )
        start = np.asarray(self.engine.start_s[low:high], np.int64)
        ended = (start != WAITS) & (start + run <= self.now_s)
        gpu_s = gpus * np.where(ended, run, requested)
        if jobs.share_milli is not None:
            share = np.asarray(jobs.share_milli[low:high], np.int64)
            whole, rest = np.divmod(gpu_s, WHOLE_MILLI)  # No product passes int64.
            gpu_s = whole * share + rest * share // WHOLE_MILLI
        found = np.zeros(len(self.world.kinds), np.int64)
        np.add.at(found, kind, gpu_s)
        counts: list[int] = found.tolist()
        return counts

    def rooms(self, at_s: int) -> list[Room]:
        """Capacity at an instant to come: pools, what is on order, what is being sourced.

        Purposes are judged under the clauses in force then, as facts stand now. A lot that is
        still being sourced is taken to be had, by its own purpose alone.
        """
        sites = [(site, site.gpus_at(at_s)) for site in self.sites]
        for order in self.state.orders.values():
            due = [n for n in _outstanding(order) if order.due_at_s(n) <= at_s]
            if at_s < order.offer.end_s:
                sites.append((_site_of(order), sum(order.gpus_in(n) for n in due)))
        rooms = [Room(gpus, self._purposes(site, at_s)) for site, gpus in sites if gpus > 0]
        sought = [lot for lot in self._open_lots() if lot.need.start_s <= at_s < lot.need.end_s]
        rooms += [Room(lot.open_gpus, frozenset({lot.need.purpose})) for lot in sought]
        return rooms

    def _purposes(self, site: Site, at_s: int) -> frozenset[int]:
        law = Law(self.world.clauses, self.state.facts, at_s)
        return frozenset(
            kind.purpose
            for kind in self.world.kinds
            if self.world.speed_ppm(kind, site) and pools_of(kind, [site], law, [(0, 0)]).allowed
        )

    def _open_lots(self) -> list[Lot]:
        return [lot for lot in self.state.lots.values() if lot.status not in THROUGH]


def whole_lots(
    missing: Mapping[int, int], procurement: Procurement, names: Names
) -> dict[int, int]:
    """What is missing, by purpose, down to whole lots; less than one is not asked for."""
    lot = max(procurement.lot.in_gpus(names.watts_of(procurement.accelerators[:1])), 1)
    return {purpose: gpus // lot * lot for purpose, gpus in missing.items() if gpus >= lot}


def _outstanding(order: Order) -> list[int]:
    """The tranches that are still to be delivered."""
    over = (*order.delivered, *order.ended)
    return [tranche for tranche in range(order.offer.tranches) if tranche not in over]


def _site_of(order: Order) -> Site:
    """The pool that an order will be."""
    offer = order.offer
    own = int(offer.supplier == BUYER)
    return Site("", offer.supplier, offer.accelerator, offer.region, own, ())


def _demand_gpu_s(service: Service, from_s: int, until_s: int) -> int:
    """GPU-seconds that a service wanted in a period."""
    inside = [at_s for at_s, _ in service.steps if from_s < at_s < until_s]
    return sum(
        service.demand_at(start_s) * (end_s - start_s)
        for start_s, end_s in pairwise([from_s, *inside, until_s])
    )
