"""The report of a run: one page for a board, with the reasons."""

from typing import Any

from offtake.report import charts, run_figures
from offtake.report.brief import brief
from offtake.report.figures import Headline, RightsMap, Table
from offtake.report.page import Chart, Page, Section
from offtake.sim.measure import Measured, waits_s
from offtake.units.money import short
from offtake.units.time import duration_text, instant_text


def page_of(measured: Measured, summary: dict[str, Any], rights: RightsMap, inputs: Table) -> Page:
    """The page of a run; ``inputs`` lists the files and settings it came from."""
    world = measured.played.world
    period = f"{instant_text(world.from_s)} to {instant_text(world.until_s)}"
    return Page(
        title=world.document.title or "Portfolio",
        lead=f"What these contracts would have done, {period}.",
        headlines=_headlines(measured, summary),
        sections=(
            _rights(rights),
            _capacity(measured),
            _waits(measured, summary),
            _money(measured),
            _sourcing(measured, summary),
            _concentration(summary),
            _delays(summary),
            Section("Assumptions", tables=(run_figures.assumptions(world.document),)),
            Section("Inputs", tables=(inputs,)),
        ),
        footer="The same inputs give the same page, byte for byte.",
    )


def _headlines(measured: Measured, summary: dict[str, Any]) -> tuple[Headline, ...]:
    currency = measured.played.world.document.currency
    jobs, waits, hours = summary["jobs"], summary["wait_s"], summary["gpu_h"]
    used = sum(hours["by_supplier"].values())
    return (
        Headline(short(measured.cost.total, currency), "net cost to the buyer"),
        Headline(brief(used), "GPU-hours used"),
        Headline(f"{100 * hours['unserved_ratio']:.2f} %", "of inference demand lost"),
        Headline(f"{jobs['started']:,} of {jobs['submitted']:,}", "jobs started"),
        Headline(duration_text(int(waits["mean"])), "mean wait of jobs"),
        Headline(str(summary["sourcing"]["notices"]), "first-refusal notices"),
        Headline(
            f"{100 * summary['concentration']['largest_share']:.0f} %",
            f"of GPU-hours from {summary['concentration']['largest'] or 'nobody'}",
        ),
    )


def _rights(rights: RightsMap) -> Section:
    lead = (
        "Green: may be contracted freely. Amber, hatched: somebody must be asked first. Red, "
        "crossed: forbidden. The clause that causes it is written into the lane."
    )
    chart = Chart(charts.rights_map(rights), rights.title)
    return Section("Rights map", lead, (chart,))


def _capacity(measured: Measured) -> Section:
    figure = run_figures.capacity(measured.played)
    says = "Capacity in GPUs by supplier, stacked over time, with what was wanted as a line"
    return Section("Capacity against demand", charts=(Chart(charts.capacity(figure), says),))


def _waits(measured: Measured, summary: dict[str, Any]) -> Section:
    waits = summary["wait_s"]
    rows = tuple(
        (name, duration_text(int(waits[name]))) for name in ("mean", "median", "p95", "p99", "max")
    )
    table = Table("Wait of jobs", ("", "wait"), rows, right=(1,))
    if not summary["jobs"]["submitted"]:
        return Section("Waits", tables=(Table("Jobs", (), ()),))
    chart = Chart(charts.waits(waits_s(measured.played).tolist()), "Share of jobs by wait")
    return Section("Waits", charts=(chart,), tables=(table,))


def _money(measured: Measured) -> Section:
    chart = Chart(charts.bars(run_figures.charges(measured)), "Cost by kind of charge")
    tables = (run_figures.costs(measured), run_figures.commitments(measured))
    gaps = sum(use.gpu_s for use in measured.settlement.gaps) // 3_600
    lead = f"Nothing prices {gaps:,} GPU-hours; they are not in these figures." if gaps else ""
    return Section("Cost and commitments", lead, (chart,), tables)


def _sourcing(measured: Measured, summary: dict[str, Any]) -> Section:
    played = measured.played
    tables = (
        run_figures.notices(played),
        run_figures.outcomes(played),
        run_figures.times(summary),
    )
    return Section("Notices and sourcing", tables=tables)


def _concentration(summary: dict[str, Any]) -> Section:
    hhi = summary["concentration"]["hhi"]
    lead = f"Herfindahl-Hirschman index {hhi:.3f}: 1 is a single supplier."
    return Section("Concentration", lead, tables=(run_figures.shares(summary),))


def _delays(summary: dict[str, Any]) -> Section:
    figure = run_figures.delays(summary)
    rows = tuple((cause, f"{hours:,.0f}") for cause, hours in figure.rows)
    table = Table("GPU-hours delayed or lost", ("waited for", "GPU-hours"), rows, right=(1,))
    chart = (Chart(charts.bars(figure), "GPU-hours of delay by cause"),) if rows else ()
    return Section("What the delay was caused by", charts=chart, tables=(table,))
