"""What a pool has free from now on, by requested times: where conservative backfilling plans.

A pool without nodes is one row of free GPUs over time; one that states its nodes is a row a
node, so that what is reserved are named nodes.
"""

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from offtake.sim.nodes import Nodes, Part, Planned, whole_parts
from offtake.sim.placement import WHOLE_MILLI

if TYPE_CHECKING:
    from offtake.sim.reference import Engine


class Plan:
    """Free GPUs of each node over time; a pool without nodes is one node that holds all.

    ``times`` ascend from now; ``free[node][n]`` holds from ``times[n]`` to the next. ``slots``
    says when the last part of a shared GPU is asked to end, by (node, slot).
    """

    def __init__(self, now_s: int, free: list[int], nodes: Nodes | None) -> None:
        self.times = [now_s]
        self.free = [[gpus] for gpus in free]
        self.nodes = nodes
        self.slots: dict[tuple[int, int], int] = {}

    def add(self, gpus: int, *, at_s: int, node: int) -> None:
        """GPUs come free on a node from an instant on."""
        for number in range(self._cut(at_s), len(self.times)):
            self.free[node][number] += gpus

    def soonest(self, gpus: int, *, milli: int, for_s: int) -> Planned | None:
        """Where a job fits soonest for as long as it asks; None: never."""
        now_s = self.times[0]
        if self.nodes is not None and milli < WHOLE_MILLI:
            for part in self.nodes.joinable(milli):
                if self._lasts(part, now_s + for_s):
                    return Planned(now_s, now_s + for_s, (part,))
        for at_s in self.times:
            parts = self._parts(gpus, at_s, at_s + for_s)
            if not parts:
                continue
            if self.nodes is not None and milli < WHOLE_MILLI and at_s == now_s:
                parts = (self.nodes.fresh(parts[0].node, milli),)
            return Planned(at_s, at_s + for_s, parts)
        return None

    def reserve(self, planned: Planned) -> None:
        """Take what a job is planned on; a part takes the GPU from when others leave it."""
        for part in planned.parts:
            if part.slot < 0:
                self._change(part.node, planned.at_s, planned.until_s, gpus=-part.gpus)
                continue
            slot = (part.node, part.slot)
            shared_until_s = self.slots.get(slot, planned.at_s)
            self._change(part.node, shared_until_s, planned.until_s, gpus=-1)
            self.slots[slot] = max(shared_until_s, planned.until_s)

    def lift(self, planned: Planned) -> None:
        """Give back the whole GPUs that a job was planned on."""
        for part in planned.parts:
            self._change(part.node, planned.at_s, planned.until_s, gpus=part.gpus)

    def _change(self, node: int, at_s: int, until_s: int, *, gpus: int) -> None:
        if at_s >= until_s:
            return
        first, last = self._cut(at_s), self._cut(until_s)
        for number in range(first, last):
            self.free[node][number] += gpus

    def _cut(self, at_s: int) -> int:
        """The index of an instant, made a step of its own."""
        place = bisect_left(self.times, at_s)
        if place == len(self.times) or self.times[place] != at_s:
            self.times.insert(place, at_s)
            for row in self.free:
                row.insert(place, row[place - 1])
        return place

    def _lasts(self, part: Part, until_s: int) -> bool:
        """Whether a shared GPU can be kept until an instant; nobody else is planned on it."""
        at_s = self.slots[part.node, part.slot]
        return at_s >= until_s or min(self._steps(at_s, until_s)[part.node]) > 0

    def _steps(self, at_s: int, until_s: int) -> list[list[int]]:
        """What is free of each node during each step of a period."""
        first, last = bisect_right(self.times, at_s) - 1, bisect_left(self.times, until_s)
        return [row[first:last] for row in self.free]

    def _parts(self, gpus: int, at_s: int, until_s: int) -> tuple[Part, ...]:
        """Whole GPUs for a job throughout a period; empty when it does not fit."""
        steps = self._steps(at_s, until_s)
        least = [min(row) for row in steps]
        if self.nodes is None:
            return (Part(0, gpus),) if least[0] >= gpus else ()
        parts = whole_parts(self.nodes.sizes, least, gpus)
        # Nodes that drain count against the pool.
        return parts if all(sum(free) >= gpus for free in zip(*steps, strict=True)) else ()


def plan_of(engine: "Engine", pool: int, now_s: int) -> Plan:
    """A pool's plan with what runs now and what was promised on its nodes.

    A promise is void when its instant has passed, or where the job may no longer start.
    """
    nodes = engine.nodes[pool]
    if nodes is None:
        plan = Plan(now_s, [engine.free[pool]], None)
        for end_s, job in engine.ends[pool]:
            plan.add(engine.jobs.gpus[job], at_s=end_s, node=0)
        return plan
    plan = Plan(now_s, nodes.unused(), nodes)
    for end_s, job in engine.ends[pool]:
        for part in nodes.held[job]:
            if part.slot < 0:
                plan.add(part.gpus, at_s=end_s, node=part.node)
            else:
                plan.slots[part.node, part.slot] = end_s  # The last of its parts to end.
    for (node, _), end_s in plan.slots.items():
        plan.add(1, at_s=end_s, node=node)
    for job, planned in list(nodes.promised.items()):
        allowed = pool in engine.orders.get(engine.jobs.kind[job], ())
        if planned.at_s < now_s or not allowed or not engine.admit(job, pool, now_s):
            del nodes.promised[job]
        else:
            plan.reserve(planned)
    return plan
