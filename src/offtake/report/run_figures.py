"""A run as figures: what its charts and tables show."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from offtake.core.names import Names, name_of
from offtake.core.vocabulary import NONE, EventKind
from offtake.demand.columns import Column
from offtake.report.colors import IDLE, SUPPLIERS
from offtake.report.figures import Bars, Capacity, RightsMap, Series, Stack, Table
from offtake.report.lanes import WORDS
from offtake.report.metrics import named
from offtake.sim.measure import Measured
from offtake.sim.played import Played
from offtake.units.money import MICROS, SECONDS_PER_HOUR, short
from offtake.units.time import duration_text, instant_text

Changes = tuple[Column, Column]
"""Instants, and by how many GPUs something changes there."""
Levels = tuple[Column, Column]
"""Instants ascending, and the GPUs from each on."""
POINTS_MAX = 1_500
HELD = ("held, GPU-hours", "used, GPU-hours", "utilization")
ANSWERS = {
    EventKind.ACCEPTED: "accepted",
    EventKind.REFUSED: "refused",
    EventKind.LAPSED: "lapsed",
}


def capacity(played: Played) -> Capacity:
    """Capacity by supplier against what services and jobs wanted, in GPUs."""
    names, world = played.world.names, played.world
    by_supplier: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for site in played.sites:
        level = 0
        for at_s, gpus in site.steps:
            by_supplier[site.supplier].append((max(at_s, world.from_s), gpus - level))
            level = gpus
    series = [
        Series(names.title(supplier), _points(_levels(_columns(changes))))
        for supplier, changes in sorted(by_supplier.items())
    ]
    demand = Series("wanted", _points(_thin(_levels(_wanted(played)))))
    return Capacity(world.from_s, world.until_s, tuple(series), demand)


def _wanted(played: Played) -> Changes:
    """Changes of demand: services by step, jobs from submission to their end."""
    world = played.world
    changes: list[tuple[int, int]] = []
    for service in world.services:
        level = 0
        for at_s, size in service.steps:
            changes.append((max(at_s, world.from_s), size - level))
            level = size
    at, by = _columns(changes)
    gpus, ran = np.asarray(world.jobs.gpus, np.int64), played.start_s >= 0
    ends = (played.start_s + played.run_s)[ran]
    submitted = np.asarray(world.jobs.submit_s, np.int64)
    return np.concatenate([at, submitted, ends]), np.concatenate([by, gpus, -gpus[ran]])


def _columns(changes: Sequence[tuple[int, int]]) -> Changes:
    rows = np.array(changes, np.int64).reshape(-1, 2)
    return rows[:, 0], rows[:, 1]


def _levels(changes: Changes) -> Levels:
    """Running totals of changes, one point an instant."""
    at, by = changes
    order = np.argsort(at, kind="stable")  # Mostly in order already: a merge of runs.
    instants, totals = at[order], np.cumsum(by[order])
    last = np.append(instants[1:] != instants[:-1], True)[: len(instants)]
    return instants[last], totals[last]


def _points(levels: Levels) -> tuple[tuple[int, float], ...]:
    return tuple((int(at_s), float(gpus)) for at_s, gpus in zip(*levels, strict=True))


def _thin(levels: Levels) -> Levels:
    """About ``POINTS_MAX`` points: the highest of each stretch, so that peaks stay; the last."""
    instants, gpus = levels
    if len(gpus) <= POINTS_MAX:
        return levels
    stride = -(-len(gpus) // POINTS_MAX)
    starts = range(0, len(gpus), stride)
    kept = [start + int(np.argmax(gpus[start : start + stride])) for start in starts]
    kept = kept if kept[-1] == len(gpus) - 1 else [*kept, len(gpus) - 1]
    return instants[kept], gpus[kept]


def delays(summary: dict[str, Any]) -> Bars:
    """GPU-hours delayed or lost, by cause."""
    rows = tuple((cause, float(hours)) for cause, hours in summary["delay_gpu_h"].items())
    return Bars("Delay by what it waited for", "GPU-hours", rows)


def charges(measured: Measured) -> Bars:
    """Cost by kind of charge."""
    cost = measured.cost.by_charge
    named = ((kind.replace("_", " "), micros / MICROS) for kind, micros in cost.items())
    rows = sorted(named, key=lambda row: -row[1])
    currency = measured.played.world.document.currency
    return Bars("Cost by kind", currency, tuple(rows))


def costs(measured: Measured) -> Table:
    """Cost by supplier."""
    names, currency = measured.played.world.names, measured.played.world.document.currency
    rows = sorted(measured.cost.by_supplier.items(), key=lambda row: -row[1])
    return Table(
        "Cost by counterparty",
        ("counterparty", "cost"),
        tuple((names.titles.get(name, name), short(micros, currency)) for name, micros in rows),
        right=(1,),
        note="What the counterparty owes under a revenue share is taken off (RS3).",
    )


def commitments(measured: Measured) -> Table:
    """Where each commitment stood at the end of each of its periods."""
    currency = measured.played.world.document.currency
    rows = []
    for row in measured.settlement.commitments:
        by_time = row.floor_micros == NONE
        floor = f"{row.floor_gpu_s // SECONDS_PER_HOUR:,} GPU-h"
        taken = f"{row.taken.gpu_s // SECONDS_PER_HOUR:,} GPU-h"
        rows.append(
            (
                row.clause_id,
                instant_text(row.start_s),
                instant_text(row.end_s),
                floor if by_time else short(row.floor_micros, currency),
                taken if by_time else short(row.taken.amount_micros, currency),
                short(row.shortfall_micros, currency) if row.shortfall_micros else "",
            )
        )
    columns = ("commitment", "from", "until", "floor", "taken", "shortfall billed")
    return Table("Commitments by period (TP1, TP2)", columns, tuple(rows), right=(3, 4, 5))


def notices(played: Played) -> Table:
    """Every notice of a first refusal and what became of it."""
    names, rows = played.world.names, []
    given: dict[int, Any] = {}
    for recorded in played.market.journal:
        event = recorded.event
        if event.kind == EventKind.NOTICE_GIVEN:
            given[event.lot] = event
        elif event.kind in ANSWERS and event.lot in given:
            rows.append(_notice_row(played, given.pop(event.lot), event, names))
    rows += [_notice_row(played, event, None, names) for event in given.values()]
    columns = ("requirement", "clause", "GPUs", "given", "due", "answer", "on", "took")
    return Table("Notices and answers (S2)", columns, tuple(rows), right=(2, 7))


def _notice_row(played: Played, notice: Any, answer: Any, names: Names) -> tuple[str, ...]:
    need = played.market.state.lots[notice.lot].need
    return (
        need.requirement,
        names.clauses[notice.clause],
        f"{notice.gpus:,}",
        instant_text(notice.at_s)[:10],
        instant_text(notice.due_at_s)[:10],
        _answer(notice, answer),
        "" if answer is None else instant_text(answer.at_s)[:10],
        f"{answer.gpus:,}" if answer is not None and answer.gpus else "",
    )


def _answer(notice: Any, answer: Any) -> str:
    """What a holder said; ``open`` while it may still speak."""
    if answer is None:
        return "open"
    part = answer.kind == EventKind.ACCEPTED and answer.gpus < notice.gpus
    return "accepted in part" if part else ANSWERS[EventKind(answer.kind)]


def outcomes(played: Played, times_s: Mapping[str, int]) -> Table:
    """What became of each requirement: orders, or the binding reason (S6).

    ``times_s`` are the seconds from a requirement to its first delivery.
    """
    names, currency = played.world.names, played.world.document.currency
    why: dict[int, str] = {}
    for recorded in played.market.journal:
        if recorded.event.kind == EventKind.UNSERVED:
            why[recorded.event.lot] = f"{recorded.event.gpus:,} unserved: {recorded.why}"
    rows = []
    for lot in played.market.state.lots.values():
        orders = [o for o in played.market.state.orders.values() if o.lot == lot.number]
        got = [
            f"{order.gpus:,} from {names.title(order.offer.supplier)} at "
            f"{order.offer.price_micros_per_gpu_h / MICROS:.2f} {currency}, "
            f"from {instant_text(order.offer.start_s)[:10]}"
            for order in orders
        ]
        got += [why[lot.number]] if lot.number in why else []
        rows.append(
            (
                lot.need.requirement,
                name_of(names.purposes, lot.need.purpose),
                f"{lot.need.gpus:,}",
                instant_text(lot.need.start_s)[:10],
                _after(lot.need.requirement, times_s),
                "; ".join(got) or lot.status.name.lower(),
            )
        )
    columns = ("requirement", "for", "GPUs", "needed from", "first came after", "outcome")
    return Table("Requirements and what became of them", columns, tuple(rows), right=(2,))


def _after(requirement: str, times_s: Mapping[str, int]) -> str:
    return duration_text(times_s[requirement]) if requirement in times_s else ""


def holdings(summary: dict[str, Any], names: Names) -> Bars:
    """GPU-hours used, by supplier."""
    rows = sorted(summary["gpu_h"]["by_supplier"].items(), key=lambda row: -row[1])
    named_rows = tuple((named(names, party), float(hours)) for party, hours in rows)
    return Bars("GPU-hours used, by supplier", "GPU-hours", named_rows)


def shares(summary: dict[str, Any], names: Names) -> Table:
    """GPU-hours by supplier and their share."""
    rows = holdings(summary, names).rows
    total = max(sum(value for _, value in rows), 1)
    return Table(
        "GPU-hours used by supplier",
        ("supplier", "GPU-hours", "share"),
        tuple((name, f"{value:,.0f}", f"{100 * value / total:.1f} %") for name, value in rows),
        right=(1, 2),
    )


def idle(summary: dict[str, Any], names: Names) -> Stack:
    """GPU-hours held, used and not, by supplier (J8)."""
    rows = summary["gpu_h"]["utilization"]["by_supplier"].items()
    held = [(named(names, party), row["used_gpu_h"], row["held_gpu_h"]) for party, row in rows]
    shown = sorted((row for row in held if row[2]), key=lambda row: -row[2])
    return Stack(
        "GPU-hours held, used and idle",
        "GPU-hours",
        ("used", "idle"),
        tuple((name, (float(used), float(max(all_ - used, 0)))) for name, used, all_ in shown),
        (SUPPLIERS[0], IDLE),
    )


def utilization(summary: dict[str, Any], names: Names) -> Table:
    """GPU-hours held and used, by supplier (J8)."""
    found = summary["gpu_h"]["utilization"]["by_supplier"]
    rows = tuple((named(names, party), *_held(row)) for party, row in found.items())
    return Table("", ("supplier", *HELD), rows, right=(1, 2, 3))


def pools(summary: dict[str, Any], played: Played) -> Table:
    """The same by pool, a folded table."""
    names, found = played.world.names, summary["gpu_h"]["utilization"]["by_pool"]
    owners = {site.pool: names.title(site.supplier) for site in played.sites}
    rows = tuple((pool, owners.get(pool, ""), *_held(row)) for pool, row in found.items())
    fold = f"By pool: {len(rows)}"
    return Table("", ("pool", "supplier", *HELD), rows, right=(2, 3, 4), fold=fold)


def _held(row: dict[str, Any]) -> tuple[str, str, str]:
    held, used = row["held_gpu_h"], row["used_gpu_h"]
    return f"{held:,}", f"{used:,}", f"{100 * row['utilization']:.1f} %" if held else ""


def spans(figure: RightsMap) -> Table:
    """A rights map in words, for those who cannot see it and where a lane has no room for them."""
    rows = tuple(
        (
            lane.supplier,
            lane.purpose,
            f"{instant_text(span.from_s)} to {instant_text(span.until_s)}",
            WORDS[span.verdict],
            ", ".join(span.clauses),
            span.says,
        )
        for lane in figure.lanes
        for span in lane.spans
    )
    columns = ("supplier", "for", "when", "is", "because of", "for example")
    return Table("", columns, rows, fold="The same map in words, with every clause")
