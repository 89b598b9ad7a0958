"""Concentration cap: no supplier may have more than a share of what is contracted.

The market's words: the *share* is of the GPUs in service when new ones would begin, or of the
GPU-hours contracted in a measuring period. Rules CC1 and CC2:
docs/reference/clauses/concentration_cap.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from offtake.core.names import ALL, BUYER, Names
from offtake.core.scope import covers
from offtake.core.text import ScopeText, Value, scope_of, term
from offtake.core.vocabulary import (
    NONE,
    SILENT,
    Act,
    Ask,
    ClauseType,
    Event,
    EventKind,
    Finding,
    Period,
    Verdict,
)
from offtake.units.capacity import PPM, Size
from offtake.units.money import SECONDS_PER_HOUR
from offtake.units.time import FOREVER_S, Duration, after

SHARE_TOO_LARGE = 21_401


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Capacity that was contracted before."""

    supplier: str = term(Value.PARTY, "From whom.")
    gpus: int = term(Value.GPUS, "How many.")
    starts: int = term(Value.INSTANT, "From when.", default=0)
    ends: int = term(Value.INSTANT, "Until when.", default=FOREVER_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(ScopeText):
    """What the parties wrote. ``suppliers`` in the scope are those whose share is capped."""

    at_most: int = term(Value.SHARE, "The largest share that one supplier may have.")
    measure: str = term(
        Value.CHOICE,
        "Of the GPUs in service when new ones begin, or of the GPU-hours of a period.",
        default="capacity",
        choices=("capacity", "gpu_hours"),
    )
    measured_over: Duration = term(
        Value.DURATION,
        "The period of GPU-hours, counted from the first day.",
        default=Duration(12, "mo"),
    )
    above: Size = term(Value.SIZE, "The total up to which nothing is denied.", default=Size(gpus=0))
    held: tuple[Held, ...] = term(
        Value.LINES, "What was contracted before the clause.", default=(), of=Held
    )


class Row(NamedTuple):
    """Capacity contracted from a supplier within ``[start_s, end_s)``."""

    supplier: int
    gpus: int
    start_s: int
    end_s: int
    order: int = NONE


class Terms(NamedTuple):
    """What the parties agreed."""

    purposes: int
    accelerators: int
    regions: int
    suppliers: int
    assets: int
    capacity: int
    acts: int
    at_most_ppm: int
    measure: str
    measured_over: Duration
    measured_from_at_s: int
    above_gpus: int
    held: tuple[Row, ...]


class Facts(NamedTuple):
    """What was ordered and has not ended when the last order was signed."""

    ordered: tuple[Row, ...] = ()


class Share(NamedTuple):
    """What a supplier would have of all, in GPUs or GPU-seconds."""

    theirs: int
    total: int
    share_ppm: int


def lower(text: Text, names: Names, period: Period) -> Terms:
    """The terms in numbers."""
    return Terms(
        *scope_of(text, names),
        at_most_ppm=text.at_most,
        measure={"capacity": "GPUs in service", "gpu_hours": "GPU-hours"}[text.measure],
        measured_over=text.measured_over,
        measured_from_at_s=period.from_s,
        above_gpus=text.above.in_gpus(names.watts_of(text.accelerators)),
        held=tuple(
            Row(names.parties.index(row.supplier), row.gpus, row.starts, row.ends)
            for row in text.held
        ),
    )


def rule(terms: Terms, facts: Facts, ask: Ask, now_s: int) -> int:
    """Deny what would give a supplier more than its share (CC1), of more than a little (CC2)."""
    if ask.act != Act.SUPPLY or ask.supplier == BUYER or not covers(terms, ask):
        return SILENT
    theirs, total = _amounts(terms, facts, ask)
    start_s, end_s = _period(terms, ask.start_s)
    if total <= terms.above_gpus * (end_s - start_s):
        return SILENT
    return SHARE_TOO_LARGE if theirs * PPM > terms.at_most_ppm * total else SILENT


def figures(terms: Terms, facts: Facts, ask: Ask, now_s: int) -> Share:
    """What the supplier would have, for explanations: GPUs, or GPU-hours of the period."""
    theirs, total = _amounts(terms, facts, ask)
    start_s, end_s = _period(terms, ask.start_s)
    unit = SECONDS_PER_HOUR if end_s - start_s > 1 else 1
    return Share(theirs // unit, total // unit, theirs * PPM // max(total, 1))


def _amounts(terms: Terms, facts: Facts, ask: Ask) -> tuple[int, int]:
    """The GPU-seconds of the supplier and of all within the period, with what is asked for.

    Of GPUs in service the period is the first second of what is asked for.
    """
    start_s, end_s = _period(terms, ask.start_s)
    asked = Row(ask.supplier, ask.gpus, ask.start_s, ask.end_s)
    theirs = total = 0
    for row in (*terms.held, *facts.ordered, asked):
        inside = max(min(row.end_s, end_s) - max(row.start_s, start_s), 0) * row.gpus
        total += inside
        theirs += inside if row.supplier == ask.supplier else 0
    return theirs, total


def _period(terms: Terms, at_s: int) -> tuple[int, int]:
    """The measuring period an instant lies in; the instant alone for GPUs in service."""
    if terms.measure != "GPU-hours":
        return at_s, at_s + 1
    number = max(at_s - terms.measured_from_at_s, 0) // terms.measured_over.longest_s
    while _begins_s(terms, number + 1) <= at_s:
        number += 1  # Civil periods are shorter than the longest of their kind.
    return _begins_s(terms, number), _begins_s(terms, number + 1)


def _begins_s(terms: Terms, number: int) -> int:
    """The start of a measuring period: counted on the calendar from the first day."""
    over = terms.measured_over
    return after(terms.measured_from_at_s, Duration(over.number * number, over.unit))


def evolve(terms: Terms, facts: Facts, event: Event, clause: int) -> Facts:
    """Keep what is ordered inside the scope, less what is ended of it."""
    if event.kind == EventKind.TRANCHE_ENDED and event.order != NONE:
        return Facts(tuple(_less(facts.ordered, event)))
    if event.kind != EventKind.ORDERED or not _concerns(terms, event):
        return facts
    start_s, _ = _period(terms, event.at_s)
    kept = tuple(row for row in facts.ordered if row.end_s > min(start_s, event.at_s))
    begins_s = event.at_s if event.start_s == NONE else event.start_s
    ends_s = FOREVER_S if event.end_s == NONE else event.end_s
    return Facts((*kept, Row(event.party, event.gpus, begins_s, ends_s, event.order)))


def _concerns(terms: Terms, event: Event) -> int:
    """Whether an order is of what the cap is about, from whomever: all count in the total."""
    ordered = Ask(
        Act.SUPPLY,
        supplier=event.party,
        purpose=event.purpose,
        accelerator=event.accelerator,
        region=event.region,
        gpus=event.gpus,
    )
    return covers(terms._replace(suppliers=ALL), ordered)


def _less(rows: tuple[Row, ...], event: Event) -> Iterator[Row]:
    """The rows without the GPUs of a tranche that was ended."""
    gone = event.gpus
    for row in rows:
        part = min(gone, row.gpus) if row.order == event.order else 0
        gone -= part
        if row.gpus > part:
            yield row._replace(gpus=row.gpus - part)


def varies(terms: Terms) -> tuple[int, int]:
    """For contracting: quantity and dates matter."""
    return int(Act.SUPPLY), terms.purposes


def instants(terms: Terms) -> tuple[int, ...]:
    """When what was held before begins and ends."""
    edges = {edge for row in terms.held for edge in (row.start_s, row.end_s)}
    return tuple(sorted(edge for edge in edges if 0 < edge < FOREVER_S))


CLAUSE = ClauseType(
    code=14,
    name="concentration_cap",
    text=Text,
    terms=Terms,
    lower=lower,
    facts=Facts,
    rules=("CC1", "CC2"),
    rule=rule,
    evolve=evolve,
    learns_of=frozenset({EventKind.ORDERED, EventKind.TRANCHE_ENDED}),
    varies=varies,
    figures=figures,
    instants=instants,
    findings=(
        Finding(
            SHARE_TOO_LARGE,
            Verdict.DENY,
            "CC1",
            "ShareTooLarge",
            "{supplier} would have {theirs} of {total} {measure}, {share}; at most {at_most} are "
            "agreed",
        ),
    ),
)
