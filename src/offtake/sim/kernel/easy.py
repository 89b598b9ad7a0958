"""``easy`` backfilling, compiled and exact: every waiting job may pass, however far behind.

As ``backfill.easy``, with what makes it fast: jobs of one kind and one number of GPUs fit
alike, so a class is asked only for its first job that asks for little enough time (``tree``);
and what is kept for the first waiting job stands until a job ends, something changes, or
another job becomes the first. So at a mere submission only what was submitted is looked at.
"""

from typing import NamedTuple

from offtake.sim.kernel.row import Rows, add, drop
from offtake.sim.kernel.state import (
    DONE,
    FAR,
    FREED,
    I64,
    JOB_BITS,
    JOB_MASK,
    NEXT,
    RUNNING,
    STAMP,
    WAITS,
    Instant,
    Job,
    Place,
    Pool,
    State,
    compiled,
    inlined,
    launch,
    next_instant,
    pop,
    roomy,
    scaled,
)
from offtake.sim.kernel.tree import Waiting, find, put, rank_of, take
from offtake.units.capacity import PPM

FIRST, POOL, AT, SPARE = 0, 1, 2, 3
"""Places in ``Queue.kept``: the first waiting job (-1: none), and what is kept for it."""


class Queue(NamedTuple):
    """Who waits, when running jobs end by what they asked for, and what is kept."""

    waiting: Waiting
    rows: Rows
    kept: I64


@inlined
def asked_key(s: State, job: int) -> int:
    """The key of a running job in its pool's row."""
    pool = s.pool[job]
    asked = scaled(s.jobs.requested[job], s.speed[s.jobs.kind[job], pool])
    return int(s.start[job] + asked) << JOB_BITS | job


@inlined
def release(s: State, q: Queue, at: int) -> bool:
    """Take back the GPUs of jobs that have ended; says whether any had."""
    running = s.counter[RUNNING]
    before = running
    while running > 0 and s.heap[0] >> JOB_BITS <= at:
        job = s.heap[0] & JOB_MASK
        pop(s.heap, running)
        running -= 1
        drop(q.rows, s.pool[job], asked_key(s, job))
        s.free[s.pool[job]] += s.jobs.gpus[job]
    s.counter[RUNNING] = running
    return bool(running < before)


@inlined
def begin(s: State, q: Queue, job: Job, pool: Pool, now: Instant) -> None:
    """Start a waiting job."""
    take(q.waiting, job)
    launch(s, job, pool, now)
    add(q.rows, pool, asked_key(s, job))


@inlined
def in_order(s: State, q: Queue, now: int) -> int:
    """Start jobs in order, as ``fifo.walk``; the first that waits, or -1."""
    s.counter[STAMP] += 1
    stamp, first, w = s.counter[STAMP], -1, q.waiting
    while True:
        own, own_rank = -1, FAR
        for number in range(w.first.shape[0]):
            kind = w.kind[number]
            open_kind = s.closed[kind] != stamp and w.gpus[number] <= s.most[kind]
            if open_kind and w.first[number] < own_rank:
                own, own_rank = number, w.first[number]
        if own < 0:
            return first
        job, kind = int(w.job[w.head[own]]), w.kind[own]
        pool = roomy(s, kind, w.gpus[own], stamp)
        if pool != WAITS:
            begin(s, q, job, pool, now)
            continue
        if first < 0:
            first = job
        s.closed[kind] = stamp
        for number in range(s.ordered[kind]):
            s.blocked[s.order[kind, number]] = stamp


@inlined
def reserve(s: State, q: Queue, job: int, now: int) -> None:
    """Keep for a job the pool where it could start soonest by requested times."""
    kind, gpus = s.jobs.kind[job], s.jobs.gpus[job]
    q.kept[FIRST], q.kept[POOL], q.kept[AT] = job, WAITS, FAR
    for number in range(s.ordered[kind]):
        pool = s.order[kind, number]
        free, at, row = s.free[pool], now, q.rows.key[pool]
        for place in range(q.rows.low[pool], q.rows.high[pool]):
            end = row[place] >> JOB_BITS
            if (free >= gpus and end > at) or at >= q.kept[AT]:
                break
            free, at = free + s.jobs.gpus[row[place] & JOB_MASK], end
        if free >= gpus and at < q.kept[AT]:
            q.kept[POOL], q.kept[AT], q.kept[SPARE] = pool, at, free - gpus


@inlined
def passing(s: State, q: Queue, job: int, now: int) -> bool:
    """Let a job start if it does not delay the first that waits; says whether it did."""
    kind, gpus, kept = s.jobs.kind[job], s.jobs.gpus[job], q.kept
    late = delays = False
    if kept[POOL] != WAITS:
        late = now + scaled(s.jobs.requested[job], s.speed[kind, kept[POOL]]) > kept[AT]
        delays = late and gpus > kept[SPARE]
    for number in range(s.ordered[kind]):
        pool = s.order[kind, number]
        if s.free[pool] >= gpus and not (delays and pool == kept[POOL]):
            if late and pool == kept[POOL]:
                kept[SPARE] -= gpus
            begin(s, q, job, pool, now)
            return True
    return False


@inlined
def seek(s: State, q: Queue, own: int, slot: Place, now: Instant) -> int:
    """The first slot of a class, from one on, whose job might pass; FAR: none."""
    w, kept = q.waiting, q.kept
    kind, gpus = w.kind[own], w.gpus[own]
    room = other = False
    for number in range(s.ordered[kind]):
        pool = s.order[kind, number]
        if s.free[pool] >= gpus:
            room = True
            other |= pool != kept[POOL]
    if not room:
        return FAR
    limit = FAR - 1
    if kept[POOL] != WAITS and not other and gpus > kept[SPARE]:
        limit = (kept[AT] - now) * s.speed[kind, kept[POOL]] // PPM
    return find(w, slot, w.offset[own + 1], limit)


@inlined
def pass_all(s: State, q: Queue, now: int) -> None:
    """Let every waiting job pass that may, in order."""
    w = q.waiting
    for own in range(w.first.shape[0]):
        head = w.head[own]
        w.candidate[own] = FAR if head == FAR else seek(s, q, own, head, now)
    while True:
        own, own_rank = -1, FAR
        for number in range(w.candidate.shape[0]):
            if w.candidate[number] != FAR:
                rank = rank_of(w, w.job[w.candidate[number]])
                if rank < own_rank:
                    own, own_rank = number, rank
        if own < 0:
            return
        slot = w.candidate[own]
        if w.job[slot] != q.kept[FIRST]:
            passing(s, q, int(w.job[slot]), now)
        w.candidate[own] = seek(s, q, own, slot + 1, now)


@inlined
def submit(s: State, q: Queue, at: int) -> bool:
    """Queue what is submitted by now; says whether some of it might start in order."""
    following, fresh, w = s.counter[NEXT], False, q.waiting
    while following < s.jobs.submit.shape[0] and s.jobs.submit[following] <= at:
        kind, gpus = s.jobs.kind[following], s.jobs.gpus[following]
        fresh |= s.waiting[kind] == 0 or w.rank.shape[0] > 0 or s.most[kind] < s.large[kind]
        s.waiting[kind] += gpus
        put(w, following, s.jobs.requested[following])
        following += 1
    s.counter[NEXT] = following
    return fresh


@compiled
def play(
    s: State, q: Queue, span: tuple[int, int], mode: tuple[bool, bool, bool]
) -> tuple[int, int]:
    """As ``fifo.play``, with later jobs passing."""
    changed, released, watching = mode
    at = span[0] if changed or released else next_instant(s)
    while at < span[1]:
        if not released:
            released = release(s, q, at)
            if released and watching:
                return FREED, at
        known = s.counter[NEXT]
        fresh = submit(s, q, at)
        anew = changed or released or (fresh and q.waiting.rank.shape[0] > 0)
        if anew or fresh:
            first = in_order(s, q, at)
            if first >= 0 and (anew or first != q.kept[FIRST]):
                reserve(s, q, first, at)
                anew = True
            q.kept[FIRST] = first
        if q.kept[FIRST] >= 0:
            if anew:
                pass_all(s, q, at)
            else:
                for job in range(known, s.counter[NEXT]):
                    if s.start[job] == WAITS and job != q.kept[FIRST]:
                        passing(s, q, job, at)
        changed = released = False
        at = next_instant(s)
    return DONE, FAR
