"""What a pool has free from now on, by requested times: where conservative backfilling plans.

A pool without nodes is one row of free GPUs over time; one that states its nodes is a row a
node, so that what is reserved are named nodes.
"""

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from offtake.sim.reference import Engine


class Plan:
    """Free GPUs of each node over time; a pool without nodes is one node that holds all.

    ``times`` ascend from now; ``free[node][n]`` holds from ``times[n]`` to the next.
    """

    def __init__(self, now_s: int, free: list[int], sizes: list[int]) -> None:
        self.times = [now_s]
        self.free = [[gpus] for gpus in free]
        self.sizes = sizes  # Of nodes; empty for a pool without nodes.
        self.largest = max(sizes, default=0)

    def add(self, gpus: int, *, at_s: int, node: int) -> None:
        """GPUs come free on a node from an instant on."""
        for number in range(self._cut(at_s), len(self.times)):
            self.free[node][number] += gpus

    def soonest(self, gpus: int, for_s: int) -> int | None:
        """The first instant from which a job fits for as long as it asks; None: never."""
        for at_s in self.times:
            if self._nodes(gpus, at_s, for_s):
                return at_s
        return None

    def reserve(self, gpus: int, *, at_s: int, for_s: int) -> None:
        """Take the nodes a job is planned on."""
        parts = self._nodes(gpus, at_s, for_s)
        first, last = self._cut(at_s), self._cut(at_s + for_s)
        for node, taken in parts:
            for number in range(first, last):
                self.free[node][number] -= taken

    def _cut(self, at_s: int) -> int:
        """The index of an instant, made a step of its own."""
        place = bisect_left(self.times, at_s)
        if place == len(self.times) or self.times[place] != at_s:
            self.times.insert(place, at_s)
            for row in self.free:
                row.insert(place, row[place - 1])
        return place

    def _nodes(self, gpus: int, at_s: int, for_s: int) -> list[tuple[int, int]]:
        """(node, GPUs) for a job throughout a period; empty when it does not fit."""
        first, last = bisect_right(self.times, at_s) - 1, bisect_left(self.times, at_s + for_s)
        least = [min(row[first:last]) for row in self.free]
        parts: list[tuple[int, int]] = []
        if gpus > self.largest > 0:
            whole = [n for n, size in enumerate(self.sizes) if least[n] == size == self.largest]
            wanted, gpus = divmod(gpus, self.largest)
            if len(whole) < wanted:
                return []
            for node in whole[:wanted]:
                parts.append((node, self.largest))
                least[node] = 0
        if gpus:
            fitting = [node for node, room in enumerate(least) if room >= gpus]
            if not fitting:
                return []
            parts.append((min(fitting, key=least.__getitem__), gpus))
        return parts


def plan_of(engine: "Engine", pool: int, now_s: int) -> Plan:
    """A pool's plan with what runs now; parts of a GPU count as the whole of it."""
    nodes = engine.nodes[pool]
    if nodes is None:
        plan = Plan(now_s, [engine.free[pool]], [])
        for end_s, job in engine.ends[pool]:
            plan.add(engine.jobs.gpus[job], at_s=end_s, node=0)
        return plan
    free = [opened - used for opened, used in zip(nodes.open, nodes.used, strict=True)]
    plan = Plan(now_s, free, nodes.sizes)
    shared: dict[tuple[int, int], int] = {}
    for end_s, job in engine.ends[pool]:
        for part in nodes.held[job]:
            if part.slot < 0:
                plan.add(part.gpus, at_s=end_s, node=part.node)
            else:
                shared[part.node, part.slot] = end_s  # The last of its parts to end.
    for (node, _), end_s in shared.items():
        plan.add(1, at_s=end_s, node=node)
    return plan
