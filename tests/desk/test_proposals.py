"""What was adopted since a proposal was made does not go with its adoption, unsaid."""

from typing import Any

import pytest
from sqlalchemy import Engine

from desk.stories import ALPHA, PORTFOLIO, Story
from offtake.contract.write import Tree
from offtake.desk import command as say
from offtake.desk.act import Stale
from offtake.desk.entry import read
from offtake.desk.overtaken import losses
from offtake.desk.replay import differences
from offtake.desk.store import journal
from offtake.desk.store.engine import reader
from offtake.desk.writer import Receipt

WAIVE = say.Waive(clause="A/first", grantee="beta", signed="A. Alpha")
LONGER = PORTFOLIO.replace("window: 30d", "window: 40d")


def proposed(story: Story, text: str) -> int:
    story.does(say.Propose(portfolio=text))
    return len(story.writer.state.proposals)


def adopted(story: Story, number: int) -> Any:
    """The answer to the adoption of a proposal, as the desk's pages and interface ask for it."""
    made = story.writer.state.proposals[number]
    return story.ask(say.Adopt(portfolio=made.text, note=made.note, proposal=number))


def in_force(story: Story) -> str:
    with reader(story.engine).connect() as tx:
        row = journal.last_of(tx, "adopt")
    assert row is not None
    command = read(row.body).command
    assert isinstance(command, say.Adopt)
    return command.portfolio


def replays(story: Story) -> None:
    """A new desk and one that decides everything again come to the same state."""
    assert Story(story.engine).writer.state == story.writer.state
    with reader(story.engine).connect() as tx:
        entries = [read(row.body) for row in journal.since(tx, 0)]
    assert not list(differences(lambda: entries))


def test_a_waiver_that_was_given_since_stays_when_an_older_proposal_is_adopted(
    engine: Engine,
) -> None:
    story = Story(engine)
    number = proposed(story, LONGER)
    story.does(WAIVE, ALPHA)
    before = story.writer.state
    no = adopted(story, number)
    assert isinstance(no, Stale)
    assert "the portfolio has changed since, on 2025-03-01" in str(no)
    assert "would undo agreements.A.amendments.first-waiver-1;" in str(no)
    assert "propose it again on top of the portfolio in force" in str(no)
    assert story.writer.state == before
    on_top = in_force(story).replace("window: 30d", "window: 40d")
    assert isinstance(adopted(story, proposed(story, on_top)), Receipt)
    assert "first-waiver-1" in in_force(story)
    replays(story)


def test_of_two_proposals_made_beside_one_portfolio_the_second_does_not_undo_the_first(
    engine: Engine,
) -> None:
    story = Story(engine)
    first = proposed(story, LONGER)
    second = proposed(story, PORTFOLIO.replace("grace: 30d", "grace: 20d"))
    assert isinstance(adopted(story, first), Receipt)
    no = adopted(story, second)
    assert isinstance(no, Stale)
    assert "agreements.A.clauses.first.window" in str(no)
    replays(story)


def test_an_older_proposal_that_says_all_that_was_adopted_since_is_adopted(
    engine: Engine,
) -> None:
    story = Story(engine)
    both = proposed(story, LONGER.replace("grace: 30d", "grace: 20d"))
    first = proposed(story, LONGER)
    assert isinstance(adopted(story, first), Receipt)
    assert isinstance(adopted(story, both), Receipt)
    replays(story)


def test_a_proposal_made_after_a_waiver_may_end_it_for_all_to_see(engine: Engine) -> None:
    story = Story(engine)
    story.does(WAIVE, ALPHA)
    assert isinstance(adopted(story, proposed(story, PORTFOLIO)), Receipt)
    assert "first-waiver-1" not in in_force(story)
    replays(story)


def test_a_second_desk_knows_what_the_first_has_adopted_since(engine: Engine) -> None:
    story = Story(engine)
    number = proposed(story, LONGER)
    other = Story(engine)
    story.does(WAIVE, ALPHA)
    assert isinstance(adopted(other, number), Stale)


def test_a_journal_in_which_an_overtaken_proposal_was_adopted_comes_to_its_state(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As desks did before: what is recorded is not decided once more."""
    story = Story(engine)
    number = proposed(story, LONGER)
    story.does(WAIVE, ALPHA)
    monkeypatch.setattr("offtake.desk.writer.still_fits", lambda *_: None)
    assert isinstance(adopted(story, number), Receipt)
    monkeypatch.undo()
    replays(story)


@pytest.mark.parametrize(
    ("base", "now", "then", "lost"),
    [
        ({"a": "1"}, {"a": "1"}, {}, []),  # It takes away what was there, on purpose.
        ({"a": "1"}, {"a": "2"}, {"a": "2"}, []),
        ({"a": "1"}, {"a": "2"}, {"a": "1"}, ["a"]),
        ({"a": "1"}, {"a": "2"}, {"a": "3"}, ["a"]),
        ({"a": "1"}, {}, {"a": "1"}, ["a"]),  # It brings back what was taken away.
        ({"a": "1"}, {}, {}, []),
        ({}, {"a": {"b": {"c": "1"}}}, {"a": {}}, ["a.b"]),
        ({}, {"a": {"b": {"c": "1"}, "d": {"e": "1"}}}, {}, ["a.b", "a.d"]),
        ({}, {"a": {"b": "1", "c": "2"}}, {"a": {"b": "1"}}, ["a.c"]),
        ({"a": ["1"]}, {"a": ["1", "2"]}, {"a": ["2"]}, ["a"]),
        ({}, {"a": "1"}, {"a": "1", "b": "2"}, []),
    ],
)
def test_what_changed_since_is_lost_where_a_proposal_does_not_say_it_too(
    base: dict[str, Tree], now: dict[str, Tree], then: dict[str, Tree], lost: list[str]
) -> None:
    assert list(losses(base, now, then)) == lost
