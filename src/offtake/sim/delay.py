"""What delayed GPU-hours waited for: a clause, a window, a delivery, supply, price, or a queue.

A run is cut at the instants where anything but jobs changes. A job that waits while a pool
which a clause forbids it has room for it waits for that clause; else for what the segment
says. Where that is the queue, a job for which no pool it may use is large enough waits for such
a pool. The GPU-seconds waited are counted exactly, to the second: causes sum to the total.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from offtake.demand.columns import Column
from offtake.sim.placement import Jobs, Lost


class Cause(NamedTuple):
    """Why workloads of a kind that wait at this moment wait."""

    label: str  # "clause", "first refusal", "lead time", "no supply", "price limit", ...
    clause: str = ""

    def __str__(self) -> str:
        return f"{self.label}: {self.clause}" if self.clause else self.label


QUEUE = Cause("queueing")
TOO_LARGE = Cause("no pool large enough")
Forbidden = tuple[tuple[int, str], ...]
"""(pool, clause) that suit a kind and may not be used."""
ANY_GPUS = 1 << 62


class Segment(NamedTuple):
    """From an instant on, by kind: the cause, the pools forbidden, the largest pool allowed."""

    from_s: int
    causes: tuple[Cause, ...]
    forbidden: tuple[Forbidden, ...] = ()
    largest_gpus: tuple[int, ...] = ()


class Room(NamedTuple):
    """From an instant on, the GPUs of a pool that jobs may hold: capacity less inference."""

    from_s: int
    pool: int
    gpus: int


class Schedule(NamedTuple):
    """When and where jobs ran, and what was lost; columns of shape (jobs,), -1: never."""

    start_s: Column
    pool: Column
    run_s: Column
    lost: Sequence[Lost] = ()


class _Waits(NamedTuple):
    """Waiting as pairs of ends: ``gpus`` wait from ``from_s`` to ``until_s``; may be negative."""

    from_s: Column
    until_s: Column
    gpus: Column

    def before(self, edges: Column) -> Column:
        """GPU-seconds waited before each edge, shape (edges,)."""
        return _passed(self.from_s, self.gpus, edges) - _passed(self.until_s, self.gpus, edges)


def waited_gpu_s(
    jobs: Jobs,
    schedule: Schedule,
    segments: Sequence[Segment],
    rooms: Sequence[Room],
    until_s: int,
) -> dict[Cause, int]:
    """GPU-seconds that jobs waited, by cause; jobs that never started wait to the end.

    While a job ran that an outage ended later, it did not wait (J7).
    """
    totals: dict[Cause, int] = defaultdict(int)
    if not segments or not len(schedule.start_s):
        return dict(totals)
    base_s = segments[0].from_s  # Keeps GPU-seconds small: no product passes int64.
    edges = np.array([segment.from_s for segment in segments] + [until_s], np.int64) - base_s
    free = _Free(jobs, schedule, rooms, base_s)
    for kind in range(len(segments[0].causes)):
        for gpus, waits in _classes(jobs, schedule, segments, kind, until_s):
            shifted = _Waits(waits.from_s - base_s, waits.until_s - base_s, waits.gpus)
            for cause, gpu_s in _by_cause(shifted, segments, edges, free.of(kind, gpus)):
                totals[cause] += gpu_s
    return {cause: gpu_s for cause, gpu_s in totals.items() if gpu_s}


def _classes(
    jobs: Jobs, schedule: Schedule, segments: Sequence[Segment], kind: int, until_s: int
) -> Iterator[tuple[int, _Waits]]:
    """(GPUs, waits) of a kind's jobs: apart by GPUs where size matters, else all at once."""
    own = np.asarray(jobs.kind, np.int64) == kind
    submit, gpus = np.asarray(jobs.submit_s, np.int64), np.asarray(jobs.gpus, np.int64)
    started = np.asarray(schedule.start_s, np.int64)
    ended = np.where(started < 0, until_s, np.minimum(started, until_s))
    own &= ended > submit
    lost = np.array([row for row in schedule.lost if jobs.kind[row.job] == kind], np.int64).reshape(
        -1, 4
    )
    from_s = np.concatenate([submit[own], lost[:, 2]])
    end_s = np.concatenate([ended[own], lost[:, 3]])
    held = np.concatenate([gpus[own], -gpus[lost[:, 0]]])
    size = np.concatenate([gpus[own], gpus[lost[:, 0]]])
    least = min((s.largest_gpus[kind] for s in segments if s.largest_gpus), default=ANY_GPUS)
    forbids = any(s.forbidden and s.forbidden[kind] for s in segments)
    for number in np.unique(size).tolist():
        if not forbids and number <= least:
            continue
        mine = size == number
        yield number, _Waits(from_s[mine], end_s[mine], held[mine])
    if not forbids:
        mine = size <= least
        yield 0, _Waits(from_s[mine], end_s[mine], held[mine])


class _HasRoom(NamedTuple):
    """What may keep jobs of a kind and a number of GPUs from starting (0: size does not matter)."""

    kind: int
    gpus: int
    steps: "_Free"  # By pool: instants, GPUs free from there on.


def _by_cause(
    waits: _Waits, segments: Sequence[Segment], edges: Column, room: _HasRoom
) -> Iterator[tuple[Cause, int]]:
    """Split what a class waited at the ends of segments and where forbidden pools get room."""
    kind, gpus = room.kind, room.gpus
    pools = {p for s in segments if s.forbidden for p, _ in s.forbidden[kind]} if gpus else set()
    turns = [edges, *(_flips(*room.steps[pool], gpus) for pool in sorted(pools))]
    cuts = np.unique(np.concatenate(turns))
    cuts = cuts[(cuts >= edges[0]) & (cuts <= edges[-1])]
    waited = np.diff(waits.before(cuts))
    place = np.searchsorted(edges, cuts[:-1], side="right") - 1  # Segment of each piece.
    for pool in sorted(pools):
        times, free = room.steps[pool]
        has = free[np.maximum(np.searchsorted(times, cuts[:-1], side="right") - 1, 0)] >= gpus
        for clause in sorted({c for s in segments for p, c in s.forbidden[kind] if p == pool}):
            applies = np.array([(pool, clause) in s.forbidden[kind] for s in segments])
            mine = has & applies[place]
            yield Cause("clause", clause), int(waited[mine].sum())
            waited = np.where(mine, 0, waited)
    by_segment = np.zeros(len(segments), np.int64)
    np.add.at(by_segment, place, waited)
    for segment, gpu_s in zip(segments, by_segment.tolist(), strict=True):
        small = segment.largest_gpus and segment.largest_gpus[kind] < gpus
        queues = segment.causes[kind] == QUEUE
        yield TOO_LARGE if small and queues else segment.causes[kind], gpu_s


class _Free:
    """What pools have free for jobs over time, worked out for those that somebody asks about."""

    def __init__(self, jobs: Jobs, schedule: Schedule, rooms: Sequence[Room], base_s: int) -> None:
        self._jobs, self._schedule = jobs, schedule
        self._rooms, self._base_s = rooms, base_s
        self._steps: dict[int, tuple[Column, Column]] = {}

    def of(self, kind: int, gpus: int) -> _HasRoom:
        """Room for a class of jobs."""
        return _HasRoom(kind, gpus, self)

    def __getitem__(self, pool: int) -> tuple[Column, Column]:
        if pool not in self._steps:
            self._steps[pool] = self._worked_out(pool)
        return self._steps[pool]

    def _worked_out(self, pool: int) -> tuple[Column, Column]:
        """Instants and GPUs free from there on: room comes and goes, jobs start and end."""
        schedule, gpus = self._schedule, np.asarray(self._jobs.gpus, np.int64)
        ran = np.flatnonzero(schedule.pool == pool)
        lost = np.array([r for r in schedule.lost if r.pool == pool], np.int64).reshape(-1, 4)
        room = np.array([(r.from_s, r.gpus) for r in self._rooms if r.pool == pool], np.int64)
        room = room.reshape(-1, 2)
        start, held = schedule.start_s[ran], gpus[ran]
        came, size = np.concatenate([start, lost[:, 2]]), np.concatenate([held, gpus[lost[:, 0]]])
        went = np.concatenate([start + schedule.run_s[ran], lost[:, 3]])
        times = np.concatenate([room[:, 0], came, went])
        deltas = np.concatenate([np.diff(room[:, 1], prepend=0), -size, size])
        order = np.argsort(times, kind="stable")
        instants, first = np.unique(times[order], return_index=True)
        free = np.cumsum(deltas[order])[np.append(first[1:], len(times)) - 1]
        return instants - self._base_s, free


def _flips(times: Column, free: Column, gpus: int) -> Column:
    """The instants at which a pool gets or loses room for so many GPUs."""
    has = free >= gpus
    turned: Column = times[np.flatnonzero(np.diff(has, prepend=~has[:1]))]
    return turned


def _passed(instants: Column, weight: Column, edges: Column) -> Column:
    """The weight of the instants before each edge times how long ago they were, summed."""
    order = np.argsort(instants, kind="stable")
    sorted_s, sorted_weight = instants[order], weight[order]
    count = np.concatenate([np.zeros(1, np.int64), np.cumsum(sorted_weight)])
    moment = np.concatenate([np.zeros(1, np.int64), np.cumsum(sorted_weight * sorted_s)])
    place = np.searchsorted(sorted_s, edges, side="left")
    passed: Column = count[place] * edges - moment[place]
    return passed
