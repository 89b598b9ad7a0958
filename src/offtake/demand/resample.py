"""A trace drawn again from itself, by weeks: what might as well have been submitted.

The bootstrap of Efron, over weeks rather than jobs: a week is drawn whole, so that the cycle of
its days, the bursts within it and what one tenant submits after another stay as they were. With
as many weeks as the trace begins, each position gets a week drawn with replacement. A last week
that the trace does not show whole is drawn as it is. Weeks count from second 0 of the trace.

Citation: B. Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics
7(1), 1979; blocks as in H. R. Kuensch, Annals of Statistics 17(3), 1989.
"""

from dataclasses import fields, replace

import numpy as np

from offtake.demand.columns import Column, JobTrace
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


def taken(trace: JobTrace, rows: Column) -> JobTrace:
    """Some jobs of a trace, in the order of ``rows``, which must be one of submission."""
    known = {item.name for item in fields(trace)}
    columns = {name: getattr(trace, name) for name in PER_JOB if name in known}
    return replace(
        trace, **{name: column[rows] for name, column in columns.items() if column is not None}
    )


def weeks_again(trace: JobTrace, seed: int) -> JobTrace:
    """A trace of as many weeks, each drawn from those of this one; PCG64 from a seed."""
    week = trace.submit_s // WEEK_S
    weeks = int(week[-1]) + 1 if trace.jobs else 0
    chance = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed)))
    drawn = chance.integers(0, max(weeks, 1), weeks)
    edges = np.searchsorted(week, np.arange(weeks + 1))
    rows = [np.arange(edges[number], edges[number + 1]) for number in drawn.tolist()]
    sizes = [len(row) for row in rows]
    moved = np.repeat((np.arange(weeks) - drawn) * WEEK_S, sizes)
    found = taken(trace, np.concatenate([*rows, np.zeros(0, np.int64)]))
    deadline = found.deadline_s
    return replace(
        found,
        submit_s=found.submit_s + moved,
        deadline_s=None if deadline is None else np.where(deadline < 0, deadline, deadline + moved),
        choices=(*trace.choices, f"weeks drawn again from seed {seed} (PCG64)"),
    )
