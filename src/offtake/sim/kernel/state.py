"""The arrays of the compiled engine, and the small steps that all disciplines share.

Everything is int64 or int32 in arrays that Python owns: a call plays up to an instant, leaves
all in the arrays, and the next call goes on from there. Jobs are at most ``LIMIT_JOBS`` and a
run spans at most ``LIMIT_SPAN_S``, so that the end of a job and its number share one int64.
"""

from typing import NamedTuple

from offtake.sim.kernel import node
from offtake.sim.kernel.jit import I32, I64, Instant, Job, Pool, inlined
from offtake.sim.kernel.node import Nodes
from offtake.units.capacity import PPM

JOB_BITS = 27
LIMIT_JOBS = 1 << JOB_BITS
JOB_MASK = LIMIT_JOBS - 1
LIMIT_SPAN_S = 1 << (62 - JOB_BITS)
"""More than a thousand years."""
FAR = 1 << 62
"""Later than anything, more than anything."""
SOON = (1 << 31) - 1
"""More seconds than are told apart where it matters only who asks for fewer."""
WAITS = -1

DONE, FREED = 0, 1
"""Why a call came back: played to the end, or jobs ended while inference is short."""

NEXT, RUNNING, STAMP, PARKED, STALE = 0, 1, 2, 3, 4
COUNTERS = 5
"""Places in ``State.counter``."""


class Columns(NamedTuple):
    """The jobs, each column of shape (jobs,), times counted from the engine's own zero."""

    submit: I64
    run: I64
    requested: I64
    gpus: I64
    kind: I64


class State(NamedTuple):
    """The jobs, and what changes: by job, by pool, by kind."""

    jobs: Columns
    start: I64  # (jobs,)
    pool: I32  # (jobs,)
    heap: I64  # Running jobs: end << JOB_BITS | job; ``counter[RUNNING]`` of them.
    parked: I32  # Jobs larger than every pool of their kind; ``counter[PARKED]`` of them.
    counter: I64
    capacity: I64  # (pools,) the GPUs of the largest job that a pool could hold.
    free: I64  # (pools,)
    started: I64  # (pools,) GPU-seconds of all jobs started.
    order: I32  # (kinds, pools), best first; ``ordered`` says how many.
    ordered: I64  # (kinds,)
    waiting: I64  # (kinds,) GPUs that waiting jobs ask for.
    most: I64  # (kinds,) the largest capacity among the pools of a kind.
    large: I64  # (kinds,) the GPUs of the largest job of a kind.
    speed: I64  # (kinds, pools), in millionths.
    blocked: I64  # (pools,) the stamp of the instant at which a pool was last blocked.
    need: I64  # (pools,) the GPUs of the first that blocks a pool.
    closed: I64  # (kinds,) the stamp of the instant at which the first of a kind last waited.
    nodes: Nodes  # Of pools that state them.


@inlined
def scaled(seconds: int, speed_ppm: int) -> int:
    """As ``placement.scaled_s``."""
    if speed_ppm == PPM:
        return seconds
    return -(-seconds * PPM // speed_ppm)


@inlined
def push(heap: I64, size: int, key: int) -> None:
    """Add a key to a binary heap of ``size`` keys."""
    place = size
    while place > 0:
        above = (place - 1) >> 1
        if heap[above] <= key:
            break
        heap[place] = heap[above]
        place = above
    heap[place] = key


@inlined
def pop(heap: I64, size: int) -> None:
    """Drop the least key of a binary heap of ``size`` keys.

    The hole sinks to the bottom and the last key rises from there: fewer comparisons than
    sinking that key, which nearly always belongs at the bottom.
    """
    last = heap[size - 1]
    size -= 1
    place, below = 0, 1
    while below + 1 < size:
        below += heap[below + 1] < heap[below]
        heap[place] = heap[below]
        place = below
        below = 2 * place + 1
    if below < size:
        heap[place] = heap[below]
        place = below
    while place > 0:
        above = (place - 1) >> 1
        if heap[above] <= last:
            break
        heap[place] = heap[above]
        place = above
    heap[place] = last


@inlined
def fit(s: State) -> None:
    """Make what hangs on capacities and orders fit them after a change."""
    for kind in range(s.most.shape[0]):
        most = 0
        for number in range(s.ordered[kind]):
            most = max(most, s.capacity[s.order[kind, number]])
        s.most[kind] = most


@inlined
def next_instant(s: State) -> int:
    """The next instant at which a job ends or is submitted."""
    at = FAR
    if s.counter[RUNNING] > 0:
        at = int(s.heap[0]) >> JOB_BITS
    following = s.counter[NEXT]
    if following < s.jobs.submit.shape[0] and s.jobs.submit[following] < at:
        at = int(s.jobs.submit[following])
    return at


@inlined
def launch(s: State, job: Job, pool: Pool, now: Instant) -> None:
    """Start a job on a pool; its place in the queue is the caller's to remove."""
    gpus, kind = s.jobs.gpus[job], s.jobs.kind[job]
    run = scaled(s.jobs.run[job], s.speed[kind, pool])
    s.waiting[kind] -= gpus
    s.start[job] = now
    s.pool[job] = pool
    gpus_taken = node.take(s.nodes, job, pool, gpus) if node.stated(s.nodes, pool) else gpus
    s.free[pool] -= gpus_taken
    s.started[pool] += gpus * run
    push(s.heap, s.counter[RUNNING], (now + run) << JOB_BITS | job)
    s.counter[RUNNING] += 1


@inlined
def release(s: State, at: int) -> tuple[bool, bool]:
    """Take back the GPUs of jobs that have ended.

    Returns:
        Whether any had; whether a pool now has room for the first that blocks it.
    """
    running, stamp, room = s.counter[RUNNING], s.counter[STAMP], False
    before = running
    while running > 0 and s.heap[0] >> JOB_BITS <= at:
        job = s.heap[0] & JOB_MASK
        pop(s.heap, running)
        running -= 1
        pool = s.pool[job]
        back(s, job, pool)
        room |= s.blocked[pool] == stamp and roomier(s, pool)
    s.counter[RUNNING] = running
    return bool(running < before), bool(room)


@inlined
def back(s: State, job: Job, pool: Pool) -> None:
    """A pool gets the GPUs of a job back."""
    gpus = s.jobs.gpus[job]
    if node.stated(s.nodes, pool):
        gpus = node.give(s.nodes, s.nodes.table, job, pool, gpus)
    s.free[pool] += gpus


@inlined
def roomier(s: State, pool: Pool) -> bool:
    """Whether a pool may have room for the first that blocks it; on nodes nobody knows."""
    return bool(s.free[pool] >= s.need[pool] or node.stated(s.nodes, pool))


@inlined
def fits(s: State, job: Job, pool: Pool, gpus: int) -> bool:
    """Whether a job of so many GPUs has room on a pool now."""
    if node.stated(s.nodes, pool):
        return bool(node.fits(s.nodes, s.nodes.table, job, (pool, gpus, s.free[pool])))
    return bool(s.free[pool] >= gpus)


@inlined
def block(s: State, kind: int, gpus: int, stamp: Instant) -> None:
    """The first of a kind waits: nobody behind it may use the pools of its kind."""
    s.closed[kind] = stamp
    for number in range(s.ordered[kind]):
        pool = s.order[kind, number]
        if s.blocked[pool] != stamp:
            s.blocked[pool], s.need[pool] = stamp, gpus


@inlined
def roomy(s: State, job: Job, gpus: int, stamp: Instant) -> int:
    """The best pool for a job that has room and is not blocked in this instant, or WAITS."""
    kind = s.jobs.kind[job]
    for number in range(s.ordered[kind]):
        pool = s.order[kind, number]
        if s.blocked[pool] != stamp and fits(s, job, pool, gpus):
            return int(pool)
    return WAITS
