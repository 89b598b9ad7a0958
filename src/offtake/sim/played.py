"""What a run brought about, before it is measured."""

from typing import NamedTuple

from offtake.demand.columns import Column
from offtake.sim.delay import Cause, Room, Schedule, Segment
from offtake.sim.market import Market
from offtake.sim.placement import Lost
from offtake.sim.world import World
from offtake.supply.pools import Site


class Served(NamedTuple):
    """GPUs of a pool that served an inference service during ``[from_s, until_s)``."""

    service: int
    pool: int
    gpus: int
    from_s: int
    until_s: int


class Unserved(NamedTuple):
    """GPUs that inference lacked during ``[from_s, until_s)``, and why."""

    service: int
    gpus: int
    from_s: int
    until_s: int
    cause: Cause


class Played(NamedTuple):
    """Everything that a run brought about, before it is measured."""

    world: World
    sites: tuple[Site, ...]
    start_s: Column  # The start second and pool of each job, -1 where it never started.
    pool: Column
    run_s: Column  # How long each job ran, or would have run had it started anywhere.
    lost: tuple[Lost, ...]
    served: tuple[Served, ...]
    unserved: tuple[Unserved, ...]
    segments: tuple[Segment, ...]
    rooms: tuple[Room, ...]
    market: Market

    @property
    def schedule(self) -> Schedule:
        """When and where jobs ran."""
        return Schedule(self.start_s, self.pool, self.run_s, self.lost)
