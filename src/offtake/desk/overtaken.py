"""A proposal that is older than what was adopted since: what its adoption would lose. Pure.

Whoever adopts a proposal has looked at what it changes, beside the portfolio of the day it was
made. What was adopted after that day, a holder's waiver above all, would go without anybody having
said so; hence such a proposal is refused, but where it says itself all that has changed since.
"""

from collections.abc import Iterator

from offtake.contract.portfolio import Portfolio
from offtake.contract.problem import Unreadable
from offtake.contract.write import Tree, tree_of
from offtake.desk import command as say
from offtake.desk.act import Stale
from offtake.desk.state import State
from offtake.units.time import instant_text

LIMIT_NAMED = 5
"""How many losses are named; whoever proposes again sees the others beside their text."""


def still_fits(state: State, command: say.Adopt, base: str) -> None:
    """Whether nothing that was adopted since a proposal was made would go with its adoption.

    Args:
        state: As it stands before the adoption.
        command: The adoption of a proposal.
        base: The portfolio that was in force when the proposal was made.

    Raises:
        Stale: Something would.
    """
    try:
        then = _tree(command.portfolio)
    except Unreadable:
        return  # What is wrong with it is said where it is read to be adopted.
    lost = list(losses(_known(base), tree_of(state.in_force.portfolio.document), then))
    if lost:
        more = f" and {len(lost) - LIMIT_NAMED} more" if len(lost) > LIMIT_NAMED else ""
        says = f"the portfolio has changed since, on {instant_text(state.in_force.at_s)}"
        what = f"adopting this proposal would undo {', '.join(lost[:LIMIT_NAMED])}{more}"
        raise Stale(f"{says}: {what}; propose it again on top of the portfolio in force")


def _tree(text: str) -> dict[str, Tree]:
    return tree_of(Portfolio.loads(text).document)


def _known(text: str) -> dict[str, Tree]:
    """A portfolio as it was; nothing where one of long ago cannot be read any more."""
    try:
        return _tree(text)
    except Unreadable:
        return {}


def losses(base: Tree, now: Tree, then: Tree, path: str = "") -> Iterator[str]:
    """Where ``now`` says something else than ``base``, and ``then`` does not say it too."""
    if now in (base, then):
        return
    if not isinstance(now, dict) or not (isinstance(then, dict) or _are_named(now)):
        yield path
        return
    before, after = (each if isinstance(each, dict) else {} for each in (base, then))
    for key in [*now, *(key for key in before if key not in now)]:
        below = f"{path}.{key}" if path else key
        yield from losses(before.get(key, ""), now.get(key, ""), after.get(key, ""), below)


def _are_named(rows: dict[str, Tree]) -> bool:
    """Whether these are things with names, each of which is told: amendments, pools."""
    return bool(rows) and all(isinstance(row, dict) for row in rows.values())
