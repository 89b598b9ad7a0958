"""A trace as figures: what its tables and its picture show."""

import numpy as np

from offtake.demand.columns import Column, Dropped, JobTrace, ServiceTrace
from offtake.demand.describe import (
    Description,
    Distribution,
    Holder,
    Steps,
    by_purpose,
    level_at,
    service_steps,
)
from offtake.report.figures import Line, Panel, Panels, Table
from offtake.units.money import SECONDS_PER_HOUR
from offtake.units.time import DAY_S, HOUR_S, duration_text

POINTS_MAX = 2_000
ROWS_MAX = 12
STACKED_MAX = 8
COUNTED = {
    "azure_llm": "requests",
    "mooncake": "requests",
    "genai": "requests",
    "dlrm": "instances",
    "helios": "samples",
}
"""What the services of a format were made from."""


def counted(trace: JobTrace | ServiceTrace) -> str:
    """What a trace is made of, as a word."""
    return "jobs" if isinstance(trace, JobTrace) else COUNTED[trace.format]


def summary(trace: JobTrace | ServiceTrace, found: Description) -> Table:
    """The figures that come first."""
    rows = [
        (counted(trace), f"{found.entries:,}"),
        ("span", duration_text(found.span_s)),
        ("GPU-hours", hours(found.gpu_s)),
    ]
    if found.work_gpu_s is not None:
        rows.append(("GPU-hours of the work itself", hours(found.work_gpu_s)))
    mean = found.gpu_s / max(found.span_s, 1)
    rows += [
        ("GPUs over the span, on average", f"{mean:,.1f}"),
        ("most GPUs wanted at once", f"{found.spread.most:,}"),
        ("tenants" if isinstance(trace, JobTrace) else "services", f"{len(found.holders):,}"),
    ]
    return Table("", ("in it", "is"), tuple(rows), right=(1,))


def hours(gpu_s: int) -> str:
    """GPU-hours for eyes: whole ones, and small amounts to three digits."""
    length = gpu_s / SECONDS_PER_HOUR
    return f"{length:,.0f}" if length >= 1_000 else f"{length:.3g}"


def spreads(found: Description) -> Table:
    """How sizes, run times and demand are spread."""
    rows = []
    if found.sizes is not None:
        rows.append(("GPUs a job", *(f"{value:,}" for value in found.sizes)))
    if found.run_s is not None:
        rows.append(("run time", *(duration_text(value) for value in found.run_s)))
    rows.append(("GPUs wanted, over time", *(f"{value:,}" for value in found.spread)))
    columns = ("spread of", *Distribution._fields)
    note = "GPUs wanted: if each job started at its submission." if found.sizes else ""
    return Table("", columns, tuple(rows), right=(1, 2, 3, 4), note=note)


def holders(found: Description, word: str) -> Table:
    """Who wants how much, the largest first; the rest in one row."""
    ordered = sorted(found.holders, key=lambda one: (-one.gpu_s, one.name))
    rows = [_holder(one, found) for one in ordered[:ROWS_MAX]]
    rest = ordered[ROWS_MAX:]
    if rest:
        jobs = sum(one.jobs for one in rest) if rest[0].jobs >= 0 else -1
        others = Holder(f"{len(rest):,} others", jobs, sum(one.gpu_s for one in rest))
        rows.append(_holder(others, found))
    return _filled((word, "for", "jobs", "GPU-hours", "share"), rows)


def _filled(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> Table:
    """A table without the columns that nothing fills; numbers stand to the right."""
    kept = [n for n in range(len(columns)) if any(row[n] for row in rows)]
    words = [columns[n] for n in kept]
    right = tuple(n for n, word in enumerate(words) if word in ("jobs", "GPU-hours", "share"))
    return Table("", tuple(words), tuple(tuple(row[n] for n in kept) for row in rows), right)


def purposes(found: Description) -> Table:
    """What the GPU-hours are for."""
    rows = [_holder(one._replace(purpose=""), found) for one in by_purpose(found.holders)]
    return _filled(("purpose", "for", "jobs", "GPU-hours", "share"), rows)


def _holder(one: Holder, found: Description) -> tuple[str, ...]:
    jobs = f"{one.jobs:,}" if one.jobs >= 0 else ""
    share = f"{100 * one.gpu_s / max(found.gpu_s, 1):.1f} %"
    return (one.name, one.purpose, jobs, hours(one.gpu_s), share)


def losses(dropped: tuple[Dropped, ...]) -> Table:
    """What was left out, and why."""
    rows = tuple((one.reason, f"{one.rows:,}", one.first) for one in dropped)
    return Table("", ("dropped because", "rows", "the first"), rows, right=(1,))


def picture(title: str, trace: JobTrace | ServiceTrace, found: Description) -> Panels:
    """Demand over time, and arrivals where they are known, by minute, hour, day or week."""
    arrivals_s = trace.submit_s if isinstance(trace, JobTrace) else trace.arrivals_s
    unit_s, unit = _unit(found.span_s)
    drawn = [_demand(trace, found, unit_s, unit)]
    if arrivals_s is not None and len(arrivals_s):
        drawn.append(_arrivals(arrivals_s, counted(trace), unit_s, unit))
    return Panels(title, tuple(drawn))


def _unit(span_s: int) -> tuple[int, str]:
    """The unit of the time axis: at least two of them, and not more bars than a page holds."""
    if span_s >= 2 * 365 * DAY_S:
        return 7 * DAY_S, "week"
    if span_s >= 2 * DAY_S:
        return DAY_S, "day"
    return (HOUR_S, "hour") if span_s >= 2 * HOUR_S else (60, "minute")


def _demand(trace: JobTrace | ServiceTrace, found: Description, unit_s: int, unit: str) -> Panel:
    label = f"{unit}s from the start of the trace"
    if isinstance(trace, JobTrace):
        title = "GPUs wanted if each job started at its submission"
        line = step_line("wanted", found.wanted, unit_s)
        return Panel(title, label, "GPUs", "steps", (line,))
    lines = _stacked(trace, unit_s)
    return Panel("GPUs wanted by services", label, "GPUs", "stack", lines)


def _stacked(trace: ServiceTrace, unit_s: int) -> tuple[Line, ...]:
    """The largest services, and the others as one."""
    from_s, peak_at_s = thinned(service_steps(trace))
    order = sorted(trace.services, key=lambda one: -one.gpu_s(trace.span_s))
    levels = [level_at(one.from_s, one.gpus, peak_at_s) for one in order]
    named = [(one.service, level) for one, level in zip(order, levels, strict=True)]
    if len(named) > STACKED_MAX + 1:
        rest = np.sum([level for _, level in named[STACKED_MAX:]], axis=0)
        named = [*named[:STACKED_MAX], (f"{len(named) - STACKED_MAX} others", rest)]
    x = (*(from_s / unit_s).tolist(), trace.span_s / unit_s)
    return tuple(Line(name, x, (*level.tolist(), int(level[-1]))) for name, level in named)


def _arrivals(arrivals_s: Column, word: str, unit_s: int, unit: str) -> Panel:
    """How many came in each unit of time."""
    unit_of = arrivals_s // unit_s
    counts = np.bincount(unit_of - unit_of[0])
    x = tuple(float(n) for n in range(len(counts)))
    line = Line(word, x, tuple(counts.tolist()))
    label = f"{unit}s from the start of the trace"
    return Panel(f"Arrivals by {unit}", label, word, "bars", (line,))


def step_line(label: str, steps: Steps, unit_s: int) -> Line:
    """A level over time as a line that a picture can hold, up to its end."""
    from_s, peak_at_s = thinned(steps)
    gpus = level_at(steps.at_s, steps.gpus, peak_at_s)
    start_s = int(from_s[0]) // unit_s * unit_s  # Some clocks begin long before the first job.
    x = (*((from_s - start_s) / unit_s).tolist(), (steps.until_s - start_s) / unit_s)
    return Line(label, x, (*gpus.tolist(), int(gpus[-1])))


def thinned(steps: Steps) -> tuple[Column, Column]:
    """At most ``POINTS_MAX`` stretches of time: where each begins, and when it is highest.

    A picture draws each stretch at its highest level, so that peaks stay.
    """
    at_s, gpus = steps.at_s, steps.gpus
    if len(at_s) <= POINTS_MAX:
        return at_s, at_s
    edges = np.linspace(at_s[0], steps.until_s, POINTS_MAX, endpoint=False).astype(np.int64)
    instants = np.concatenate([edges, at_s])
    level = np.concatenate([level_at(at_s, gpus, edges), gpus])
    stretch = np.searchsorted(edges, instants, side="right") - 1
    order = np.lexsort((instants, -level, stretch))
    first = np.searchsorted(stretch[order], np.arange(len(edges)))
    return edges, instants[order[first]]
