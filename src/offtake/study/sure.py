"""Differences and how sure they are, in words and as data; shared by comparisons and stress."""

from collections.abc import Mapping, Sequence
from typing import Any

from offtake.report.brief import brief
from offtake.report.figures import Table
from offtake.study.interval import LEVEL, Interval
from offtake.study.outcome import FIGURES
from offtake.study.sweep import Runs
from offtake.study.why import MINUS
from offtake.units.money import MICROS, SECONDS_PER_HOUR, short
from offtake.units.time import duration_text

UNITS = {
    "cost_micros": ("cost", MICROS),
    "delay_gpu_s": ("delay_gpu_h", SECONDS_PER_HOUR),
    "unserved_gpu_s": ("unserved_gpu_h", SECONDS_PER_HOUR),
    "shortfall_micros": ("shortfall", MICROS),
    "wait_s": ("mean_wait_s", 1),
}
"""How figures are called and divided in data."""
TITLES = {
    "cost_micros": "cost",
    "delay_gpu_s": "delay of jobs",
    "unserved_gpu_s": "inference lost",
    "shortfall_micros": "shortfall",
    "wait_s": "mean wait",
}
Sure = Mapping[str, Interval]
"""The interval of each figure's difference, by the figure's name in ``Outcome``."""


def words(name: str, value: float, currency: str) -> str:
    """A figure for eyes."""
    if name.endswith("_micros"):
        return short(round(value), currency)
    if name == "wait_s":
        return duration_text(round(value))
    return f"{brief(value / SECONDS_PER_HOUR)} GPU-h"


def signed(name: str, value: float, currency: str) -> str:
    """A difference for eyes."""
    if value == 0:
        return "same"
    return f"{'+' if value > 0 else MINUS}{words(name, abs(value), currency)}"


def number(name: str, value: float) -> float:
    """A figure in data."""
    divisor = UNITS[name][1]
    return value if divisor == 1 else round(value / divisor, 2)


def table_of(rows: Sequence[tuple[str, Sure]], currency: str, runs: Runs) -> Table:
    """The mean differences with their intervals; figures that never differ are left out."""
    cells = tuple(
        (label, TITLES[name], *(signed(name, value, currency) for value in sure[name]))
        for label, sure in rows
        for name in FIGURES
        if any(sure[name])
    )
    return Table(
        f"Mean differences over {runs.number} runs, with their 95 % intervals",
        ("", "figure", "mean", "from", "to"),
        cells,
        (2, 3, 4),
        "Demand and suppliers are drawn alike for both sides of a difference; t-intervals of "
        "paired differences. Figures that never differ are left out.",
    )


def data_of(sure: Sure) -> dict[str, list[float]]:
    """The mean difference and the ends of its interval, by figure."""
    return {UNITS[name][0]: [number(name, value) for value in sure[name]] for name in FIGURES}


def drawn(runs: Runs) -> dict[str, Any]:
    """How many runs, of which demand, and the level of the intervals."""
    return {"runs": runs.number, "demand": runs.demand, "level": LEVEL}
