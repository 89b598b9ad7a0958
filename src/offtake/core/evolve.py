"""Fold events into facts. Pure; knows no clause."""

from collections.abc import Iterable, Sequence
from typing import Any

from offtake.core.decide import facts_of
from offtake.core.sought import told
from offtake.core.vocabulary import (
    NONE,
    AppliesTo,
    BoundClause,
    ClauseType,
    Event,
    EventKind,
    Facts,
)

NO_FACTS = Facts()


def fold(clauses: Sequence[BoundClause], events: Iterable[Event], facts: Facts = NO_FACTS) -> Facts:
    """Fold events, oldest first; the same journal gives the same facts in any steps (law 3)."""
    for event in events:
        facts = evolve(clauses, facts, event)
    return facts


def evolve(clauses: Sequence[BoundClause], facts: Facts, event: Event) -> Facts:
    """What is known after one event.

    The version of a clause that hears it (``hears``) learns from it: an event that names a lot
    changes the clause's facts about that lot, one that names none changes them all. So an event
    with a lot costs the same however many lots there are; one without, where the kind of clause
    learns from it (``of_all``), costs a look at each lot that any clause keeps.
    """
    by_clause, agreed = facts.by_clause, facts.agreed
    changes: dict[tuple[int, int], Any] = {}
    opened: dict[tuple[int, int], Any] = {}
    fallen: set[tuple[int, int]] = set()
    for clause in clauses:
        if clause.kind.evolve is None or not _learns(clause.kind, event):
            continue
        if not hears(clauses, clause, event):
            continue
        for lot in _concerned(clause, facts, event):
            key = (clause.clause, lot)
            own = facts_of(clause, facts, lot)
            after = clause.kind.evolve(agreed.get(key, clause.terms), own, event, clause.clause)
            if after != own:
                changes[key] = after
                if key in agreed and clause.kind.binds is not None and not clause.kind.binds(after):
                    fallen.add(key)
        if event.kind == EventKind.NOTICE_GIVEN and event.clause == clause.clause:
            opened[clause.clause, event.lot] = clause.terms
    facts = told(facts, event)
    if changes:
        facts = facts._replace(by_clause=by_clause.update(changes))
    for key in fallen:
        agreed = agreed.delete(key)
    if opened or fallen:
        facts = facts._replace(agreed=agreed.update(opened))
    return facts


def _learns(kind: ClauseType, event: Event) -> bool:
    """Whether a kind of clause may learn anything of an event of its kind."""
    return kind.learns_of is None or event.kind in kind.learns_of


def hears(clauses: Sequence[BoundClause], clause: BoundClause, event: Event) -> bool:
    """Whether a version of a clause learns of an event: the one in force, or the one to come.

    Contracting is asked of clauses that will be in force when the capacity runs, where they say
    so (D2), long before they are; so those that keep the course of each lot hear of it then.
    """
    if clause.from_s <= event.at_s < clause.until_s:
        return True
    early = event.at_s < clause.from_s and clause.applies_to != AppliesTo.SIGNATURE
    if not early or not clause.kind.per_lot:
        return False
    return not any(
        other.clause == clause.clause
        and other.from_s < clause.from_s
        and event.at_s < other.until_s
        for other in clauses
    )


def version_for(clauses: Sequence[BoundClause], event: Event) -> BoundClause | None:
    """The version of the clause an event names that hears it: the one a round is opened under."""
    named = (clause for clause in clauses if clause.clause == event.clause)
    return next((clause for clause in named if hears(clauses, clause, event)), None)


def _concerned(clause: BoundClause, facts: Facts, event: Event) -> list[int]:
    """The lots whose facts an event may change; lot ``NONE`` where a new lot's facts begin."""
    if not clause.kind.per_lot:
        return [NONE]
    if event.lot != NONE:
        return [event.lot]
    if clause.kind.of_all is not None and event.kind not in clause.kind.of_all:
        return []
    known = [lot for index, lot in facts.by_clause if index == clause.clause and lot != NONE]
    return [NONE, *known]
