"""Waiting jobs in classes, each a queue in order of rank.

A class holds its jobs in its own stretch of one array. While ranks follow the order of
submission a queue only grows at its tail, and a job comes back to its place by moving the few
before it; otherwise the stretch is a binary heap.
"""

from typing import NamedTuple

from offtake.sim.kernel.jit import I32, I64, inlined
from offtake.sim.kernel.state import FAR


class Queues(NamedTuple):
    """Waiting jobs by class: kinds under ``fifo``, kind and GPUs under ``first_fit``."""

    of: I32  # (jobs,) the class of each job.
    rank: I32  # (jobs,), or empty where ranks follow the order of submission.
    slot: I32  # (jobs,) job numbers; class ``c`` owns ``offset[c]`` to ``offset[c + 1]``.
    offset: I64
    head: I64  # (classes,) where a queue begins in its stretch.
    size: I64  # (classes,)
    first: I64  # (classes,) the rank of the first in the queue; FAR when it is empty.
    kind: I64  # (classes,)
    gpus: I64  # (classes,) of its jobs, or 0 where they differ.


@inlined
def rank_of(q: Queues, job: int) -> int:
    """The rank of a job."""
    return int(q.rank[job]) if q.rank.shape[0] else job


@inlined
def enqueue(q: Queues, job: int) -> None:
    """Put a job that is submitted now into its queue."""
    own = q.of[job]
    size = q.size[own]
    q.size[own] = size + 1
    if q.rank.shape[0]:
        _rise(q, q.offset[own], size, job)
        q.first[own] = q.rank[q.slot[q.offset[own]]]
        return
    q.slot[q.offset[own] + q.head[own] + size] = job
    if size == 0:
        q.first[own] = job


@inlined
def restore(q: Queues, job: int) -> None:
    """Put a job that had left its queue back into its place."""
    if q.rank.shape[0]:
        enqueue(q, job)
        return
    own = q.of[job]
    q.head[own] -= 1  # It left from here: there is room in front.
    q.size[own] += 1
    place = q.offset[own] + q.head[own]
    last = place + q.size[own] - 1
    while place < last and q.slot[place + 1] < job:
        q.slot[place] = q.slot[place + 1]
        place += 1
    q.slot[place] = job
    q.first[own] = q.slot[q.offset[own] + q.head[own]]


@inlined
def front(q: Queues, own: int) -> int:
    """The first job of a queue."""
    return int(q.slot[q.offset[own] + q.head[own]])


@inlined
def dequeue(q: Queues, own: int) -> None:
    """Drop the first job of a queue."""
    size = q.size[own] - 1
    q.size[own] = size
    offset = q.offset[own]
    if q.rank.shape[0] == 0:
        q.head[own] += 1
        q.first[own] = q.slot[offset + q.head[own]] if size else FAR
        return
    if size:
        _sink(q, offset, size, q.slot[offset + size])
    q.first[own] = q.rank[q.slot[offset]] if size else FAR


@inlined
def _rise(q: Queues, offset: int, place: int, job: int) -> None:
    rank = q.rank[job]
    while place > 0:
        above = (place - 1) >> 1
        other = q.slot[offset + above]
        if q.rank[other] <= rank:
            break
        q.slot[offset + place] = other
        place = above
    q.slot[offset + place] = job


@inlined
def _sink(q: Queues, offset: int, size: int, job: int) -> None:
    rank, place = q.rank[job], 0
    while True:
        below = 2 * place + 1
        if below >= size:
            break
        if below + 1 < size and (
            q.rank[q.slot[offset + below + 1]] < q.rank[q.slot[offset + below]]
        ):
            below += 1
        other = q.slot[offset + below]
        if q.rank[other] >= rank:
            break
        q.slot[offset + place] = other
        place = below
    q.slot[offset + place] = job


@inlined
def earliest(q: Queues, closed: I64, stamp: int) -> int:
    """The class whose first job is the first of all, among kinds not closed; -1: none waits."""
    best, best_rank = -1, FAR
    for own in range(q.first.shape[0]):
        if q.first[own] < best_rank and closed[q.kind[own]] != stamp:
            best, best_rank = own, q.first[own]
    return best
