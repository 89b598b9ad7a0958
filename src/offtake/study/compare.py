"""The same demand under several contract regimes, side by side (semantics, section 7)."""

import json
from collections.abc import Sequence
from typing import Any

from offtake.core.vocabulary import Act
from offtake.report import charts
from offtake.report.brief import brief
from offtake.report.figures import Bars, Headline, Table
from offtake.report.page import Chart, Page, Section, render
from offtake.study.rights import rights_map
from offtake.study.run import Result, metrics
from offtake.units.time import instant_text

COMPARED = (
    ("Mean wait of jobs", "hours", ("wait_s", "mean"), 3_600),
    ("Inference lost", "GPU-hours", ("gpu_h", "unserved"), 1),
    ("Cost", "", ("cost", "total"), 1),
    ("Largest supplier's share", "% of GPU-hours", ("concentration", "largest_share"), 0.01),
)
"""What the charts compare: title, unit, where it is in the summary, and its divisor."""


def table_of(results: Sequence[Result]) -> Table:
    """One row a figure, one column a regime; figures that no regime has are left out."""
    columns = [metrics(result.summary) for result in results]
    names = list(dict.fromkeys(name for column in columns for name in column))
    rows = tuple((name, *(column.get(name, "") for column in columns)) for name in names)
    titles = tuple(result.regime.id for result in results)
    title = results[0].portfolio.document.title or "Portfolio"
    right = tuple(range(1, len(results) + 1))
    return Table(f"{title}: regimes side by side", ("", *titles), rows, right)


def differences(results: Sequence[Result]) -> Table:
    """How each regime differs from the first, for the figures that are charted."""
    rows = []
    first = results[0].summary
    for title, unit, path, divisor in COMPARED:
        base = _at(first, path) / divisor
        cells = [_signed(_at(result.summary, path) / divisor - base) for result in results[1:]]
        unit = unit or first["cost"]["currency"]
        rows.append((f"{title}, {unit}", brief(base), *cells))
    titles = tuple(result.regime.id for result in results)
    right = tuple(range(1, len(results) + 1))
    return Table(
        "Differences to the first regime, whose own figures stand first",
        ("", *titles),
        tuple(rows),
        right,
    )


def _at(summary: dict[str, Any], path: tuple[str, str]) -> float:
    return float(summary[path[0]][path[1]])


def _signed(value: float) -> str:
    sign = "+" if value > 0 else ""
    return "same" if abs(value) < 0.05 else f"{sign}{brief(value)}"


def page_of(results: Sequence[Result]) -> Page:
    """The comparison as a page for a board."""
    document = results[0].portfolio.document
    world = results[0].measured.played.world
    period = f"{instant_text(world.from_s)} to {instant_text(world.until_s)}"
    names = [result.regime.title or result.regime.id for result in results]
    drawn = tuple(_chart(results, number) for number in range(len(COMPARED)))
    rights = tuple(_rights(result, name) for result, name in zip(results, names, strict=True))
    return Page(
        title=f"{document.title or 'Portfolio'}: regimes compared",
        lead=f"The same demand, {period}, under: {'; '.join(names)}.",
        headlines=tuple(
            Headline(brief(result.summary["cost"]["total"]), f"cost in {document.currency}, {n}")
            for result, n in zip(results, names, strict=True)
        ),
        sections=(
            Section("At a glance", charts=drawn, tables=(differences(results),)),
            Section("All figures", tables=(table_of(results)._replace(title=""),)),
            *rights,
        ),
        footer="The same inputs give the same page, byte for byte.",
    )


def _chart(results: Sequence[Result], number: int) -> Chart:
    title, unit, path, divisor = COMPARED[number]
    unit = unit or results[0].summary["cost"]["currency"]
    rows = tuple((result.regime.id, _at(result.summary, path) / divisor) for result in results)
    return Chart(charts.bars(Bars(title, f"{title.lower()}, {unit}", rows)), f"{title} by regime")


def _rights(result: Result, name: str) -> Section:
    world = result.measured.played.world
    period = (world.from_s, world.until_s)
    figure = rights_map(result.portfolio, Act.SUPPLY, period, result.clauses)
    chart = Chart(charts.rights_map(figure), f"Rights map, {name}")
    return Section(f"Rights: {name}", charts=(chart,))


def data_of(results: Sequence[Result]) -> dict[str, Any]:
    """The summaries of all regimes, by id."""
    return {result.regime.id: result.summary for result in results}


def files_of(results: Sequence[Result]) -> dict[str, bytes]:
    """The files of a comparison's folder."""
    return {
        "compare.json": (json.dumps(data_of(results), indent=2) + "\n").encode(),
        "compare.html": render(page_of(results)).encode(),
    }
