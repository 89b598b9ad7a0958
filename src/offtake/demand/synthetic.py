"""Synthetic jobs: what a trace says of arrivals, sizes and run times, drawn anew from a seed.

A model holds what is drawn from, all of it stated or fitted:

- Arrivals: a Poisson process whose rate depends on the hour of the week, 168 of them, on the
  trace's own clock (second 0 begins hour 0). The rate of an hour is its jobs over the time the
  trace shows of it; hours that it never shows have the average rate. Within an hour arrivals
  are uniform. Growth multiplies the rate by ``(1 + g) ** (t / 365 days)``, taken at the middle
  of each hour.
- Tenants: by their share of jobs. Sizes: as often as the tenant had them.
- Run times: per tenant and class of sizes (1, 2, 3-4, 5-8, ...), or per class of sizes where
  the tenant had fewer than ``OWN_MIN`` such jobs. "quantiles": between up to 1,001 quantiles of
  the trace, linearly. "lognormal": of the mean and deviation of the logarithms, between its
  0.05 % and 99.95 % quantiles, in the same way.

Not in a model: bursts beyond the hour (one user's hundred jobs at once), trends other than the
growth, and that a tenant's next job resembles its last. Requested times are the run times.

The same model, seed and numpy give the same jobs, bit for bit: numpy's PCG64, a stream of its
own for arrivals, tenants, sizes and run times.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from offtake.demand.columns import WHOLE_MILLI, Column, JobTrace
from offtake.units.time import DAY_S, HOUR_S

Numbers = NDArray[np.float64]
WEEK_H, DAY_H, YEAR_H = 168, 24, 8_760
QUANTILES_MAX = 1_001
OWN_MIN = 100
PPM = 1_000_000
DAYS_MAX = 36_500
JOBS_MAX = 20_000_000
RUN_TIMES = ("quantiles", "lognormal")
NAME = "synthetic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What jobs are drawn from. Sizes are pairs of whole GPUs and the share of each."""

    rate_per_h: Numbers  # (168,): jobs an hour in each hour of the week.
    tenants: tuple[str, ...]
    tenant_share: Numbers  # (tenants,)
    gpus: Column  # (sizes,)
    share_milli: Column  # (sizes,)
    size_share: Numbers  # (tenants, sizes): of each tenant's jobs.
    run_table: Column  # (tenants, sizes): which of the run times.
    run_s: tuple[Numbers, ...]  # Quantiles at equal steps from 0 to 1, in seconds.
    choices: tuple[str, ...]


class Asked(NamedTuple):
    """How much to draw, and from which seed."""

    days: int
    seed: int
    growth_ppm: int = 0  # Of the rate of arrivals, a year.
    jobs: int = -1  # Expected in all; -1 for the model's own rate.


class Stated(NamedTuple):
    """A model in a few words: shares by size and tenant, and two points of the run times."""

    sizes: tuple[tuple[int, float], ...]  # GPUs, weight.
    tenants: tuple[tuple[str, float], ...]  # Name, weight.
    run_median_s: int
    run_p95_s: int


def fit(trace: JobTrace, run_times: str = RUN_TIMES[0]) -> Model:
    """The model of a trace; ``run_times`` is one of RUN_TIMES."""
    share_milli = _share_milli(trace)
    pairs, size = np.unique(np.stack([trace.gpus, share_milli]), axis=1, return_inverse=True)
    counts = np.zeros((len(trace.tenants), pairs.shape[1]), np.int64)
    np.add.at(counts, (trace.tenant, size.reshape(-1)), 1)
    seen = counts.sum(axis=1) > 0
    tables, run_s = _run_tables(trace, pairs[0], run_times)
    return Model(
        rate_per_h=exposed_rates(trace.submit_s),
        tenants=tuple(name for name, has in zip(trace.tenants, seen, strict=True) if has),
        tenant_share=counts[seen].sum(axis=1) / trace.jobs,
        gpus=pairs[0],
        share_milli=pairs[1],
        size_share=counts[seen] / counts[seen].sum(axis=1, keepdims=True),
        run_table=tables[seen],
        run_s=run_s,
        choices=(
            f"fitted to {trace.jobs:,} jobs of {int(seen.sum()):,} tenants",
            "arrivals: Poisson, a rate for each hour of the week",
            f"sizes: the {pairs.shape[1]:,} that occur, as often as each tenant had them",
            f"run times: {run_times} per tenant and class of sizes, {len(run_s):,} tables",
        ),
    )


def stated(words: Stated) -> Model:
    """A model without a trace: constant arrivals, lognormal run times for all sizes.

    The rate is one job an hour: ``Asked.jobs`` says how many there are to be.
    """
    weights = np.array([weight for _, weight in words.sizes], np.float64)
    by_tenant = np.array([weight for _, weight in words.tenants], np.float64)
    sigma = math.log(words.run_p95_s / words.run_median_s) / NormalDist().inv_cdf(0.95)
    return Model(
        rate_per_h=np.ones(WEEK_H),
        tenants=tuple(name for name, _ in words.tenants),
        tenant_share=by_tenant / by_tenant.sum(),
        gpus=np.array([gpus for gpus, _ in words.sizes], np.int64),
        share_milli=np.full(len(weights), WHOLE_MILLI, np.int64),
        size_share=np.tile(weights / weights.sum(), (len(by_tenant), 1)),
        run_table=np.zeros((len(by_tenant), len(weights)), np.int64),
        run_s=(lognormal(math.log(words.run_median_s), sigma),),
        choices=(
            "arrivals: Poisson, at a constant rate but for the growth",
            "sizes and tenants: as stated, independent of each other",
            f"run times: lognormal, median {words.run_median_s} s, p95 {words.run_p95_s} s",
        ),
    )


def draw(model: Model, asked: Asked) -> JobTrace:
    """Jobs of a model, in order of submission from second 0 on."""
    streams = np.random.SeedSequence(asked.seed).spawn(4)
    arrivals, tenants, sizes, runs = (
        np.random.Generator(np.random.PCG64(stream)) for stream in streams
    )
    submit_s = _arrivals(hourly(model, asked), arrivals)
    tenant = _picked(model.tenant_share, tenants.random(len(submit_s)))
    size = _picked_in_rows(model.size_share, tenant, sizes.random(len(submit_s)))
    run_s = _run_s(model, model.run_table[tenant, size], runs.random(len(submit_s)))
    parted = bool((model.share_milli != WHOLE_MILLI).any())
    return JobTrace(
        format=NAME,
        submit_s=submit_s,
        run_s=run_s,
        requested_s=run_s,
        gpus=model.gpus[size],
        tenant=tenant,
        priority=np.zeros_like(run_s),
        tenants=model.tenants,
        choices=(*model.choices, _drawn(asked)),
        share_milli=model.share_milli[size] if parted else None,
    )


def hourly(model: Model, asked: Asked) -> Numbers:
    """Expected arrivals in each hour."""
    hour = np.arange(asked.days * DAY_H)
    growth = (1 + asked.growth_ppm / PPM) ** ((hour + 0.5) / YEAR_H)
    rates: Numbers = model.rate_per_h[hour % WEEK_H] * growth
    return rates if asked.jobs < 0 else rates * (asked.jobs / rates.sum())


def _drawn(asked: Asked) -> str:
    growth = f"arrivals grow by {asked.growth_ppm / 10_000:g} % a year"
    scaled = f", scaled to {asked.jobs:,} expected jobs" if asked.jobs >= 0 else ""
    return f"{asked.days:,} days from seed {asked.seed} (PCG64); {growth}{scaled}"


def _share_milli(trace: JobTrace) -> Column:
    if trace.share_milli is None:
        return np.full(trace.jobs, WHOLE_MILLI, np.int64)
    return trace.share_milli


def exposed_rates(submit_s: Column) -> Numbers:
    """Jobs an hour in each hour of the week, over the time that the trace shows of it."""
    first_s, end_s = int(submit_s[0]), int(submit_s[-1]) + 1
    hours = np.arange(first_s // HOUR_S, (end_s - 1) // HOUR_S + 1)
    shown_s = np.minimum((hours + 1) * HOUR_S, end_s) - np.maximum(hours * HOUR_S, first_s)
    exposure_s = np.bincount(hours % WEEK_H, weights=shown_s, minlength=WEEK_H)
    counts = np.bincount(submit_s // HOUR_S % WEEK_H, minlength=WEEK_H)
    average = len(submit_s) * HOUR_S / (end_s - first_s)
    shown = exposure_s > 0
    return np.where(shown, counts * HOUR_S / np.where(shown, exposure_s, 1), average)


def size_class(gpus: Column) -> Column:
    """0 for 1 GPU, 1 for 2, 2 for 3 and 4, 3 for 5 to 8: the binary logarithm, rounded up."""
    powers = 1 << np.arange(31, dtype=np.int64)
    return np.searchsorted(powers, gpus, side="left").astype(np.int64)


def _run_tables(
    trace: JobTrace, gpus: Column, run_times: str
) -> tuple[Column, tuple[Numbers, ...]]:
    """Which run times each tenant has for each size, and the run times."""
    kind, kinds = size_class(trace.gpus), size_class(gpus)
    found: list[Numbers] = []
    tables = np.zeros((len(trace.tenants), len(gpus)), np.int64)
    for each in np.unique(kinds):
        here = np.flatnonzero(kind == each)
        tables[:, kinds == each] = len(found)
        found.append(_table(trace.run_s[here], run_times))
        tenant = trace.tenant[here]
        for own in np.flatnonzero(np.bincount(tenant) >= OWN_MIN):
            tables[own, kinds == each] = len(found)
            found.append(_table(trace.run_s[here[tenant == own]], run_times))
    return tables, tuple(found)


def _table(run_s: Column, run_times: str) -> Numbers:
    """Quantiles at equal steps from 0 to 1, of the values or of the distribution fitted."""
    if run_times == "lognormal":
        logarithms = np.log(run_s)
        return lognormal(float(logarithms.mean()), float(logarithms.std()))
    points = np.linspace(0, 1, min(len(run_s), QUANTILES_MAX))
    return np.quantile(run_s, points) if len(points) > 1 else run_s.astype(np.float64)


def lognormal(mean: float, sigma: float) -> Numbers:
    """Quantiles of a lognormal distribution, from 0.05 % to 99.95 %, in equal steps."""
    steps, normal = QUANTILES_MAX - 1, NormalDist()
    inner = [(n + 0.5) / (steps + 1) for n in range(steps + 1)]
    return np.array([math.exp(mean + sigma * normal.inv_cdf(point)) for point in inner])


def _arrivals(expected: Numbers, chance: np.random.Generator) -> Column:
    """Instants of a Poisson process with so many expected in each hour, ascending."""
    counts = chance.poisson(expected)
    starts = np.repeat(np.arange(len(expected), dtype=np.int64) * HOUR_S, counts)
    within = np.floor(chance.random(len(starts)) * HOUR_S).astype(np.int64)
    return np.sort(starts + within)


def _picked(share: Numbers, chance: Numbers) -> Column:
    """Indices, each as likely as its share."""
    upper = np.cumsum(share)
    found = np.searchsorted(upper / upper[-1], chance, side="right")
    return np.minimum(found, len(share) - 1).astype(np.int64)


def _picked_in_rows(share: Numbers, row: Column, chance: Numbers) -> Column:
    """As ``_picked``, each from a row of its own."""
    upper = np.cumsum(share, axis=1)
    upper = upper / upper[:, -1:] + np.arange(len(share))[:, None]
    found = np.searchsorted(upper.ravel(), chance + row, side="right")
    place: Column = np.minimum(found - row * share.shape[1], _last_of_rows(share)[row])
    return place


def _last_of_rows(share: Numbers) -> Column:
    """The last index of each row that has a share: rounding may not pass it."""
    found: Column = share.shape[1] - 1 - np.argmax(share[:, ::-1] > 0, axis=1)
    return found


def _run_s(model: Model, table: Column, chance: Numbers) -> Column:
    """Run times between the quantiles of each job's table, at least a second."""
    found = np.ones(len(table), np.int64)
    order = np.argsort(table, kind="stable")
    bounds = np.searchsorted(table[order], np.arange(len(model.run_s) + 1))
    for number, quantiles in enumerate(model.run_s):
        rows = order[bounds[number] : bounds[number + 1]]
        points = np.linspace(0, 1, len(quantiles))
        drawn = np.interp(chance[rows], points, quantiles) if len(points) > 1 else quantiles[0]
        found[rows] = np.maximum(np.floor(drawn), 1)
    return found


def days_of(trace: JobTrace) -> int:
    """As many whole days as hold all submissions of a trace."""
    return min(trace.span_s // DAY_S + 1, DAYS_MAX)
