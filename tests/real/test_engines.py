"""Whole real traces: both engines give every job the same second and pool."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from offtake.demand.columns import JobTrace
from offtake.demand.trace import open_trace
from offtake.sim.kernel import Engine as Compiled
from offtake.sim.placement import DISCIPLINES, Jobs
from offtake.sim.reference import Engine

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("OFFTAKE_DATA", ROOT.parent / "shared" / "data"))
SIZES = (400, 300, 200, 150)
"""Fewer GPUs than the trace wants on average, so that queues are long."""


@pytest.fixture(scope="module")
def itp() -> JobTrace:
    path = DATA / "microsoft_itp_2021" / "elasticflow-traces"
    if not path.exists():
        assert os.environ.get("OFFTAKE_REQUIRE_DATA", "0") != "1", f"{path} is missing"
        pytest.skip(f"no real data at {path}")
    return open_trace(path)


def jobs_of(trace: JobTrace, count: int) -> Jobs:
    """The first jobs of a trace; requests are up to four times the run, by the job's number."""
    assert trace.deadline_s is not None
    run = trace.run_s[:count]
    requested = run * (1 + np.arange(len(run)) % 4)
    columns = (trace.submit_s, run, requested, trace.gpus, trace.tenant % 3, trace.priority)
    return Jobs(*(column[:count] for column in columns), deadline_s=trace.deadline_s[:count])


def play(engine: Any, turn_s: int) -> tuple[list[int], list[int], list[tuple]]:
    """Ten weeks; at the turn a pool is out for two days, and orders of preference change."""
    for pool, gpus in enumerate(SIZES):
        engine.add_pool()
        engine.set_capacity(pool, gpus)
    for kind, pools in enumerate([(0, 1), (1, 2, 3), (3, 0, 2)]):
        engine.set_order(kind, pools)
    day = 86_400
    engine.advance(0, turn_s)
    engine.set_capacity(1, 0)
    engine.preempt(1, turn_s)
    engine.advance(turn_s, turn_s + 2 * day)
    engine.set_capacity(1, 350)
    engine.set_order(0, (2, 1, 0))
    engine.advance(turn_s + 2 * day, 70 * day)
    return list(map(int, engine.start_s)), list(map(int, engine.pool)), list(engine.lost)


@pytest.mark.parametrize("discipline", DISCIPLINES)
def test_both_engines_place_the_itp_trace_alike(itp: JobTrace, discipline: str) -> None:
    # The plain engine plans every waiting job anew at each instant: a part is all it can do.
    jobs = jobs_of(itp, 1_500 if discipline == "conservative" else itp.jobs)

    turn_s = int(jobs.submit_s[len(jobs.submit_s) // 2])

    plain = play(Engine(jobs, discipline=discipline), turn_s)

    assert play(Compiled(jobs, discipline=discipline), turn_s) == plain
    assert len(plain[2]) > 0
    assert sum(start > 0 for start in plain[0]) > 1_000
