"""Synthetic jobs against real ones: one picture of four drawings, and two tables."""

from collections.abc import Sequence

import numpy as np

from offtake.demand.columns import Column, JobTrace
from offtake.demand.describe import Steps, job_steps
from offtake.demand.fit import Distance, Rate
from offtake.demand.synthetic import WEEK_H, exposed_rates, size_class
from offtake.report.demand_figures import step_line
from offtake.report.figures import Line, Panel, Panels, Table
from offtake.units.money import SECONDS_PER_HOUR
from offtake.units.time import DAY_S

CURVE_POINTS = 400
REAL, SYNTHETIC = "real", "synthetic"


def picture(title: str, real: JobTrace, synthetic: JobTrace) -> Panels:
    """Arrivals by hour of the week, sizes, run times, and demand over time."""
    both = ((REAL, real), (SYNTHETIC, synthetic))
    drawn = (_arrivals(both), _sizes(both), _run_times(both), _demand(real, synthetic))
    return Panels(title, drawn, columns=2)


Both = tuple[tuple[str, JobTrace], tuple[str, JobTrace]]


def _arrivals(both: Both) -> Panel:
    hours = tuple(float(hour) for hour in range(WEEK_H + 1))
    lines = []
    for label, trace in both:
        rates = exposed_rates(trace.submit_s).tolist()
        lines.append(Line(label, hours, (*rates, rates[-1])))
    label = "hour of the week, from the start of the trace"
    return Panel("Arrivals by hour of the week", label, "jobs an hour", "steps", tuple(lines))


def _sizes(both: Both) -> Panel:
    classes = [size_class(trace.gpus) for _, trace in both]
    most = int(max(kind.max() for kind in classes))
    shares = [np.bincount(kind, minlength=most + 1) / len(kind) for kind in classes]
    ticks = tuple(_class_text(number) for number in range(most + 1))
    x = tuple(float(number) for number in range(most + 1))
    lines = tuple(
        Line(label, x, tuple((100 * share).tolist()))
        for (label, _), share in zip(both, shares, strict=True)
    )
    return Panel("Sizes", "GPUs a job", "% of jobs", "bars", lines, ticks=ticks)


def _class_text(number: int) -> str:
    """``1``, ``2``, ``3-4``, ``5-8``: the sizes of a class."""
    most = 1 << number
    return str(most) if most <= 2 else f"{most // 2 + 1}-{most}"


def _run_times(both: Both) -> Panel:
    lines = tuple(Line(label, *_curve(trace.run_s)) for label, trace in both)
    return Panel("Run times", "hours", "% of jobs that ended by then", "curve", lines, scale="log")


def _curve(run_s: Column) -> tuple[tuple[float, ...], tuple[float, ...]]:
    ordered = np.sort(run_s)
    kept = np.unique(np.linspace(0, len(ordered) - 1, CURVE_POINTS).astype(np.int64))
    percent = 100 * (kept + 1) / len(ordered)
    return tuple((ordered[kept] / SECONDS_PER_HOUR).tolist()), tuple(percent.tolist())


def _demand(real: JobTrace, synthetic: JobTrace) -> Panel:
    """Over as long as both last, each from its own first job."""
    steps = [job_steps(real), job_steps(synthetic)]
    length_s = min(one.until_s - int(one.at_s[0]) for one in steps)
    lines = [
        step_line(label, _first(one, length_s), DAY_S)
        for label, one in zip((REAL, SYNTHETIC), steps, strict=True)
    ]
    title = "GPUs wanted if each job started at its submission"
    return Panel(title, "days", "GPUs", "steps", tuple(lines))


def _first(steps: Steps, length_s: int) -> Steps:
    end_s = int(steps.at_s[0]) + length_s
    inside = steps.at_s < end_s
    return Steps(steps.at_s[inside], steps.gpus[inside], end_s)


def distances(found: Sequence[Distance]) -> Table:
    """How far the two are from each other."""
    rows = tuple(
        (one.what, one.measure, f"{one.value:.4f}", f"{one.by_chance:.4f}" * (one.by_chance >= 0))
        for one in found
    )
    note = (
        "0: the same, 1: nothing in common. KS: Kolmogorov-Smirnov, the largest difference of the "
        "distribution functions;\nTV: total variation, half the sum of the differences of shares. "
        "By chance: what one sample in twenty exceeds."
    )
    columns = ("distance of", "measure", "is", "by chance")
    return Table("", columns, rows, right=(2, 3), note=note)


def rates(found: Sequence[Rate]) -> Table:
    """What the two want."""
    rows = tuple((one.what, f"{one.real:,.0f}", f"{one.synthetic:,.0f}") for one in found)
    return Table("", ("over the span", REAL, SYNTHETIC), rows, right=(1, 2))
