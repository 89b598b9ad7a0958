"""What all readers of jobs share: from the columns they found to a trace.

A run of 0 s counts as 1 s, a request that is unknown or shorter than the run is raised to it,
jobs are sorted by submission; each is counted and said.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from offtake.demand.columns import (
    LIMIT_GPUS,
    LIMIT_RUN_S,
    LIMIT_S,
    Column,
    Dropped,
    JobModel,
    JobTrace,
    UnreadableTrace,
    in_order,
)
from offtake.demand.table import Table

UNKNOWN_TENANT = "unknown"


@dataclass(slots=True, kw_only=True)
class Found:
    """Columns of a format, before what all formats share; None where it has no such column.

    ``requested_s`` is -1 where a job's is unknown, ``tenant`` where its is.
    """

    submit_s: Column
    run_s: Column
    gpus: Column
    tenant: Column
    tenants: tuple[str, ...]
    purposes: tuple[str, ...] = ()
    requested_s: Column | None = None
    priority: Column | None = None
    deadline_s: Column | None = None
    share_milli: Column | None = None
    wants: Column | None = None
    accelerators: tuple[tuple[str, ...], ...] = ()
    model: Column | None = None
    models: tuple[JobModel, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    choices: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()


def sound(submit_s: Column, run_s: Column, gpus: Column) -> NDArray[np.bool_]:
    """Which rows are jobs: submitted, run for no negative time, with GPUs, within the limits."""
    submitted = (submit_s >= 0) & (submit_s < LIMIT_S)
    return submitted & (run_s >= 0) & (run_s < LIMIT_RUN_S) & (gpus > 0) & (gpus < LIMIT_GPUS)


def one_tenant(name: str, jobs: int) -> tuple[Column, tuple[str, ...]]:
    """Every job of one tenant."""
    return np.zeros(jobs, np.int64), (name,)


def tenants_of(table: Table, name: str) -> tuple[Column, tuple[str, ...]]:
    """The tenants that a WORD column names, in alphabetical order; those of no name last."""
    codes, known = table.words[name], table.known[name]
    used = [int(code) for code in np.unique(codes)]
    used.sort(key=lambda code: (code < 0, known[code]))
    place = np.zeros(len(known) + 1, np.int64)  # The last is that of code -1.
    for number, code in enumerate(used):
        place[code] = number
    return place[codes], tuple(known[code] if code >= 0 else UNKNOWN_TENANT for code in used)


def trace_of(name: str, found: Found) -> JobTrace:
    """The trace of a format.

    Raises:
        UnreadableTrace: There are no jobs.
    """
    if not len(found.submit_s):
        place = str(found.files[0]) if found.files else name
        says = "; ".join(["no jobs", *(f"{d.rows} rows: {d.reason}" for d in found.dropped)])
        raise UnreadableTrace(place, says, "Check that this is the right file.")
    run_s, choices = found.run_s, list(found.choices)
    instant = int((run_s == 0).sum())
    if instant:
        run_s = np.maximum(run_s, 1)
        choices.append(f"run times of 0 s count as 1 s: {instant} rows")
    requested_s = run_s
    if found.requested_s is None:
        choices.append("requested times are the run times")
    else:
        requested_s = np.clip(found.requested_s, run_s, LIMIT_S)
        if raised := int((found.requested_s < run_s).sum()):
            choices.append(f"requested times raised to the run time: {raised} rows")
    given: dict[str, Column | None] = {
        "submit_s": found.submit_s,
        "run_s": run_s,
        "requested_s": requested_s,
        "gpus": found.gpus,
        "tenant": found.tenant,
        "priority": np.zeros_like(run_s) if found.priority is None else found.priority,
        "deadline_s": _bounded(found.deadline_s),
        "share_milli": found.share_milli,
        "wants": found.wants,
        "model": found.model,
    }
    columns, moved = in_order({key: value for key, value in given.items() if value is not None})
    if moved:
        choices.append(f"rows out of order, sorted: {moved}")
    return JobTrace(
        format=name,
        tenants=found.tenants,
        dropped=found.dropped,
        choices=tuple(choices),
        files=found.files,
        accelerators=found.accelerators,
        models=found.models,
        purposes=found.purposes,
        **columns,
    )


def _bounded(deadline_s: Column | None) -> Column | None:
    """Deadlines within the limit of instants; -1 for none."""
    return None if deadline_s is None else np.clip(deadline_s, -1, LIMIT_S)


def clock_from(instants_s: Column) -> tuple[Column, str]:
    """Seconds from the earliest instant on, and that instant as text."""
    if not len(instants_s):
        return instants_s, "nothing"
    first_s = int(instants_s.min())
    return instants_s - first_s, str(np.datetime64(first_s, "s")).replace("T", " ")
