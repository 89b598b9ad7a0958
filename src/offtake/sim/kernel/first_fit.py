"""``first_fit``, compiled: whoever fits, in order.

Jobs of one kind and one number of GPUs fit alike, so each such class is a queue of which only
the first counts. Starting only takes: a class that does not fit will not at this instant.
"""

from offtake.sim.kernel.jit import compiled, inlined
from offtake.sim.kernel.queue import Queues, dequeue, enqueue, front
from offtake.sim.kernel.state import (
    DONE,
    FAR,
    FREED,
    NEXT,
    WAITS,
    State,
    launch,
    next_instant,
    release,
    roomy,
)

NOBODY = -1
"""No pool carries this stamp: nothing is blocked under ``first_fit``."""


@inlined
def walk(s: State, q: Queues, now: int) -> None:
    """Start whoever fits, in order."""
    while True:
        best, best_rank, best_pool = -1, FAR, WAITS
        for own in range(q.first.shape[0]):
            if q.first[own] < best_rank:
                pool = roomy(s, front(q, own), q.gpus[own], NOBODY)
                if pool != WAITS:
                    best, best_rank, best_pool = own, q.first[own], pool
        if best < 0:
            return
        job = front(q, best)
        dequeue(q, best)
        launch(s, job, best_pool, now)


@inlined
def arrive(s: State, q: Queues, job: int, now: int) -> None:
    """As ``fifo.arrive``: nobody who waits fits, nor does who is like them."""
    own = q.of[job]
    pool = WAITS if q.size[own] else roomy(s, job, q.gpus[own], NOBODY)
    if pool == WAITS:
        enqueue(q, job)
    else:
        q.head[own] += 1  # As if it had been queued: an outage may bring it back.
        launch(s, job, pool, now)


@compiled
def play(
    s: State, q: Queues, span: tuple[int, int], mode: tuple[bool, bool, bool]
) -> tuple[int, int]:
    """As ``fifo.play``; the queues are one for each kind and number of GPUs."""
    changed, released, watching = mode
    at = span[0] if changed or released else next_instant(s)
    count = s.jobs.submit.shape[0]
    while at < span[1]:
        if not released:
            released, _ = release(s, at)
            if released and watching:
                return FREED, at
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
