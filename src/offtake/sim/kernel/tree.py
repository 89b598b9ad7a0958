"""Waiting jobs in classes with an index: the first of a class that asks for little enough time.

Each job has a fixed slot: its class's stretch, in order of rank. A slot holds what its job asks
for while it waits, ``SOON`` else; above the slots lie levels of minima over ``FAN`` each, so that
the first slot under a limit is found without looking at those above it. Requests of ``SOON``
(68 years) and more count as alike: whoever is found is asked for the exact time anyway.
"""

from typing import NamedTuple

from offtake.sim.kernel.jit import I32, I64, Instant, Place, inlined
from offtake.sim.kernel.state import FAR, SOON

FAN_BITS = 4
FAN = 1 << FAN_BITS


class Waiting(NamedTuple):
    """All waiting jobs by class of kind and GPUs."""

    of: I32  # (jobs,) the class of each job.
    slot: I32  # (jobs,)
    job: I32  # (jobs,) by slot.
    rank: I32  # (jobs,), or empty where ranks follow the order of submission.
    offset: I64  # (classes + 1,)
    kind: I64  # (classes,)
    gpus: I64  # (classes,)
    head: I64  # (classes,) the slot of the first that waits; FAR where none does.
    first: I64  # (classes,) its rank; FAR where none waits.
    tail: I64  # (classes,) behind the slot of the last that ever waited.
    least: I32  # The levels one behind the other.
    level: I64  # Where each level begins, and the end of the last.
    candidate: I64  # (classes,) scratch.
    bound: I64  # (classes,) none that waits asks for less, as far as is known.


@inlined
def rank_of(w: Waiting, job: int) -> int:
    """The rank of a job."""
    return int(w.rank[job]) if w.rank.shape[0] else job


@inlined
def put(w: Waiting, job: int, asked: int) -> None:
    """A job waits."""
    slot, own = w.slot[job], w.of[job]
    place, asked = slot, min(asked, SOON - 1)
    for level in range(w.level.shape[0] - 1):
        if level > 0 and w.least[w.level[level] + place] <= asked:
            break
        w.least[w.level[level] + place] = asked
        place >>= FAN_BITS
    if slot < w.head[own]:
        w.head[own] = slot
        w.first[own] = rank_of(w, job)
    w.bound[own] = min(w.bound[own], asked)
    w.tail[own] = max(w.tail[own], slot + 1)


@inlined
def take(w: Waiting, job: int) -> None:
    """A job waits no longer."""
    slot, own = w.slot[job], w.of[job]
    asked = w.least[slot]
    w.least[slot] = SOON
    place = slot >> FAN_BITS
    for level in range(1, w.level.shape[0] - 1):
        below, end = w.level[level - 1], w.level[level]
        if w.least[end + place] < asked:  # Another asks for less.
            break
        best = SOON
        start = below + (place << FAN_BITS)
        for number in range(start, min(start + FAN, end)):
            best = min(best, w.least[number])
        if w.least[end + place] == best:
            break
        w.least[end + place] = best
        place >>= FAN_BITS
    if slot == w.head[own]:
        following = find(w, slot + 1, w.tail[own], SOON)
        w.head[own] = following
        w.first[own] = FAR if following == FAR else rank_of(w, w.job[following])


@inlined
def find(w: Waiting, slot: Place, end: Place, limit: Instant) -> int:
    """The first slot in ``[slot, end)`` whose job asks for at most ``limit``; FAR: none."""
    level, place, limit = 0, slot, min(limit, SOON - 1)
    last = w.level.shape[0] - 2
    while True:
        begin = w.level[level]
        if (place << (FAN_BITS * level)) >= end:
            return FAR
        stop = min((place | (FAN - 1)) + 1, w.level[level + 1] - begin)
        while place < stop and w.least[begin + place] > limit:
            place += 1
        if place < stop:
            break
        if level == last:
            return FAR
        place = (place + FAN - 1) >> FAN_BITS
        level += 1
    while level > 0:
        level -= 1
        place <<= FAN_BITS
        while w.least[w.level[level] + place] > limit:
            place += 1
    return place if place < end else FAR
