"""``fifo`` where all jobs are of one kind and may use one pool: the queue is the trace itself.

Nobody overtakes, so each job starts once the one before it has started, it is submitted, and
enough others have ended: no instant needs a look at queues. What is left in the arrays is what
``fifo.play`` would leave, and either goes on where the other stopped.
"""

from offtake.sim.kernel.jit import compiled, inlined
from offtake.sim.kernel.queue import Queues
from offtake.sim.kernel.state import (
    DONE,
    FAR,
    JOB_BITS,
    JOB_MASK,
    NEXT,
    RUNNING,
    STAMP,
    State,
    block,
    fit,
    pop,
    push,
    scaled,
)


def suits(s: State, q: Queues) -> bool:
    """Whether the queue and its pools are of this simple shape now."""
    one = len(q.size) == len(s.ordered) == 1 and s.ordered[0] == 1 and not len(q.rank)
    if not one or len(s.nodes.table):
        return False
    if s.large[0] > s.capacity[s.order[0, 0]]:  # A job that no pool could hold waits aside.
        return False
    head, size = int(q.head[0]), int(q.size[0])
    # A job that an outage sent back stands before others that have started.
    return size == 0 or bool(q.slot[head] == head and size == s.counter[NEXT] - head)


@inlined
def leave(s: State, q: Queues, head: int, until: int) -> None:
    """Queue what is submitted before ``until``; the jobs from ``head`` on wait."""
    following, gpus = s.counter[NEXT], 0
    while following < s.jobs.submit.shape[0] and s.jobs.submit[following] < until:
        gpus += s.jobs.gpus[following]
        if following >= head:
            q.slot[following] = following
        following += 1
    s.waiting[0] += gpus
    s.counter[NEXT] = following
    s.counter[STAMP] += 1
    if head < following:
        block(s, 0, s.jobs.gpus[head], s.counter[STAMP])
    q.head[0], q.size[0] = head, following - head
    q.first[0] = head if head < following else FAR


@compiled
def play(
    s: State, q: Queues, span: tuple[int, int], mode: tuple[bool, bool, bool]
) -> tuple[int, int]:
    """As ``fifo.play`` where nobody asks to come back when jobs end."""
    at, until = span
    if mode[0]:
        fit(s)
    pool, running, count = s.order[0, 0], s.counter[RUNNING], s.jobs.submit.shape[0]
    speed = s.speed[0, pool]
    free, begun, begun_gpu_s = s.free[pool], 0, 0
    head = q.head[0] if q.size[0] else s.counter[NEXT]
    heap, submit = s.heap, s.jobs.submit
    while True:
        gpus, last = FAR, until - 1  # With no job left to start, all ends are taken back.
        if head < count and submit[head] < until:
            at = max(at, submit[head])
            gpus, last = s.jobs.gpus[head], at
        while running > 0:
            end = heap[0] >> JOB_BITS
            if end >= until or (end > last and free >= gpus):
                break
            at, job = max(at, end), heap[0] & JOB_MASK
            pop(heap, running)
            running -= 1
            if s.pool[job] == pool:
                free += s.jobs.gpus[job]
            else:
                s.free[s.pool[job]] += s.jobs.gpus[job]
        if free < gpus:
            break
        run = scaled(s.jobs.run[head], speed)
        s.start[head], s.pool[head] = at, pool
        push(heap, running, (at + run) << JOB_BITS | head)
        running += 1
        free -= gpus
        begun += gpus
        begun_gpu_s += gpus * run
        head += 1
    s.free[pool], s.counter[RUNNING] = free, running
    s.waiting[0] -= begun
    s.started[pool] += begun_gpu_s
    leave(s, q, head, until)
    return DONE, FAR
