"""Law 3: the same journal gives the same facts, whoever folds it and in however many steps."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from builders import CURRENCY, Built, ask_of, build
from laws.portfolios import cases
from offtake.core.decide import decide, facts_of
from offtake.core.evolve import NO_FACTS, evolve, fold
from offtake.core.vocabulary import NONE, Event, EventKind, Facts
from offtake.sourcing.given import dated
from offtake.sourcing.journal import entry, event_of
from offtake.sourcing.requirement import Recorded


def known(facts: Facts) -> tuple[Any, ...]:
    """Facts as plain values; the order in which lots were noticed is one of them."""
    maps = (facts.by_clause, facts.agreed, facts.lots, facts.latest)
    return *(dict(each) for each in maps), facts.notices


def in_steps(built: Built, cuts: list[int]) -> Facts:
    """Fold a journal piece by piece."""
    facts, edges = NO_FACTS, [0, *sorted(min(cut, len(built.events)) for cut in cuts)]
    for start, end in zip(edges, [*edges[1:], len(built.events)], strict=True):
        facts = fold(built.clauses, built.events[start:end], facts)
    return facts


@settings(deadline=None)
@given(cases(), st.lists(st.integers(0, 30), max_size=5))
def test_a_journal_gives_the_same_facts_in_any_number_of_steps(
    case: dict[str, Any], cuts: list[int]
) -> None:
    built = build(case)

    assert known(in_steps(built, cuts)) == known(fold(built.clauses, built.events))


def read_back(built: Built) -> list[Event]:
    """The journal as somebody reads it who has only the file."""
    lines = [entry(Recorded(event), built.names, CURRENCY) for event in built.events]
    lots = {str(number): number for number in built.lots.values()}
    told = [event_of(json.loads(json.dumps(line)), built.names, lots, CURRENCY) for line in lines]
    return dated(built.clauses, told, built.names)


@settings(deadline=None)
@given(cases(), st.data())
def test_a_kind_learns_nothing_from_other_events_than_it_names(
    case: dict[str, Any], data: st.DataObject
) -> None:
    built = build(case)
    facts = fold(built.clauses, built.events)
    told = data.draw(st.sampled_from([*built.events, Event(EventKind.USAGE_RECORDED, 0)]))
    for clause in built.clauses:
        if clause.kind.learns_of is None or clause.kind.evolve is None:
            continue
        for kind in set(EventKind) - clause.kind.learns_of:
            own = facts_of(clause, facts, told.lot)
            terms = facts.agreed.get((clause.clause, told.lot), clause.terms)
            event = told._replace(kind=kind)

            assert clause.kind.evolve(terms, own, event, clause.clause) == own


@settings(deadline=None)
@given(cases())
def test_who_reads_the_written_journal_knows_the_same(case: dict[str, Any]) -> None:
    built = build(case)

    assert known(fold(built.clauses, read_back(built))) == known(fold(built.clauses, built.events))


@settings(deadline=None)
@given(cases())
def test_the_order_of_clauses_in_a_portfolio_does_not_change_what_is_known(
    case: dict[str, Any],
) -> None:
    built = build(case)
    backwards = tuple(reversed(built.clauses))

    assert known(fold(backwards, built.events)) == known(fold(built.clauses, built.events))


@settings(deadline=None)
@given(cases())
def test_an_event_leaves_the_facts_before_it_as_they_were(case: dict[str, Any]) -> None:
    built, facts = build(case), NO_FACTS
    for event in built.events:
        before = known(facts)
        after = evolve(built.clauses, facts, event)

        assert known(facts) == before
        facts = after


@settings(deadline=None)
@given(cases(), st.data())
def test_a_kind_learns_nothing_from_events_without_a_lot_that_it_does_not_name(
    case: dict[str, Any], data: st.DataObject
) -> None:
    built = build(case)
    facts = fold(built.clauses, built.events)
    event = data.draw(st.sampled_from([*built.events, Event(EventKind.USAGE_RECORDED, 0)]))
    for clause in built.clauses:
        if clause.kind.of_all is None or clause.kind.evolve is None:
            continue
        for kind in set(EventKind) - set(clause.kind.of_all):
            about_none = event._replace(kind=kind, lot=NONE)
            for lot in {lot for _, lot in facts.by_clause}:
                own = facts_of(clause, facts, lot)
                terms = facts.agreed.get((clause.clause, lot), clause.terms)

                assert clause.kind.evolve(terms, own, about_none, clause.clause) == own


@settings(deadline=None)
@given(cases())
def test_who_reads_the_written_journal_decides_alike(case: dict[str, Any]) -> None:
    built = build(case)
    told = read_back(built)
    for ask, at in case["then"]:
        decision = built.decision(ask, at)
        facts = fold(built.clauses, [e for e in told if e.at_s <= decision.at_s])
        asked = ask_of(ask, built, decision.at_s)

        assert decide(built.clauses, facts, asked, decision.at_s) == decision
