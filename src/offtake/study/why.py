"""Why regimes differ: causes of delay that grew or shrank, what stayed unserved, what came later.

All from what the runs recorded: the cause of each delayed GPU-hour (J8), the binding reason of
each unserved lot (S6), and the time from each requirement to its first delivery.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from offtake.contract.model import Document
from offtake.core.vocabulary import EventKind
from offtake.report.brief import brief
from offtake.report.figures import Table
from offtake.report.metrics import INDENT
from offtake.report.page import Points
from offtake.study.inputs import title_of
from offtake.study.run import Result
from offtake.units.time import duration_text

NAMED_MAX = 2
"""How many causes a sentence names on each side."""
REQUIREMENTS_MAX = 12
MINUS = "\N{MINUS SIGN}"


def unserved(result: Result) -> dict[str, int]:
    """GPUs of requirements that stayed unserved, by the binding reason (S6)."""
    found: dict[str, int] = defaultdict(int)
    for recorded in result.measured.played.market.journal:
        if recorded.event.kind == EventKind.UNSERVED:
            found[recorded.why or "no reason recorded"] += recorded.event.gpus
    return dict(sorted(found.items(), key=lambda row: (-row[1], row[0])))


def fates(result: Result) -> dict[str, str]:
    """What became of each requirement: time to its first delivery, or why there was none."""
    market, times = result.measured.played.market, result.summary["time_to_capacity_s"]
    left: dict[str, list[str]] = defaultdict(list)
    for recorded in market.journal:
        event = recorded.event
        if event.kind == EventKind.UNSERVED:
            need = market.state.lots[event.lot].need
            left[need.requirement].append(f"{event.gpus:,} unserved: {recorded.why}")
    found = {}
    for lot in market.state.lots.values():
        name = lot.need.requirement
        came = [duration_text(times[name])] if name in times else []
        found[name] = "; ".join(came + left.get(name, [])) or lot.status.name.lower()
    return found


def changes(first: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    """How much each amount grew (above 0) or shrank, the largest change first; no zeros."""
    names = dict.fromkeys([*first, *other])
    found = {name: other.get(name, 0) - first.get(name, 0) for name in names}
    rows = sorted(found.items(), key=lambda row: (-abs(row[1]), row[0]))
    return {name: value for name, value in rows if value}


def data_of(first: Result, other: Result) -> dict[str, Any]:
    """The differences of a regime to the first, for programs."""
    ours, theirs = (result.summary["time_to_capacity_s"] for result in (other, first))
    return {
        "regime": first.regime.id,
        "delay_gpu_h": changes(first.summary["delay_gpu_h"], other.summary["delay_gpu_h"]),
        "unserved_gpus": changes(unserved(first), unserved(other)),
        "time_to_capacity_s": {
            name: ours[name] - theirs[name]
            for name in ours
            if name in theirs and ours[name] != theirs[name]
        },
    }


def table_of(results: Sequence[Result], titles: Sequence[str]) -> Table:
    """The figures of the first regime, and how those of the others differ, by reason."""
    rows = _rows("delay, GPU-hours", [result.summary["delay_gpu_h"] for result in results])
    rows += _rows("GPUs unserved, by reason", [unserved(result) for result in results])
    right = tuple(range(1, len(results) + 1))
    return Table("Why they differ", ("", *titles), tuple(rows), right)


def _rows(title: str, columns: Sequence[Mapping[str, int]]) -> list[tuple[str, ...]]:
    """Amounts by reason: the first column's own, the others' differences to it."""
    first, *others = columns
    differ = dict.fromkeys(name for other in others for name in changes(first, other))
    if not differ:
        return []
    total = sum(first.values())
    rows = [(title, f"{total:,}", *(_signed(sum(other.values()) - total) for other in others))]
    for name in differ:
        own = first.get(name, 0)
        cells = (_signed(other.get(name, 0) - own) for other in others)
        rows.append((f"{INDENT}{name}", f"{own:,}", *cells))
    return rows


def _signed(value: int) -> str:
    return "same" if not value else f"{'+' if value > 0 else MINUS}{abs(value):,}"


def served(results: Sequence[Result], titles: Sequence[str]) -> Table:
    """Requirements that were served later, in part or not at all under some regime."""
    columns = [fates(result) for result in results]
    names = dict.fromkeys(name for column in columns for name in column)
    cells = {name: tuple(column.get(name, "not raised") for column in columns) for name in names}
    differ = [(name, *row) for name, row in cells.items() if len(set(row)) > 1]
    more = len(differ) - REQUIREMENTS_MAX
    note = "Time from the requirement to its first delivery. Not raised: no backlog asked for it."
    if more > 0:
        note += f" {more} more differ; the journals of the runs have them."
    title = "Requirements that fared differently"
    return Table(title, ("requirement", *titles), tuple(differ[:REQUIREMENTS_MAX]), note=note)


def clauses(results: Sequence[Result]) -> Table:
    """The clauses that the differences come from, in their own words."""
    says = _says(results[0].portfolio.document)
    first = results[0].summary["delay_gpu_h"], unserved(results[0])
    causes: dict[str, None] = {}
    for other in results[1:]:
        found = other.summary["delay_gpu_h"], unserved(other)
        for mine, theirs in zip(first, found, strict=True):
            causes |= dict.fromkeys(changes(mine, theirs))
    text = " ".join(causes)
    rows = tuple((clause, words) for clause, words in says.items() if clause in text and words)
    return Table("The clauses behind these differences", ("clause", "says"), rows)


def _says(document: Document) -> dict[str, str]:
    """What each clause says, by its id."""
    found: dict[str, str] = {}
    for agreement in document.agreements:
        amended = [c for a in agreement.amendments for c in (*a.adds, *a.replaces)]
        for clause in (*agreement.clauses, *amended):
            found.setdefault(f"{agreement.id}/{clause.id}", clause.says)
    return found


def points_of(results: Sequence[Result]) -> tuple[Points, ...]:
    """Why each other regime differs from the first, in sentences."""
    first = results[0]
    return tuple(
        Points(f"{title_of(other.regime)}, against {title_of(first.regime)}", _lines(first, other))
        for other in results[1:]
    )


def _lines(first: Result, other: Result) -> tuple[str, ...]:
    mine, theirs = other.summary, first.summary
    costs = [_whole(summary["cost"]["by_charge"]) for summary in (theirs, mine)]
    lines = (
        _line("Delay", "GPU-hours", theirs["delay_gpu_h"], mine["delay_gpu_h"]),
        _line("What nobody supplied", "GPUs", unserved(first), unserved(other)),
        _sooner(theirs["time_to_capacity_s"], mine["time_to_capacity_s"]),
        _line("Net cost", mine["cost"]["currency"], *costs),
    )
    return tuple(line for line in lines if line)


def _whole(amounts: Mapping[str, float]) -> dict[str, int]:
    """Amounts of money by kind in whole units."""
    return {kind.replace("_", " "): round(amount) for kind, amount in amounts.items()}


def _line(what: str, unit: str, first: Mapping[str, int], other: Mapping[str, int]) -> str:
    """How a sum differs, and by which of its parts; what decides goes first."""
    found = changes(first, other)
    if not found:
        return ""
    whole = sum(found.values())
    parts = []
    for sign in (1, -1) if whole > 0 else (-1, 1):
        rows = [(name, abs(value)) for name, value in found.items() if value * sign > 0]
        named = [f"{name} ({brief(value)})" for name, value in rows[:NAMED_MAX]]
        rest = sum(value for _, value in rows[NAMED_MAX:])
        named += [f"other ({brief(rest)})"] if rest else []
        parts += [f"{_way(sign)}: {', '.join(named)}"] if rows else []
    says = f"{brief(abs(whole))} {unit} {_way(whole)}" if whole else "the same in all"
    told = "; ".join(parts)
    return f"{what} is {says}. {told[:1].upper()}{told[1:]}."


def _way(change: int) -> str:
    return "higher" if change > 0 else "lower"


def _sooner(first: Mapping[str, int], other: Mapping[str, int]) -> str:
    """How long capacity took, over all requirements and over those that both have."""
    if first == other:
        return ""
    if not first or not other:
        return f"Requirements that capacity came for: {len(other)}, against {len(first)}."
    ours, theirs = (duration_text(int(median(times.values()))) for times in (other, first))
    line = f"First deliveries came after {ours} at the median of {len(other)} requirements"
    line += f", against {theirs} of {len(first)}"
    both = [other[name] - first[name] for name in other if name in first]
    counted = {
        "later": sum(1 for length_s in both if length_s > 0),
        "sooner": sum(1 for length_s in both if length_s < 0),
    }
    told = " and ".join(f"{count} came {word}" for word, count in counted.items() if count)
    return f"{line}. Of {len(both)} that both served, {told}." if told else f"{line}."
