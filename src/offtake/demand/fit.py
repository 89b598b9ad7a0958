"""How far synthetic jobs are from those they were fitted to.

Kolmogorov-Smirnov: the largest distance between two distribution functions. Total variation:
half the sum of the differences of shares. Both lie between 0 (the same) and 1. By chance alone
two samples of n and m values of one distribution are further apart than
``1.36 sqrt((n + m) / (n m))`` once in twenty times (Smirnov, 1948).
"""

import math
from typing import NamedTuple

import numpy as np

from offtake.demand.columns import Column, JobTrace
from offtake.demand.describe import Description, describe
from offtake.demand.synthetic import Numbers
from offtake.units.money import SECONDS_PER_HOUR
from offtake.units.time import DAY_S

SMIRNOV_5_PERCENT = 1.36
RATES = (
    *("jobs a day", "GPU-hours a day"),
    *("GPUs wanted, median", "GPUs wanted, p95", "GPUs wanted, most"),
)


class Distance(NamedTuple):
    """One comparison; ``by_chance`` is -1 where there is no such figure."""

    what: str
    measure: str
    value: float
    by_chance: float = -1.0


class Rate(NamedTuple):
    """A figure of both, in its own unit."""

    what: str
    real: float
    synthetic: float


def kolmogorov_smirnov(one: Column, other: Column) -> float:
    """The largest distance between the distribution functions of two samples."""
    one, other = np.sort(one), np.sort(other)
    values = np.concatenate([one, other])
    below_one = np.searchsorted(one, values, side="right") / len(one)
    below_other = np.searchsorted(other, values, side="right") / len(other)
    return float(np.abs(below_one - below_other).max())


def total_variation(one: Numbers, other: Numbers) -> float:
    """Half the sum of the differences between two lists of shares."""
    return float(np.abs(one - other).sum() / 2)


class Comparison(NamedTuple):
    """What synthetic jobs want, and how far they are from the real ones."""

    rates: tuple[Rate, ...]
    distances: tuple[Distance, ...]


class _Seen(NamedTuple):
    trace: JobTrace
    found: Description


def compare(real: JobTrace, synthetic: JobTrace) -> Comparison:
    """Rates, run times, interarrival times, sizes and tenants of both; each has a job."""
    one, other = _Seen(real, describe(real)), _Seen(synthetic, describe(synthetic))
    distances = (
        _ks("run times", real.run_s, synthetic.run_s),
        _ks("interarrival times", np.diff(real.submit_s), np.diff(synthetic.submit_s)),
        Distance("sizes", "TV", _by_size(real, synthetic)),
        Distance("jobs by tenant", "TV", _by_tenant(one, other, "jobs")),
        Distance("GPU-hours by tenant", "TV", _by_tenant(one, other, "gpu_s")),
    )
    return Comparison(_rates(one, other), distances)


def _rates(one: _Seen, other: _Seen) -> tuple[Rate, ...]:
    """What both have a day, and at once."""
    rows = []
    for trace, found in (one, other):
        days = max(trace.span_s, 1) / DAY_S
        hours = found.gpu_s / SECONDS_PER_HOUR / days
        rows.append((found.entries / days, hours, *found.spread[1:]))
    return tuple(Rate(*row) for row in zip(RATES, *rows, strict=True))


def _ks(what: str, one: Column, other: Column) -> Distance:
    if not len(one) or not len(other):
        return Distance(what, "KS", 1.0)
    chance = SMIRNOV_5_PERCENT * math.sqrt((len(one) + len(other)) / (len(one) * len(other)))
    return Distance(what, "KS", kolmogorov_smirnov(one, other), min(chance, 1.0))


def _by_size(real: JobTrace, synthetic: JobTrace) -> float:
    _, size = np.unique(np.concatenate([real.gpus, synthetic.gpus]), return_inverse=True)
    one, other = np.bincount(size[: real.jobs]), np.bincount(size[real.jobs :])
    length = int(size.max()) + 1
    return total_variation(
        np.pad(one, (0, length - len(one))) / real.jobs,
        np.pad(other, (0, length - len(other))) / synthetic.jobs,
    )


def _by_tenant(one: _Seen, other: _Seen, field: str) -> float:
    shares = []
    for seen in (one, other):
        by_name = {holder.name: getattr(holder, field) for holder in seen.found.holders}
        found = np.array([by_name.get(name, 0) for name in one.trace.tenants], np.float64)
        shares.append(found / max(found.sum(), 1))
    return total_variation(*shares)
