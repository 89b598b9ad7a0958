"""One command, carried out once: decide, fold, remember the answer under its key (S8).

The simulator and a desk of people both go through here, so that the same commands at the same
instants give the same journal, whoever gives them.
"""

from typing import NamedTuple

from immutables import Map

from offtake.core.names import Names
from offtake.sourcing.command import Change, Command, Refused, Submit
from offtake.sourcing.course import evolve
from offtake.sourcing.process import decide
from offtake.sourcing.requirement import Recorded, Rules, State


class Answered(NamedTuple):
    """A command that was carried out, and what was recorded."""

    command: Command
    recorded: tuple[Recorded, ...]


class Desk(NamedTuple):
    """The state of sourcing, with the first answer to every key, in no order."""

    state: State = State()
    answers: Map[str, Answered] = Map()


class Given(NamedTuple):
    """A command as it was given: under which key, and when."""

    key: str
    command: Command
    at_s: int


def carry_out(
    rules: Rules, names: Names, desk: Desk, given: Given
) -> tuple[Desk, tuple[Recorded, ...]]:
    """The desk after a command, and what was recorded; a retry gets the first answer.

    Raises:
        Refused: The command does not fit the state, or its key was used for another command;
            nothing is recorded, not even its key.
    """
    command, first = given.command, desk.answers.get(given.key)
    if first is not None:
        if first.command != command:
            raise Refused(f"the key {given.key} was used for another command (S8)")
        return desk, first.recorded
    recorded = tuple(decide(rules, names, desk.state, command, given.at_s))
    need = command.need if isinstance(command, Submit | Change) else None
    state = desk.state
    for item in recorded:
        state = evolve(rules, state, item.event, need)
    return Desk(state, desk.answers.set(given.key, Answered(command, recorded))), recorded
