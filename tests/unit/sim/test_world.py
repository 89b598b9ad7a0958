"""What a run plays with, gathered from a portfolio and traces."""

import numpy as np

from offtake.contract.portfolio import Portfolio
from offtake.demand.columns import JobModel, JobTrace, ServiceDemand, ServiceTrace
from offtake.sim.world import NOWHERE, Kind, Workload, World, world_of

TEXT = """
parties: {lab: {roles: [buyer]}, alpha: {}}
accelerators: {H100: {power: 1 kW}, A100: {power: 1 kW, speed: 50%}}
pools:
  h: {supplier: alpha, accelerator: H100, capacity: 8}
  a: {supplier: alpha, accelerator: A100, capacity: 8}
"""


def whole(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def gathered(workload: Workload, period: tuple[int, int] = (1_000, 2_000)) -> World:
    portfolio = Portfolio.loads(TEXT)
    return world_of(portfolio, portfolio.clauses, workload, period)


def test_a_traces_clock_starts_with_the_run_and_deadlines_move_with_it() -> None:
    columns = {"submit_s": whole(0, 5), "run_s": whole(9, 9), "requested_s": whole(9, 9)}
    columns |= {"gpus": whole(1, 2), "tenant": whole(0, 0), "priority": whole(0, 0)}
    trace = JobTrace(format="x", **columns, tenants=("t",), deadline_s=whole(-1, 20))

    jobs = gathered(Workload(trace, (0,))).jobs

    assert list(jobs.submit_s) == [1_000, 1_005]
    assert jobs.deadline_s is not None
    assert list(jobs.deadline_s) == [-1, 1_020]
    assert jobs.share_milli is None


def test_jobs_that_want_accelerators_or_models_of_work_are_kinds_of_their_own() -> None:
    columns = {"submit_s": whole(0, 1, 2), "run_s": whole(9, 9, 9), "requested_s": whole(9, 9, 9)}
    columns |= {"gpus": whole(1, 1, 1), "tenant": whole(0, 0, 0), "priority": whole(0, 0, 0)}
    trace = JobTrace(
        format="x",
        **columns,
        tenants=("t",),
        wants=whole(0, 1, -1),
        accelerators=(("h100", "B200"), ("T4",)),
        model=whole(-1, -1, 0),
        models=(JobModel("vision", (("A100", 800_000), ("H100", 0))),),
    )

    world = gathered(Workload(trace, (0,)))

    assert [world.kinds[kind] for kind in world.jobs.kind] == [
        Kind(0, (0,)),
        Kind(0, (NOWHERE,)),
        Kind(0, (), (), 0),
    ]
    speeds = [[world.speed_ppm(kind, site) for site in world.sites] for kind in world.kinds]
    assert speeds[world.jobs.kind[0]] == [1_000_000, 500_000]
    assert speeds[world.jobs.kind[2]] == [0, 800_000]  # Its own speeds; it does not fit an H100.


def test_the_services_of_a_trace_end_with_it() -> None:
    demand = ServiceDemand("chat", whole(0, 60), whole(3, 5))
    trace = ServiceTrace(format="x", services=(demand,), span_s=120)

    (service,) = gathered(Workload(services=trace, service_purposes=(2,))).services

    assert service.steps == ((1_000, 3), (1_060, 5), (1_120, 0))
    assert [service.demand_at(at_s) for at_s in (999, 1_000, 1_059, 1_060, 1_120)] == [
        0,
        3,
        3,
        5,
        0,
    ]
