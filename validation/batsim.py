"""Conservative backfilling of 800 jobs on 32 nodes, beside the simulator Batsim and OAR itself.

Source: github.com/oar-team/evalys, ``tests/batsim_out_jobs.csv`` and ``oar_out_jobs.csv``.
Licence: BSD-style. Cite: P.-F. Dutot et al., "Batsim: A Realistic Language-Independent Resources
and Jobs Management Systems Simulator", JSSPP 2016.
"""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from offtake.sim.placement import CONSERVATIVE, EASY, FIFO, Jobs
from offtake.sim.reference import Engine
from validation.case import RESULTS, Row, at_least, only_ours, relative

NODES = 32
MICROS = 1_000_000
ALIKE_MICROS = 1_000
"""Starts count as identical within a millisecond: each message of Batsim takes 51 us."""
FAR_S = 10**6


class Runs(NamedTuple):
    """What one system did with the jobs, in order of submission, in microseconds."""

    submit: list[int]
    run: list[int]
    requested: list[int]
    nodes: list[int]
    start: list[int]

    @property
    def mean_wait_s(self) -> float:
        """The mean of start less submission, in seconds."""
        waits = (at - was for at, was in zip(self.start, self.submit, strict=True))
        return sum(waits) / len(self.start) / MICROS

    @property
    def makespan_s(self) -> float:
        """When the last job ends, in seconds from the origin of the trace."""
        return max(at + run for at, run in zip(self.start, self.run, strict=True)) / MICROS


def runs_of(path: Path) -> Runs:
    """The runs of a file as Batsim writes it."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    rows.sort(key=lambda row: (_micros(row["submission_time"]), int(row["jobID"])))
    return Runs(
        submit=[_micros(row["submission_time"]) for row in rows],
        run=[_micros(row["execution_time"]) for row in rows],
        requested=[_micros(row["requested_time"]) for row in rows],
        nodes=[int(row["requested_number_of_processors"]) for row in rows],
        start=[_micros(row["starting_time"]) for row in rows],
    )


def _micros(seconds: str) -> int:
    return round(float(seconds) * MICROS)


def played(runs: Runs, discipline: str, sizes: tuple[int, ...]) -> Runs:
    """The same jobs under a discipline; the engine's second is a microsecond here."""
    zeros = [0] * len(runs.submit)
    engine = Engine(
        Jobs(runs.submit, runs.run, runs.requested, runs.nodes, zeros, zeros),
        discipline=discipline,
    )
    engine.add_pool(sizes)
    engine.set_order(0, (0,))
    engine.set_capacity(0, NODES)
    engine.advance(0, FAR_S * MICROS)
    return runs._replace(start=list(engine.start_s))


def alike(ours: Runs, theirs: Runs, within: int = ALIKE_MICROS) -> float:
    """Percent of jobs that start at the same instant."""
    pairs = zip(ours.start, theirs.start, strict=True)
    return 100 * sum(abs(own - other) <= within for own, other in pairs) / len(ours.start)


def rows(progress: Callable[[str], None]) -> list[Row]:
    """The case as rows."""
    progress("batsim: 800 jobs")
    batsim = runs_of(RESULTS / "batsim_vs_oar" / "batsim_out_jobs.csv")
    oar = runs_of(RESULTS / "batsim_vs_oar" / "oar_out_jobs.csv")
    named = played(batsim, CONSERVATIVE, (1,) * NODES)
    pairs = enumerate(zip(named.start, batsim.start, strict=True))
    differ = [job for job, (own, other) in pairs if abs(own - other) > ALIKE_MICROS]
    last_s = max(batsim.submit[job] for job in differ) / MICROS
    return [
        at_least("identical starts, named nodes", alike(named, batsim), 97),
        relative("mean wait, s", batsim.mean_wait_s, named.mean_wait_s, 5),
        relative("makespan, s", batsim.makespan_s, named.makespan_s, 0.1),
        relative("makespan beside the real OAR, s", oar.makespan_s, named.makespan_s, 0.1),
        relative("mean wait beside the real OAR, s", oar.mean_wait_s, named.mean_wait_s),
        only_ours("jobs that start at another instant", f"{len(differ)} of {len(named.start)}"),
        only_ours("the first of them submitted at, s", f"{batsim.submit[differ[0]] / MICROS:,.2f}"),
        only_ours("the last of them submitted at, s", f"{last_s:,.2f}"),
        only_ours("starts within a microsecond", f"{alike(named, batsim, 1):.2f} %"),
        *_others(batsim),
    ]


def _others(batsim: Runs) -> list[Row]:
    found = []
    for says, discipline, sizes in (
        ("`conservative`, nodes only counted", CONSERVATIVE, ()),
        ("`easy`, named nodes", EASY, (1,) * NODES),
        ("`easy`, nodes only counted", EASY, ()),
        ("`fifo`", FIFO, ()),
    ):
        other = played(batsim, discipline, sizes)
        found.append(at_least(f"identical starts, {says}", alike(other, batsim)))
        found.append(relative(f"mean wait, {says}, s", batsim.mean_wait_s, other.mean_wait_s))
    return found
