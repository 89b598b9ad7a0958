"""Contracts as code for AI compute: decide, source, simulate and settle what was agreed.

``load(path)`` reads a portfolio; ``portfolio.decide(ask, at)`` answers with reasons.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from offtake.contract.portfolio import Portfolio

__version__ = "0.1.0"


def load(path: "str | Path") -> "Portfolio":
    """Read, check and lower a portfolio file.

    Raises:
        offtake.contract.problem.Unreadable: The file has problems; all of them are listed.
    """
    from offtake.contract.portfolio import Portfolio

    return Portfolio.load(path)
