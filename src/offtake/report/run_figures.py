"""A run as figures: what its charts and tables show."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from offtake.contract.model import Document
from offtake.core.names import Names, name_of
from offtake.core.vocabulary import NONE, EventKind
from offtake.report.figures import Bars, Capacity, Series, Table
from offtake.sim.measure import Measured
from offtake.sim.played import Played
from offtake.units.money import MICROS, SECONDS_PER_HOUR, plain, short
from offtake.units.time import duration_text, instant_text

Steps = list[tuple[int, float]]
POINTS_MAX = 4_000
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
        Series(names.title(supplier), _levels(changes))
        for supplier, changes in sorted(by_supplier.items())
    ]
    demand = Series("wanted", _thin(_levels(_wanted(played))))
    return Capacity(world.from_s, world.until_s, tuple(series), demand)


def _wanted(played: Played) -> list[tuple[int, int]]:
    """Changes of demand: services by step, jobs from submission to their end."""
    world = played.world
    changes: list[tuple[int, int]] = []
    for service in world.services:
        level = 0
        for at_s, gpus in service.steps:
            changes.append((max(at_s, world.from_s), gpus - level))
            level = gpus
    jobs = world.jobs
    for number, start_s in enumerate(played.start_s):
        gpus = jobs.gpus[number]
        changes.append((jobs.submit_s[number], gpus))
        if start_s >= 0:
            changes.append((start_s + jobs.run_s[number], -gpus))
    return changes


def _levels(changes: Iterable[tuple[int, int]]) -> tuple[tuple[int, float], ...]:
    """Running totals of changes, one point an instant."""
    by_instant: dict[int, int] = defaultdict(int)
    for at_s, change in changes:
        by_instant[at_s] += change
    points, level = [], 0
    for at_s in sorted(by_instant):
        level += by_instant[at_s]
        points.append((at_s, float(level)))
    return tuple(points)


def _thin(points: tuple[tuple[int, float], ...]) -> tuple[tuple[int, float], ...]:
    """At most ``POINTS_MAX`` points: the highest of each stretch, so that peaks stay."""
    if len(points) <= POINTS_MAX:
        return points
    stride = -(-len(points) // POINTS_MAX)
    stretches = (points[n : n + stride] for n in range(0, len(points), stride))
    return tuple(max(stretch, key=lambda point: point[1]) for stretch in stretches)


def delays(summary: dict[str, Any]) -> Bars:
    """GPU-hours delayed or lost, by cause."""
    rows = tuple((cause, float(hours)) for cause, hours in summary["delay_gpu_h"].items())
    return Bars("Delay by cause", "GPU-hours", rows)


def charges(measured: Measured) -> Bars:
    """Cost by kind of charge."""
    cost = measured.cost.by_charge
    rows = sorted(((kind, micros / MICROS) for kind, micros in cost.items()), key=lambda r: -r[1])
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
        "open" if answer is None else ANSWERS[EventKind(answer.kind)],
        "" if answer is None else instant_text(answer.at_s)[:10],
        f"{answer.gpus:,}" if answer is not None and answer.gpus else "",
    )


def outcomes(played: Played) -> Table:
    """What became of each requirement: orders, or the binding reason (S6)."""
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
            f"{plain(order.offer.price_micros_per_gpu_h)} {currency}, "
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
                "; ".join(got) or lot.status.name.lower(),
            )
        )
    columns = ("requirement", "for", "GPUs", "needed from", "outcome")
    return Table("Requirements and what became of them", columns, tuple(rows), right=(2,))


def times(summary: dict[str, Any]) -> Table:
    """From requirement to first delivery."""
    rows = tuple(
        (name, duration_text(length_s)) for name, length_s in summary["time_to_capacity_s"].items()
    )
    return Table("Time to capacity", ("requirement", "to first delivery"), rows, right=(1,))


def shares(summary: dict[str, Any]) -> Table:
    """GPU-hours by supplier and their share."""
    hours = summary["gpu_h"]["by_supplier"]
    total = max(sum(hours.values()), 1)
    rows = sorted(hours.items(), key=lambda row: -row[1])
    return Table(
        "GPU-hours used by supplier",
        ("supplier", "GPU-hours", "share"),
        tuple((name, f"{value:,}", f"{100 * value / total:.1f} %") for name, value in rows),
        right=(1, 2),
    )


def assumptions(document: Document) -> Table:
    """Every figure that rests on an assumption, and its reason."""
    rows = tuple((note.path, note.text) for note in document.notes if note.kind == "assumed")
    return Table("Assumptions this result rests on", ("figure", "assumed because"), rows)
