"""What is in a trace: how much, how long, how many, whose, and how it is spread.

Distributions are of nearest rank: the p-quantile of n values is the ceil(p n)-th smallest, so
that every figure is a value that occurs.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from offtake.demand.columns import WHOLE_MILLI, Column, JobTrace, ServiceTrace
from offtake.demand.steps import levels


class Distribution(NamedTuple):
    """The least, the middle, 19 in 20 and the most of some values, in their own unit."""

    least: int
    median: int
    p95: int
    most: int


class Steps(NamedTuple):
    """GPUs wanted over time: ``gpus`` from ``at_s`` on, until ``until_s``."""

    at_s: Column
    gpus: Column
    until_s: int

    @property
    def lengths_s(self) -> Column:
        """How long each step lasts."""
        return np.maximum(np.diff(np.append(self.at_s, self.until_s)), 0)


class Holder(NamedTuple):
    """A tenant, a service or a purpose: how many jobs, and GPU-seconds."""

    name: str
    jobs: int  # -1 where services are not made of jobs.
    gpu_s: int
    purpose: str = ""


class Description(NamedTuple):
    """What is in a trace."""

    entries: int  # Jobs, requests, instances or samples.
    span_s: int  # First submission to last; for services to the end of demand.
    gpu_s: int
    work_gpu_s: int | None
    wanted: Steps
    spread: Distribution  # Of GPUs wanted, over time.
    holders: tuple[Holder, ...]
    sizes: Distribution | None = None  # GPUs a job.
    run_s: Distribution | None = None


def describe(trace: JobTrace | ServiceTrace, purposes: Sequence[str] = ()) -> Description:
    """What is in a trace.

    Args:
        trace: The trace; it has at least one job or service.
        purposes: The purpose of each tenant or service, in order; empty when unknown.
    """
    if isinstance(trace, JobTrace):
        return _jobs(trace, purposes)
    return _services(trace, purposes)


def _jobs(trace: JobTrace, purposes: Sequence[str]) -> Description:
    held_s = _held_milli(trace) * trace.run_s
    wanted = job_steps(trace)
    by_tenant = np.zeros(len(trace.tenants), np.int64)
    np.add.at(by_tenant, trace.tenant, held_s)
    counts = np.bincount(trace.tenant, minlength=len(trace.tenants))
    words = purposes or ("",) * len(trace.tenants)
    rows = zip(trace.tenants, counts, by_tenant, words, strict=True)
    return Description(
        entries=trace.jobs,
        span_s=trace.span_s,
        gpu_s=int(held_s.sum()) // WHOLE_MILLI,
        work_gpu_s=None,
        wanted=wanted,
        spread=over_time(wanted),
        holders=tuple(
            Holder(name, int(jobs), int(milli_s) // WHOLE_MILLI, word)
            for name, jobs, milli_s, word in rows
        ),
        sizes=distribution(trace.gpus),
        run_s=distribution(trace.run_s),
    )


def _services(trace: ServiceTrace, purposes: Sequence[str]) -> Description:
    wanted = service_steps(trace)
    words = purposes or ("",) * len(trace.services)
    return Description(
        entries=trace.requests,
        span_s=trace.span_s,
        gpu_s=trace.gpu_s,
        work_gpu_s=trace.work_gpu_s,
        wanted=wanted,
        spread=over_time(wanted),
        holders=tuple(
            Holder(service.service, -1, service.gpu_s(trace.span_s), word)
            for service, word in zip(trace.services, words, strict=True)
        ),
    )


def _held_milli(trace: JobTrace) -> Column:
    """Thousandths of GPUs that each job holds."""
    if trace.share_milli is None:
        return trace.gpus * WHOLE_MILLI
    return trace.gpus * trace.share_milli


def job_steps(trace: JobTrace) -> Steps:
    """GPUs wanted if each job started at its submission; parts of GPUs are rounded up in sum."""
    ends = trace.submit_s + trace.run_s
    at_s, milli = levels(trace.submit_s, ends, _held_milli(trace))
    return Steps(at_s, -(-milli // WHOLE_MILLI), int(ends.max(initial=0)))


def service_steps(trace: ServiceTrace) -> Steps:
    """GPUs that all services want together."""
    at_s = np.unique(np.concatenate([service.from_s for service in trace.services]))
    gpus = np.zeros(len(at_s), np.int64)
    for service in trace.services:
        gpus += level_at(service.from_s, service.gpus, at_s)
    inside = at_s < trace.span_s
    return Steps(at_s[inside], gpus[inside], trace.span_s)


def level_at(from_s: Column, gpus: Column, at_s: Column) -> Column:
    """The level of a stepped quantity at instants; 0 before its first step."""
    place = np.searchsorted(from_s, at_s, side="right")
    found: Column = np.concatenate([np.zeros(1, np.int64), gpus])[place]
    return found


def distribution(values: Column) -> Distribution:
    """The distribution of at least one value."""
    ordered = np.sort(values)
    ranks = [-(-len(ordered) * percent // 100) - 1 for percent in (50, 95)]
    return Distribution(
        int(ordered[0]), int(ordered[ranks[0]]), int(ordered[ranks[1]]), int(ordered[-1])
    )


def over_time(steps: Steps) -> Distribution:
    """The distribution of a level, each second counting once."""
    lasts = steps.lengths_s > 0
    order = np.argsort(steps.gpus[lasts], kind="stable")
    level, passed_s = steps.gpus[lasts][order], np.cumsum(steps.lengths_s[lasts][order])
    total_s = int(passed_s[-1])
    ranks = [-(-total_s * percent // 100) for percent in (50, 95)]
    median, p95 = (int(level[np.searchsorted(passed_s, rank)]) for rank in ranks)
    return Distribution(int(level[0]), median, p95, int(level[-1]))


def by_purpose(holders: Sequence[Holder]) -> tuple[Holder, ...]:
    """What serves each purpose, largest first."""
    found: dict[str, Holder] = {}
    for holder in holders:
        old = found.get(holder.purpose, Holder(holder.purpose, 0, 0))
        jobs = -1 if holder.jobs < 0 else old.jobs + holder.jobs
        found[holder.purpose] = Holder(holder.purpose, jobs, old.gpu_s + holder.gpu_s)
    return tuple(sorted(found.values(), key=lambda one: (-one.gpu_s, one.name)))
