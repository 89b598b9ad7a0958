"""The figures of a run worth comparing, as text with their units."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from offtake.core.names import Names
from offtake.units.time import duration_text

INDENT = "  "
"""A row that is part of the one above it begins so; pages and terminals show it indented."""


class Metric(NamedTuple):
    """A figure as text, and what it is made of."""

    value: str
    parts: Mapping[str, str] = MappingProxyType({})


def metrics(summary: dict[str, Any], names: Names) -> dict[str, Metric]:
    """Figures by name."""
    found = _jobs(summary) | _use(summary, names) | _sourcing(summary) | _cost(summary)
    largest, delay = summary["concentration"], summary["delay_gpu_h"]
    share = f"{named(names, largest['largest'])} {100 * largest['largest_share']:.1f} %"
    found["largest supplier"] = Metric(share)
    found["concentration (HHI)"] = Metric(f"{largest['hhi']:.3f}")
    parts = {cause: f"{amount:,}" for cause, amount in delay.items()}
    found["delay, GPU-hours"] = Metric(f"{sum(delay.values()):,}", parts)
    return found


def rows_of(columns: Sequence[dict[str, Metric]]) -> tuple[tuple[str, ...], ...]:
    """Figures of several runs side by side, a row each; empty where a run has none."""
    rows: list[tuple[str, ...]] = []
    for name in dict.fromkeys(name for column in columns for name in column):
        own = [column.get(name, Metric("")) for column in columns]
        rows.append((name, *(metric.value for metric in own)))
        parts = dict.fromkeys(part for metric in own for part in metric.parts)
        rows += [
            (f"{INDENT}{part}", *(metric.parts.get(part, "") for metric in own)) for part in parts
        ]
    return tuple(rows)


def named(names: Names, party: str | None) -> str:
    """A party as people write it; nobody where there is none."""
    return "nobody" if party is None else names.titles.get(party, party)


def used_gpu_h(summary: dict[str, Any]) -> int:
    """GPU-hours used, in all."""
    return sum(summary["gpu_h"]["by_supplier"].values())


def cost_per_gpu_h(summary: dict[str, Any]) -> float | None:
    """Net cost per GPU-hour used, in units of the currency; None where nothing was used."""
    used = used_gpu_h(summary)
    return float(summary["cost"]["total"]) / used if used else None


def utilization(summary: dict[str, Any]) -> float | None:
    """The share of the GPU-hours held that was used; None where that is not known."""
    rows = summary["gpu_h"].get("utilization", {}).get("by_supplier", {}).values()
    held = sum(row["held_gpu_h"] for row in rows)
    return sum(row["used_gpu_h"] for row in rows) / held if held else None


def _jobs(summary: dict[str, Any]) -> dict[str, Metric]:
    jobs, waits = summary["jobs"], summary["wait_s"]
    found = {"jobs started": Metric(f"{jobs['started']:,} of {jobs['submitted']:,}")}
    if jobs.get("outside_period"):
        found["jobs outside the period"] = Metric(f"{jobs['outside_period']:,}")
    if jobs.get("restarted"):
        found["restarts after outages"] = Metric(f"{jobs['restarted']:,}")
    if jobs.get("with_deadline"):
        met = f"{jobs['deadline_met']:,} of {jobs['with_deadline']:,}"
        found["deadlines met"] = Metric(met)
    found["wait, mean"] = Metric(duration_text(int(waits["mean"])))
    found["wait, 95 %"] = Metric(duration_text(int(waits["p95"])))
    return found


def _use(summary: dict[str, Any], names: Names) -> dict[str, Metric]:
    hours, overall = summary["gpu_h"], utilization(summary)
    found = {"GPU-hours used": Metric(f"{used_gpu_h(summary):,}")}
    if overall is not None:
        parts = {
            named(names, party): f"{100 * row['utilization']:.1f} %"
            for party, row in hours["utilization"]["by_supplier"].items()
            if row["held_gpu_h"]
        }
        found["utilization"] = Metric(f"{100 * overall:.1f} %", parts)
    found["inference lost, GPU-hours"] = Metric(f"{hours['unserved']:,}")
    return found


def _sourcing(summary: dict[str, Any]) -> dict[str, Metric]:
    sourcing = summary["sourcing"]
    answers = ("accepted", "partly_accepted", "refused", "lapsed")
    return {
        "notices": Metric(str(sourcing["notices"])),
        "accepted / part / refused / lapsed": Metric(
            " / ".join(str(sourcing[key]) for key in answers)
        ),
        "orders": Metric(str(sourcing["orders"])),
        "GPUs delivered": Metric(f"{sourcing['delivered_gpus']:,}"),
        "GPUs unserved": Metric(f"{sourcing['unserved_gpus']:,}"),
    }


def _cost(summary: dict[str, Any]) -> dict[str, Metric]:
    cost, each = summary["cost"], cost_per_gpu_h(summary)
    parts = {kind.replace("_", " "): f"{sum_:,.0f}" for kind, sum_ in cost["by_charge"].items()}
    found = {f"cost, {cost['currency']}": Metric(f"{cost['total']:,.0f}", parts)}
    if each is not None:
        found[f"cost per GPU-hour used, {cost['currency']}"] = Metric(f"{each:.2f}")
    return found
