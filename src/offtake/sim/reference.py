"""The placement of jobs on pools, in plain Python: the meaning that faster engines must equal.

Rules J1 to J4 of the semantics. All GPUs of a job start together, in one pool, and run to the
end; the pools a kind of job may use, in order of preference, are given from outside and change
in time. At one instant ends come first, then changes of capacity and order, then submissions,
then starts: intervals are half-open, so a job that ends at ``t`` frees its GPUs for one that
starts at ``t``.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from typing import NamedTuple

WAITS = -1
"""The start and pool of a job that has not started."""
FIFO, EASY, FIRST_FIT = "fifo", "easy", "first_fit"
DISCIPLINES = (FIFO, EASY, FIRST_FIT)


class Jobs(NamedTuple):
    """Columns of equal length in order of submission. ``kind`` says which pools are allowed."""

    submit_s: Sequence[int]
    run_s: Sequence[int]
    requested_s: Sequence[int]
    gpus: Sequence[int]
    kind: Sequence[int]
    priority: Sequence[int]


Admit = Callable[[int, int, int], bool]
"""(job, pool, now) -> whether a contract that depends on use so far lets it start there."""
Started = Callable[[int, int, int], None]


def _admit_all(job: int, pool: int, now_s: int) -> bool:
    """No contract depends on use so far."""
    return True


def _tell_nobody(job: int, pool: int, now_s: int) -> None:
    """Nothing depends on starts."""


Freed = Callable[[int], None]
"""(now): jobs have ended; inference that is short takes its part before other jobs (J5)."""


def _nobody_short(now_s: int) -> None:
    """No inference waits for GPUs."""


class Reservation(NamedTuple):
    """What ``easy`` keeps for the first waiting job: when, where, and what is to spare then."""

    pool: int
    at_s: int
    spare_gpus: int


class Engine:
    """Places jobs up to an instant, then waits for changes: ``advance``, ``set_...``, repeat."""

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
        self.jobs = jobs
        self.start_s = [WAITS] * len(jobs.submit_s)
        self.pool = [WAITS] * len(jobs.submit_s)
        self.free: list[int] = []
        self.capacity: list[int] = []
        self.service: list[int] = []
        self._orders: dict[int, tuple[int, ...]] = {}
        self._queues: dict[tuple[int, int], list[tuple[int, int]]] = {}
        self._running: list[tuple[int, int]] = []  # (end, job), a heap.
        self._ends: list[list[tuple[int, int]]] = []  # By pool: (requested end, job), sorted.
        self._next = 0  # The next job to be submitted.
        self._changed = False
        self._discipline = discipline
        self._admit = admit
        self._started = started
        self._freed = freed

    def add_pool(self) -> int:
        """The number of a new pool, empty until its capacity is set."""
        for column in (self.free, self.capacity, self.service):
            column.append(0)
        self._ends.append([])
        return len(self.free) - 1

    def set_capacity(self, pool: int, gpus: int) -> None:
        """Grow or shrink a pool; one that shrinks drains: its free GPUs may be negative."""
        self.free[pool] += gpus - self.capacity[pool]
        self.capacity[pool] = gpus
        self._changed = True

    def set_service(self, pool: int, gpus: int) -> None:
        """Hold GPUs of a pool for inference; jobs never take them (J5)."""
        self.free[pool] += self.service[pool] - gpus
        self.service[pool] = gpus
        self._changed = True

    def set_order(self, kind: int, pools: tuple[int, ...]) -> None:
        """The pools where jobs of a kind may start from now on, best first (J2, J4)."""
        self._orders[kind] = pools
        self._changed = True

    def waiting(self) -> list[int]:
        """The jobs that were submitted and have not started, in order."""
        return [job for _, job in sorted(row for queue in self._queues.values() for row in queue)]

    def next_s(self) -> int | None:
        """The next instant at which a job ends or is submitted."""
        instants = []
        if self._running:
            instants.append(self._running[0][0])
        if self._next < len(self.start_s):
            instants.append(int(self.jobs.submit_s[self._next]))
        return min(instants, default=None)

    def advance(self, now_s: int, until_s: int) -> None:
        """Play ``[now, until)``; changes made since the last call take effect at ``now``."""
        if self._changed:
            self._instant(now_s)
        while (at_s := self.next_s()) is not None and at_s < until_s:
            self._instant(at_s)

    def _instant(self, now_s: int) -> None:
        self._changed = False
        jobs = self.jobs
        while self._running and self._running[0][0] <= now_s:
            _, job = heappop(self._running)
            pool = self.pool[job]
            self.free[pool] += jobs.gpus[job]
            ends = self._ends[pool]
            del ends[bisect_left(ends, (self.start_s[job] + jobs.requested_s[job], job))]
        self._freed(now_s)
        self._changed = False
        while self._next < len(self.start_s) and jobs.submit_s[self._next] <= now_s:
            job = self._next
            queue = self._queues.setdefault((jobs.kind[job], jobs.gpus[job]), [])
            insort(queue, (-jobs.priority[job], job))
            self._next += 1
        if self._discipline == FIRST_FIT:
            self._first_fit(now_s)
        else:
            first = self._fifo(now_s)
            if first is not None and self._discipline == EASY:
                self._backfill(first, now_s)

    def _fit(self, job: int, now_s: int, blocked: frozenset[int] | set[int]) -> int:
        """The best pool a job may start on now, or WAITS."""
        gpus, free = self.jobs.gpus[job], self.free
        for pool in self._orders.get(self.jobs.kind[job], ()):
            if free[pool] >= gpus and pool not in blocked and self._admit(job, pool, now_s):
                return pool
        return WAITS

    def _start(self, job: int, pool: int, now_s: int) -> None:
        self.start_s[job], self.pool[job] = now_s, pool
        self.free[pool] -= self.jobs.gpus[job]
        heappush(self._running, (now_s + self.jobs.run_s[job], job))
        insort(self._ends[pool], (now_s + self.jobs.requested_s[job], job))
        self._started(job, pool, now_s)

    def _fifo(self, now_s: int) -> int | None:
        """Start jobs in order; one that waits blocks its pools for all later ones (J3).

        Returns the first that waits. A pool that a contract keeps from a job at this moment is
        none it could use, and stays free for others. Once all pools of a kind are blocked,
        later jobs of that kind need no look.
        """
        blocked: set[int] = set()
        first: int | None = None
        closed: set[int] = set()
        places = dict.fromkeys(self._queues, 0)
        while (key := self._head(places, closed)) is not None:
            queue, place, own = self._queues[key], places[key], self._orders.get(key[0], ())
            job = queue[place][1]
            pool = self._fit(job, now_s, blocked)
            if pool != WAITS:
                queue.pop(place)
                self._start(job, pool, now_s)
                continue
            first = job if first is None else first
            blocked.update(own_pool for own_pool in own if self._admit(job, own_pool, now_s))
            places[key] += 1
            if blocked.issuperset(own):
                closed.add(key[0])
        return first

    def _head(self, places: dict[tuple[int, int], int], closed: set[int]) -> tuple[int, int] | None:
        """The queue with the first waiting job, among kinds still open and from places on."""
        best: tuple[int, int] | None = None
        best_row: tuple[int, int] | None = None
        for key, place in places.items():
            queue = self._queues[key]
            if place >= len(queue) or key[0] in closed:
                continue
            if best_row is None or queue[place] < best_row:
                best, best_row = key, queue[place]
        return best

    def _first_fit(self, now_s: int) -> None:
        """Start whoever fits, in order (J3). Starting only takes: who did not fit never will."""
        open_keys = set(self._queues)
        while open_keys:
            fitting = [key for key in open_keys if self._queues[key] and self._may_fit(key)]
            if not fitting:
                return
            key = min(fitting, key=lambda item: self._queues[item][0])
            job = self._queues[key][0][1]
            pool = self._fit(job, now_s, frozenset())
            if pool == WAITS:
                open_keys.discard(key)
                continue
            self._queues[key].pop(0)
            self._start(job, pool, now_s)

    def _may_fit(self, key: tuple[int, int]) -> bool:
        kind, gpus = key
        return any(self.free[pool] >= gpus for pool in self._orders.get(kind, ()))

    def _backfill(self, first: int, now_s: int) -> None:
        """Let later jobs pass that do not delay the first waiting one, by requested times (J3).

        What is kept for it is the pool where it could start soonest if running jobs end when
        they said and capacity stays; nothing is kept where it may not run or never fits.
        Starting only takes, so a job that may not pass now will not at this instant: each
        queue is walked once.
        """
        kept = self._reservation(first, now_s)
        heads: dict[tuple[int, int], int] = {}
        for key in self._queues:
            self._seek(key, 0, heads, kept, now_s)
        while heads:
            key = min(heads, key=lambda item: self._queues[item][heads[item]])
            place = heads.pop(key)
            job = self._queues[key][place][1]
            pool = WAITS if job == first else self._passes(kept, job, now_s)
            if pool == WAITS:
                self._seek(key, place + 1, heads, kept, now_s)
                continue
            if kept is not None and pool == kept.pool and self._outlasts(kept, job, now_s):
                kept = kept._replace(spare_gpus=kept.spare_gpus - self.jobs.gpus[job])
            self._queues[key].pop(place)
            self._start(job, pool, now_s)
            self._seek(key, place, heads, kept, now_s)

    def _seek(
        self,
        key: tuple[int, int],
        place: int,
        heads: dict[tuple[int, int], int],
        kept: Reservation | None,
        now_s: int,
    ) -> None:
        """Note the next job of a queue, from a place on, that might pass; if there is one."""
        kind, gpus = key
        queue, free = self._queues[key], self.free
        room = [pool for pool in self._orders.get(kind, ()) if free[pool] >= gpus]
        if not room:
            return
        if kept is None or gpus <= kept.spare_gpus or room != [kept.pool]:
            if place < len(queue):
                heads[key] = place
            return
        requested_s, limit_s = self.jobs.requested_s, kept.at_s - now_s
        for number in range(place, len(queue)):
            if requested_s[queue[number][1]] <= limit_s:
                heads[key] = number
                return

    def _passes(self, kept: Reservation | None, job: int, now_s: int) -> int:
        """The pool where a job may pass the first waiting one, or WAITS."""
        delays = kept is not None and (
            self.jobs.gpus[job] > kept.spare_gpus and self._outlasts(kept, job, now_s)
        )
        blocked = frozenset({kept.pool}) if kept is not None and delays else frozenset()
        return self._fit(job, now_s, blocked)

    def _outlasts(self, kept: Reservation, job: int, now_s: int) -> bool:
        return now_s + self.jobs.requested_s[job] > kept.at_s

    def _reservation(self, job: int, now_s: int) -> Reservation | None:
        best: Reservation | None = None
        gpus = self.jobs.gpus[job]
        for pool in self._orders.get(self.jobs.kind[job], ()):
            if not self._admit(job, pool, now_s):
                continue
            found = self._soonest(pool, gpus, now_s)
            if found is not None and (best is None or found.at_s < best.at_s):
                best = found
        return best

    def _soonest(self, pool: int, gpus: int, now_s: int) -> Reservation | None:
        """When a pool has room by requested times, and what is to spare at that instant."""
        free, at_s = self.free[pool], now_s
        for end_s, job in self._ends[pool]:
            if free >= gpus and end_s > at_s:
                break
            free, at_s = free + self.jobs.gpus[job], end_s
        return Reservation(pool, at_s, free - gpus) if free >= gpus else None
