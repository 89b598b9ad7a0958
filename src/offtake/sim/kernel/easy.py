"""``easy`` backfilling, compiled and exact: every waiting job may pass, however far behind.

As ``backfill.easy``, with what makes it fast: jobs of one kind and one number of GPUs fit
alike, so a class is asked only for its first job that asks for little enough time (``tree``);
and what is kept for the first waiting job stands until a job ends, something changes, or
another job becomes the first. So at a mere submission only what was submitted is looked at.
"""

from typing import NamedTuple

from offtake.sim.kernel import node
from offtake.sim.kernel.jit import I64, Instant, Job, Place, Pool, compiled, inlined
from offtake.sim.kernel.row import Rows, add, drop
from offtake.sim.kernel.state import (
    DONE,
    FAR,
    FREED,
    JOB_BITS,
    JOB_MASK,
    NEXT,
    RUNNING,
    SOON,
    STALE,
    STAMP,
    WAITS,
    State,
    back,
    block,
    fit,
    fits,
    launch,
    next_instant,
    pop,
    roomier,
    roomy,
    scaled,
)
from offtake.sim.kernel.tree import Waiting, find, put, rank_of, take
from offtake.sim.placement import WHOLE_MILLI
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
    """What stands for a running job in its pool's row."""
    pool = s.pool[job]
    asked = scaled(s.jobs.requested[job], s.speed[s.jobs.kind[job], pool])
    told = job if node.stated(s.nodes, pool) else s.jobs.gpus[job]
    return int((s.start[job] + asked) << JOB_BITS | told)


@inlined
def release(s: State, q: Queue, at: int) -> tuple[bool, bool, bool]:
    """Take back the GPUs of jobs that have ended.

    Returns:
        Whether any had; whether a pool now has room for the first that blocks it; whether any
        ended before it had said.
    """
    running, stamp, room, early = s.counter[RUNNING], s.counter[STAMP], False, False
    before = running
    while running > 0 and s.heap[0] >> JOB_BITS <= at:
        job = s.heap[0] & JOB_MASK
        pop(s.heap, running)
        running -= 1
        pool, key = s.pool[job], asked_key(s, job)
        early |= key >> JOB_BITS > at
        drop(q.rows, pool, key)
        back(s, job, pool)
        room |= s.blocked[pool] == stamp and roomier(s, pool)
    s.counter[RUNNING] = running
    return bool(running < before), bool(room), bool(early)


@inlined
def begin(s: State, q: Queue, job: Job, pool: Pool, now: Instant) -> None:
    """Start a job that is in no queue."""
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
        pool = roomy(s, job, w.gpus[own], stamp)
        if pool != WAITS:
            take(w, job)
            begin(s, q, job, pool, now)
            continue
        if first < 0:
            first = job
        block(s, kind, w.gpus[own], stamp)


@inlined
def soonest(s: State, q: Queue, job: Job, pool: Pool, now: Instant) -> int:
    """When a job has room on a pool of nodes by requested times; FAR: never."""
    n, gpus, free, at = s.nodes, s.jobs.gpus[job], s.free[pool], now
    trial, row = n.trial, q.rows.key[pool]
    for place in range(n.first[pool], n.first[pool + 1]):
        for column in range(trial.shape[1]):
            trial[place, column] = n.table[place, column]
    for place in range(q.rows.low[pool], q.rows.high[pool]):
        end, other = row[place] >> JOB_BITS, row[place] & JOB_MASK
        if end > at and node.fits(n, trial, job, (pool, gpus, free)):
            break
        free += node.give(n, trial, other, pool, s.jobs.gpus[other])
        at = end
    return int(at) if node.fits(n, trial, job, (pool, gpus, free)) else FAR


@inlined
def reserve(s: State, q: Queue, job: int, now: int) -> None:
    """Keep for a job the pool where it could start soonest by requested times."""
    kind, gpus = s.jobs.kind[job], s.jobs.gpus[job]
    q.kept[FIRST], q.kept[POOL], q.kept[AT] = job, WAITS, FAR
    for number in range(s.ordered[kind]):
        pool = s.order[kind, number]
        if node.stated(s.nodes, pool):
            at = soonest(s, q, job, pool, now)
            if at < q.kept[AT]:
                q.kept[POOL], q.kept[AT], q.kept[SPARE] = pool, at, 0
            continue
        free, at, row = s.free[pool], now, q.rows.key[pool]
        for place in range(q.rows.low[pool], q.rows.high[pool]):
            end = row[place] >> JOB_BITS
            if (free >= gpus and end > at) or at >= q.kept[AT]:
                break
            free, at = free + (row[place] & JOB_MASK), end
        if free >= gpus and at < q.kept[AT]:
            q.kept[POOL], q.kept[AT], q.kept[SPARE] = pool, at, free - gpus


@inlined
def passing(s: State, q: Queue, job: int, now: int) -> int:
    """The pool where a job may start without delaying the first that waits, or WAITS.

    What the job takes of that pool's spare GPUs is taken.
    """
    kind, gpus, kept = s.jobs.kind[job], s.jobs.gpus[job], q.kept
    late = delays = False
    if kept[POOL] != WAITS:
        late = now + scaled(s.jobs.requested[job], s.speed[kind, kept[POOL]]) > kept[AT]
        delays = late and gpus > kept[SPARE]
    for number in range(s.ordered[kind]):
        pool = s.order[kind, number]
        if not (delays and pool == kept[POOL]) and fits(s, job, pool, gpus):
            if late and pool == kept[POOL]:
                kept[SPARE] -= gpus
            return int(pool)
    return WAITS


@inlined
def seek(s: State, q: Queue, own: int, slot: Place, now: Instant) -> int:
    """The first slot of a class, from one on, whose job might pass; FAR: none."""
    w, kept = q.waiting, q.kept
    kind, gpus, like = w.kind[own], w.gpus[own], w.job[w.offset[own]]
    room = other = False
    for number in range(s.ordered[kind]):
        pool = s.order[kind, number]
        if fits(s, like, pool, gpus):
            room = True
            other |= pool != kept[POOL]
    if not room:
        return FAR
    limit = FAR - 1
    if kept[POOL] != WAITS and not other and gpus > kept[SPARE]:
        limit = kept[AT] - now
        if s.speed[kind, kept[POOL]] != PPM:
            limit = limit * s.speed[kind, kept[POOL]] // PPM
    if limit < w.bound[own]:
        return FAR
    found = find(w, slot, w.tail[own], limit)
    if found == FAR and slot == w.head[own] and limit < SOON:
        w.bound[own] = limit + 1  # The limit sinks until more is kept: seek once, not each time.
    return found


@inlined
def leads(s: State, w: Waiting, job: int) -> bool:
    """Whether nobody of a job's kind waits before it, but for those that no pool could hold."""
    kind, rank = s.jobs.kind[job], rank_of(w, job)
    for number in range(w.first.shape[0]):
        counts = w.kind[number] == kind and w.gpus[number] <= s.most[kind]
        if counts and w.first[number] < rank:
            return False
    return True


@inlined
def pass_all(s: State, q: Queue, now: int) -> None:
    """Let every waiting job pass that may, in order."""
    w, most, fitting = q.waiting, 0, False
    for pool in range(s.free.shape[0]):
        most = max(most, s.free[pool])
    for own in range(w.first.shape[0]):
        w.candidate[own] = FAR
        part = node.share_of(s.nodes, w.job[w.offset[own]]) < WHOLE_MILLI  # It may join another.
        if (part or w.gpus[own] <= most) and w.head[own] != FAR:
            w.candidate[own] = seek(s, q, own, w.head[own], now)
            fitting |= w.candidate[own] != FAR
    while fitting:
        own, own_rank = -1, FAR
        for number in range(w.candidate.shape[0]):
            if w.candidate[number] != FAR:
                rank = rank_of(w, w.job[w.candidate[number]])
                if rank < own_rank:
                    own, own_rank = number, rank
        if own < 0:
            return
        slot = w.candidate[own]
        job = int(w.job[slot])
        pool = WAITS if job == q.kept[FIRST] else passing(s, q, job, now)
        if pool != WAITS:
            take(w, job)
            begin(s, q, job, pool, now)
            if s.closed.shape[0] > 1 and leads(
                s, w, job
            ):  # It blocked pools that are open to others from now on.
                s.counter[STALE] = 1
        w.candidate[own] = seek(s, q, own, slot + 1, now)


@inlined
def arrive(s: State, q: Queue, job: int, now: int) -> None:
    """Start a job that is submitted while nothing else happens, or let it wait.

    As ``fifo.arrive``, and what is kept for the first that waits stands. Only where ranks
    follow the order of submission.
    """
    kind, gpus, stamp, pool = s.jobs.kind[job], s.jobs.gpus[job], s.counter[STAMP], WAITS
    passes, first = q.kept[FIRST] >= 0, s.closed[kind] != stamp
    if first:
        pool = roomy(s, job, gpus, stamp)
        if pool == WAITS and gpus <= s.most[kind]:
            block(s, kind, gpus, stamp)
            if not passes:
                reserve(s, q, job, now)
    if pool == WAITS and passes:
        pool = passing(s, q, job, now)
        if first and pool != WAITS:  # As in ``pass_all``.
            s.counter[STALE] = 1
    if pool == WAITS:
        put(q.waiting, job, s.jobs.requested[job])
    else:
        begin(s, q, job, pool, now)


@inlined
def look(s: State, q: Queue, now: Instant, found: tuple[bool, bool]) -> None:
    """Start whom the queue's order lets start, then whoever may pass.

    Args:
        s: The jobs, and where things stand.
        q: Who waits, and what is kept.
        now: The instant.
        found: Whether anybody might start in order; whether what is kept may have changed.
    """
    ordered, anew = found
    first = q.kept[FIRST]
    if ordered:
        s.counter[STALE] = 0
        first = in_order(s, q, now)
    if first >= 0 and (anew or first != q.kept[FIRST]):
        reserve(s, q, first, now)
    q.kept[FIRST] = first
    if first >= 0:
        pass_all(s, q, now)


@compiled
def play(
    s: State, q: Queue, span: tuple[int, int], mode: tuple[bool, bool, bool]
) -> tuple[int, int]:
    """As ``fifo.play``, with later jobs passing."""
    changed, released, watching = mode
    changed |= released  # What ended before this call may have made room.
    at = span[0] if changed else next_instant(s)
    if changed:
        fit(s)
    count = s.jobs.submit.shape[0]
    while at < span[1]:
        room = early = False
        if not released:
            released, room, early = release(s, q, at)
            if released and watching:
                return FREED, at
        following = known = s.counter[NEXT]
        ranked, stale = q.waiting.rank.shape[0] > 0, s.counter[STALE] == 1
        queued = changed or released or ranked or stale
        while following < count and s.jobs.submit[following] <= at:
            s.waiting[s.jobs.kind[following]] += s.jobs.gpus[following]
            if queued:
                put(q.waiting, following, s.jobs.requested[following])
            else:
                arrive(s, q, following, at)
            following += 1
        s.counter[NEXT] = following
        if queued:
            fresh = known < following
            anew = changed or room or early or (ranked and fresh)
            look(s, q, at, (changed or room or fresh or stale, anew))
        changed = released = False
        at = next_instant(s)
    return DONE, FAR
