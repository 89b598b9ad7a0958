"""Contracts as code for AI compute: decide, source, simulate and settle what was agreed.

``load(path)`` reads a portfolio; ``portfolio.ask("supply", at, supplier="google", ...)`` puts a
question in words, and ``portfolio.decide(ask, at)`` answers it with reasons.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from offtake.contract.portfolio import Portfolio

__version__ = "0.1.0"
__all__ = ["__version__", "load"]


def load(path: "str | Path") -> "Portfolio":
    """Read, check and lower a portfolio file.

    Raises:
        offtake.contract.problem.Unreadable: The file has problems; all of them are listed.
    """
    from offtake.contract.portfolio import Portfolio

    return Portfolio.load(path)
