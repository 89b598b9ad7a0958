"""Preemptive policies on 64 real GPUs, beside the testbed of Muri.

Source: github.com/Rivendile/Muri, ``cluster_exp``. Licence: Apache-2.0. Cite: Y. Zhao et al.,
"Multi-Resource Interleaving for Deep Learning Training", SIGCOMM 2022; J. Gu et al., "Tiresias:
A GPU Cluster Manager for Distributed Deep Learning", NSDI 2019.

These policies are none of offtake's disciplines, which run jobs to their end: what is checked
is the reader and the placement on nodes, under a clock of rounds that is written here.
"""

import csv
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import NamedTuple

from offtake.demand.muri import read
from offtake.sim.nodes import Nodes
from offtake.sim.placement import WHOLE_MILLI
from validation.case import NONE, RESULTS, Row, only_ours, relative

ROUND_S = 360
SIZES = (8,) * 8
LIMITS_GPU_S = (3_250, 7_200)
"""Tiresias: from so many GPU-seconds of service on a job goes to the second, the third queue."""
SRTF, SRTF_GPU, LAS, FIFO = "srtf", "srtf_gpu", "las", "fifo"
PUBLISHED = {
    SRTF_GPU: ("SRTF", "SRTF by GPU-time"),
    SRTF: ("SRTF", "SRTF by time"),
    LAS: ("tiresias", "Tiresias"),
}
PERCENT = 15
"""What is tolerated."""


class Work(NamedTuple):
    """Jobs in order of submission: what was profiled, and how long they run in truth."""

    submit_s: list[int]
    gpus: list[int]
    profiled_s: list[int]
    run_s: list[float]


class Clock:
    """Jobs under one policy: every round all are placed anew, in the policy's order."""

    def __init__(self, work: Work, policy: str) -> None:
        self.work = work
        self.policy = policy
        jobs = len(work.submit_s)
        self.run_so_far_s = [0.0] * jobs
        self.end_s = [0.0] * jobs
        self.queue = [0] * jobs  # Of least attained service.
        self.turn = list(range(jobs))  # Within the queue.
        self._turns = jobs

    def play(self) -> list[float]:
        """When each job ends, in seconds."""
        active: list[int] = []
        submitted, now_s, jobs = 0, 0, len(self.end_s)
        while submitted < jobs or active:
            while submitted < jobs and self.work.submit_s[submitted] <= now_s:
                active.append(submitted)
                self._to_the_end(submitted)
                submitted += 1
            for job in self._placed(active):
                self._run(job, now_s)
                if self.end_s[job]:
                    active.remove(job)
            now_s += ROUND_S
        return self.end_s

    def _placed(self, active: list[int]) -> list[int]:
        """Who runs this round: whoever fits, in order, on nodes that are all empty."""
        nodes = Nodes(SIZES)
        chosen: list[int] = []
        waiting: list[int] = []
        for job in sorted(active, key=self._key):
            parts = nodes.place(self.work.gpus[job], WHOLE_MILLI)
            if parts:
                nodes.take(job, parts)
            (chosen if parts else waiting).append(job)
        for job in waiting:
            self._to_the_end(job)
        return chosen

    def _key(self, job: int) -> tuple[float, int]:
        if self.policy == LAS:
            return self.queue[job], self.turn[job]
        if self.policy == FIFO:
            return self.work.submit_s[job], job
        left_s = self.work.profiled_s[job] * (1 - self.run_so_far_s[job] / self.work.run_s[job])
        return left_s * (self.work.gpus[job] if self.policy == SRTF_GPU else 1), job

    def _run(self, job: int, now_s: int) -> None:
        left_s = self.work.run_s[job] - self.run_so_far_s[job]
        if left_s <= ROUND_S:
            self.end_s[job] = now_s + left_s
        self.run_so_far_s[job] += min(left_s, ROUND_S)
        served_gpu_s = self.run_so_far_s[job] * self.work.gpus[job]
        while self.queue[job] < len(LIMITS_GPU_S) and served_gpu_s >= LIMITS_GPU_S[self.queue[job]]:
            self.queue[job] += 1
            self._to_the_end(job)

    def _to_the_end(self, job: int) -> None:
        self.turn[job] = self._turns
        self._turns += 1


def average_and_makespan(work: Work, policy: str) -> tuple[float, float]:
    """The average time from submission to end, and the last end, in seconds."""
    ends = Clock(work, policy).play()
    times = (end - was for end, was in zip(ends, work.submit_s, strict=True))
    return sum(times) / len(ends), max(ends)


class Measured(NamedTuple):
    """What the testbed recorded of one policy."""

    average_s: float
    makespan_s: float
    run_s: list[float]


def measured(policy_folder: str, folder: Path) -> Measured:
    """The jobs of a policy in order of submission."""
    with (folder / policy_folder / "job.csv").open(encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: int(row["job_id"]))
    times = [float(row["JCT"]) for row in rows]
    ends = [float(row["end_time"]) for row in rows]
    run_s = [float(row["real_executed_time"]) for row in rows]
    return Measured(sum(times) / len(times), max(ends), run_s)


def rows(progress: Callable[[str], None]) -> list[Row]:
    """The case as rows."""
    folder = RESULTS / "muri_testbed"
    trace = read(folder / "cluster_trace.csv")
    profiled_s = [int(run_s) for run_s in trace.run_s]
    submit_s, gpus = [int(at_s) for at_s in trace.submit_s], [int(n) for n in trace.gpus]
    work = Work(submit_s, gpus, profiled_s, [float(run_s) for run_s in profiled_s])
    found: list[Row] = []
    for policy, (name, says) in PUBLISHED.items():
        progress(f"muri: {says}")
        found += _compared(says, measured(name, folder), work, policy)
    themis = measured("themis", folder)
    longer = median(run / was for run, was in zip(themis.run_s, profiled_s, strict=True)) - 1
    fifo_s = average_and_makespan(work, FIFO)[0]
    return [
        *found,
        Row("Themis, average, s", f"{themis.average_s:,.2f}", NONE, NONE),
        only_ours("FIFO, profiled times, average, s", f"{fifo_s:,.2f}"),
        Row("measured beyond profiled run time, median", f"{100 * longer:+.1f} %", NONE, NONE),
    ]


def _compared(says: str, theirs: Measured, work: Work, policy: str) -> list[Row]:
    real = work._replace(run_s=theirs.run_s)
    found = []
    for times, own in (("profiled", work), ("measured", real)):
        average_s, makespan_s = average_and_makespan(own, policy)
        for what, was_s, own_s in (
            ("average", theirs.average_s, average_s),
            ("makespan", theirs.makespan_s, makespan_s),
        ):
            found.append(relative(f"{says}, {times} times, {what}, s", was_s, own_s, PERCENT))
    return found
