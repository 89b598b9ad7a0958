"""``fifo`` and the ``shortest_first`` disciplines, compiled: in order, and who waits blocks.

All jobs of a kind may use the same pools. So once the first of a kind waits, all its pools are
blocked and nobody behind it needs a look: each kind is one queue, and only its first counts.
"""

from offtake.sim.kernel.jit import compiled, inlined
from offtake.sim.kernel.queue import Queues, dequeue, earliest, enqueue, front
from offtake.sim.kernel.state import (
    DONE,
    FAR,
    FREED,
    NEXT,
    PARKED,
    STAMP,
    WAITS,
    State,
    block,
    fit,
    launch,
    next_instant,
    release,
    roomy,
)


@inlined
def walk(s: State, q: Queues, now: int) -> None:
    """Start jobs in order; the first of a kind that waits blocks the pools of its kind."""
    s.counter[STAMP] += 1
    stamp = s.counter[STAMP]
    while True:
        own = earliest(q, s.closed, stamp)
        if own < 0:
            return
        job, kind = front(q, own), q.kind[own]
        gpus = s.jobs.gpus[job]
        pool = roomy(s, job, gpus, stamp)
        if pool != WAITS:
            dequeue(q, own)
            launch(s, job, pool, now)
        elif gpus > s.most[kind]:
            dequeue(q, own)
            s.parked[s.counter[PARKED]] = job
            s.counter[PARKED] += 1
        else:
            block(s, kind, gpus, stamp)


@inlined
def arrive(s: State, q: Queues, job: int, now: int) -> None:
    """Start a job that is submitted while nothing else happens, or let it wait.

    Who waits has waited since the last walk, and blocks what it blocked then. Only where ranks
    follow the order of submission.
    """
    own, gpus, stamp = q.of[job], s.jobs.gpus[job], s.counter[STAMP]
    kind = q.kind[own]
    if q.size[own]:
        enqueue(q, job)
        return
    pool = roomy(s, job, gpus, stamp)
    if pool != WAITS:
        q.head[own] += 1  # As if it had been queued: an outage may bring it back.
        launch(s, job, pool, now)
    elif gpus > s.most[kind]:
        q.head[own] += 1
        s.parked[s.counter[PARKED]] = job
        s.counter[PARKED] += 1
    else:
        enqueue(q, job)
        block(s, kind, gpus, stamp)


@compiled
def play(
    s: State, q: Queues, span: tuple[int, int], mode: tuple[bool, bool, bool]
) -> tuple[int, int]:
    """Play an instant if something changed, then all up to ``span[1]``.

    Args:
        s: The jobs, and where things stand.
        q: The queues, one a kind.
        span: From when, until when.
        mode: Whether anything changed at ``span[0]``; whether ends were taken back there
            already; whether to come back when jobs end.

    Returns:
        Why it came back, and at which instant.
    """
    changed, released, watching = mode
    at = span[0] if changed or released else next_instant(s)
    if changed:
        fit(s)
    count = s.jobs.submit.shape[0]
    while at < span[1]:
        if not released:
            released, room = release(s, at)
            if released and watching:
                return FREED, at
            released = room  # Else who waits waits on, and blocks what it blocked.
        following = s.counter[NEXT]
        anew = changed or released or q.rank.shape[0] > 0
        while following < count and s.jobs.submit[following] <= at:
            s.waiting[s.jobs.kind[following]] += s.jobs.gpus[following]
            if anew:
                enqueue(q, following)
            else:
                arrive(s, q, following, at)
            following += 1
        s.counter[NEXT] = following
        if anew:
            walk(s, q, at)
        changed = released = False
        at = next_instant(s)
    return DONE, FAR
