"""What has happened so far, as told: facts from a journal, with deadlines worked out.

Somebody who writes down notices by hand need not work out when the answer is due: the clause
and its calendar say it (FR4).
"""

from collections.abc import Iterable, Sequence

from offtake.clauses.first_refusal import due_at_s
from offtake.core.evolve import NO_FACTS, evolve
from offtake.core.names import Names
from offtake.core.vocabulary import BoundClause, Event, EventKind, Facts
from offtake.units.time import NEVER


def facts_of(clauses: Sequence[BoundClause], events: Iterable[Event], names: Names) -> Facts:
    """Fold told events in order of time; a notice without a deadline gets its clause's."""
    facts = NO_FACTS
    noticed: set[tuple[int, int]] = set()
    for event in sorted(events, key=lambda event: event.at_s):
        if event.kind == EventKind.NOTICE_GIVEN:
            again = (event.clause, event.lot) in noticed
            event = _dated(clauses, event, names, again=again)
            noticed.add((event.clause, event.lot))
        facts = evolve(clauses, facts, event)
    return facts


def _dated(clauses: Sequence[BoundClause], event: Event, names: Names, *, again: bool) -> Event:
    for clause in clauses:
        in_force = clause.from_s <= event.at_s < clause.until_s
        if clause.clause == event.clause and in_force and hasattr(clause.terms, "rank"):
            due = event.due_at_s
            if due == NEVER:
                due = due_at_s(clause.text, names, event.at_s, event.gpus, again=again)
            return event._replace(due_at_s=due, rank=clause.terms.rank)
    return event
