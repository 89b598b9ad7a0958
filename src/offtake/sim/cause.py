"""What a workload that waits now waits for, apart from room in the queue."""

from collections.abc import Sequence

from offtake.core.vocabulary import EventKind
from offtake.sim.delay import QUEUE, Cause
from offtake.sim.market import Market
from offtake.sim.world import Kind, World
from offtake.sourcing.requirement import Lot, Need, Status


class Causes:
    """Follows the market, to say of each kind of workload what would end its waiting (S6)."""

    def __init__(self, world: World, market: Market) -> None:
        self._world, self._market = world, market
        self._seen = 0
        self._unserved: dict[int, Cause] = {}  # By lot: why nobody could supply it.
        names = world.names
        self._lineage = [
            {names.purposes.index(name) for name in names.lineage(names.purposes[kind.purpose])}
            for kind in world.kinds
        ]

    def of(self, number: int) -> Cause:
        """The nearest thing that would end the wait of a kind.

        A notice whose window runs, then a tender, an order not yet delivered, then what the
        last unserved lot lacked: of lots that would suit the kind, its purpose or one above
        it, its accelerators and regions. Else it queues.
        """
        self._follow()
        state = self._market.state
        lots = [lot for lot in state.lots.values() if self._suits(number, lot.need)]
        for lot in lots:
            if lot.status == Status.NOTICED:
                return Cause("first refusal", self._world.names.clauses[lot.clause])
        if any(lot.status in (Status.TENDERED, Status.CLOSED) for lot in lots):
            return Cause("tender")
        numbers = {lot.number for lot in lots}
        for order in state.orders.values():
            coming = len(order.delivered) + len(order.ended) < order.offer.tranches
            if order.lot in numbers and coming:
                return Cause("lead time")
        return self._last_unserved(lots)

    def _suits(self, number: int, need: Need) -> bool:
        kind = self._world.kinds[number]
        return need.purpose in self._lineage[number] and _meet(kind, need)

    def _last_unserved(self, lots: Sequence[Lot]) -> Cause:
        """Why the last lot got nothing; a later order for the kind ends that."""
        for lot in reversed(lots):
            if lot.number in self._unserved:
                return self._unserved[lot.number]
            if lot.status == Status.ORDERED:
                return QUEUE
        return QUEUE

    def _follow(self) -> None:
        """Hear what was recorded since the last time."""
        journal = self._market.journal
        for recorded in journal[self._seen :]:
            if recorded.event.kind == EventKind.UNSERVED:
                label, _, clause = recorded.why.partition(": ")
                word = "clause" if label == "denied" else label
                self._unserved[recorded.event.lot] = Cause(word, clause)
        self._seen = len(journal)


def _meet(kind: Kind, need: Need) -> bool:
    """Whether capacity for a need could serve a kind."""
    accelerators = not kind.accelerators or not need.accelerators
    accelerators = accelerators or bool(set(kind.accelerators) & set(need.accelerators))
    regions = not kind.regions or not need.regions
    return accelerators and (regions or bool(set(kind.regions) & set(need.regions)))
