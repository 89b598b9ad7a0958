"""Many runs: the same chance for every case, the same bytes for any workers, on Dask as well."""

import numpy as np
import pytest

from offtake.contract.model import Regime
from offtake.contract.portfolio import Portfolio
from offtake.demand.columns import JobTrace
from offtake.sim.world import Workload
from offtake.study import stress
from offtake.study.sweep import DEMANDS, Case, Sweep, Workers, differences, drawn, sweep

TEXT = """
parties: {lab: {roles: [buyer]}, alpha: {}}
pools: {p: {supplier: alpha, accelerator: H100, capacity: 8, rate: $2}}
simulation: {from: 2025-01-01, until: 2025-02-01, seed: 4}
"""
DAY_S = 86_400
REGIME = Regime(id="all")


def workload() -> Workload:
    chance = np.random.default_rng(7)
    jobs = 300
    run_s = chance.integers(600, DAY_S, jobs)
    trace = JobTrace(
        format="x",
        submit_s=np.sort(chance.integers(0, 28 * DAY_S, jobs)),
        run_s=run_s,
        requested_s=run_s,
        gpus=chance.integers(1, 5, jobs),
        tenant=np.zeros(jobs, np.int64),
        priority=np.zeros(jobs, np.int64),
        tenants=("t",),
    )
    return Workload(trace, (0,))


def asked(demand: str = "weeks") -> Sweep:
    document = Portfolio.loads(TEXT).document
    simulation = document.simulation
    period = (simulation.starts, simulation.ends)
    gone = stress.lose("alpha", period[0] + 7 * DAY_S, period[0] + 9 * DAY_S)
    return Sweep(document, workload(), period, (Case(REGIME), Case(REGIME, gone)), demand)


@pytest.mark.parametrize("demand", DEMANDS)
def test_every_run_has_its_own_demand_and_every_case_the_same(demand: str) -> None:
    found = sweep(asked(demand), 3, Workers())

    assert len({row[0] for row in found}) == 3
    assert sweep(asked(demand), 3, Workers()) == found
    alone = asked(demand)._replace(cases=asked(demand).cases[:1])
    assert [row[0] for row in sweep(alone, 3, Workers())] == [row[0] for row in found]
    sure = differences(found, 1)
    assert sure["delay_gpu_s"].low <= sure["delay_gpu_s"].mean <= sure["delay_gpu_s"].high


def test_common_chance_makes_differences_surer_than_the_cases_are() -> None:
    found = sweep(asked(), 6, Workers())
    delay = np.array([[case.delay_gpu_s for case in row] for row in found])

    assert np.std(delay[:, 1] - delay[:, 0], ddof=1) < np.std(delay, axis=0, ddof=1).max()


def test_any_number_of_workers_gives_the_same_figures() -> None:
    assert sweep(asked(), 4, Workers(2)) == sweep(asked(), 4, Workers(1))


def test_suppliers_that_decide_by_chance_draw_anew_in_every_run_and_alike_for_every_case() -> None:
    text = (
        TEXT
        + """
behaviors: [{supplier: alpha, accelerators: [H100], spare: 8, lead: 1d, rate: $1,
             decides: probabilistic, chance: 50%}]
requirements: {r: {purpose: training, size: 4, submitted: 2025-01-02, from: 2025-01-20,
                   until: 2025-03-01}}
"""
    )
    document = Portfolio.loads(text.replace("seed: 4", "seed: 4, tender: 1d")).document
    period = (document.simulation.starts, document.simulation.ends)
    cases = (Case(REGIME), Case(Regime(id="same")))
    found = sweep(Sweep(document, None, period, cases), 12, Workers())

    assert {row[0].cost_micros for row in found} == {0, 4 * 12 * 24 * 1_000_000}
    assert all(row[0] == row[1] for row in found)


def test_demand_of_services_is_drawn_beside_jobs() -> None:
    found = drawn(workload(), "weeks", 3)

    assert found.services is None
    assert found.trace is not None
    assert found.trace.choices[-1] == "weeks drawn again from seed 3 (PCG64)"


def test_a_dask_cluster_of_two_workers_gives_the_same_figures() -> None:
    pytest.importorskip("distributed", reason="the extra `dask` is not installed")
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
    ) as cluster:
        found = sweep(asked(), 4, Workers(dask=cluster.scheduler_address))

    assert found == sweep(asked(), 4, Workers(1))
