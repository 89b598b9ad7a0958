"""A snapshot is the state, whole; what is none is refused with the place."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from immutables import Map

from builders import build, load
from laws.portfolios import cases
from laws.sourced import played
from offtake.clauses import KINDS
from offtake.contract.portfolio import Portfolio
from offtake.core.evolve import fold
from offtake.core.rows import reader, row_of, shape_text
from offtake.core.vocabulary import BoundClause, Facts
from offtake.sourcing.command import Answer, Bid, Proceed
from offtake.sourcing.requirement import Lot, State, Status
from offtake.sourcing.snapshot import BadSnapshot, data_of, state_of
from unit.sourcing.stories import DAY, FIRST, START, noticed

EXAMPLES = Path(__file__).parents[3] / "examples"
GOLDEN = Path(__file__).resolve().parents[2] / "golden"
SECOND = "      second: {kind: first_refusal, holder: beta, window: 9d, rank: 2}\n"


def through_json(state: State) -> Any:
    return json.loads(json.dumps(data_of(state)))


def assert_comes_back(state: State, clauses: tuple[BoundClause, ...]) -> None:
    again = state_of(through_json(state), clauses)

    assert again == state
    assert list(again.lots) == list(state.lots)
    assert list(again.orders) == list(state.orders)
    assert all(isinstance(lot.status, Status) for lot in again.lots.values())
    assert data_of(again) == data_of(state) == through_json(state)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_what_any_commands_lead_to_comes_back(data: st.DataObject) -> None:
    world, market = played(data)

    assert_comes_back(market.state, world.clauses)


@settings(deadline=None)
@given(cases())
def test_what_any_journal_tells_of_any_clause_comes_back(case: dict[str, Any]) -> None:
    built = build(case)

    assert_comes_back(State(facts=fold(built.clauses, built.events)), built.clauses)


def of_every_kind() -> list[BoundClause]:
    """Clauses of the examples, and of the cases worked by hand."""
    paths, cases = sorted(EXAMPLES.glob("*/portfolio.yaml")), sorted(GOLDEN.glob("*/*.toml"))
    found = [clause for path in paths for clause in Portfolio.load(path).clauses]
    return found + [clause for path in cases for clause in build(load(path)).clauses]


def test_the_terms_of_every_kind_come_back_as_agreed_and_as_a_row() -> None:
    clauses = of_every_kind()
    assert {clause.kind.name for clause in clauses} == set(KINDS)

    for clause in clauses:
        row = json.loads(json.dumps(row_of(clause.terms)))
        assert reader(clause.kind.terms)(row) == clause.terms
        own = clause.kind.facts() if clause.kind.facts else None
        known = Map({(clause.clause, 7): own}) if own is not None else Map()
        state = State(facts=Facts(known, Map({(clause.clause, 7): clause.terms})))
        assert_comes_back(state, (clause,))


def busy() -> tuple[State, tuple[BoundClause, ...]]:
    """A lot that two holders were asked about, one of whom refused."""
    desk = noticed(FIRST % "" + SECOND)
    desk.does(Answer(1, 0), DAY)
    desk.does(Proceed(1), DAY)
    assert desk.lot.status == Status.NOTICED
    return desk.state, desk.portfolio.clauses


def test_a_lot_with_a_notice_a_senior_and_offers_comes_back() -> None:
    state, clauses = busy()
    assert_comes_back(state, clauses)

    desk = noticed()
    desk.does(Answer(1, 0), DAY)
    assert desk.does(Proceed(1), DAY) == ["TENDER_OPENED"]
    desk.does(Bid(1, desk.offer(desk.beta)), DAY)
    assert_comes_back(desk.state, desk.portfolio.clauses)
    closes_s = desk.lot.closes_at_s
    assert desk.does(Proceed(1), closes_s) == ["TENDER_CLOSED"]
    assert "ORDERED" in desk.does(Proceed(1), closes_s)
    assert closes_s < START
    assert_comes_back(desk.state, desk.portfolio.clauses)


def test_terms_that_many_rounds_were_opened_under_are_written_once() -> None:
    state, clauses = busy()
    terms = state.facts.agreed[0, 1]
    many = state.facts.agreed.update({(0, lot): terms for lot in range(2, 50)})
    state = state._replace(facts=state.facts._replace(agreed=many))

    assert [len(clause["terms"]) for clause in data_of(state)["clauses"]] == [1, 1]
    assert_comes_back(state, clauses)


def put(data: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The data with another value in one place."""
    at = data
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return data


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (("version",), 2, "version: 2, where 1 is what can be read"),
        (("version",), None, "version: None"),
        (("more",), 1, "snapshot: not a map with the keys version, "),
        (("lots",), 5, "lots: not a list: 5"),
        (("lots", 0), [1, 2], f"lots[0]: not a row of {len(Lot._fields)} values, which Lot has"),
        (("lots", 0, 1, 2), "64", "lots[0].need.gpus: not a whole number: '64'"),
        (("lots", 0, 1, 2), True, "lots[0].need.gpus: not a whole number: True"),
        (("lots", 0, 1, 0), 3, "lots[0].need.requirement: not a text: 3"),
        (("lots", 0, 2), 99, "lots[0].status: not a Status: 99"),
        (("lots", 0, 5, 3), None, "lots[0].notice.clause: not a whole number: None"),
        (("sought", 0, 1), [1], "sought[0][1]: not a row of 8 values"),
        (("latest", 0), [1], "latest[0]: not a row of 4 values"),
        (("shapes", "lots"), "Lot(number int)", "lots: was written in another shape"),
        (("shapes",), [], "lots: was written in another shape"),
        (("clauses",), {}, "clauses: not a list"),
        (("clauses", 0), {}, "clauses[0]: not a map with the keys clause, kind"),
        (("clauses", 0, "clause"), 9, "clauses[0]: clause 9 was a first_refusal"),
        (("clauses", 0, "kind"), "waiver", "clauses[0]: clause 0 was a waiver; in this portfolio"),
        (("clauses", 0, "shapes", "facts"), "", "clauses[0].facts: was written in another shape"),
        (("clauses", 0, "facts", 0, 1, 0), "x", "clauses[0].facts[0][1].noticed_at_s: not a"),
        (("clauses", 0, "agreed", 0, 1), 1, "clauses[0].agreed: there are no terms 1"),
        (("clauses", 0, "agreed", 0, 1), -1, "clauses[0].agreed: there are no terms -1"),
    ],
)
def test_what_is_no_snapshot_is_refused_with_the_place(path, value, says: str) -> None:
    state, clauses = busy()

    with pytest.raises(BadSnapshot) as refused:
        state_of(put(through_json(state), path, value), clauses)
    assert str(refused.value).startswith(says)
    assert str(refused.value).endswith("Work the state out anew from the journal.")


@pytest.mark.parametrize("part", ["lots", "sought", "latest"])
def test_nothing_is_there_twice(part: str) -> None:
    state, clauses = busy()
    data = through_json(state)
    data[part] *= 2

    with pytest.raises(BadSnapshot, match=f"{part}: .* comes twice"):
        state_of(data, clauses)


@pytest.mark.parametrize("data", [None, [], "x", 1, {}])
def test_what_is_no_map_is_no_snapshot(data: Any) -> None:
    with pytest.raises(BadSnapshot, match="version: None"):
        state_of(data, ())


def test_a_shape_in_words_changes_with_a_field_its_type_or_their_order() -> None:
    waiver = KINDS["waiver"]
    assert shape_text(waiver.facts) == (
        "Facts(used_gpus int, transactions int, before [[int int int] *])"
    )
    assert "before [Before(clause int, from_s int, until_s int, terms Terms) *]" in shape_text(
        waiver.terms
    )
    assert shape_text(int | None) == "int?"
