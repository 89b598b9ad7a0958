"""First in, first out on one pool, as others do it: a C program, plain Python, libraries.

Each gives the seconds that its own loop took and the start of every job; what it needs before
(objects, files) is not counted, as it is not for the engines. The libraries get the fastest
model that their manuals offer: no statistics, no traces.

Where a model is simpler than ours, or not quite the same:

- All of them know one pool that never changes, and no contracts; that is why this case exists.
- Ciw: a customer takes one server, so it is given jobs of one GPU each.
- AccaSim: reads its jobs from a file while it simulates, and writes a file; both are in its
  time, as they cannot be taken out. It is run as ``accasim_fifo.py`` says.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from heapq import heapify, heappop, heappush, heapreplace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Self

import ciw
import numpy as np
import salabim
import simpy
from benchmarks.workloads import POOL_GPUS, Case

from offtake.demand.columns import Column

HERE = Path(__file__).parent
C_FLAGS = ("-O3", "-march=native")

Found = tuple[float, Sequence[int] | Column]
"""Seconds, and the start of each job."""


class CProgram:
    """``fifo.c``, compiled for this machine; its arrays lie in a folder of its own."""

    def __init__(self, case: Case) -> None:
        self.count = case.count
        self.folder = TemporaryDirectory()
        self.program = Path(self.folder.name) / "fifo"
        self.columns = Path(self.folder.name) / "columns"
        source = str(HERE / "fifo.c")
        compiler = os.environ.get("CC", "cc")
        subprocess.run([compiler, *C_FLAGS, "-o", str(self.program), source], check=True)
        with self.columns.open("wb") as file:
            for column in (case.jobs.submit_s, case.jobs.run_s, case.jobs.gpus):
                np.asarray(column, np.int64).tofile(file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.folder.cleanup()

    def seconds(self) -> float:
        """One play of all jobs, the second in its process: the first touches new memory."""
        given = [str(self.program), str(self.count), str(POOL_GPUS), "2", str(self.columns)]
        shown = subprocess.run(given, check=True, capture_output=True, text=True).stdout
        return float(shown.split()[-1])

    def starts(self) -> Column:
        """What the last play found."""
        return np.fromfile(f"{self.columns}.starts", np.int64)


def columns(case: Case) -> list[tuple[int, int, int]]:
    """(submit, run, gpus) of each job as Python's own integers."""
    jobs = case.jobs
    rows = (np.asarray(column).tolist() for column in (jobs.submit_s, jobs.run_s, jobs.gpus))
    return list(zip(*rows, strict=True))


def plain_python(case: Case) -> Found:
    """The loop of ``fifo.c`` with ``heapq``: what a dozen lines of Python already do."""
    rows, starts, running = columns(case), [0] * case.count, list[int]()
    now, free, bits, mask = 0, POOL_GPUS, 16, (1 << 16) - 1
    began = perf_counter()
    for job, (submit, run, gpus) in enumerate(rows):
        if submit > now:
            now = submit
        # End and GPUs share an integer, as its ends are what orders them.
        while running and (free < gpus or running[0] >> bits <= now):
            ended = heappop(running)
            if ended >> bits > now:
                now = ended >> bits
            free += ended & mask
        starts[job] = now
        free -= gpus
        heappush(running, now + run << bits | gpus)
    return perf_counter() - began, starts


def plain_servers(case: Case) -> Found:
    """As ``plain_python`` where every job takes one GPU: a heap of when each GPU is free."""
    rows, starts, free_at = columns(case), [0] * case.count, [0] * POOL_GPUS
    heapify(free_at)
    began = perf_counter()
    for job, (submit, run, _) in enumerate(rows):
        starts[job] = max(submit, free_at[0])
        heapreplace(free_at, starts[job] + run)
    return perf_counter() - began, starts


def by_simpy(case: Case) -> Found:
    """SimPy: a process a job, a container of GPUs that serves its queue in order."""
    rows, starts = columns(case), [0] * case.count
    env = simpy.Environment()
    pool = simpy.Container(env, POOL_GPUS, init=POOL_GPUS)

    def job(number: int, run: int, gpus: int):
        yield pool.get(gpus)
        starts[number] = env.now
        yield env.timeout(run)
        yield pool.put(gpus)

    def source():
        for number, (submit, run, gpus) in enumerate(rows):
            if submit > env.now:
                yield env.timeout(submit - env.now)
            env.process(job(number, run, gpus))

    env.process(source())
    began = perf_counter()
    env.run()
    return perf_counter() - began, starts


def by_salabim(case: Case) -> Found:
    """Salabim: a component a job; one at a time, in order, waits for GPUs; no monitors.

    Its own ``honor_only_first`` lets one job start for each that ends, so a turn is passed on.
    """
    rows, starts = columns(case), [0] * case.count
    salabim.yieldless(False)
    env = salabim.Environment(trace=False, random_seed=None, do_reset=True)
    turn = salabim.Resource("turn", capacity=1, anonymous=True, monitor=False)
    pool = salabim.Resource("pool", capacity=POOL_GPUS, anonymous=True, monitor=False)

    class Job(salabim.Component):
        def setup(self, number: int, run: int, gpus: int) -> None:
            self.number, self.run, self.gpus = number, run, gpus

        def process(self):
            yield self.request(turn)
            yield self.request((pool, self.gpus))
            turn.release()
            starts[self.number] = int(env.now())
            yield self.hold(self.run)
            pool.release(self.gpus)

    class Source(salabim.Component):
        def process(self):
            for number, (submit, run, gpus) in enumerate(rows):
                if submit > env.now():
                    yield self.hold(submit - env.now())
                Job(name="", number=number, run=run, gpus=gpus, mode=None)

    Source(name="")
    began = perf_counter()
    env.run()
    return perf_counter() - began, starts


def by_ciw(case: Case) -> Found:
    """Ciw: as many servers as GPUs, a customer a job of one GPU; exact integers throughout."""
    jobs = case.jobs
    submit = np.asarray(jobs.submit_s, np.int64)
    between = np.diff(submit, prepend=0).tolist()
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Sequential([*between, float("inf")])],
        service_distributions=[ciw.dists.Sequential(np.asarray(jobs.run_s).tolist())],
        number_of_servers=[POOL_GPUS],
    )
    simulation = ciw.Simulation(network)
    began = perf_counter()
    simulation.simulate_until_max_customers(case.count, method="Finish")
    taken = perf_counter() - began
    starts = [0] * case.count
    for record in simulation.get_all_records():
        starts[record.id_number - 1] = int(record.service_start_date)
    return taken, starts


def by_accasim(case: Case) -> Found:
    """AccaSim, in a process of its own: it writes files and replaces how Python logs."""
    with TemporaryDirectory() as folder:
        here = Path(folder)
        np.asarray(columns(case), np.int64).tofile(here / "rows")
        given = [sys.executable, "-W", "ignore", str(HERE / "accasim_fifo.py"), folder]
        shown = subprocess.run(
            [*given, str(POOL_GPUS)], check=True, capture_output=True, text=True
        ).stdout
        return float(shown.split()[-1]), np.fromfile(here / "starts", np.int64)
