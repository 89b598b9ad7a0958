"""The page of a comparison: what each regime costs, what it delays, and why they differ."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from offtake.core.vocabulary import Act
from offtake.report import charts
from offtake.report.assumptions import assumptions
from offtake.report.brief import brief
from offtake.report.figures import Bars, Card, Headline, Stack, Table
from offtake.report.metrics import cost_per_gpu_h, named, utilization
from offtake.report.page import Chart, Page, Section
from offtake.report.run_page import assumed, rights
from offtake.study import inputs, why
from offtake.study.inputs import title_of
from offtake.study.rights import Rules, rights_maps, runs_map
from offtake.study.run import Result
from offtake.units.money import MICROS, short
from offtake.units.time import duration_text, instant_text

HOUR_S = 3_600
CAUSES_MAX = 6
WHY = "The first regime's figures, and how the others differ"
Summary = dict[str, Any]


class Compared(NamedTuple):
    """A figure to compare: its title, its unit (empty: the currency), and its value."""

    title: str
    unit: str
    value: Callable[[Summary], float | None]


WAIT = Compared("Mean wait of jobs", "hours", lambda s: s["wait_s"]["mean"] / HOUR_S)
UNSERVED = Compared(
    "Required, supplied by nobody", "GPUs", lambda s: s["sourcing"]["unserved_gpus"]
)
LOST = Compared("Inference lost", "GPU-hours", lambda s: s["gpu_h"]["unserved"])
COST = Compared("Net cost", "", lambda s: s["cost"]["total"])
EACH = Compared("Net cost per GPU-hour used", "", cost_per_gpu_h)
DELAY = Compared("Delay", "GPU-hours", lambda s: sum(s["delay_gpu_h"].values()))
SHARE = Compared(
    "Largest supplier's share",
    "% of GPU-hours",
    lambda s: 100 * s["concentration"]["largest_share"],
)
COMPARED = (COST, EACH, WAIT, DELAY, UNSERVED, LOST, SHARE)
DRAWN = (WAIT, UNSERVED, LOST, EACH, SHARE)
"""Those drawn as bars, the most important first; cost and delay are drawn by their parts."""


def page_of(results: Sequence[Result], figures: Table, data: Summary) -> Page:
    """The comparison as a page, from the table of all figures and the data that JSON has."""
    document = results[0].portfolio.document
    world = results[0].measured.played.world
    period = f"{instant_text(world.from_s)} to {instant_text(world.until_s)}"
    titles = [title_of(result.regime) for result in results]
    columns = ("", *titles)
    told = [data[result.regime.id] for result in results]
    return Page(
        title=f"{document.title or 'Portfolio'}: regimes compared",
        lead=f"The same demand, {period}, under {len(titles)} sets of rules. "
        f"Changes are against the first: {titles[0]}.",
        headlines=(),
        cards=tuple(_card(results[0], result) for result in results),
        sections=(
            Section("At a glance", charts=_glance(results, titles)),
            *_reasons(results, titles),
            *_rights(results, titles),
            Section("All figures", tables=(figures._replace(title="", columns=columns),)),
            assumed(inputs.purposes_of(told[0]), assumptions(document)),
            Section("Inputs", tables=(inputs.table_of(*told),)),
        ),
        footer="The same inputs give the same page, byte for byte.",
    )


def _card(first: Result, result: Result) -> Card:
    """What a regime costs and what it does, with the change against the first."""
    summary, names = result.summary, result.portfolio.names
    currency, each = summary["cost"]["currency"], cost_per_gpu_h(summary)
    cost, wait = round(summary["cost"]["total"] * MICROS), int(summary["wait_s"]["mean"])
    delay, sourcing = sum(summary["delay_gpu_h"].values()), summary["sourcing"]
    overall, largest = utilization(summary), summary["concentration"]
    lines = [("net cost", short(cost, currency), COST)]
    if each is not None:
        lines.append(("per GPU-hour used", f"{each:.2f} {currency}", EACH))
    if summary["jobs"]["submitted"]:
        lines.append(("mean wait of jobs", duration_text(wait), WAIT))
    lines.append(("delay, GPU-hours", brief(delay), DELAY))
    if sourcing["requirements"]:
        lines.append(("GPUs nobody supplied", f"{sourcing['unserved_gpus']:,}", UNSERVED))
    if result.measured.played.world.services:
        lost = f"{100 * summary['gpu_h']['unserved_ratio']:.2f} %"
        lines.append(("inference lost", lost, LOST))
    shown = [
        Headline(value, says, change(compared.value(first.summary), compared.value(summary)))
        for says, value, compared in lines
    ]
    if overall is not None:
        shown.append(Headline(f"{100 * overall:.0f} %", "used, of GPU-hours held"))
    share = f"{named(names, largest['largest'])} {100 * largest['largest_share']:.0f} %"
    return Card(title_of(result.regime), (*shown, Headline(share, "largest supplier")))


def change(first: float | None, own: float | None) -> str:
    """A change in percent; nothing where there is none or nothing to compare with."""
    if not first or own is None or first == own:
        return ""
    percent = 100 * (own - first) / first
    if percent > 1_000:
        return f"{own / first:,.0f} times"
    if abs(percent) < 0.5:
        return "\N{PLUS-MINUS SIGN}0 %"
    return f"{'+' if percent > 0 else why.MINUS}{abs(percent):.0f} %"


def _glance(results: Sequence[Result], titles: Sequence[str]) -> tuple[Chart, ...]:
    """Charts in pairs; what no regime has is not drawn."""
    summaries = [result.summary for result in results]
    currency = summaries[0]["cost"]["currency"]
    delay = [summary["delay_gpu_h"] for summary in summaries]
    cost = [_spaced(summary["cost"]["by_charge"]) for summary in summaries]
    stacks = (
        _stack(("Delay by what it waited for", "GPU-hours"), titles, delay),
        _stack(("Net cost by kind", currency), titles, cost),
    )
    drawn = [
        Chart(charts.stack(figure), f"{figure.title}, by regime")
        for figure in stacks
        if figure.parts
    ]
    for title, unit, value in DRAWN:
        values = [value(summary) or 0.0 for summary in summaries]
        if any(values):
            figure = Bars(title, unit or currency, tuple(zip(titles, values, strict=True)))
            drawn.append(Chart(charts.bars(figure), f"{title}, by regime"))
    return tuple(drawn[: len(drawn) // 2 * 2] or drawn)


def _spaced(amounts: dict[str, float]) -> dict[str, float]:
    return {kind.replace("_", " "): amount for kind, amount in amounts.items()}


def _stack(
    shown: tuple[str, str], titles: Sequence[str], columns: Sequence[dict[str, float]]
) -> Stack:
    """Amounts by part, the largest parts first, the smallest together; (title, unit) shown."""
    sums: dict[str, float] = {}
    for column in columns:
        for name, amount in column.items():
            sums[name] = sums.get(name, 0.0) + abs(amount)
    parts = [name for name in sorted(sums, key=lambda name: (-sums[name], name)) if sums[name]]
    kept, rest = parts[:CAUSES_MAX], parts[CAUSES_MAX:]
    rows = [
        (name, (*(float(column.get(part, 0)) for part in kept), *_rest(column, rest)))
        for name, column in zip(titles, columns, strict=True)
    ]
    return Stack(*shown, (*kept, *(("other",) if rest else ())), tuple(rows))


def _rest(column: dict[str, float], parts: Sequence[str]) -> tuple[float, ...]:
    return (float(sum(column.get(part, 0) for part in parts)),) if parts else ()


def _reasons(results: Sequence[Result], titles: Sequence[str]) -> tuple[Section, ...]:
    """Why the others differ from the first; nothing where one regime stands alone."""
    if len(results) < 2:
        return ()
    tables = (
        why.table_of(results, titles)._replace(
            title="The first regime's figures, and how the others differ"
        ),
        why.clauses(results),
        why.served(results, titles),
    )
    shown = tuple(table for table in tables if table.rows)
    points = why.points_of(results)
    lead = "" if any(each.says for each in points) else "They do not: no figure of theirs differs."
    return (Section("Why they differ", lead, (), shown, tuple(p for p in points if p.says)),)


def _rights(results: Sequence[Result], titles: Sequence[str]) -> list[Section]:
    """One map for supply and one for running, the regimes' lanes together."""
    world, portfolio = results[0].measured.played.world, results[0].portfolio
    sets = [Rules(title, result.clauses) for title, result in zip(titles, results, strict=True)]
    period = (world.from_s, world.until_s)
    supply = rights_maps(portfolio, Act.SUPPLY, period, sets)
    runs = runs_map(portfolio, period, sets)
    found = [rights("Who may supply new capacity", supply)]
    return [*found, rights("Where work may run", runs)] if runs else found
