"""The same demand under several contract regimes, in one table, chart and page.

Without --regime, all regimes of the portfolio are compared; the first is the yardstick.

examples:
  offtake compare portfolio.yaml
  offtake compare portfolio.yaml --regime as-amended --regime exclusive-for-ever --out result/
  offtake compare portfolio.yaml --trace traces/ --format itp --mapping purposes.yaml -o json
"""

import argparse
import sys

from offtake.cli.output import load, print_json
from offtake.cli.run import (
    check_out,
    demand,
    period_of,
    progress_to,
    regime_of,
    workload_of,
    write_files,
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of this verb."""
    parser.add_argument("portfolio", help="the portfolio file")
    demand(parser)
    parser.add_argument("--regime", action="append", metavar="NAME", help="one to compare; repeat")
    parser.add_argument("--out", metavar="DIR", help="where to write the page and the figures")


def run(given: argparse.Namespace) -> int:
    """Compare regimes."""
    from offtake.report.tables import show
    from offtake.study.compare import data_of, differences, files_of, table_of
    from offtake.study.run import play

    check_out(given.out)
    portfolio = load(given.portfolio)
    workload = workload_of(given, portfolio)
    period = period_of(given, portfolio, workload)
    names = given.regime or [regime.id for regime in portfolio.document.regimes]
    regimes = [regime_of(name, portfolio) for name in names] or [regime_of(None, portfolio)]
    results = [
        play(portfolio, regime, workload, period, progress_to(sys.stderr)) for regime in regimes
    ]
    if given.out is not None:
        write_files(given.out, files_of(results))
    if given.output == "json":
        print_json(data_of(results))
        return 0
    show(table_of(results))
    show(differences(results))
    if given.out is not None:
        print(f"wrote {given.out}: compare.html, compare.json")
    return 0
