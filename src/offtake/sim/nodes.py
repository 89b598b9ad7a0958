"""A pool that states its nodes: which node a job goes to, whole GPUs or parts of one.

A job that fits a node runs within one; a larger one takes whole nodes and has its rest in one
more. A part of a GPU shares a GPU with other parts. Placement is best fit: the node with the
fewest free GPUs that suffice, the lowest number among equals; for parts the fullest GPU first.
Capacity is a number of GPUs: while nodes drain, what they hold counts against it, so that no
start brings use above the pool.
"""

from collections.abc import Sequence
from typing import NamedTuple

from offtake.sim.placement import WHOLE_MILLI

SERVICE = -1
"""Who holds what inference uses."""


class Part(NamedTuple):
    """What a job holds of one node: whole GPUs, or ``milli`` of the shared GPU ``slot``."""

    node: int
    gpus: int
    slot: int = -1
    milli: int = 0


class Planned(NamedTuple):
    """When a waiting job is to start, until when it asks for its parts, and which those are."""

    at_s: int
    until_s: int
    parts: tuple[Part, ...]


def whole_parts(sizes: Sequence[int], free: Sequence[int], gpus: int) -> tuple[Part, ...]:
    """Whole GPUs for a job, given what is free of each node; empty when it fits nowhere."""
    largest = max(sizes)
    parts: tuple[Part, ...] = ()
    if gpus > largest:
        wanted, gpus = divmod(gpus, largest)
        empty = [n for n, size in enumerate(sizes) if free[n] == size == largest][:wanted]
        if len(empty) < wanted:
            return ()
        parts = tuple(Part(node, largest) for node in empty)
        free = [0 if node in empty else room for node, room in enumerate(free)]
    if not gpus:
        return parts
    fitting = [node for node, room in enumerate(free) if room >= gpus]
    return (*parts, Part(min(fitting, key=free.__getitem__), gpus)) if fitting else ()


class Nodes:
    """The nodes of one pool. Nodes beyond the pool's capacity are closed, and drain."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self.sizes = list(sizes)
        self.open = list(self.sizes)  # GPUs of each node within the pool's capacity.
        self.used = [0] * len(self.sizes)  # GPUs held whole, or shared by parts.
        self.slots: list[list[int]] = [[] for _ in self.sizes]  # Milli used of shared GPUs.
        self.held: dict[int, tuple[Part, ...]] = {}
        self.promised: dict[int, Planned] = {}  # What conservative backfilling keeps for whom.

    @property
    def free(self) -> int:
        """GPUs that nothing holds; negative while nodes drain."""
        return sum(self.open) - sum(self.used)

    def copy(self) -> "Nodes":
        """The same nodes, to try something on."""
        other = Nodes(self.sizes)
        other.open, other.used = list(self.open), list(self.used)
        other.slots, other.held = [list(slots) for slots in self.slots], dict(self.held)
        return other

    def resize(self, gpus: int) -> None:
        """Open the first nodes up to a capacity; the last of them may be open in part.

        What was promised on other nodes is void.
        """
        self.promised.clear()
        for node, size in enumerate(self.sizes):
            self.open[node] = min(size, max(gpus, 0))
            gpus -= size

    def hold(self, gpus: int) -> None:
        """Hold GPUs for inference, each wherever it fits best; as many as there are (J5).

        What was promised on the GPUs that were free is void.
        """
        self.promised.clear()
        if SERVICE in self.held:
            self.give(SERVICE)
        parts: list[Part] = []
        for _ in range(gpus):
            part = self.place(1, WHOLE_MILLI)
            if not part:
                break
            self.used[part[0].node] += 1
            parts.append(part[0])
        if parts:
            self.held[SERVICE] = tuple(parts)

    def place(self, gpus: int, milli: int) -> tuple[Part, ...]:
        """Where a job would go; empty when it fits nowhere."""
        if milli < WHOLE_MILLI:
            return self._shared(milli)
        return whole_parts(self.sizes, self.unused(), gpus) if gpus <= self.free else ()

    def unused(self) -> list[int]:
        """GPUs that nothing holds, by node; negative where a node drains."""
        return [opened - used for opened, used in zip(self.open, self.used, strict=True)]

    def could_hold(self, gpus: int) -> bool:
        """Whether a job would fit if the nodes, as far as they are open, were empty."""
        return bool(whole_parts(self.sizes, self.open, gpus))

    def _shared(self, milli: int) -> tuple[Part, ...]:
        joined = self.joinable(milli)
        if joined:
            return (joined[0],)
        fresh = self.place(1, WHOLE_MILLI)
        return (self.fresh(fresh[0].node, milli),) if fresh else ()

    def joinable(self, milli: int) -> list[Part]:
        """Shared GPUs with room for a part, the fullest first; none on nodes that drain."""
        found: list[tuple[int, int, int]] = []  # (milli left, node, slot)
        for node, slots in enumerate(self.slots):
            if self.used[node] > self.open[node]:
                continue
            for slot, used in enumerate(slots):
                left = WHOLE_MILLI - used - milli
                if used and left >= 0:
                    found.append((left, node, slot))
        return [Part(node, 0, slot, milli) for _, node, slot in sorted(found)]

    def fresh(self, node: int, milli: int) -> Part:
        """A part of a GPU of a node that nobody shares yet."""
        slots = self.slots[node]
        return Part(node, 0, slots.index(0) if 0 in slots else len(slots), milli)

    def take(self, job: int, parts: tuple[Part, ...]) -> None:
        """Give a job its parts."""
        assert parts
        assert job not in self.held
        self.promised.pop(job, None)
        self.held[job] = parts
        for part in parts:
            if part.slot < 0:
                self.used[part.node] += part.gpus
                continue
            slots = self.slots[part.node]
            slots.extend([0] * (part.slot + 1 - len(slots)))
            self.used[part.node] += slots[part.slot] == 0
            slots[part.slot] += part.milli

    def give(self, job: int) -> None:
        """Take back what a job held."""
        for part in self.held.pop(job):
            if part.slot < 0:
                self.used[part.node] -= part.gpus
                continue
            slots = self.slots[part.node]
            slots[part.slot] -= part.milli
            self.used[part.node] -= slots[part.slot] == 0
