"""A stress test played: every scenario against the base, as a table, data and a page."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from offtake.contract.model import Regime
from offtake.contract.portfolio import Portfolio
from offtake.report import charts
from offtake.report.brief import brief
from offtake.report.figures import Bars, Headline, Table
from offtake.report.page import Chart, Page, Section, render
from offtake.sim.measure import Measured
from offtake.sim.world import Workload
from offtake.study.breaks import Break, breaks
from offtake.study.interval import Interval
from offtake.study.outcome import FIGURES, Outcome, outcome
from offtake.study.run import play
from offtake.study.stress import BASE, Scenario, portfolio_of
from offtake.units.money import MICROS, SECONDS_PER_HOUR, short
from offtake.units.time import duration_text, instant_text

UNITS = {
    "cost_micros": ("cost", MICROS),
    "delay_gpu_s": ("delay_gpu_h", SECONDS_PER_HOUR),
    "unserved_gpu_s": ("unserved_gpu_h", SECONDS_PER_HOUR),
    "shortfall_micros": ("shortfall", MICROS),
    "wait_s": ("mean_wait_s", 1),
}
"""How figures are called and divided in data."""


class Stressed(NamedTuple):
    """A scenario with what it did; ``sure`` holds intervals by figure where there were runs."""

    scenario: Scenario
    outcome: Outcome
    broken: tuple[Break, ...]
    sure: dict[str, Interval]


class Test(NamedTuple):
    """A whole stress test."""

    portfolio: Portfolio
    regime: Regime
    period: tuple[int, int]
    base: Outcome
    rows: tuple[Stressed, ...]
    runs: int = 0
    demand: str = ""


def base_of(
    portfolio: Portfolio, regime: Regime, workload: Workload | None, period: tuple[int, int]
) -> Measured:
    """The run that scenarios are held against."""
    return play(portfolio, regime, workload, period).measured


def stressed(
    scenario: Scenario, base: Measured, regime: Regime, workload: Workload | None
) -> Stressed:
    """A scenario played under the same demand, beside its base."""
    world = base.played.world
    portfolio = portfolio_of(scenario.change(world.document))
    load = scenario.workload(workload, portfolio.names)
    found = play(portfolio, regime, load, (world.from_s, world.until_s)).measured
    return Stressed(scenario, outcome(found), tuple(breaks(base.played, found.played)), {})


def largest_supplier(base: Measured, among: Sequence[str]) -> str:
    """Of some suppliers the one that most GPU-hours ran at, the first of equals."""
    parties, sites = base.played.world.names.parties, base.played.sites
    used = dict.fromkeys(among, 0)
    for (pool, _), gpu_s in base.used_gpu_s.items():
        name = parties[sites[pool].supplier]
        if name in used:
            used[name] += gpu_s
    return max(among, key=used.__getitem__)


def table_of(test: Test) -> Table:
    """What each scenario costs: differences to the base, whose own figures stand first."""
    rows = [("base: as stated", *(_own(name, getattr(test.base, name), test) for name in FIGURES))]
    rows += [
        (row.scenario.title, *(_difference(name, row, test) for name in FIGURES))
        for row in test.rows
    ]
    title = f"{test.portfolio.document.title or 'Portfolio'}: what it costs"
    columns = ("scenario", "cost", "delay of jobs", "inference lost", "shortfall", "mean wait")
    return Table(title, columns, tuple(rows), tuple(range(1, len(columns))), _note(test))


def _note(test: Test) -> str:
    if not test.runs:
        return "Rows under the base are differences to it, of one run each."
    drawn = f"{test.runs} runs, demand and suppliers drawn alike for base and scenario"
    return (
        f"The base is one run as stated. Rows under it: mean differences over {drawn}, and in "
        "brackets their 95 % t-intervals of paired differences."
    )


def firsts(test: Test) -> Table:
    """What breaks first in each scenario."""
    rows = []
    for row in test.rows:
        first = row.broken[0] if row.broken else None
        rows.append(
            (row.scenario.title, "", "nothing", "", "")
            if first is None
            else (row.scenario.title, instant_text(first.at_s), *first[1:])
        )
    columns = ("scenario", "first at", "who", "what", "because")
    return Table("What breaks first", columns, tuple(rows))


def _own(name: str, value: float, test: Test) -> str:
    if name.endswith("_micros"):
        return short(round(value), test.portfolio.document.currency)
    if name == "wait_s":
        return duration_text(round(value))
    return f"{brief(value / SECONDS_PER_HOUR)} GPU-h"


def _difference(name: str, row: Stressed, test: Test) -> str:
    sure = row.sure.get(name)
    if sure is None:
        return _signed(name, getattr(row.outcome, name) - getattr(test.base, name), test)
    low, high = (_signed(name, end, test) for end in (sure.low, sure.high))
    mean = _signed(name, sure.mean, test)
    return mean if low == mean == high else f"{mean} [{low}, {high}]"


def _signed(name: str, value: float, test: Test) -> str:
    if value == 0:
        return "same"
    sign = "+" if value > 0 else "-"
    return f"{sign}{_own(name, abs(value), test)}"


def data_of(test: Test) -> dict[str, Any]:
    """The test as data, in the documented form (docs/reference/stress.md)."""
    found: dict[str, Any] = {
        "regime": test.regime.id,
        "from": instant_text(test.period[0]),
        "until": instant_text(test.period[1]),
        "currency": test.portfolio.document.currency,
        "base": _figures(test.base),
        "scenarios": [_row(row, test) for row in test.rows],
    }
    if test.runs:
        found["runs"] = {"runs": test.runs, "demand": test.demand, "level": 0.95}
    return found


def _figures(figures: Outcome) -> dict[str, float]:
    return {UNITS[name][0]: _value(name, getattr(figures, name)) for name in FIGURES}


def _value(name: str, value: float) -> float:
    divisor = UNITS[name][1]
    return value if divisor == 1 else round(value / divisor, 2)


def _row(row: Stressed, test: Test) -> dict[str, Any]:
    gaps = Outcome(*(getattr(row.outcome, name) - getattr(test.base, name) for name in FIGURES))
    found: dict[str, Any] = {
        "scenario": row.scenario.id,
        "title": row.scenario.title,
        "breaks": [{**item._asdict(), "at_s": instant_text(item.at_s)} for item in row.broken],
        "difference": _figures(gaps),
    }
    for item in found["breaks"]:
        item["at"] = item.pop("at_s")
    if row.sure:
        found["intervals"] = {
            UNITS[name][0]: [_value(name, value) for value in sure]
            for name, sure in row.sure.items()
        }
    return found


def page_of(test: Test) -> Page:
    """The test as a page."""
    document = test.portfolio.document
    period = f"{instant_text(test.period[0])} to {instant_text(test.period[1])}"
    earliest = min((row for row in test.rows if row.broken), key=_first_s, default=None)
    heads = [Headline(_own("cost_micros", test.base.cost_micros, test), "cost as stated")]
    if earliest is not None:
        first = earliest.broken[0]
        says = f"{first.who} {first.what}: {earliest.scenario.title}"
        heads.append(Headline(instant_text(first.at_s)[:10], says))
    tables = (firsts(test),)
    return Page(
        title=f"{document.title or 'Portfolio'}: stress test",
        lead=f"What breaks first and what it costs, {period}, each alone unless it says together.",
        headlines=tuple(heads),
        sections=(
            Section("What breaks first", tables=tables),
            Section("What it costs", charts=_charts(test), tables=(table_of(test),)),
            *(_section(row) for row in test.rows),
        ),
        footer="The same inputs give the same page, byte for byte.",
    )


def _first_s(row: Stressed) -> int:
    return row.broken[0].at_s


def _charts(test: Test) -> tuple[Chart, ...]:
    currency = test.portfolio.document.currency
    drawn = []
    for name, title, unit in (
        ("cost_micros", "Cost", f"more than the base, {currency}"),
        ("delay_gpu_s", "Delay of jobs", "more than the base, GPU-hours"),
        ("unserved_gpu_s", "Inference lost", "more than the base, GPU-hours"),
    ):
        rows = tuple((row.scenario.id, _gap(name, row, test)) for row in test.rows)
        if any(value for _, value in rows):
            says = f"{title} of each scenario beside the base"
            drawn.append(Chart(charts.bars(Bars(title, unit, rows)), says))
    return tuple(drawn)


def _gap(name: str, row: Stressed, test: Test) -> float:
    sure = row.sure.get(name)
    own = getattr(row.outcome, name) - getattr(test.base, name)
    return (own if sure is None else sure.mean) / UNITS[name][1]


def _section(row: Stressed) -> Section:
    rows = tuple((instant_text(item.at_s), *item[1:]) for item in row.broken)
    title = "The first of each service and purpose"
    table = Table(title, ("first at", "who", "what", "because"), rows)
    return Section(row.scenario.title, tables=(table,))


def files_of(test: Test) -> dict[str, bytes]:
    """The files of a stress test's folder."""
    return {
        "stress.json": (json.dumps(data_of(test), indent=2) + "\n").encode(),
        "stress.html": render(page_of(test)).encode(),
    }
