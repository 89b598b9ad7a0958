"""What has happened so far, as told: facts from a journal, with deadlines worked out.

Somebody who writes down notices and answers by hand need not work out when an answer or an
order is due, nor until when others may be contracted: the clause and its calendar say it.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from offtake.clauses.first_refusal import CLAUSE, agreed_gpus, dated_answer, dated_notice
from offtake.core.evolve import fold, version_for
from offtake.core.names import UNSTATED, Names, name_of
from offtake.core.vocabulary import NONE, BoundClause, Event, EventKind, Facts
from offtake.sourcing.journal import BadEntry

ANSWERS = (EventKind.ACCEPTED, EventKind.REFUSED)


class Round(NamedTuple):
    """A notice with the version of the clause it was given under, and whether it is answered."""

    clause: BoundClause
    notice: Event
    answered: bool = False


def facts_of(clauses: Sequence[BoundClause], events: Iterable[Event], names: Names) -> Facts:
    """Fold told events in order of time, each with the deadlines that its clause sets.

    Raises:
        BadEntry: An answer of somebody who does not hold the right.
    """
    return fold(clauses, dated(clauses, events, names))


def dated(clauses: Sequence[BoundClause], events: Iterable[Event], names: Names) -> list[Event]:
    """Told events in order of time, with the deadlines that they do not state.

    Raises:
        BadEntry: An answer of somebody who does not hold the right.
    """
    rounds: dict[tuple[int, int], Round] = {}
    told = []
    for number, event in sorted(enumerate(events), key=lambda row: row[1].at_s):
        key, event = (event.clause, event.lot), _ranked(clauses, event)
        if event.kind == EventKind.NOTICE_GIVEN:
            version = version_for(clauses, event)
            if version is not None and version.kind is CLAUSE:
                event = dated_notice(version.text, names, event, again=key in rounds)
                rounds[key] = Round(version, event)
        elif event.kind in (*ANSWERS, EventKind.LAPSED) and key in rounds and event.lot != NONE:
            event = _answer(rounds[key], event, names, number)
            if version_for(clauses, event) is not None:  # Nobody accepts under what has ended.
                event = _answer_dated(rounds[key], event, names)
            if event.kind in ANSWERS:
                rounds[key] = rounds[key]._replace(answered=True)
        told.append(event)
    return told


def _ranked(clauses: Sequence[BoundClause], event: Event) -> Event:
    """An event with the rank of the first refusal it names (FR11)."""
    for clause in clauses:
        if clause.clause == event.clause and clause.kind is CLAUSE:
            return event._replace(rank=clause.terms.rank)
    return event


def _answer(asked: Round, event: Event, names: Names, number: int) -> Event:
    """An answer with its party, which must hold the right."""
    holder = asked.clause.terms.holder
    if event.party not in (UNSTATED, holder):
        other, name = (name_of(names.parties, party) for party in (event.party, holder))
        says = f"{other} does not hold {asked.clause.clause_id}: {name} does"
        raise BadEntry("party", says, f"Write `party: {name}`, or leave it out.", number)
    return event._replace(party=holder)


def _answer_dated(asked: Round, event: Event, names: Names) -> Event:
    """An answer with the deadlines that follow from it, if it is the first and in time."""
    notice = asked.notice
    if event.kind == EventKind.LAPSED or asked.answered or event.at_s >= notice.due_at_s:
        return event
    kind, gpus = event.kind, event.gpus
    if kind == EventKind.ACCEPTED:
        gpus = gpus or notice.gpus
        if agreed_gpus(asked.clause.terms, notice.gpus, gpus) == 0:
            event = event._replace(kind=EventKind.REFUSED)  # Its deadlines are a refusal's (FR6).
    return dated_answer(asked.clause.text, names, event)._replace(kind=kind, gpus=gpus)
