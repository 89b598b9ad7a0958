"""The compiled engine, with the calls of ``reference.Engine`` and the same schedules."""

from collections.abc import Callable, Sequence

import numpy as np

from offtake.demand.columns import Column
from offtake.sim.kernel import prepare
from offtake.sim.kernel.node import hold, stated
from offtake.sim.kernel.state import (
    FAR,
    FREED,
    JOB_MASK,
    LIMIT_JOBS,
    LIMIT_SPAN_S,
    PARKED,
    RUNNING,
    Columns,
    back,
)
from offtake.sim.placement import CONSERVATIVE, DISCIPLINES, FIFO, WAITS, Jobs, Lost, scaled_s


def _nobody_short(now_s: int) -> None:
    """No inference waits for GPUs."""


class Engine:
    """Places jobs as ``reference.Engine`` does; every call means the same.

    Contracts that depend on use so far belong to the plain engine, and so does ``conservative``
    on pools that state their nodes.
    """

    def __init__(
        self, jobs: Jobs, *, discipline: str = FIFO, freed: Callable[[int], None] = _nobody_short
    ) -> None:
        assert discipline in DISCIPLINES, discipline
        columns = [np.ascontiguousarray(column, np.int64) for column in jobs[:5]]
        count = len(columns[0])
        assert count < LIMIT_JOBS, count
        self._zero_s = prepare.zero_s(columns[0])
        if self._zero_s:
            columns[0] = columns[0] - self._zero_s
        self._columns = Columns(*columns)
        self._discipline = discipline
        self._freed = freed
        self.watching = False
        self.lost: list[Lost] = []
        self.capacity: list[int] = []
        self.service: list[int] = []
        self._orders: dict[int, tuple[int, ...]] = {}
        self._changed = False
        ranked, share = prepare.ranked(jobs, discipline), prepare.shares(jobs)
        self._state = prepare.state(self._columns, share)
        self._queue = prepare.queue(discipline, self._columns, ranked, share)

    @property
    def start_s(self) -> Column:
        """The start of each job, WAITS where it has none: to be read, as of now."""
        start: Column = self._state.start.view()
        start.flags.writeable = False
        if self._zero_s:
            start = np.where(start >= 0, start + self._zero_s, WAITS)
        return start

    @property
    def pool(self) -> Column:
        """The pool of each job, WAITS where it has none."""
        pool: Column = self._state.pool.astype(np.int64)
        return pool

    @property
    def free(self) -> list[int]:
        """GPUs free by pool."""
        return [int(gpus) for gpus in self._state.free]

    @property
    def started_gpu_s(self) -> list[int]:
        """GPU-seconds of all jobs started so far, by pool."""
        return [int(gpu_s) for gpu_s in self._state.started]

    def add_pool(self, sizes: Sequence[int] = ()) -> int:
        """The number of a new pool, empty until its capacity is set; ``sizes`` of its nodes."""
        assert not sizes or self._discipline != CONSERVATIVE, "promises on nodes are not kept here"
        self.capacity.append(0)
        self.service.append(0)
        self._state = prepare.with_pools(self._state, len(self.capacity))
        self._state = prepare.with_nodes(self._state, sizes)
        return len(self.capacity) - 1

    def set_capacity(self, pool: int, gpus: int) -> None:
        """Grow or shrink a pool; one that shrinks drains."""
        self._state.free[pool] += gpus - self.capacity[pool]
        self.capacity[pool] = gpus
        self._state.capacity[pool] = gpus
        if stated(self._state.nodes, pool):
            prepare.resize(self._state, pool, gpus)
        self._changed = True

    def set_service(self, pool: int, gpus: int) -> None:
        """Hold GPUs of a pool for inference."""
        s = self._state
        if stated(s.nodes, pool):
            s.free[pool] = hold(s.nodes, pool, gpus, int(s.free[pool]))
        else:
            s.free[pool] += self.service[pool] - gpus
        self.service[pool] = gpus
        self._changed = True

    def set_order(self, kind: int, pools: tuple[int, ...]) -> None:
        """The pools where jobs of a kind may start from now on, best first."""
        if self._orders.get(kind) == pools:
            return
        self._orders[kind] = pools
        self._changed = True
        if kind < len(self._state.ordered):
            self._state.ordered[kind] = len(pools)
            self._state.order[kind, : len(pools)] = pools

    def set_speed(self, kind: int, pool: int, *, speed_ppm: int) -> None:
        """How fast a pool runs jobs of a kind, in millionths."""
        assert speed_ppm > 0
        if kind < len(self._state.ordered):
            self._state.speed[kind, pool] = speed_ppm

    def run_s(self, job: int, pool: int) -> int:
        """How long a job runs on a pool."""
        speed_ppm = int(self._state.speed[self._columns.kind[job], pool])
        return int(scaled_s(int(self._columns.run[job]), speed_ppm))

    def waiting_gpus(self) -> dict[int, int]:
        """GPUs that waiting jobs ask for, by kind."""
        return {kind: int(gpus) for kind, gpus in enumerate(self._state.waiting) if gpus}

    def preempt(self, pool: int, now_s: int) -> None:
        """End running jobs, the latest started first, until a pool is not overfull (J7)."""
        s, now = self._state, now_s - self._zero_s
        self._fit()
        prepare.release(self._discipline, s, self._queue, now)
        keys = s.heap[: s.counter[RUNNING]].copy()
        jobs = keys & JOB_MASK
        here = jobs[s.pool[jobs] == pool]
        gone: list[int] = []
        for job in here[np.lexsort((here, s.start[here]))][::-1].tolist():
            if s.free[pool] >= 0:
                break
            start = int(s.start[job])
            self.lost.append(Lost(job, pool, start + self._zero_s, now_s))
            gpus = int(self._columns.gpus[job])
            s.started[pool] -= gpus * (self.run_s(job, pool) - (now - start))
            prepare.leave(self._discipline, s, self._queue, job)
            back(s, job, pool)
            s.start[job], s.pool[job] = WAITS, WAITS
            s.waiting[self._columns.kind[job]] += gpus
            prepare.restore(self._discipline, self._state, self._queue, job)
            gone.append(job)
        left = np.sort(keys[~np.isin(jobs, gone)])  # Sorted keys are a heap.
        s.heap[: len(left)] = left
        s.counter[RUNNING] = len(left)
        self._changed = True

    def advance(self, now_s: int, until_s: int) -> None:
        """Play ``[now, until)``; changes made since the last call take effect at ``now``."""
        assert until_s - self._zero_s < LIMIT_SPAN_S
        now, until = now_s - self._zero_s, min(until_s - self._zero_s, int(FAR))
        self._fit()
        changed, released = self._changed, False
        if changed:  # The instant of a change is played, whatever follows.
            until = max(until, now + 1)
        while True:
            mode = (changed, released, self.watching)
            play = prepare.play(self._discipline, self._state, self._queue, watching=self.watching)
            why, at = play(self._state, self._queue, (now, until), mode)
            if why != FREED:
                break
            self._changed = False
            self._freed(int(at) + self._zero_s)
            changed, released, now = changed or self._changed, True, int(at)
            self._fit()
        self._changed = False

    def _fit(self) -> None:
        """Make room for the pools, and look again at jobs that none of them could hold."""
        if not self._changed:
            return
        s, most = self._state, max(self.capacity, default=0)
        if len(s.nodes.share):
            most = len(s.start)  # Parts of GPUs: any number of jobs may run.
        self._queue = prepare.fitted(self._queue, pools=len(self.capacity), most=most)
        if not s.counter[PARKED]:
            return
        parked = s.parked[: s.counter[PARKED]].tolist()
        s.counter[PARKED] = 0
        for job in parked:
            prepare.restore(self._discipline, self._state, self._queue, job)
