"""Laws 4 and 5: the commands of a run, given by hand, make the same journal; a retry nothing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laws.sourced import played
from offtake.sourcing.command import Answer, Refused
from offtake.sourcing.desk import Desk, Given, carry_out


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_the_same_commands_make_the_same_journal_whoever_gives_them(data: st.DataObject) -> None:
    world, market = played(data)
    desk, journal = Desk(), []
    for command in market.given:
        desk, recorded = carry_out(market.rules, world.names, desk, command)
        journal += recorded

    assert journal == market.journal
    assert desk.state._replace(facts=market.state.facts) == market.state
    assert desk.state.facts == market.state.facts


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_retry_gets_the_first_answer_and_changes_nothing(data: st.DataObject) -> None:
    world, market = played(data)
    desk = Desk()
    for command in market.given:
        desk, first = carry_out(market.rules, world.names, desk, command)
        again, second = carry_out(
            market.rules, world.names, desk, command._replace(at_s=command.at_s + 99)
        )
        assert (again, second) == (desk, first)


def test_a_refused_command_leaves_no_trace_and_may_be_given_again() -> None:
    class NoRules:
        clauses = ()

    desk = Desk()
    with pytest.raises(Refused):
        carry_out(NoRules, None, desk, Given("k", Answer(1, 0), 0))

    assert desk == Desk()
