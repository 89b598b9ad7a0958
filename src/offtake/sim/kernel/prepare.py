"""The compiled engine's arrays, laid out for the jobs and the discipline at hand."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from offtake.sim.kernel import alone, conservative, easy, fifo, first_fit
from offtake.sim.kernel import queue as queues
from offtake.sim.kernel import tree as trees
from offtake.sim.kernel.conservative import Plan
from offtake.sim.kernel.easy import Queue
from offtake.sim.kernel.jit import I32, I64
from offtake.sim.kernel.node import NOBODY, OPEN, OWNER, SIZE, SLOTS, USED, Nodes
from offtake.sim.kernel.queue import Queues
from offtake.sim.kernel.row import Rows, drop
from offtake.sim.kernel.state import COUNTERS, FAR, LIMIT_SPAN_S, SOON, WAITS, Columns, State
from offtake.sim.kernel.state import release as release_counted
from offtake.sim.kernel.tree import FAN, Waiting
from offtake.sim.placement import (
    CONSERVATIVE,
    EASY,
    FIRST_FIT,
    SHORTEST_FIRST,
    SHORTEST_FIRST_DEADLINE,
    WHOLE_MILLI,
    Jobs,
    ranks,
)
from offtake.units.capacity import PPM

Held = Queues | Queue | Plan
"""What a discipline keeps of waiting jobs."""
SHORTEST = (SHORTEST_FIRST, SHORTEST_FIRST_DEADLINE)
SPARSE = 1 << 16
"""Tables may be this much longer than there are jobs before sorting is cheaper."""
Loop = Callable[..., tuple[int, int]]


def zero_s(submit_s: I64) -> int:
    """From where an engine counts its seconds: its times must be at least 0 and fit its keys."""
    first_s = int(submit_s[0]) if len(submit_s) else 0
    return 0 if 0 <= first_s < LIMIT_SPAN_S // 4 else first_s


def state(jobs: Columns, share: I32) -> State:
    """Nothing has started; there are no pools yet. ``share`` as in ``Nodes``."""
    count = len(jobs.submit)
    kinds = int(jobs.kind.max()) + 1 if count else 0
    large = np.zeros(kinds, np.int64)
    np.maximum.at(large, jobs.kind, jobs.gpus)
    return State(
        jobs=jobs,
        start=np.full(count, WAITS, np.int64),
        pool=np.full(count, WAITS, np.int32),
        heap=np.empty(count + 1, np.int64),
        parked=np.empty(count, np.int32),
        counter=np.zeros(COUNTERS, np.int64),
        capacity=np.zeros(0, np.int64),
        free=np.zeros(0, np.int64),
        started=np.zeros(0, np.int64),
        order=np.zeros((kinds, 0), np.int32),
        ordered=np.zeros(kinds, np.int64),
        waiting=np.zeros(kinds, np.int64),
        most=np.zeros(kinds, np.int64),
        large=large,
        speed=np.full((kinds, 0), PPM, np.int64),
        blocked=np.zeros(0, np.int64),
        need=np.zeros(0, np.int64),
        closed=np.zeros(kinds, np.int64),
        nodes=Nodes(
            first=np.zeros(1, np.int64),
            largest=np.zeros(0, np.int64),
            table=np.zeros((0, SLOTS), np.int64),
            trial=np.zeros((0, SLOTS), np.int64),
            share=share,
            at=np.zeros(0, np.int32),
            slot=np.zeros(0, np.int32),
        ),
    )


def with_pools(s: State, pools: int) -> State:
    """The same state with room for so many pools."""
    new = pools - len(s.free)
    wide = ((0, 0), (0, new))
    return s._replace(
        capacity=np.pad(s.capacity, (0, new)),
        free=np.pad(s.free, (0, new)),
        started=np.pad(s.started, (0, new)),
        blocked=np.pad(s.blocked, (0, new)),
        need=np.pad(s.need, (0, new)),
        order=np.pad(s.order, wide),
        speed=np.pad(s.speed, wide, constant_values=PPM),
    )


def with_nodes(s: State, sizes: Sequence[int]) -> State:
    """The same state where the last pool has these nodes, closed as yet; or none."""
    n, count = s.nodes, len(s.start) if sizes else 0
    width = SLOTS + max(sizes, default=0)
    old = np.pad(n.table, ((0, 0), (0, max(width - n.table.shape[1], 0))))
    new = np.zeros((len(sizes), old.shape[1]), np.int64)
    new[:, SIZE], new[:, OWNER] = sizes, NOBODY
    table = np.concatenate([old, new])
    first = np.append(n.first, n.first[-1] + len(sizes))
    nodes = n._replace(
        first=first,
        largest=np.append(n.largest, max(sizes, default=0)),
        table=table,
        trial=np.empty_like(table),
        at=n.at if len(n.at) else np.zeros(count, np.int32),
        slot=n.slot if len(n.slot) else np.zeros(count, np.int32),
    )
    return s._replace(nodes=nodes)


def resize(s: State, pool: int, gpus: int) -> None:
    """Open a pool's first nodes up to a capacity; the last of them may be open in part."""
    rows = s.nodes.table[s.nodes.first[pool] : s.nodes.first[pool + 1]]
    before = np.cumsum(rows[:, SIZE]) - rows[:, SIZE]
    rows[:, OPEN] = np.clip(gpus - before, 0, rows[:, SIZE])
    s.free[pool] = rows[:, OPEN].sum() - rows[:, USED].sum()
    s.capacity[pool] = _largest_held(rows, int(s.nodes.largest[pool]))


def _largest_held(rows: I64, largest: int) -> int:
    """The GPUs of the largest job that would fit if the nodes, as far as open, were empty."""
    whole = (rows[:, SIZE] == largest) & (rows[:, OPEN] == largest)
    rest = int(rows[~whole, OPEN].max(initial=0))
    return int(whole.sum()) * largest + rest


def shares(jobs: Jobs) -> I32:
    """Thousandths of each GPU by job; empty where all take whole ones."""
    nothing: I32 = np.empty(0, np.int32)
    if jobs.share_milli is None:
        return nothing
    share = np.asarray(jobs.share_milli, np.int32)
    return nothing if bool((share == WHOLE_MILLI).all()) else np.ascontiguousarray(share)


def ranked(jobs: Jobs, discipline: str) -> I32:
    """The rank of each job, or nothing where ranks follow the order of submission."""
    nothing: I32 = np.empty(0, np.int32)
    if discipline not in SHORTEST and not np.any(jobs.priority):
        return nothing
    rank = ranks(jobs, discipline)
    return nothing if (rank[1:] > rank[:-1]).all() else rank.astype(np.int32)


def queue(discipline: str, jobs: Columns, ranked: I32, share: I32) -> Held:
    """What a discipline keeps of waiting jobs, with nobody waiting."""
    count = len(jobs.submit)
    if discipline == CONSERVATIVE:
        return _plan(count, ranked)
    if discipline == EASY:
        return Queue(
            _waiting(jobs, ranked, share), _rows(0, 0), np.array([-1, WAITS, FAR, 0], np.int64)
        )
    return _queues(jobs, ranked, share if discipline == FIRST_FIT else None)


ALIKE = WHOLE_MILLI + 1
"""Sizes of jobs that fit alike: GPUs times this, and the share of each."""


def classes(jobs: Columns, share: I32 | None) -> tuple[I32, I64, I64]:
    """The class of each job; the kind and GPUs of each class.

    With a ``share`` (as in ``Nodes``), classes are of jobs that fit alike: of one kind, GPUs and
    share of each; without, of one kind, and the GPUs are 0.
    """
    if share is None:
        of, kind, size = _numbered(jobs.kind, 1)
    elif not len(share):
        width = int(jobs.gpus.max(initial=0)) + 1
        of, kind, size = _numbered(jobs.kind * width + jobs.gpus, width)
    else:
        sizes = jobs.gpus * ALIKE + share
        width = int(sizes.max(initial=0)) + 1
        of, kind, size = _numbered(jobs.kind * width + sizes, width)
        size //= ALIKE
    return of, kind, size


def _numbered(keys: I64, width: int) -> tuple[I32, I64, I64]:
    """Keys numbered in order; the parts of each, which are ``width`` apart."""
    most = int(keys.max(initial=-1)) + 1
    if most > len(keys) + SPARSE:
        distinct, of = np.unique(keys, return_inverse=True)
        return of.astype(np.int32), distinct // width, distinct % width
    present = np.zeros(most, np.bool_)
    present[keys] = True
    number = np.cumsum(present, dtype=np.int32) - 1
    distinct = np.flatnonzero(present)
    return number.astype(np.int32)[keys], distinct // width, distinct % width


def _queues(jobs: Columns, rank: I32, alike: I32 | None) -> Queues:
    of, kind, gpus = classes(jobs, alike)
    sizes = np.bincount(of, minlength=len(kind)).astype(np.int64)
    return Queues(
        of=of,
        rank=rank,
        slot=np.empty(len(of), np.int32),
        offset=np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)]),
        head=np.zeros(len(kind), np.int64),
        size=np.zeros(len(kind), np.int64),
        first=np.full(len(kind), FAR, np.int64),
        kind=kind,
        gpus=gpus,
    )


def _waiting(jobs: Columns, rank: I32, share: I32) -> Waiting:
    of, kind, gpus = classes(jobs, share)
    if len(rank):
        by_rank = np.argsort(rank, kind="stable").astype(np.int32)
        job = by_rank[np.argsort(of[by_rank], kind="stable")]
    else:
        job = np.argsort(of, kind="stable").astype(np.int32)
    slot = np.empty(len(of), np.int32)
    slot[job] = np.arange(len(of), dtype=np.int32)
    sizes, length = [len(of)], len(of)
    while length > 1:
        length = -(-length // FAN)
        sizes.append(length)
    counts = np.bincount(of, minlength=len(kind)).astype(np.int64)
    return Waiting(
        of=of,
        slot=slot,
        job=job,
        rank=rank,
        offset=np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)]),
        kind=kind,
        gpus=gpus,
        head=np.full(len(kind), FAR, np.int64),
        first=np.full(len(kind), FAR, np.int64),
        tail=np.zeros(len(kind), np.int64),
        least=np.full(sum(sizes), SOON, np.int32),
        level=np.concatenate([np.zeros(1, np.int64), np.cumsum(np.array(sizes, np.int64))]),
        candidate=np.full(len(kind), FAR, np.int64),
        bound=np.zeros(len(kind), np.int64),
    )


def _plan(count: int, rank: I32) -> Plan:
    return Plan(
        rows=_rows(0, 0),
        rank=rank,
        queue=np.empty(count, np.int32),
        size=np.zeros(1, np.int64),
        at=np.empty(count, np.int64),
        pool=np.empty(count, np.int32),
        time=np.empty((0, 0), np.int64),
        free=np.empty((0, 0), np.int64),
        low=np.zeros(0, np.int64),
        high=np.zeros(0, np.int64),
    )


def _rows(pools: int, width: int) -> Rows:
    nothing = np.zeros(pools, np.int64)
    return Rows(np.empty((pools, width), np.int64), nothing, nothing.copy())


def fitted(held: Held, *, pools: int, most: int) -> Held:
    """What is kept with room for pools of so many GPUs: each job that runs has at least one."""
    if isinstance(held, Queues):
        return held
    count = len(held.waiting.of) if isinstance(held, Queue) else len(held.queue)
    rows, width = held.rows, 2 * min(most, count) + FAN
    if len(rows.low) < pools or rows.key.shape[1] < width:
        key = np.empty((pools, max(width, rows.key.shape[1])), np.int64)
        key[: len(rows.low), : rows.key.shape[1]] = rows.key
        new = pools - len(rows.low)
        rows = Rows(key, np.pad(rows.low, (0, new)), np.pad(rows.high, (0, new)))
    if isinstance(held, Queue):
        return held._replace(rows=rows)
    if len(held.low) < pools:  # The plan is made anew after any change.
        steps = (pools, 4 * count + FAN)  # Pages that are never touched take no memory.
        held = held._replace(
            time=np.empty(steps, np.int64),
            free=np.empty(steps, np.int64),
            low=np.zeros(pools, np.int64),
            high=np.zeros(pools, np.int64),
        )
    return held._replace(rows=rows)


def play(discipline: str, s: State, held: Any, *, watching: bool) -> Loop:
    """The compiled loop of a discipline, for how things stand."""
    loops: dict[str, Loop] = {
        FIRST_FIT: first_fit.play,
        EASY: easy.play,
        CONSERVATIVE: conservative.play,
    }
    if discipline in loops:
        return loops[discipline]
    return alone.play if not watching and alone.suits(s, held) else fifo.play


def release(discipline: str, s: State, held: Any, now: int) -> None:
    """Take back the GPUs of jobs that have ended by now."""
    if discipline == EASY:
        easy.release(s, held, now)
    elif discipline == CONSERVATIVE:
        conservative.release(s, held, now)
    else:
        release_counted(s, now)


def leave(discipline: str, s: State, held: Any, job: int) -> None:
    """A running job is ended by an outage."""
    if discipline in (EASY, CONSERVATIVE):
        drop(held.rows, int(s.pool[job]), int(easy.asked_key(s, job)))


def restore(discipline: str, s: State, held: Any, job: int) -> None:
    """A job returns to its place in the queue."""
    if discipline == EASY:
        trees.put(held.waiting, job, int(s.jobs.requested[job]))
    elif discipline == CONSERVATIVE:
        conservative.enqueue(held, job)
    else:
        queues.restore(held, job)
