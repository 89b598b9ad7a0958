"""Where commitments stand: floor, taken, shortfall to expect, what to move and whether it may be.

examples:
  offtake commitments portfolio.yaml --usage usage.csv
  offtake commitments portfolio.yaml --usage usage.csv --at 2026-08-15 --out standing/
  offtake commitments portfolio.yaml --usage usage.csv --at 2026-08-15 --plan result/

What is to come goes on as in the last 30 days, or is as --plan says: a file of use, or the folder
of a run. Exit codes: 0 done, 3 invalid input.
"""

import argparse
from typing import TYPE_CHECKING

from offtake.cli.output import Invalid, load, parsed, print_json
from offtake.cli.run import check_out, regime_of, write_files
from offtake.cli.usage import usage_flags, used_from, used_in

if TYPE_CHECKING:
    from offtake.settle.used import Used


def arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of this verb."""
    parser.add_argument("portfolio", help="the portfolio file")
    usage_flags(parser)
    parser.add_argument("--at", metavar="DATE", help="when; the end of what is known if absent")
    parser.add_argument("--plan", metavar="FILE|DIR", help="what will be used from then on")
    parser.add_argument("--regime", metavar="NAME", help="a regime of the portfolio")
    parser.add_argument("--out", metavar="DIR", help="where to write the page, its PDF and figures")


def run(given: argparse.Namespace) -> int:
    """Look ahead and report."""
    from offtake.report.commitments_page import moves_table, table
    from offtake.report.tables import show
    from offtake.study.commitments import data_of, files_of, seen_of

    check_out(given.out)
    portfolio = load(given.portfolio)
    clauses = portfolio.under(regime_of(given.regime, portfolio))
    used = used_from(given, portfolio)
    plan = None if given.plan is None else used_in(given.plan, portfolio)
    seen = seen_of(portfolio, clauses, (used, plan), at_of(given.at, used))
    if given.out is not None:
        write_files(given.out, files_of(seen))
    if given.output == "json":
        print_json(data_of(seen))
        return 0
    show(table(seen))
    if seen.moves:
        show(moves_table(seen))
    if given.out is not None:
        print(f"wrote {given.out}: index.html, commitments.pdf, commitments.json")
    return 0


def at_of(text: str | None, used: "Used") -> int:
    """The instant asked about: told, or the end of what is known."""
    from offtake.units.time import parse_instant

    if text is None:
        return used.until_s
    at_s: int = parsed(parse_instant, text, "--at")
    if at_s <= used.from_s:
        says = "lies before any use that is known"
        raise Invalid("bad-value", "--at", says, "Give a later date.")
    return at_s
