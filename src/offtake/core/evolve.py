"""Fold events into facts. Pure; knows no clause."""

from collections.abc import Iterable, Sequence
from typing import Any

from offtake.core.decide import facts_of
from offtake.core.vocabulary import NONE, BoundClause, Event, EventKind, Facts, Lot

NO_FACTS = Facts()


def fold(clauses: Sequence[BoundClause], events: Iterable[Event], facts: Facts = NO_FACTS) -> Facts:
    """Fold events, oldest first; the same journal gives the same facts in any steps (law 3)."""
    for event in events:
        facts = evolve(clauses, facts, event)
    return facts


def evolve(clauses: Sequence[BoundClause], facts: Facts, event: Event) -> Facts:
    """What is known after one event.

    Every version in force at the event hears it: an event that names a lot changes the
    clause's facts about that lot, one that names none changes them all.
    """
    by_clause, agreed, lots = facts.by_clause, facts.agreed, facts.lots
    changes: dict[tuple[int, int], Any] = {}
    opened: dict[tuple[int, int], Any] = {}
    for clause in clauses:
        if clause.kind.evolve is None or not clause.from_s <= event.at_s < clause.until_s:
            continue
        for lot in _concerned(clause, facts, event):
            key = (clause.clause, lot)
            own = facts_of(clause, facts, lot)
            after = clause.kind.evolve(agreed.get(key, clause.terms), own, event, clause.clause)
            if after != own:
                changes[key] = after
        if event.kind == EventKind.NOTICE_GIVEN and event.clause == clause.clause:
            opened[clause.clause, event.lot] = clause.terms
    if event.kind == EventKind.NOTICE_GIVEN:
        noticed = Lot(event.purpose, event.accelerator, event.region)
        rest = {lot: known for lot, known in lots.items() if lot != event.lot}
        lots = {**rest, event.lot: noticed}
    if changes:
        by_clause = {**by_clause, **changes}
    if opened:
        agreed = {**agreed, **opened}
    return Facts(by_clause, agreed, lots)


def _concerned(clause: BoundClause, facts: Facts, event: Event) -> list[int]:
    """The lots whose facts an event may change; lot ``NONE`` where a new lot's facts begin."""
    if not clause.kind.per_lot:
        return [NONE]
    if event.lot != NONE:
        return [event.lot]
    known = [lot for index, lot in facts.by_clause if index == clause.clause and lot != NONE]
    return [NONE, *known]
