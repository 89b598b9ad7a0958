"""The placement of jobs on pools, in plain Python: the meaning that faster engines must equal.

Rules J1 to J4 and J7 of the semantics. All GPUs of a job start together, in one pool, and run
to the end; the pools a kind of job may use, in order of preference, are given from outside and
change in time. At one instant ends come first, then changes of capacity and order, then
submissions, then starts: intervals are half-open, so a job that ends at ``t`` frees its GPUs
for one that starts at ``t``.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Sequence
from heapq import heapify, heappop, heappush
from typing import Any

import numpy as np

from offtake.sim import backfill
from offtake.sim.nodes import Nodes, Part
from offtake.sim.placement import (
    CONSERVATIVE,
    DISCIPLINES,
    EASY,
    FIFO,
    FIRST_FIT,
    WAITS,
    WHOLE_MILLI,
    Jobs,
    Lost,
    ranks,
    scaled_s,
)
from offtake.units.capacity import PPM

Admit = Callable[[int, int, int], bool]
"""(job, pool, now) -> whether a contract that depends on use so far lets it start there."""
Started = Callable[[int, int, int], None]
Freed = Callable[[int], None]
"""(now): jobs have ended; inference that is short takes its part before other jobs (J5)."""
Key = tuple[int, int, int]
"""Jobs that fit alike: kind, GPUs, share of each."""


def _plain(column: Any) -> list[int] | None:
    return None if column is None else [int(value) for value in np.asarray(column).tolist()]


def _admit_all(job: int, pool: int, now_s: int) -> bool:
    """No contract depends on use so far."""
    return True


def _tell_nobody(job: int, pool: int, now_s: int) -> None:
    """Nothing depends on starts."""


def _nobody_short(now_s: int) -> None:
    """No inference waits for GPUs."""


class Engine:
    """Places jobs up to an instant, then waits for changes: ``set_...``, ``advance``, repeat."""

    def __init__(
        self,
        jobs: Jobs,
        *,
        discipline: str = FIFO,
        admit: Admit = _admit_all,
        started: Started = _tell_nobody,
        freed: Freed = _nobody_short,
    ) -> None:
        assert discipline in DISCIPLINES, discipline
        # Python's own integers: NumPy's are several times slower one by one.
        self.jobs = Jobs(*map(_plain, jobs))  # type: ignore[arg-type]
        self.rank: list[int] = ranks(jobs, discipline).tolist()
        count = len(self.rank)
        self.start_s: Sequence[int] = [WAITS] * count
        self.pool: Sequence[int] = [WAITS] * count
        self.lost: list[Lost] = []
        self.free: list[int] = []
        self.capacity: list[int] = []
        self.service: list[int] = []
        self.started_gpu_s: list[int] = []  # By pool: GPU-seconds of all jobs started so far.
        self.watching = False  # Whether ``freed`` wants to know when jobs end.
        self.orders: dict[int, tuple[int, ...]] = {}
        self.queues: dict[Key, list[tuple[int, int]]] = {}  # (rank, job), ascending.
        self.ends: list[list[tuple[int, int]]] = []  # By pool: (requested end, job), sorted.
        self.nodes: list[Nodes | None] = []
        self.admit = admit
        self._speeds: dict[tuple[int, int], int] = {}
        self._running: list[tuple[int, int]] = []  # (end, job), a heap.
        self._next = 0  # The next job to be submitted.
        self._changed = False
        self._discipline = discipline
        self._started = started
        self._freed = freed

    def add_pool(self, sizes: Sequence[int] = ()) -> int:
        """The number of a new pool, empty until its capacity is set; ``sizes`` of its nodes."""
        for column in (self.free, self.capacity, self.service, self.started_gpu_s):
            column.append(0)
        self.ends.append([])
        nodes = Nodes(sizes) if sizes else None
        if nodes is not None:
            nodes.resize(0)
        self.nodes.append(nodes)
        return len(self.free) - 1

    def set_capacity(self, pool: int, gpus: int) -> None:
        """Grow or shrink a pool; one that shrinks drains: its free GPUs may be negative."""
        self.free[pool] += gpus - self.capacity[pool]
        self.capacity[pool] = gpus
        nodes = self.nodes[pool]
        if nodes is not None:
            nodes.resize(gpus)
            self.free[pool] = nodes.free
        self._changed = True

    def set_service(self, pool: int, gpus: int) -> None:
        """Hold GPUs of a pool for inference; jobs never take them (J5)."""
        self.free[pool] += self.service[pool] - gpus
        self.service[pool] = gpus
        nodes = self.nodes[pool]
        if nodes is not None:
            nodes.hold(gpus)
            self.free[pool] = nodes.free
        self._changed = True

    def set_order(self, kind: int, pools: tuple[int, ...]) -> None:
        """The pools where jobs of a kind may start from now on, best first (J2, J4)."""
        if self.orders.get(kind) != pools:
            self.orders[kind] = pools
            self._changed = True

    def set_speed(self, kind: int, pool: int, *, speed_ppm: int) -> None:
        """How fast a pool runs jobs of a kind, in millionths; stated before any starts there."""
        assert speed_ppm > 0
        self._speeds[kind, pool] = speed_ppm

    def preempt(self, pool: int, now_s: int) -> None:
        """End running jobs, the latest started first, until a pool is not overfull (J7).

        They return to their place in the queue and begin anew; jobs that end now have ended.
        """
        self._release(now_s)
        running = [(self.start_s[job], job) for _, job in self._running if self.pool[job] == pool]
        for start_s, job in sorted(running, reverse=True):
            if self.free[pool] >= 0:
                break
            self.lost.append(Lost(job, pool, start_s, now_s))
            self.started_gpu_s[pool] -= self.jobs.gpus[job] * (
                self.run_s(job, pool) - (now_s - start_s)
            )
            self._running.remove((start_s + self.run_s(job, pool), job))
            self._leave(job, pool)
            self.start_s[job], self.pool[job] = WAITS, WAITS  # type: ignore[index]
            self._enqueue(job)
        heapify(self._running)
        self._changed = True

    def waiting_gpus(self) -> dict[int, int]:
        """GPUs that waiting jobs ask for, by kind."""
        found: dict[int, int] = {}
        for (kind, gpus, _), queue in self.queues.items():
            if queue:
                found[kind] = found.get(kind, 0) + gpus * len(queue)
        return found

    def next_s(self) -> int | None:
        """The next instant at which a job ends or is submitted."""
        instants = []
        if self._running:
            instants.append(self._running[0][0])
        if self._next < len(self.start_s):
            instants.append(self.jobs.submit_s[self._next])
        return min(instants, default=None)

    def advance(self, now_s: int, until_s: int) -> None:
        """Play ``[now, until)``; changes made since the last call take effect at ``now``."""
        if self._changed:
            self._instant(now_s)
        while (at_s := self.next_s()) is not None and at_s < until_s:
            self._instant(at_s)

    def run_s(self, job: int, pool: int) -> int:
        """How long a job runs on a pool."""
        speed_ppm = self._speeds.get((self.jobs.kind[job], pool), PPM)
        return int(scaled_s(self.jobs.run_s[job], speed_ppm))

    def requested_s(self, job: int, pool: int) -> int:
        """How long a job may run on a pool, by what was asked for."""
        speed_ppm = self._speeds.get((self.jobs.kind[job], pool), PPM)
        return int(scaled_s(self.jobs.requested_s[job], speed_ppm))

    def share_milli(self, job: int) -> int:
        """The part of each GPU that a job takes, in thousandths."""
        return WHOLE_MILLI if self.jobs.share_milli is None else self.jobs.share_milli[job]

    def _instant(self, now_s: int) -> None:
        if self._release(now_s) and self.watching:
            self._freed(now_s)
        self._changed = False
        while self._next < len(self.start_s) and self.jobs.submit_s[self._next] <= now_s:
            self._enqueue(self._next)
            self._next += 1
        if self._discipline == FIRST_FIT:
            self._first_fit(now_s)
        elif self._discipline == CONSERVATIVE:
            backfill.conservative(self, now_s)
        else:
            first = self._fifo(now_s)
            if first is not None and self._discipline == EASY:
                backfill.easy(self, first, now_s)

    def _release(self, now_s: int) -> bool:
        """Take back the GPUs of jobs that have ended; says whether any had."""
        before = len(self._running)
        while self._running and self._running[0][0] <= now_s:
            _, job = heappop(self._running)
            self._leave(job, self.pool[job])
        return len(self._running) < before

    def _leave(self, job: int, pool: int) -> None:
        nodes, ends = self.nodes[pool], self.ends[pool]
        del ends[bisect_left(ends, (self.start_s[job] + self.requested_s(job, pool), job))]
        self.free[pool] += self.jobs.gpus[job]
        if nodes is not None:
            nodes.give(job)
            self.free[pool] = nodes.free

    def _enqueue(self, job: int) -> None:
        """Put a job in its place. What was promised to jobs behind it is void: it goes first."""
        insort(self.queues.setdefault(self.key(job), []), (self.rank[job], job))
        for nodes in self.nodes:
            if nodes is not None and nodes.promised:
                behind = [other for other in nodes.promised if self.rank[other] > self.rank[job]]
                for other in behind:
                    del nodes.promised[other]

    def key(self, job: int) -> Key:
        """What a job asks of a pool: jobs of one key fit alike."""
        return self.jobs.kind[job], self.jobs.gpus[job], self.share_milli(job)

    def fits(self, key: Key, pool: int) -> bool:
        """Whether jobs that fit alike have room on a pool now."""
        nodes = self.nodes[pool]
        if nodes is None:
            return self.free[pool] >= key[1]
        return bool(nodes.place(key[1], key[2]))

    def fit(self, job: int, key: Key, now_s: int, blocked: set[int] | frozenset[int]) -> int:
        """The best pool a job may start on now, or WAITS."""
        for pool in self.orders.get(key[0], ()):
            if pool not in blocked and self.fits(key, pool) and self.admit(job, pool, now_s):
                return pool
        return WAITS

    def start(self, job: int, pool: int, *, now_s: int, parts: tuple[Part, ...] = ()) -> None:
        """Start a job that waits; its place in the queue is the caller's to remove.

        ``parts`` are the nodes it is planned on; without, it goes where it fits best.
        """
        gpus, run_s, nodes = self.jobs.gpus[job], self.run_s(job, pool), self.nodes[pool]
        self.start_s[job], self.pool[job] = now_s, pool  # type: ignore[index]
        self.free[pool] -= gpus
        self.started_gpu_s[pool] += gpus * run_s
        if nodes is not None:
            nodes.take(job, parts or nodes.place(gpus, self.share_milli(job)))
            self.free[pool] = nodes.free
        heappush(self._running, (now_s + run_s, job))
        insort(self.ends[pool], (now_s + self.requested_s(job, pool), job))
        self._started(job, pool, now_s)

    def _fifo(self, now_s: int) -> int | None:
        """Start jobs in order; one that waits blocks its pools for all later ones (J3).

        Returns the first that waits. A job larger than every pool it may use is passed over: it
        waits and blocks nothing. A pool that a contract keeps from a job at this moment is none
        it could use, and stays free for others. Once all pools of a kind are blocked, later
        jobs of that kind need no look.
        """
        blocked: set[int] = set()
        first: int | None = None
        closed: set[int] = set()
        places = {key: 0 for key in self.queues if self._could_hold(key)}
        while (key := self._head(places, closed)) is not None:
            queue, place, own = self.queues[key], places[key], self.orders.get(key[0], ())
            job = queue[place][1]
            pool = self.fit(job, key, now_s, blocked)
            if pool != WAITS:
                queue.pop(place)
                self.start(job, pool, now_s=now_s)
                continue
            first = job if first is None else first
            blocked.update(own_pool for own_pool in own if self.admit(job, own_pool, now_s))
            places[key] += 1
            if blocked.issuperset(own):
                closed.add(key[0])
        return first

    def _could_hold(self, key: Key) -> bool:
        """Whether some pool, were it empty, would hold such a job."""
        return any(
            self.capacity[pool] >= key[1] if nodes is None else nodes.could_hold(key[1])
            for pool in self.orders.get(key[0], ())
            for nodes in (self.nodes[pool],)
        )

    def _head(self, places: dict[Key, int], closed: set[int]) -> Key | None:
        """The queue with the first waiting job, among kinds still open and from places on."""
        best: Key | None = None
        best_row: tuple[int, int] | None = None
        for key, place in places.items():
            queue = self.queues[key]
            if place >= len(queue) or key[0] in closed:
                continue
            if best_row is None or queue[place] < best_row:
                best, best_row = key, queue[place]
        return best

    def _first_fit(self, now_s: int) -> None:
        """Start whoever fits, in order (J3). Starting only takes: who did not fit never will."""
        heads = dict.fromkeys(self.queues, 0)
        while (key := self._head(heads, set())) is not None:
            if not any(self.fits(key, pool) for pool in self.orders.get(key[0], ())):
                del heads[key]
                continue
            job = self.queues[key][heads[key]][1]
            pool = self.fit(job, key, now_s, frozenset())
            if pool == WAITS:
                heads[key] += 1  # A contract keeps this job from a pool, not the next.
                continue
            self.queues[key].pop(heads[key])
            self.start(job, pool, now_s=now_s)
