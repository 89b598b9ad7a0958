"""A stress test played: every scenario against the base, as a table, data and a page."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from offtake.contract.model import Regime
from offtake.contract.portfolio import Portfolio
from offtake.report import charts
from offtake.report.assumptions import assumptions
from offtake.report.figures import Bars, Headline, Table
from offtake.report.page import Chart, Page, Section, render
from offtake.report.run_page import assumed
from offtake.sim.measure import Measured
from offtake.sim.world import Workload
from offtake.study import inputs, sure
from offtake.study.breaks import Break, breaks
from offtake.study.interval import Interval
from offtake.study.outcome import FIGURES, Outcome, outcome
from offtake.study.run import Result, play
from offtake.study.stress import Scenario, portfolio_of
from offtake.study.stress import together as at_once
from offtake.study.sure import TITLES, UNITS, number, signed, words
from offtake.study.sweep import Case, Runs, Sweep, differences, sweep
from offtake.units.time import instant_text


class Stressed(NamedTuple):
    """A scenario with what it did; ``sure`` holds intervals by figure where there were runs."""

    scenario: Scenario
    outcome: Outcome
    broken: tuple[Break, ...]
    sure: dict[str, Interval]


class Asked(NamedTuple):
    """What is put under stress."""

    portfolio: Portfolio
    regime: Regime
    workload: Workload | None
    period: tuple[int, int]


class Stress(NamedTuple):
    """A whole stress test."""

    asked: Asked
    played: Result  # The base.
    base: Outcome
    rows: tuple[Stressed, ...]
    runs: Runs


def stress(
    asked: Asked, scenarios: Sequence[Scenario], *, runs: Runs, together: bool = False
) -> Stress:
    """Play the base and every scenario; ``together`` adds one of all of them at once.

    Of several suppliers lost in turn, all at once means the one that most GPU-hours ran at.
    """
    played = play(*asked)
    base = played.measured
    chosen = list(scenarios)
    if together:
        chosen.append(at_once(_one_lost(chosen, base)))
    rows = [_stressed(scenario, base, asked) for scenario in chosen]
    if runs.number:
        cases = (Case(asked.regime), *(Case(asked.regime, scenario) for scenario in chosen))
        document, _, workload, period = asked.portfolio.document, *asked[1:]
        swept = Sweep(document, workload, period, cases, runs.demand)
        outcomes = sweep(swept, runs.number, runs.workers)
        rows = [
            row._replace(sure=differences(outcomes, place))
            for place, row in enumerate(rows, start=1)
        ]
    return Stress(asked, played, outcome(base), tuple(rows), runs)


def _stressed(scenario: Scenario, base: Measured, asked: Asked) -> Stressed:
    """A scenario played under the same demand, beside its base."""
    portfolio = portfolio_of(scenario.change(asked.portfolio.document))
    load = scenario.workload(asked.workload, portfolio.names)
    found = play(portfolio, asked.regime, load, asked.period).measured
    return Stressed(scenario, outcome(found), tuple(breaks(base.played, found.played)), {})


def _one_lost(scenarios: Sequence[Scenario], base: Measured) -> list[Scenario]:
    """Scenarios of which at most one loses a supplier: the largest."""
    lost = [scenario.supplier for scenario in scenarios if scenario.supplier]
    largest = largest_supplier(base, lost) if lost else ""
    return [scenario for scenario in scenarios if scenario.supplier in ("", largest)]


def largest_supplier(base: Measured, among: Sequence[str]) -> str:
    """Of some suppliers the one that most GPU-hours ran at, the first of equals."""
    parties, sites = base.played.world.names.parties, base.played.sites
    used = dict.fromkeys(among, 0)
    for (pool, _), gpu_s in base.used_gpu_s.items():
        name = parties[sites[pool].supplier]
        if name in used:
            used[name] += gpu_s
    return max(among, key=used.__getitem__)


def table_of(test: Stress) -> Table:
    """What each scenario costs: differences to the base, whose own figures stand first."""
    currency = _currency(test)
    base = (words(name, getattr(test.base, name), currency) for name in FIGURES)
    rows = [("base: as stated", *base)]
    for row in test.rows:
        gaps = (signed(name, _gap(name, row, test), currency) for name in FIGURES)
        rows.append((row.scenario.title, *gaps))
    title = f"{test.asked.portfolio.document.title or 'Portfolio'}: what it costs"
    columns = ("scenario", *TITLES.values())
    note = "Rows under the base are differences to it, of one run as stated."
    return Table(title, columns, tuple(rows), tuple(range(1, len(columns))), note)


def intervals_of(test: Stress) -> Table:
    """How sure the differences are, over runs on demand that was drawn."""
    rows = [(row.scenario.id, row.sure) for row in test.rows]
    return sure.table_of(rows, _currency(test), test.runs)


def _currency(test: Stress) -> str:
    return test.asked.portfolio.document.currency


def firsts(test: Stress) -> Table:
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


def data_of(test: Stress, came_from: dict[str, Any]) -> dict[str, Any]:
    """The test as data, in the documented form (docs/reference/stress.md), with its inputs."""
    found: dict[str, Any] = {
        "regime": test.asked.regime.id,
        "from": instant_text(test.asked.period[0]),
        "until": instant_text(test.asked.period[1]),
        "currency": _currency(test),
        "base": _figures(test.base),
        "scenarios": [_row(row, test) for row in test.rows],
        "inputs": came_from,
        "seed": test.asked.portfolio.document.simulation.seed,
    }
    if test.runs.number:
        found["runs"] = sure.drawn(test.runs)
    return found


def _figures(figures: Outcome) -> dict[str, float]:
    return {UNITS[name][0]: number(name, getattr(figures, name)) for name in FIGURES}


def _row(row: Stressed, test: Stress) -> dict[str, Any]:
    gaps = Outcome(*(_gap(name, row, test) for name in FIGURES))
    found: dict[str, Any] = {
        "scenario": row.scenario.id,
        "title": row.scenario.title,
        "breaks": [_break(item) for item in row.broken],
        "difference": _figures(gaps),
    }
    if row.sure:
        found["intervals"] = sure.data_of(row.sure)
    return found


def _break(item: Break) -> dict[str, str]:
    return {"at": instant_text(item.at_s), "who": item.who, "what": item.what, "why": item.why}


def page_of(test: Stress, data: dict[str, Any]) -> Page:
    """The test as a page, with the data that JSON has."""
    document = test.asked.portfolio.document
    period = f"{instant_text(test.asked.period[0])} to {instant_text(test.asked.period[1])}"
    earliest = min((row for row in test.rows if row.broken), key=_first_s, default=None)
    heads = [
        Headline(words("cost_micros", test.base.cost_micros, _currency(test)), "cost as stated")
    ]
    if earliest is not None:
        first = earliest.broken[0]
        says = f"{first.who} {first.what}: {earliest.scenario.title}"
        heads.append(Headline(instant_text(first.at_s)[:10], says))
    costs = (table_of(test), intervals_of(test)) if test.runs.number else (table_of(test),)
    return Page(
        title=f"{document.title or 'Portfolio'}: stress test",
        lead=f"What breaks first and what it costs, {period}, each alone unless it says together.",
        headlines=tuple(heads),
        sections=(
            Section("What breaks first", tables=(firsts(test),)),
            Section("What it costs", charts=_charts(test), tables=costs),
            *(_section(row) for row in test.rows),
            assumed(inputs.purposes_of(data), assumptions(document)),
            Section("Inputs", tables=(inputs.table_of(data),)),
        ),
        footer="The same inputs give the same page, byte for byte.",
    )


def _first_s(row: Stressed) -> int:
    return row.broken[0].at_s


def _charts(test: Stress) -> tuple[Chart, ...]:
    currency = test.asked.portfolio.document.currency
    drawn = []
    for name, title, unit in (
        ("cost_micros", "Cost", f"more than the base, {currency}"),
        ("delay_gpu_s", "Delay of jobs", "more than the base, GPU-hours"),
        ("unserved_gpu_s", "Inference lost", "more than the base, GPU-hours"),
    ):
        divisor = UNITS[name][1]
        rows = tuple((row.scenario.id, _gap(name, row, test) / divisor) for row in test.rows)
        if any(value for _, value in rows):
            says = f"{title} of each scenario beside the base"
            drawn.append(Chart(charts.bars(Bars(title, unit, rows)), says))
    return tuple(drawn)


def _gap(name: str, row: Stressed, test: Stress) -> int:
    found: int = getattr(row.outcome, name) - getattr(test.base, name)
    return found


def _section(row: Stressed) -> Section:
    rows = tuple((instant_text(item.at_s), *item[1:]) for item in row.broken)
    title = "The first of each service and purpose"
    table = Table(title, ("first at", "who", "what", "because"), rows)
    return Section(row.scenario.title, tables=(table,))


def files_of(test: Stress, data: dict[str, Any]) -> dict[str, bytes]:
    """The files of a stress test's folder."""
    return {
        "stress.json": (json.dumps(data, indent=2) + "\n").encode(),
        "stress.html": render(page_of(test, data)).encode(),
    }
