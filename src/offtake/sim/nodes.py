"""A pool that states its nodes: which node a job goes to, whole GPUs or parts of one.

A job that fits a node runs within one; a larger one takes whole nodes and has its rest in one
more. A part of a GPU shares a GPU with other parts. Placement is best fit: the node with the
fewest free GPUs that suffice, the lowest number among equals; for parts the fullest GPU first.
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


class Nodes:
    """The nodes of one pool. Nodes beyond the pool's capacity are closed, and drain."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self.sizes = list(sizes)
        self.largest = max(self.sizes, default=0)
        self.open = list(self.sizes)  # GPUs of each node within the pool's capacity.
        self.used = [0] * len(self.sizes)  # GPUs held whole, or shared by parts.
        self.slots: list[list[int]] = [[] for _ in self.sizes]  # Milli used of shared GPUs.
        self.held: dict[int, tuple[Part, ...]] = {}

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
        """Open the first nodes up to a capacity; the last of them may be open in part."""
        for node, size in enumerate(self.sizes):
            self.open[node] = min(size, max(gpus, 0))
            gpus -= size

    def hold(self, gpus: int) -> None:
        """Hold GPUs for inference, each wherever it fits best; as many as there are (J5)."""
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
        free = [opened - used for opened, used in zip(self.open, self.used, strict=True)]
        parts: list[Part] = []
        if gpus > self.largest > 0:
            whole = [n for n, size in enumerate(self.sizes) if free[n] == size == self.largest]
            wanted, gpus = divmod(gpus, self.largest)
            if len(whole) < wanted:
                return ()
            for node in whole[:wanted]:
                parts.append(Part(node, self.largest))
                free[node] = 0
        if gpus:
            fitting = [node for node, room in enumerate(free) if room >= gpus]
            if not fitting:
                return ()
            parts.append(Part(min(fitting, key=free.__getitem__), gpus))
        return tuple(parts)

    def _shared(self, milli: int) -> tuple[Part, ...]:
        best: tuple[int, int, int] | None = None  # (milli left, node, slot), the least first.
        for node, slots in enumerate(self.slots):
            if self.used[node] > self.open[node]:
                continue  # It drains.
            for slot, used in enumerate(slots):
                left = WHOLE_MILLI - used - milli
                if used and left >= 0 and (best is None or (left, node, slot) < best):
                    best = (left, node, slot)
        if best is not None:
            return (Part(best[1], 0, best[2], milli),)
        fresh = self.place(1, WHOLE_MILLI)
        if not fresh:
            return ()
        node = fresh[0].node
        slots = self.slots[node]
        slot = slots.index(0) if 0 in slots else len(slots)
        return (Part(node, 0, slot, milli),)

    def take(self, job: int, parts: tuple[Part, ...]) -> None:
        """Give a job its parts."""
        assert parts
        assert job not in self.held
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
