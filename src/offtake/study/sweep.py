"""Many runs of several cases under the same chance: common random numbers, on several cores.

A run draws its demand once and plays every case on it, so that differences between cases have
less noise than the cases. What is drawn depends on the seed and the number of the run alone;
results come back in order. So the same inputs give the same figures whatever the workers.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any, NamedTuple

from offtake.contract.model import Document, Regime
from offtake.demand.resample import service_weeks_again, weeks_again
from offtake.demand.synthetic import Asked, days_of, draw, fit
from offtake.sim.world import Workload
from offtake.study.interval import Interval, interval
from offtake.study.outcome import FIGURES, Outcome, outcome
from offtake.study.run import play
from offtake.study.stress import BASE, Scenario, portfolio_of

WEEKS, SYNTHETIC = "weeks", "synthetic"
DEMANDS = (WEEKS, SYNTHETIC)
"""How demand is drawn: a trace's weeks again, or jobs like the trace's."""


class Case(NamedTuple):
    """What is played: a regime, and what goes wrong."""

    regime: Regime
    scenario: Scenario = BASE


class Sweep(NamedTuple):
    """What all runs of a sweep share."""

    document: Document
    workload: Workload | None
    period: tuple[int, int]
    cases: tuple[Case, ...]
    demand: str = WEEKS


class Workers(NamedTuple):
    """Who plays: so many processes here, or a Dask cluster at an address."""

    processes: int = 1
    dask: str = ""


class Runs(NamedTuple):
    """How often demand is drawn, how, and who plays; 0 runs for none."""

    number: int
    demand: str = WEEKS
    workers: Workers = Workers()


def sweep(asked: Sweep, runs: int, workers: Workers) -> list[list[Outcome]]:
    """The outcome of every case in every run, shape (runs, cases)."""
    if workers.processes == 1 and not workers.dask:
        return [one_run(asked, number) for number in range(runs)]
    from joblib import Parallel, delayed

    with _on(workers.dask):
        played = Parallel(n_jobs=None if workers.dask else workers.processes)(
            delayed(one_run)(asked, number) for number in range(runs)
        )
    return list(played)


def _on(dask: str) -> AbstractContextManager[Any]:
    """Where joblib's tasks go; a cluster is left as soon as they are done."""
    if not dask:
        return nullcontext()
    return _Cluster(dask)


class _Cluster(AbstractContextManager[None]):
    """A connection to a Dask scheduler as joblib's back end."""

    def __init__(self, address: str) -> None:
        from distributed import Client
        from joblib import parallel_config

        self._client = Client(address)
        self._config = parallel_config(backend="dask")

    def __enter__(self) -> None:
        self._config.__enter__()

    def __exit__(self, *error: object) -> None:
        self._config.__exit__(*error)
        self._client.close()


def one_run(asked: Sweep, number: int) -> list[Outcome]:
    """Every case on the demand and the suppliers' chance of one run."""
    seed = asked.document.simulation.seed + number
    simulation = replace(asked.document.simulation, seed=seed)
    document = replace(asked.document, simulation=simulation)
    workload = asked.workload
    if workload is not None:
        workload = drawn(workload, asked.demand, seed)
    return [_played(document, case, workload, asked.period) for case in asked.cases]


def drawn(workload: Workload, demand: str, seed: int) -> Workload:
    """The traces drawn from a seed; tenants keep their purposes.

    Demand of services over time is drawn by weeks, whatever is asked for jobs.
    """
    if workload.services is not None:
        workload = workload._replace(services=service_weeks_again(workload.services, seed))
    trace = workload.trace
    if trace is None:
        return workload
    if demand == WEEKS:
        return workload._replace(trace=weeks_again(trace, seed))
    like = draw(fit(trace), Asked(days_of(trace), seed))
    purposes = dict(zip(trace.tenants, workload.purposes, strict=True))
    return workload._replace(trace=like, purposes=tuple(purposes[name] for name in like.tenants))


def _played(
    document: Document, case: Case, workload: Workload | None, period: tuple[int, int]
) -> Outcome:
    portfolio = portfolio_of(case.scenario.change(document))
    load = case.scenario.workload(workload, portfolio.names)
    return outcome(play(portfolio, case.regime, load, period).measured)


def differences(played: Sequence[Sequence[Outcome]], case: int, to: int = 0) -> dict[str, Interval]:
    """How a case differs from another over all runs, by figure, with its interval."""
    return {
        name: interval([getattr(row[case], name) - getattr(row[to], name) for row in played])
        for name in FIGURES
    }
