"""A trace drawn again from itself, by weeks: what might as well have been submitted.

The bootstrap of Efron, over weeks rather than jobs: a week is drawn whole, so that the cycle of
its days, the bursts within it and what one tenant submits after another stay as they were. Each
position gets one of the whole weeks, with replacement; where the trace ends within a week, the
last position gets as much of one. Weeks count from second 0 of the trace. Of a trace that shows
no whole week nothing is drawn: it stays as it is.

Citation: B. Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics
7(1), 1979; blocks as in H. R. Kuensch, Annals of Statistics 17(3), 1989.
"""

from dataclasses import replace

import numpy as np

from offtake.demand.columns import Column, JobTrace, ServiceDemand, ServiceTrace
from offtake.units.time import DAY_S

WEEK_S = 7 * DAY_S
PER_JOB = (
    "submit_s",
    "run_s",
    "requested_s",
    "gpus",
    "tenant",
    "priority",
    "deadline_s",
    "share_milli",
    "wants",
    "model",
)
"""The columns of a trace."""


def taken(trace: JobTrace, rows: Column, later_s: Column | int = 0) -> JobTrace:
    """Some jobs of a trace, each later by so much; ``rows`` must put them in order then."""
    columns = {name: getattr(trace, name) for name in PER_JOB}
    found = {name: column[rows] for name, column in columns.items() if column is not None}
    found["submit_s"] = found["submit_s"] + later_s
    if "deadline_s" in found:
        deadline = found["deadline_s"]
        found["deadline_s"] = np.where(deadline < 0, deadline, deadline + later_s)
    return replace(trace, **found)


def draws(span_s: int, seed: int) -> Column:
    """Which week stands at each position that a span begins: PCG64 from a seed."""
    positions, whole = -(-span_s // WEEK_S), max(span_s // WEEK_S, 1)
    chance = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed)))
    return chance.integers(0, whole, positions)


def _again(seed: int) -> str:
    return f"weeks drawn again from seed {seed} (PCG64)"


def weeks_again(trace: JobTrace, seed: int) -> JobTrace:
    """A trace of the same span, each of its weeks drawn from its whole ones."""
    span_s = int(trace.submit_s[-1]) + 1 if trace.jobs else 0
    drawn = draws(span_s, seed)
    rows = []
    for place, week in enumerate(drawn.tolist()):
        begins_s = week * WEEK_S
        long_s = min(span_s - place * WEEK_S, WEEK_S)
        low, high = np.searchsorted(trace.submit_s, (begins_s, begins_s + long_s))
        rows.append(np.arange(low, high))
    moved = np.repeat((np.arange(len(drawn)) - drawn) * WEEK_S, [len(row) for row in rows])
    found = taken(trace, np.concatenate([*rows, np.zeros(0, np.int64)]), moved)
    return replace(found, choices=(*trace.choices, _again(seed)))


def service_weeks_again(trace: ServiceTrace, seed: int) -> ServiceTrace:
    """The same of demand over time; of as many weeks as a trace of jobs, the same weeks."""
    drawn = draws(trace.span_s, seed)
    return replace(
        trace,
        services=tuple(_steps_again(demand, drawn, trace.span_s) for demand in trace.services),
        work_gpu_s=None,  # Of requests that are no longer those that were.
        arrivals_s=None,
        choices=(*trace.choices, _again(seed)),
    )


def _steps_again(demand: ServiceDemand, drawn: Column, span_s: int) -> ServiceDemand:
    """The levels of each drawn week at its new place, as far as the span goes."""
    starts, levels = [], []
    for place, week in enumerate(drawn.tolist()):
        begins_s = week * WEEK_S
        ends_s = begins_s + min(span_s - place * WEEK_S, WEEK_S)
        low = int(np.searchsorted(demand.from_s, begins_s, side="right"))
        high = int(np.searchsorted(demand.from_s, ends_s))
        before = int(demand.gpus[low - 1]) if low else 0
        starts += [[place * WEEK_S], demand.from_s[low:high] + (place - week) * WEEK_S]
        levels += [[before], demand.gpus[low:high]]
    from_s = np.concatenate([*starts, np.zeros(0)]).astype(np.int64)
    found = np.concatenate([*levels, np.zeros(0)]).astype(np.int64)
    keep = np.r_[True, np.diff(found) != 0][: len(found)]
    return ServiceDemand(demand.service, from_s[keep], found[keep])
