"""One run of a portfolio under a regime, with everything that is written about it."""

import json
from typing import Any, NamedTuple

from offtake.contract.model import Regime
from offtake.contract.portfolio import Portfolio
from offtake.core.vocabulary import Act, BoundClause
from offtake.report.figures import Table
from offtake.report.metrics import metrics, rows_of
from offtake.report.page import render
from offtake.report.run_page import Context, page_of
from offtake.settle.usage_file import written
from offtake.sim.measure import Measured, measure, summary
from offtake.sim.simulate import Progress, silently, simulate
from offtake.sim.world import Workload, world_of
from offtake.sourcing.journal import entry
from offtake.study import inputs
from offtake.study.inputs import title_of
from offtake.study.rights import Rules, horizon, rights_map, runs_map
from offtake.study.schedule import schedule_of


class Result(NamedTuple):
    """A run, measured, with what it was run from."""

    portfolio: Portfolio
    regime: Regime
    clauses: tuple[BoundClause, ...]
    measured: Measured
    summary: dict[str, Any]
    workload: Workload | None = None


class Playing(NamedTuple):
    """Who is told how far a run is, and which engine places jobs (by its size if unnamed)."""

    progress: Progress = silently
    engine: str = ""


def play(
    portfolio: Portfolio,
    regime: Regime,
    workload: Workload | None,
    period: tuple[int, int],
    how: Playing = Playing(),  # noqa: B008 - an immutable value.
) -> Result:
    """Simulate and measure a portfolio under a regime."""
    clauses = portfolio.under(regime)
    world = world_of(portfolio, clauses, workload, period)
    measured = measure(simulate(world, how.progress, how.engine))
    return Result(portfolio, regime, clauses, measured, summary(measured), workload)


def told(result: Result, came_from: dict[str, Any]) -> dict[str, Any]:
    """The whole summary: the figures, what they came from, and the seed."""
    seed = result.portfolio.document.simulation.seed
    return {**result.summary, "inputs": came_from, "seed": seed}


def files_of(result: Result, full_summary: dict[str, Any]) -> dict[str, bytes]:
    """The files of a result folder, by name."""
    return {
        "summary.json": (json.dumps(full_summary, indent=2) + "\n").encode(),
        "journal.jsonl": journal_of(result),
        "schedule.parquet": schedule_of(result.measured.played, result.workload),
        "usage.parquet": written(result.measured.used, result.portfolio.names),
        "report.html": report_of(result, full_summary).encode(),
    }


def journal_of(result: Result) -> bytes:
    """Every event with the decisions behind it, one JSON object a line."""
    names, currency = result.portfolio.names, result.portfolio.document.currency
    market = result.measured.played.market
    sought = {number: lot.need.requirement for number, lot in market.state.lots.items()}
    lines = [
        json.dumps(
            entry(recorded, names, currency, sought.get(recorded.event.lot, "")),
            ensure_ascii=False,
        )
        for recorded in market.journal
    ]
    return ("\n".join(lines) + "\n" if lines else "").encode()


def report_of(result: Result, full_summary: dict[str, Any]) -> str:
    """The page of a run."""
    period = horizon(result.portfolio)
    supply = rights_map(result.portfolio, Act.SUPPLY, period, result.clauses)
    context = Context(
        regime=title_of(result.regime),
        supply=supply,
        runs=runs_map(result.portfolio, period, [Rules("", result.clauses)]),
        inputs=inputs.table_of(full_summary),
        purposes=inputs.purposes_of(full_summary),
    )
    return render(page_of(result.measured, full_summary, context))


def table_of(result: Result, full_summary: dict[str, Any]) -> Table:
    """The figures of a run for the terminal."""
    rows = rows_of([metrics(full_summary, result.portfolio.names)])
    title = f"{result.portfolio.document.title or 'Portfolio'} ({result.regime.id})"
    return Table(title, ("", "value"), rows, right=(1,))
