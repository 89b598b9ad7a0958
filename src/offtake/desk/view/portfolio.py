"""The portfolio in force, its versions and proposals, and what a proposal would change."""

from functools import lru_cache
from hashlib import sha256

from offtake.contract.portfolio import Portfolio
from offtake.contract.problem import Problem, Unreadable
from offtake.desk.state import Proposal, State
from offtake.desk.view.requirement import Data
from offtake.desk.view.words import instant
from offtake.study.amended import changes
from offtake.study.rights import horizon


def in_force(state: State) -> Data:
    """The portfolio that decides, since when."""
    version = state.in_force
    return {
        "version": version.number,
        "status": "in force",
        "at": instant(version.at_s),
        "hash": None,
    }


def proposal(made: Proposal) -> Data:
    """A proposed portfolio, with what `offtake check` says of it."""
    return {
        "proposal": made.number,
        "status": "adopted" if made.adopted else "proposed",
        "version": made.adopted or None,
        "at": instant(made.at_s),
        "by": made.by.name,
        "note": made.note,
        "text": made.text,
        "hash": sha256(made.text.encode()).hexdigest(),
        "problems": problems(made.text),
    }


@lru_cache(maxsize=64)
def _found(text: str) -> tuple[Problem, ...]:
    """The problems of a portfolio; a long one takes seconds, and is asked about again."""
    try:
        return Portfolio.loads(text).warnings
    except Unreadable as error:
        return error.problems


def problems(text: str) -> list[Data]:
    """What is wrong with a portfolio, and what a lawyer would want flagged."""
    return [
        {
            "code": row.code,
            "place": str(row.place),
            "says": row.says,
            "remedy": row.remedy,
            "grave": row.grave,
        }
        for row in _found(text)
    ]


def difference(state: State, made: Proposal, at_s: int) -> list[Data]:
    """What may happen under a proposal that may not now, and the reverse, from now on.

    Raises:
        Unreadable: The proposal has problems.
    """
    now, then = state.in_force.portfolio, Portfolio.loads(made.text)
    until_s = max(horizon(now)[1], horizon(then)[1], at_s + 1)
    return [
        {
            "act": row.act,
            "party": row.party,
            "about": row.about,
            "from": instant(row.from_s),
            "until": instant(row.until_s),
            "before": row.before,
            "after": row.after,
            "clauses": list(row.clauses),
            "says": row.says,
        }
        for row in changes(now, then, (at_s, until_s))
    ]
