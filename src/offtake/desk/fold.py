"""From the journal to the state: the whole of it, or what has come since."""

from collections.abc import Callable, Iterable

from offtake.desk import command as say
from offtake.desk.entry import Entry
from offtake.desk.machine import adopted, replayed
from offtake.desk.state import State
from offtake.sourcing.journal import BadEntry
from offtake.sourcing.process import without_terms
from offtake.units.time import instant_text

Entries = Callable[[], Iterable[Entry]]
"""All entries from the first on; asked again whenever a portfolio is adopted."""


class Unfit(ValueError):
    """A portfolio that does not know what the journal speaks of."""


def under(state: State, command: say.Adopt, at_s: int, entries: Iterable[Entry]) -> State:
    """The journal so far, folded anew under a portfolio that is adopted now.

    Raises:
        Invalid: The portfolio has problems.
        Unfit: It leaves out something that an entry names, or a right at a notice that stands.
    """
    after = folded(adopted(state, command, at_s), entries)
    lot = without_terms(after.in_force.rules, after.sourcing)
    if lot is not None and lot.notice is not None:
        name = after.in_force.portfolio.names.clauses[lot.clause]
        since = instant_text(lot.notice.at_s)
        says = f"{lot.need.requirement} was noticed under {name} on {since}, when it has no"
        raise Unfit(f"{says} first refusal of this name: let it end after that notice")
    return marked(after._replace(seq=state.seq, told=state.told), command, at_s)


def empty_under(adopt: Entry) -> State:
    """An empty state under the portfolio that an entry adopted, for the journal to be folded into.

    Raises:
        Invalid: The portfolio has problems.
    """
    assert isinstance(adopt.command, say.Adopt), adopt
    return adopted(State(seq=adopt.seq - 1), adopt.command, adopt.at_s)


def folded(state: State, entries: Iterable[Entry]) -> State:
    """The state after entries that all happened under its portfolio, or under one before it.

    Raises:
        Unfit: The portfolio leaves out something that an entry names.
    """
    for entry in entries:
        command = entry.command
        if isinstance(command, say.Adopt):
            state = marked(state, command, entry.at_s)
            continue
        try:
            state = replayed(state, entry.given, entry.events)
        except (BadEntry, ValueError) as error:
            says = f"entry {entry.seq} of {entry.at} speaks of what this portfolio lacks: {error}"
            raise Unfit(says) from error
        assert state.seq == entry.seq, (state.seq, entry.seq)
    return state


def marked(state: State, command: say.Adopt, at_s: int) -> State:
    """The state at an adoption, with the proposal that it follows marked as adopted."""
    seq = state.seq + 1
    state = state._replace(seq=seq, told=state.told + 1, at_s=at_s, adopted=seq)
    proposal = None if command.proposal is None else state.proposals.get(command.proposal)
    if proposal is None:
        return state
    marked_so = proposal._replace(adopted=state.seq)
    return state._replace(proposals=state.proposals.set(proposal.number, marked_so))
