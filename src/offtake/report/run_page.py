"""The report of a run: one page for a board, with the reasons."""

from typing import Any, NamedTuple

from offtake.report import charts, run_figures
from offtake.report.assumptions import assumptions
from offtake.report.brief import brief
from offtake.report.charts import PHONE_IN
from offtake.report.figures import Headline, RightsMap, Table
from offtake.report.metrics import cost_per_gpu_h, named, used_gpu_h, utilization
from offtake.report.page import Chart, Page, Section
from offtake.sim.measure import Measured, waits_s
from offtake.units.money import short
from offtake.units.time import duration_text, instant_text

HEADLINES_MAX = 8
KEY = "The clause that a verdict rests on is written into the lane, where there is room."


class Context(NamedTuple):
    """What a page shows beside the figures of its run."""

    regime: str  # Its title.
    supply: RightsMap
    runs: RightsMap | None  # Where work may run; None where it may run anywhere.
    inputs: Table
    purposes: Table  # What a trace's jobs count as.


def page_of(measured: Measured, summary: dict[str, Any], context: Context) -> Page:
    """The page of a run."""
    world = measured.played.world
    period = f"{instant_text(world.from_s)} to {instant_text(world.until_s)}"
    sections = (
        rights("Who may supply new capacity", context.supply),
        *([rights("Where work may run", context.runs)] if context.runs else ()),
        _capacity(measured),
        *_utilization(measured, summary),
        _waits(measured, summary),
        _delays(summary),
        _money(measured, summary),
        _sourcing(measured, summary),
        _concentration(measured, summary),
        assumed(context.purposes, assumptions(world.document)),
        Section("Inputs", tables=(context.inputs,)),
    )
    return Page(
        title=world.document.title or "Portfolio",
        lead=f"Regime: {context.regime}. What these contracts would have done, {period}.",
        headlines=_headlines(measured, summary)[:HEADLINES_MAX],
        sections=sections,
        footer="The same inputs give the same page, byte for byte.",
    )


def _headlines(measured: Measured, summary: dict[str, Any]) -> tuple[Headline, ...]:
    """The figures that say something of this run, the most important first."""
    jobs, hours, sourcing = summary["jobs"], summary["gpu_h"], summary["sourcing"]
    names, largest = measured.played.world.names, summary["concentration"]
    currency, each = measured.played.world.document.currency, cost_per_gpu_h(summary)
    found = [Headline(short(measured.cost.total, currency), "net cost to the buyer")]
    if each is not None:
        found.append(Headline(f"{each:.2f} {currency}", "net cost per GPU-hour used"))
    found.append(Headline(brief(used_gpu_h(summary)), "GPU-hours used"))
    if jobs["submitted"]:
        wait = duration_text(int(summary["wait_s"]["mean"]))
        found.append(Headline(wait, "mean wait of jobs"))
        text = f"{jobs['started']:,} of {jobs['submitted']:,}"
        if jobs["started"] == jobs["submitted"]:
            text = f"all {jobs['submitted']:,}"
        found.append(Headline(text, "jobs started"))
    if measured.played.world.services:
        lost = f"{100 * hours['unserved_ratio']:.2f} %"
        found.append(Headline(lost, "of inference demand lost"))
    if sourcing["unserved_gpus"]:
        unserved = f"{sourcing['unserved_gpus']:,}"
        found.append(Headline(unserved, "GPUs required, supplied by nobody"))
    share = f"{100 * largest['largest_share']:.0f} %"
    found.append(Headline(share, f"of GPU-hours from {named(names, largest['largest'])}"))
    overall = utilization(summary)
    if overall is not None:
        found.append(Headline(f"{100 * overall:.0f} %", "of the GPU-hours held were used"))
    delay = sum(summary["delay_gpu_h"].values())
    found.append(Headline(brief(delay), "GPU-hours of delay"))
    found.append(Headline(str(sourcing["notices"]), "first-refusal notices"))
    found.append(Headline(str(sourcing["orders"]), "orders signed"))
    return tuple(found)


def rights(title: str, figure: RightsMap) -> Section:
    """A rights map, drawn for screens and for phones, and in words."""
    drawn = figure._replace(title="")  # The section has it.
    narrow = charts.rights_map(drawn, width_in=PHONE_IN)
    chart = Chart(charts.rights_map(drawn), figure.title, narrow)
    return Section(title, KEY, (chart,), (run_figures.spans(figure),))


def assumed(purposes: Table, figures: tuple[Table, ...]) -> Section:
    """What a result rests on that nobody knows for certain."""
    lead = "Figures that are not known and were assumed, with their values and the reasons."
    shown = (purposes,) if purposes.rows else ()
    return Section("Assumptions", lead if shown + figures else "None.", (), shown + figures)


def _capacity(measured: Measured) -> Section:
    figure = run_figures.capacity(measured.played)
    says = "Capacity in GPUs by supplier, stacked over time, with what was wanted as a line"
    narrow = charts.capacity(figure, width_in=PHONE_IN)
    chart = Chart(charts.capacity(figure), says, narrow)
    return Section("Capacity against demand", charts=(chart,))


def _utilization(measured: Measured, summary: dict[str, Any]) -> tuple[Section, ...]:
    """GPU-hours held against used, where the summary has them."""
    if not summary["gpu_h"].get("utilization", {}).get("by_supplier"):
        return ()
    names = measured.played.world.names
    figure = run_figures.idle(summary, names)
    chart = Chart(charts.stack(figure), "GPU-hours held, used and idle, by supplier")
    tables = (
        run_figures.utilization(summary, names),
        run_figures.pools(summary, measured.played),
    )
    return (Section("Utilization", charts=(chart,), tables=tables),)


def _waits(measured: Measured, summary: dict[str, Any]) -> Section:
    waits, jobs = summary["wait_s"], summary["jobs"]
    if not jobs["submitted"]:
        return Section("Waits", tables=(Table("Jobs", (), ()),))
    names = {"mean": "mean", "median": "half of them at most", "p95": "19 of 20 at most"}
    names |= {"p99": "99 of 100 at most", "max": "longest"}
    rows = [(says, duration_text(int(waits[key]))) for key, says in names.items()]
    rows.append(("jobs still waiting at the end", f"{jobs['waiting']:,}"))
    if jobs.get("with_deadline"):
        met = f"{jobs['deadline_met']:,} of {jobs['with_deadline']:,}"
        rows.append(("deadlines met", met))
    if jobs.get("restarted"):
        rows.append(("restarts after outages", f"{jobs['restarted']:,}"))
    if jobs.get("outside_period"):
        rows.append(("jobs outside the period, not played", f"{jobs['outside_period']:,}"))
    chart = Chart(charts.waits(waits_s(measured.played).tolist()), "Share of jobs by wait")
    table = Table("", ("jobs waited", ""), tuple(rows), right=(1,))
    return Section("Waits", charts=(chart,), tables=(table,))


def _money(measured: Measured, summary: dict[str, Any]) -> Section:
    chart = Chart(charts.bars(run_figures.charges(measured)), "Cost by kind of charge")
    tables = (run_figures.costs(measured), run_figures.commitments(measured))
    gaps = sum(use.gpu_s for use in measured.settlement.gaps) // 3_600
    own = summary["cost"].get("own_build_gpu_h", 0)
    lead = f"Nothing prices {gaps:,} GPU-hours; they are not in these figures. " if gaps else ""
    if own:
        lead += f"What {brief(own)} GPU-hours on own builds cost is not in these figures."
    return Section("Cost and commitments", lead.strip(), (chart,), tables)


def _sourcing(measured: Measured, summary: dict[str, Any]) -> Section:
    played = measured.played
    came = run_figures.outcomes(played, summary["time_to_capacity_s"])
    tables = (run_figures.notices(played), came)
    outside = summary["sourcing"].get("outside_period", 0)
    lead = f"{outside:,} requirements lie outside the period and were not raised."
    return Section("Notices and sourcing", lead if outside else "", tables=tables)


def _concentration(measured: Measured, summary: dict[str, Any]) -> Section:
    names, hhi = measured.played.world.names, summary["concentration"]["hhi"]
    lead = f"Herfindahl-Hirschman index {hhi:.3f}: 1 is a single supplier."
    figure = run_figures.holdings(summary, names)
    chart = (Chart(charts.bars(figure), figure.title),) if figure.rows else ()
    return Section("Concentration", lead, chart, (run_figures.shares(summary, names),))


def _delays(summary: dict[str, Any]) -> Section:
    figure = run_figures.delays(summary)
    rows = tuple((cause, f"{hours:,.0f}") for cause, hours in figure.rows)
    table = Table("", ("waited for", "GPU-hours"), rows, right=(1,))
    chart = (Chart(charts.bars(figure), "GPU-hours of delay by cause"),) if rows else ()
    return Section("What the delay was caused by", charts=chart, tables=(table,))
