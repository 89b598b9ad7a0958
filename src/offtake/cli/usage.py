"""The flags that say what was used, shared by the verbs that settle."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from offtake.cli.output import Invalid, parsed

if TYPE_CHECKING:
    from offtake.contract.portfolio import Portfolio
    from offtake.settle.used import Used


def usage_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of use."""
    parser.add_argument(
        "--usage",
        required=True,
        metavar="FILE|DIR",
        help="what was used: a file of use, or the folder of a run",
    )
    parser.add_argument(
        "--known-from",
        metavar="DATE",
        help="since when all use is in it; the month of the first row if absent",
    )
    parser.add_argument(
        "--known-until",
        metavar="DATE",
        help="until when all use is in it; the day of the last row if absent",
    )


def used_from(given: argparse.Namespace, portfolio: "Portfolio") -> "Used":
    """The use that is named, or Invalid with all its problems."""
    from offtake.units.time import parse_instant

    used = used_in(given.usage, portfolio)
    if given.known_from is not None:
        used = replace(used, from_s=parsed(parse_instant, given.known_from, "--known-from"))
    if given.known_until is not None:
        used = replace(used, until_s=parsed(parse_instant, given.known_until, "--known-until"))
    if used.from_s >= used.until_s:
        says = "leaves no time for which use is known"
        raise Invalid("empty-period", "--known-from", says, "Give an earlier date.")
    return used


def used_in(named: str, portfolio: "Portfolio") -> "Used":
    """The use in a file or the folder of a run, or Invalid."""
    from offtake.contract.problem import Unreadable
    from offtake.settle.usage_file import read_usage

    path = Path(named)
    if path.is_dir():
        path = path / "usage.parquet"
    if not path.is_file():
        remedy = "Name a file of use, or a folder that `offtake run --out` wrote."
        raise Invalid("no-file", str(path), "there is no such file", remedy)
    try:
        return read_usage(path, portfolio.names)
    except Unreadable as unreadable:
        raise Invalid.of(unreadable.problems) from unreadable
