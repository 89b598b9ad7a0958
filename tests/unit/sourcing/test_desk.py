"""A command has one key, a key one command (S8)."""

import pytest

from offtake.sourcing.command import Answer, Proceed, Refused, Submit
from offtake.sourcing.desk import Desk, Given, carry_out
from unit.sourcing import stories
from unit.sourcing.stories import DAY, FIRST, need

STORY = stories.Desk(FIRST % "")


def given(desk: Desk, key: str, command: object, at_s: int = DAY) -> Desk:
    after, _ = carry_out(STORY.rules, STORY.portfolio.names, desk, Given(key, command, at_s))
    return after


def test_a_retry_gets_the_first_answer() -> None:
    desk = given(Desk(), "k", Submit(1, need()))

    assert given(desk, "k", Submit(1, need()), DAY + 5) == desk


def test_a_key_that_was_used_for_another_command_is_refused() -> None:
    desk = given(Desk(), "k", Submit(1, need()))

    with pytest.raises(Refused, match="key k"):
        given(desk, "k", Submit(2, need()))
    assert list(given(desk, "l", Submit(2, need())).state.lots) == [1, 2]


def test_a_key_is_free_again_when_its_command_was_refused() -> None:
    desk = given(Desk(), "k", Submit(1, need()))
    with pytest.raises(Refused):
        given(desk, "l", Answer(1, 0))

    assert given(desk, "l", Proceed(1)).state.lots[1].clause == 0
