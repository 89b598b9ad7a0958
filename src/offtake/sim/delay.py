"""What delayed GPU-hours waited for: a clause, a window, a delivery, supply, price, or a queue.

A run is cut at the instants where anything but jobs changes. Within a segment each kind of
workload has one cause for waiting; the GPU-seconds waited in it are counted exactly, so that
causes sum to the total.
"""

from collections import defaultdict
from collections.abc import Sequence
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


class Segment(NamedTuple):
    """From an instant on, the cause for each kind."""

    from_s: int
    causes: tuple[Cause, ...]


def waited_gpu_s(
    jobs: Jobs,
    start_s: Sequence[int] | Column,
    segments: Sequence[Segment],
    until_s: int,
    lost: Sequence[Lost] = (),
) -> dict[Cause, int]:
    """GPU-seconds that jobs waited, by cause; jobs that never started wait to the end.

    While a job ran that an outage ended later, it did not wait (J7).
    """
    totals: dict[Cause, int] = defaultdict(int)
    if not segments or not len(start_s):
        return dict(totals)
    base_s = segments[0].from_s  # Keeps GPU-seconds small: no product passes int64.
    submit = np.asarray(jobs.submit_s, np.int64) - base_s
    started = np.asarray(start_s, np.int64)
    ended = np.where(started < 0, until_s, np.minimum(started, until_s)) - base_s
    gpus, kind = np.asarray(jobs.gpus, np.int64), np.asarray(jobs.kind, np.int64)
    waits = ended > submit
    edges = np.array([segment.from_s for segment in segments] + [until_s], np.int64) - base_s
    for number in range(len(segments[0].causes)):
        mine = waits & (kind == number)
        level = _waited_before(submit[mine], ended[mine], gpus[mine], edges)
        ran = [row for row in lost if kind[row.job] == number]
        if ran:
            rows = np.array([(r.from_s - base_s, r.until_s - base_s, gpus[r.job]) for r in ran])
            level = level - _waited_before(rows[:, 0], rows[:, 1], rows[:, 2], edges)
        for segment, gpu_s in zip(segments, np.diff(level).tolist(), strict=True):
            if gpu_s:
                totals[segment.causes[number]] += int(gpu_s)
    return dict(totals)


def _waited_before(submit: Column, ended: Column, gpus: Column, edges: Column) -> Column:
    """GPU-seconds waited before each edge, shape (edges,): two running sums, one per end."""

    def before(instants: Column) -> Column:
        order = np.argsort(instants, kind="stable")
        sorted_s, weight = instants[order], gpus[order]
        count = np.concatenate([np.zeros(1, np.int64), np.cumsum(weight)])
        moment = np.concatenate([np.zeros(1, np.int64), np.cumsum(weight * sorted_s)])
        place = np.searchsorted(sorted_s, edges, side="left")
        passed: Column = count[place] * edges - moment[place]
        return passed

    waited: Column = before(submit) - before(ended)
    return waited
