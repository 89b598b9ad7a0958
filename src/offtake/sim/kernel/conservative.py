"""``conservative`` backfilling, compiled: every waiting job has its place in a plan.

As ``backfill.conservative``, which plans anew at each instant. Here the plan stands while what
happens is what was planned: a job that ends when it said, a submission behind all others. Only
a job that ends early, a change, or a submission that goes before others makes it anew.
"""

from typing import NamedTuple

from offtake.sim.kernel.easy import asked_key
from offtake.sim.kernel.jit import I32, I64, Instant, Pool, compiled, inlined
from offtake.sim.kernel.row import Rows, add, drop
from offtake.sim.kernel.state import (
    DONE,
    FAR,
    FREED,
    JOB_BITS,
    JOB_MASK,
    NEXT,
    RUNNING,
    WAITS,
    State,
    launch,
    next_instant,
    pop,
    scaled,
)

WAITING = 0
"""Place in ``Plan.size``: how many jobs wait."""


class Plan(NamedTuple):
    """Who waits, where each is planned, and what pools have free from now on."""

    rows: Rows
    rank: I32  # (jobs,), or empty where ranks follow the order of submission.
    queue: I32  # (jobs,) waiting jobs in order of rank.
    size: I64
    at: I64  # (jobs,) when a waiting job is planned to start; FAR where it never fits.
    pool: I32  # (jobs,) where.
    time: I64  # (pools, steps) ascending; what is free holds to the next.
    free: I64  # (pools, steps)
    low: I64  # (pools,) the step that holds now.
    high: I64  # (pools,) behind the last step.


@inlined
def release(s: State, q: Plan, at: int) -> tuple[bool, bool]:
    """Take back the GPUs of jobs that have ended; whether any had, and any before it said."""
    running, early = s.counter[RUNNING], False
    before = running
    while running > 0 and s.heap[0] >> JOB_BITS <= at:
        job = s.heap[0] & JOB_MASK
        pop(s.heap, running)
        running -= 1
        key = asked_key(s, job)
        early |= key >> JOB_BITS > at
        drop(q.rows, s.pool[job], key)
        s.free[s.pool[job]] += s.jobs.gpus[job]
    s.counter[RUNNING] = running
    return bool(running < before), early


@inlined
def forget(s: State, q: Plan, now: int) -> None:
    """The plan of what runs alone."""
    for pool in range(s.free.shape[0]):
        q.low[pool], q.high[pool] = 0, 1
        q.time[pool, 0], q.free[pool, 0] = now, s.free[pool]


@inlined
def expect_ends(s: State, q: Plan) -> None:
    """Add to an empty plan when running jobs end by what they asked for."""
    for pool in range(q.low.shape[0]):
        last = 0
        for place in range(q.rows.low[pool], q.rows.high[pool]):
            key = q.rows.key[pool, place]
            end, gpus = key >> JOB_BITS, key & JOB_MASK
            if end > q.time[pool, last]:
                last += 1
                q.time[pool, last] = end
                q.free[pool, last] = q.free[pool, last - 1]
            q.free[pool, last] += gpus
        q.high[pool] = last + 1


@inlined
def soonest(q: Plan, pool: Pool, gpus: int, asked: Instant) -> int:
    """The first instant from which a pool has room for long enough; FAR: never."""
    time, free, high = q.time[pool], q.free[pool], q.high[pool]
    start, place = time[q.low[pool]], q.low[pool]
    while place < high:
        if free[place] < gpus:
            if place + 1 == high:
                return FAR
            start = time[place + 1]
        elif place + 1 == high or time[place + 1] >= start + asked:
            return int(start)
        place += 1
    return FAR


@inlined
def cut(q: Plan, pool: Pool, at: Instant) -> int:
    """The step that begins at an instant, made where there is none."""
    low, high = q.low[pool], q.high[pool]
    while low < high:
        middle = (low + high) >> 1
        if q.time[pool, middle] < at:
            low = middle + 1
        else:
            high = middle
    if low < q.high[pool] and q.time[pool, low] == at:
        return int(low)
    for number in range(q.high[pool], low, -1):
        q.time[pool, number] = q.time[pool, number - 1]
        q.free[pool, number] = q.free[pool, number - 1]
    q.time[pool, low], q.free[pool, low] = at, q.free[pool, low - 1]
    q.high[pool] += 1
    return int(low)


@inlined
def plan_one(s: State, q: Plan, job: int) -> None:
    """Plan a job where it starts soonest, behind all that is planned already."""
    kind, gpus = s.jobs.kind[job], s.jobs.gpus[job]
    q.at[job], q.pool[job] = FAR, WAITS
    for number in range(s.ordered[kind]):
        pool = s.order[kind, number]
        at = soonest(q, pool, gpus, scaled(s.jobs.requested[job], s.speed[kind, pool]))
        if at < q.at[job]:
            q.at[job], q.pool[job] = at, pool
    pool = q.pool[job]
    if pool == WAITS:
        return
    first = cut(q, pool, q.at[job])
    asked = scaled(s.jobs.requested[job], s.speed[kind, pool])
    last = cut(q, pool, q.at[job] + asked)
    for step in range(first, last):
        q.free[pool, step] -= gpus


@inlined
def plan_all(s: State, q: Plan, now: int) -> None:
    """Plan every waiting job anew, in order."""
    forget(s, q, now)
    expect_ends(s, q)
    for place in range(q.size[WAITING]):
        plan_one(s, q, int(q.queue[place]))


@inlined
def start_due(s: State, q: Plan, now: int) -> None:
    """Start the jobs that are planned for now, in order."""
    kept = 0
    for place in range(q.size[WAITING]):
        job = int(q.queue[place])
        if q.at[job] == now:
            launch(s, job, q.pool[job], now)
            add(q.rows, q.pool[job], asked_key(s, job))
        else:
            q.queue[kept] = job
            kept += 1
    q.size[WAITING] = kept


@inlined
def enqueue(q: Plan, job: int) -> bool:
    """Put a job into the queue; says whether it went before others."""
    place = q.size[WAITING]
    q.size[WAITING] += 1
    rank = q.rank[job] if q.rank.shape[0] else job
    before = False
    while place > 0:
        other = q.queue[place - 1]
        if (q.rank[other] if q.rank.shape[0] else other) < rank:
            break
        q.queue[place] = other
        place -= 1
        before = True
    q.queue[place] = job
    return before


@compiled
def play(
    s: State, q: Plan, span: tuple[int, int], mode: tuple[bool, bool, bool]
) -> tuple[int, int]:
    """As ``fifo.play``, each waiting job in its place of the plan."""
    changed, released, watching = mode
    at = span[0] if changed or released else next_instant(s)
    while at < span[1]:
        if not released:
            released, early = release(s, q, at)
            changed |= early
            if released and watching:
                return FREED, at
        known = s.counter[NEXT]
        following = known
        while following < s.jobs.submit.shape[0] and s.jobs.submit[following] <= at:
            s.waiting[s.jobs.kind[following]] += s.jobs.gpus[following]
            changed |= enqueue(q, following)
            following += 1
        s.counter[NEXT] = following
        if changed:
            plan_all(s, q, at)
        else:
            for pool in range(q.low.shape[0]):
                while q.low[pool] + 1 < q.high[pool] and q.time[pool, q.low[pool] + 1] <= at:
                    q.low[pool] += 1
                q.time[pool, q.low[pool]] = max(q.time[pool, q.low[pool]], at)
            for job in range(known, following):
                plan_one(s, q, job)
        start_due(s, q, at)
        changed = released = False
        at = next_instant(s)
    return DONE, FAR
