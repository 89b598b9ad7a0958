"""One command at a desk: ``carried(state, given) -> (state, events)``. Pure.

The journal holds commands and their events by name; ``replayed`` folds them again, without
deciding anything a second time, and comes to the same state (law 3).
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from offtake.contract.portfolio import Portfolio
from offtake.contract.problem import Unreadable
from offtake.core.vocabulary import NONE
from offtake.desk import command as say
from offtake.desk import permits, reading
from offtake.desk.act import Done, decided
from offtake.desk.metered import metered
from offtake.desk.reading import Invalid, Wrong
from offtake.desk.standing import after as stands
from offtake.desk.standing import submitted
from offtake.desk.state import Given, Proposal, State, version_of
from offtake.sourcing.course import evolve
from offtake.sourcing.journal import entry, event_of
from offtake.sourcing.requirement import Recorded

FOLDED_AGAIN = (say.Adopt, say.Waive)


class Carried(NamedTuple):
    """What came of a command: the state after it, its events by name, and whom it concerns."""

    state: State
    recorded: tuple[Recorded, ...]
    events: tuple[Mapping[str, Any], ...]
    requirement: str = ""
    permit: str = ""
    waiver: str = ""

    @property
    def version(self) -> int:
        """What somebody has seen of what a command was about, who then changes it."""
        if self.permit:
            return permits.known(self.state, self.permit).version
        return self.state.version_of(self.requirement)


def carried(state: State, given: Given) -> Carried:
    """What comes of a command at an instant no earlier than the state's.

    Raises:
        Refused: It does not fit the state; nothing happens.
        Invalid: Its words cannot be read.
    """
    assert given.at_s >= state.at_s, (given, state.at_s)
    command = given.command
    assert not isinstance(command, FOLDED_AGAIN), "the journal is folded again: `adopted`"
    if isinstance(command, say.Propose):
        return Carried(_proposed(state, command, given), (), ())
    if isinstance(command, say.OfPermit):
        return _permit(state, command, given)
    done = decided(state, command, given)
    portfolio = state.in_force.portfolio
    after = _folded(state, given, done)
    need = done.need
    if need is None and done.lot != NONE:
        need = after.sourcing.lots[done.lot].need
    requirement = "" if need is None else need.requirement
    currency = portfolio.document.currency
    lines = tuple(entry(item, portfolio.names, currency, requirement) for item in done.recorded)
    return Carried(after, tuple(done.recorded), lines, requirement)


def replayed(state: State, given: Given, events: Sequence[Mapping[str, Any]]) -> State:
    """The state after an entry of the journal: its events are folded, nothing is decided.

    Raises:
        BadEntry: An event names what the portfolio in force does not know.
    """
    command = given.command
    if isinstance(command, say.Propose):
        return _proposed(state, command, given)
    assert not isinstance(command, FOLDED_AGAIN), command
    if isinstance(command, say.OfPermit):
        return _permits_folded(state, given, events)
    portfolio = state.in_force.portfolio
    lots = {line["lot"]: int(line["lot"]) for line in events if "lot" in line}
    currency = portfolio.document.currency
    told = [event_of(line, portfolio.names, lots, currency) for line in events]
    need = None
    if isinstance(command, say.Submit | say.Change):
        need = reading.need(command, portfolio)
    why = [str(line.get("why", "")) for line in events]
    recorded = [Recorded(event, why=text) for event, text in zip(told, why, strict=True)]
    done = Done(recorded, need, told[0].lot if told else NONE)
    decisions = events[0].get("decisions", ()) if events else ()
    return _folded(state, given, done, decisions)


def adopted(state: State, command: say.Adopt, at_s: int) -> State:
    """An empty state under another portfolio, for the journal to be folded into anew.

    Raises:
        Invalid: The portfolio has problems.
    """
    try:
        portfolio = Portfolio.loads(command.portfolio)
    except Unreadable as error:
        rows = [Wrong(str(row.place), row.says, row.remedy) for row in error.problems]
        raise Invalid(rows) from error
    return State(version=version_of(portfolio, state.seq + 1, at_s))


def _proposed(state: State, command: say.Propose, given: Given) -> State:
    number = len(state.proposals) + 1
    made = Proposal(
        number, given.at_s, given.by, command.note, command.portfolio, base=state.adopted
    )
    proposals = state.proposals.set(number, made)
    return next_of(state, given)._replace(proposals=proposals)


def _permit(state: State, command: say.OfPermit, given: Given) -> Carried:
    """What comes of a command about a permit."""
    told = permits.decided(state, command, given)
    after = permits.after(next_of(state, given), given, told)
    line = permits.line_of(told, state.in_force.portfolio)
    return Carried(after, (), (line,), permit=permits.permit_id(told.permit))


def _permits_folded(state: State, given: Given, events: Sequence[Mapping[str, Any]]) -> State:
    """The state after what the journal tells of a permit."""
    told = [permits.told_of(line, state) for line in events]
    after = next_of(state, given)
    for each in told:
        after = permits.after(after, given, each)
    return after


def next_of(state: State, given: Given, **changed: Any) -> State:
    """The state at the next entry, with what of it changed."""
    told = state.told + (not isinstance(given.command, say.Bid))
    return state._replace(seq=state.seq + 1, told=told, at_s=given.at_s, **changed)


def _folded(state: State, given: Given, done: Done, decisions: Any = ()) -> State:
    """The state after what was recorded; ``decisions`` are those of the journal, by name."""
    sourcing = state.sourcing
    for item in done.recorded:
        sourcing = evolve(state.in_force.rules, sourcing, item.event, done.need)
    if isinstance(given.command, say.Use):
        return metered(next_of(state, given, sourcing=sourcing), given.command, done.recorded)
    if done.lot == NONE:
        return next_of(state, given, sourcing=sourcing)
    numbers = state.numbers
    if isinstance(given.command, say.Submit):
        standing = submitted(given.command, given)
        numbers = numbers.entered(given.command.requirement, done.lot)
    else:
        standing = stands(state, given, done, decisions)
    all_standing = state.standing.entered(done.lot, standing)
    return next_of(state, given, sourcing=sourcing, numbers=numbers, standing=all_standing)
