"""Jobs as columns of integers, and what a reader says about the file they came from."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.int64]
BAD_SHARE_MAX = 0.01
"""A file with more bad rows than this is refused: it is probably not what it seems."""
LIMIT_S = 2**40
"""No instant or duration of a trace reaches this: 34,865 years."""
LIMIT_RUN_S = 2**32
LIMIT_GPUS = 2**20
"""Of one job. With shares in thousandths, GPUs times run time stays below 2**62."""


class Dropped(NamedTuple):
    """Rows that were left out, why, and where the first one is."""

    reason: str
    rows: int
    first: str  # "cluster01.csv:17"


class UnreadableTrace(ValueError):
    """A file that cannot be used as a trace: where, what, and the way out."""

    def __init__(self, place: str, says: str, remedy: str) -> None:
        self.place, self.says, self.remedy = place, says, remedy
        super().__init__(f"{place}: {says}\n    {remedy}")


WHOLE_MILLI = 1_000
"""The share of a whole GPU, in thousandths."""


class JobModel(NamedTuple):
    """A kind of work whose run time depends on the accelerator, in a trace that says so.

    ``speed_ppm`` holds (accelerator, speed in millionths of that behind ``run_s``); 0 where the
    work does not fit. Accelerators that are not named run it at the portfolio's own speed.
    """

    name: str
    speed_ppm: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JobTrace:
    """Jobs in order of submission; every column is int64 of shape (jobs,).

    ``submit_s`` counts from the trace's own start, ``requested_s`` is what the user asked for
    (the run time where unknown), ``tenant`` indexes ``tenants``. Columns that a format lacks
    are None: ``deadline_s`` (on the clock of ``submit_s``, -1 for none), ``share_milli`` (the
    part of each GPU in thousandths), ``wants`` (an index into ``accelerators``, each a set of
    acceptable names; -1 for any), ``model`` (an index into ``models``).
    """

    format: str
    submit_s: Column
    run_s: Column
    requested_s: Column
    gpus: Column
    tenant: Column
    priority: Column
    tenants: tuple[str, ...]
    dropped: tuple[Dropped, ...] = ()
    choices: tuple[str, ...] = ()  # What the reader decided, as sentences.
    files: tuple[Path, ...] = ()
    deadline_s: Column | None = None
    share_milli: Column | None = None
    wants: Column | None = None
    accelerators: tuple[tuple[str, ...], ...] = ()
    model: Column | None = None
    models: tuple[JobModel, ...] = ()
    purposes: tuple[str, ...] = ()  # Of each tenant, in a trace that says so.

    def __post_init__(self) -> None:
        assert bool(np.all(np.diff(self.submit_s) >= 0)), "in order of submission"
        assert not self.jobs or int(self.run_s.min()) > 0, "run times are positive"
        assert not self.jobs or int(self.gpus.min()) > 0, "jobs have GPUs"
        assert bool(np.all(self.requested_s >= self.run_s)), "a request covers the run"

    @property
    def jobs(self) -> int:
        """How many jobs there are."""
        return len(self.submit_s)

    @property
    def span_s(self) -> int:
        """From the first submission to the last."""
        return int(self.submit_s[-1] - self.submit_s[0]) if self.jobs else 0

    @property
    def gpu_s(self) -> int:
        """GPU-seconds of all jobs, shares counted as parts; rounded down."""
        if self.share_milli is None:
            return _exact_sum(self.gpus * self.run_s)
        return _exact_sum(self.gpus * self.run_s * self.share_milli) // WHOLE_MILLI


class ServiceDemand(NamedTuple):
    """Demand of one service: ``gpus`` from ``from_s`` on, both ascending in time."""

    service: str
    from_s: Column
    gpus: Column

    def gpu_s(self, until_s: int) -> int:
        """GPU-seconds wanted up to an instant."""
        ends = np.append(self.from_s[1:], until_s)
        return int((self.gpus * np.maximum(ends - self.from_s, 0)).sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceTrace:
    """Inference demand over time (J5): lost when it is not served, never queued.

    Steps count from the trace's own start; demand ends at ``span_s``.
    """

    format: str
    services: tuple[ServiceDemand, ...]
    span_s: int
    requests: int = 0  # How many requests, instances or samples the steps were made from.
    work_gpu_s: int | None = None  # What requests need, rounded up; None where levels are given.
    arrivals_s: Column | None = None  # When requests came, ascending; None where levels are given.
    dropped: tuple[Dropped, ...] = ()
    choices: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        for service in self.services:
            assert bool(np.all(np.diff(service.from_s) > 0)), "steps in order of time"
            assert not len(service.gpus) or int(service.gpus.min()) >= 0, "no negative demand"

    @property
    def gpu_s(self) -> int:
        """GPU-seconds of all services."""
        return sum(service.gpu_s(self.span_s) for service in self.services)


def _exact_sum(values: Column) -> int:
    """A sum that cannot overflow: of both halves of each value."""
    return (int((values >> 32).sum()) << 32) + int((values & (2**32 - 1)).sum())


def peak_gpu_milli(trace: JobTrace) -> int:
    """Most GPUs in use, in thousandths, if every job started when it was submitted.

    Periods are half-open: a job that ends makes room for one that starts in the same second.
    """
    share_milli = WHOLE_MILLI if trace.share_milli is None else trace.share_milli
    used = trace.gpus * share_milli
    at_s = np.concatenate([trace.submit_s, trace.submit_s + trace.run_s])
    change = np.concatenate([used, -used])
    order = np.lexsort((change, at_s))
    return int(np.cumsum(change[order]).max(initial=0))


def peak_gpus(trace: JobTrace) -> int:
    """As ``peak_gpu_milli``, in whole GPUs, rounded up."""
    return -(-peak_gpu_milli(trace) // WHOLE_MILLI)


def in_order(columns: dict[str, Any]) -> tuple[dict[str, Column], int]:
    """Columns sorted by submission (stably), and how many jobs were out of order."""
    submit_s = columns["submit_s"]
    out_of_order = int((np.diff(submit_s) < 0).sum())
    if out_of_order:
        order = np.argsort(submit_s, kind="stable")
        columns = {name: column[order] for name, column in columns.items()}
    return columns, out_of_order
