"""What a run plays with: the portfolio in numbers, its workloads, and the kinds they form."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from offtake.contract.model import Document
from offtake.contract.portfolio import Portfolio
from offtake.core.account import Report
from offtake.core.names import UNSTATED, Names
from offtake.core.vocabulary import NONE, BoundClause
from offtake.demand.columns import Column, JobTrace, ServiceTrace
from offtake.settle.charges import reports_of
from offtake.sim.inference import Service
from offtake.sim.placement import WHOLE_MILLI, Jobs
from offtake.sourcing.needed import need_of
from offtake.sourcing.requirement import Need
from offtake.supply.model import Model, models
from offtake.supply.pools import Site, sites, steps_of
from offtake.units.capacity import PPM
from offtake.units.time import after

NOWHERE = -2
"""An accelerator that no pool has: what a trace asks for and the portfolio does not know."""


class Kind(NamedTuple):
    """Workloads that the same pools suit: purpose, and acceptable accelerators and regions."""

    purpose: int
    accelerators: tuple[int, ...] = ()
    regions: tuple[int, ...] = ()
    model: int = NONE  # Of the trace, where run times depend on the accelerator.

    def suits(self, site: Site) -> bool:
        """Whether the hardware and place of a pool will do (J1)."""
        accelerator = not self.accelerators or site.accelerator in self.accelerators
        return accelerator and (not self.regions or site.region in self.regions)


class Gone(NamedTuple):
    """An outage in numbers: a supplier's pools are empty during ``[from_s, until_s)`` (J7)."""

    supplier: int
    region: int
    from_s: int
    until_s: int

    def hits(self, site: Site, at_s: int) -> bool:
        """Whether a pool is gone at an instant."""
        here = site.supplier == self.supplier and self.region in (UNSTATED, site.region)
        return here and self.from_s <= at_s < self.until_s


class Speeds(NamedTuple):
    """Speeds in millionths: of accelerators, and of models of work where a trace knows better."""

    of_accelerator: Mapping[int, int]
    of_model: Mapping[tuple[int, int], int]


class Outside(NamedTuple):
    """What is submitted before or after the run and so takes no part in it."""

    jobs: int
    requirements: int


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
    outages: tuple[Gone, ...]
    speeds: Speeds
    outside: Outside
    document: Document
    from_s: int
    until_s: int

    def speed_ppm(self, kind: Kind, site: Site) -> int:
        """How fast a pool runs work of a kind, in millionths; 0 where it does not fit."""
        own = self.speeds.of_accelerator.get(site.accelerator, PPM)
        return self.speeds.of_model.get((kind.model, site.accelerator), own)


class Workload(NamedTuple):
    """Traces with the purpose of each tenant and service, by index of the portfolio's names."""

    trace: JobTrace | None = None
    purposes: tuple[int, ...] = ()
    services: ServiceTrace | None = None
    service_purposes: tuple[int, ...] = ()


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
    services += _traced_services(workload, kinds, period[0])
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
        reports=reports_of(document),
        outages=tuple(
            Gone(
                names.parties.index(item.supplier),
                names.regions.index(item.region) if item.region else UNSTATED,
                item.starts,
                item.ends,
            )
            for item in document.outages
        ),
        speeds=_speeds(document, names, workload),
        outside=Outside(
            len(document.jobs)
            + (workload.trace.jobs if workload and workload.trace else 0)
            - len(jobs.gpus),
            sum(not period[0] <= item.submitted < period[1] for item in document.requirements),
        ),
        document=document,
        from_s=period[0],
        until_s=period[1],
    )


def _speeds(document: Document, names: Names, workload: Workload | None) -> Speeds:
    stated = {names.accelerators.index(item.id): item.speed for item in document.accelerators}
    of_model: dict[tuple[int, int], int] = {}
    trace = None if workload is None else workload.trace
    for number, model in enumerate(() if trace is None else trace.models):
        for name, speed_ppm in model.speed_ppm:
            for accelerator in _known((name,), names):
                of_model[number, accelerator] = speed_ppm
    return Speeds(stated, of_model)


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


def _traced_services(
    workload: Workload | None, kinds: dict[Kind, int], from_s: int
) -> tuple[Service, ...]:
    """The services of a trace, its second 0 being the start of the run; they end with it."""
    if workload is None or workload.services is None:
        return ()
    found = []
    end = (workload.services.span_s + from_s, 0)
    for demand, purpose in zip(workload.services.services, workload.service_purposes, strict=True):
        steps = zip((demand.from_s + from_s).tolist(), demand.gpus.tolist(), strict=True)
        kind = kinds.setdefault(Kind(purpose), len(kinds))
        found.append(Service(demand.service, kind, purpose, (*steps, end)))
    return tuple(found)


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
            NONE if item.deadline is None else item.deadline,
        )
        for item in document.jobs
    ]
    listed = np.array(rows, np.int64).reshape(-1, 6).T
    submit, run, gpus, kind, priority, deadline = listed
    whole = np.full_like(gpus, WHOLE_MILLI)
    columns = [submit, run, run, gpus, kind, priority, deadline, whole]
    if workload is not None and workload.trace is not None:
        traced = _traced(workload, names, kinds, period[0])
        both = zip(columns, traced, strict=True)
        columns = [np.concatenate(pair) for pair in both] if rows else traced
    inside = (columns[0] >= period[0]) & (columns[0] < period[1])
    if not inside.all():
        columns = [column[inside] for column in columns]
    if bool((np.diff(columns[0]) < 0).any()):
        order = np.argsort(columns[0], kind="stable")
        columns = [column[order] for column in columns]
    return _lean(Jobs(*columns))


def _lean(jobs: Jobs) -> Jobs:
    """Jobs without the columns that say nothing."""
    deadline, share = np.asarray(jobs.deadline_s), np.asarray(jobs.share_milli)
    if bool((deadline == NONE).all()):
        jobs = jobs._replace(deadline_s=None)
    return jobs._replace(share_milli=None) if bool((share == WHOLE_MILLI).all()) else jobs


def _traced(workload: Workload, names: Names, kinds: dict[Kind, int], from_s: int) -> list[Column]:
    """A trace's columns, its second 0 being the start of the run."""
    trace = workload.trace
    assert trace is not None
    none = np.full(trace.jobs, NONE, np.int64)
    share = trace.share_milli
    return [
        trace.submit_s + from_s,
        trace.run_s,
        trace.requested_s,
        trace.gpus,
        _kinds_of(workload, names, kinds),
        trace.priority,
        none if trace.deadline_s is None else _dated(trace.deadline_s, from_s),
        np.full(trace.jobs, WHOLE_MILLI, np.int64) if share is None else share,
    ]


def _dated(deadline_s: Column, from_s: int) -> Column:
    dated: Column = np.where(deadline_s == NONE, NONE, deadline_s + from_s)
    return dated


def _kinds_of(workload: Workload, names: Names, kinds: dict[Kind, int]) -> Column:
    """The kind of each job of a trace: by its tenant's purpose, its accelerators, its model."""
    trace = workload.trace
    assert trace is not None
    none = np.full(trace.jobs, NONE, np.int64)
    wants = none if trace.wants is None else trace.wants
    model = none if trace.model is None else trace.model
    purposes = np.array(workload.purposes or (0,), np.int64)[trace.tenant]
    span = (len(trace.accelerators) + 1, len(trace.models) + 1)
    keys = (purposes * span[0] + wants + 1) * span[1] + model + 1
    number_of = np.zeros(int(keys.max(initial=0)) + 1, np.int64)  # Few names: a small table.
    for key in np.flatnonzero(np.bincount(keys, minlength=1)).tolist():
        rest, own_model = divmod(key, span[1])
        purpose, own_wants = divmod(rest, span[0])
        wanted = trace.accelerators[own_wants - 1] if own_wants else ()
        kind = Kind(purpose, _known(wanted, names), (), own_model - 1)
        number_of[key] = kinds.setdefault(kind, len(kinds))
    found: Column = number_of[keys]
    return found


def _known(wanted: tuple[str, ...], names: Names) -> tuple[int, ...]:
    """The portfolio's accelerators of these names; one that suits nothing where it has none."""
    by_name = {name.lower(): number for number, name in enumerate(names.accelerators)}
    known = tuple(by_name[name.lower()] for name in wanted if name.lower() in by_name)
    return known if known or not wanted else (NOWHERE,)
