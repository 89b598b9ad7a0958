"""What a run plays with: the portfolio in numbers, its workloads, and the kinds they form."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from offtake.contract.model import Document, Requirement
from offtake.contract.portfolio import Portfolio
from offtake.core.account import Report
from offtake.core.names import Names
from offtake.core.vocabulary import NONE, BoundClause
from offtake.demand.columns import JobTrace
from offtake.sim.inference import Service
from offtake.sim.reference import Jobs
from offtake.sourcing.requirement import Need
from offtake.supply.behavior import Model, models
from offtake.supply.pools import Site, sites, steps_of
from offtake.units.time import DAY_S, after

SLACK_S = 180 * DAY_S
"""How late a start still helps when a requirement does not say."""


class Kind(NamedTuple):
    """Workloads that the same pools suit: purpose, and acceptable accelerators and regions."""

    purpose: int
    accelerators: tuple[int, ...] = ()
    regions: tuple[int, ...] = ()

    def suits(self, site: Site) -> bool:
        """Whether the hardware and place of a pool will do (J1)."""
        accelerator = not self.accelerators or site.accelerator in self.accelerators
        return accelerator and (not self.regions or site.region in self.regions)


class World(NamedTuple):
    """All inputs of a run, in numbers."""

    names: Names
    clauses: tuple[BoundClause, ...]
    prices: tuple[BoundClause, ...]
    sites: tuple[Site, ...]
    kinds: tuple[Kind, ...]
    jobs: Jobs
    services: tuple[Service, ...]
    needs: tuple[tuple[int, Need], ...]  # (submitted, need), by time.
    models: tuple[Model, ...]
    reports: tuple[Report, ...]
    document: Document
    from_s: int
    until_s: int


class Workload(NamedTuple):
    """A trace with the purpose of each tenant, by index of the portfolio's names."""

    trace: JobTrace
    purposes: tuple[int, ...]


def world_of(
    portfolio: Portfolio,
    clauses: tuple[BoundClause, ...],
    workload: Workload | None,
    period: tuple[int, int],
) -> World:
    """Gather a run's inputs; the trace starts when the run does."""
    names, document = portfolio.names, portfolio.document
    kinds: dict[Kind, int] = {}
    services = _services(document, names, kinds)
    jobs = _jobs(document, names, kinds, workload, period)
    return World(
        names=names,
        clauses=clauses,
        prices=portfolio.prices,
        sites=sites(document, names),
        kinds=tuple(kinds),
        jobs=jobs,
        services=services,
        needs=tuple(
            sorted(
                (
                    (item.submitted, need_of(item, names))
                    for item in document.requirements
                    if period[0] <= item.submitted < period[1]
                ),
                key=lambda row: row[0],
            )
        ),
        models=models(document, names),
        reports=tuple(
            Report(item.base, item.starts, item.ends, item.amount.micros)
            for item in document.reports
        ),
        document=document,
        from_s=period[0],
        until_s=period[1],
    )


def need_of(item: Requirement, names: Names) -> Need:
    """A written requirement in numbers."""
    watts = names.watts_of(item.accelerators[:1])
    latest = item.starts + SLACK_S if item.latest_start is None else item.latest_start
    return Need(
        requirement=item.id,
        purpose=names.purposes.index(item.purpose),
        gpus=item.size.in_gpus(watts),
        start_s=item.starts,
        end_s=item.ends,
        latest_start_s=latest,
        accelerators=tuple(names.accelerators.index(name) for name in item.accelerators),
        regions=tuple(names.regions.index(name) for name in item.regions),
        price_limit_micros_per_gpu_h=NONE if item.price_limit is None else item.price_limit.micros,
        smallest_lot_gpus=max(item.smallest_lot.in_gpus(watts), 1),
        own=int(item.own),
    )


def _kind(
    kinds: dict[Kind, int],
    names: Names,
    purpose: str,
    wanted: tuple[Sequence[str], Sequence[str]],
) -> int:
    accelerators = tuple(names.accelerators.index(name) for name in wanted[0])
    regions = tuple(names.regions.index(name) for name in wanted[1])
    kind = Kind(names.purposes.index(purpose), accelerators, regions)
    return kinds.setdefault(kind, len(kinds))


def _services(document: Document, names: Names, kinds: dict[Kind, int]) -> tuple[Service, ...]:
    return tuple(
        Service(
            service=item.id,
            kind=_kind(kinds, names, item.purpose, (item.accelerators, item.regions)),
            purpose=names.purposes.index(item.purpose),
            steps=steps_of(item.demand, item.accelerators, names),
        )
        for item in document.services
    )


def _jobs(
    document: Document,
    names: Names,
    kinds: dict[Kind, int],
    workload: Workload | None,
    period: tuple[int, int],
) -> Jobs:
    """The listed jobs and the trace's, those submitted within the period, in order."""
    rows = [
        (
            item.submitted,
            after(item.submitted, item.run) - item.submitted,
            item.gpus,
            _kind(kinds, names, item.purpose, (item.accelerators, item.regions)),
            item.priority,
        )
        for item in document.jobs
    ]
    columns: list[list[int]] = [[row[n] for row in rows] for n in (0, 1, 1, 2, 3, 4)]
    if workload is not None:
        columns = _with_trace(columns, workload, kinds, period[0])
    inside = [n for n, at_s in enumerate(columns[0]) if period[0] <= at_s < period[1]]
    if any(columns[0][a] > columns[0][b] for a, b in pairwise(inside)):
        inside.sort(key=columns[0].__getitem__)
    return Jobs(*([column[n] for n in inside] for column in columns))


def _with_trace(
    columns: list[list[int]], workload: Workload, kinds: dict[Kind, int], from_s: int
) -> list[list[int]]:
    trace = workload.trace
    of_tenant = [kinds.setdefault(Kind(purpose), len(kinds)) for purpose in workload.purposes]
    added: list[list[int]] = [
        (trace.submit_s + from_s).tolist(),
        trace.run_s.tolist(),
        trace.requested_s.tolist(),
        trace.gpus.tolist(),
        [of_tenant[tenant] for tenant in trace.tenant.tolist()],
        trace.priority.tolist(),
    ]
    return [own + more for own, more in zip(columns, added, strict=True)]
