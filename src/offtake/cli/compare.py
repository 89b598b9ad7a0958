"""The same demand under several contract regimes, in one table, chart and page.

Without --regime, all regimes of the portfolio are compared; the first is the yardstick. The
regime `as-amended`, the contracts as they are, need not be declared.

examples:
  offtake compare portfolio.yaml
  offtake compare portfolio.yaml --regime as-amended --regime exclusive-for-ever --out result/
  offtake compare portfolio.yaml --trace traces/ --format itp --mapping purposes.yaml -o json
  offtake compare portfolio.yaml --trace traces/ --mapping purposes.yaml --runs 20

With --runs, demand and the chance of suppliers are drawn anew for each run, alike for every
regime, and the differences to the first get 95 % intervals (docs/reference/stress.md).
"""

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from offtake.cli.output import Invalid, load, print_json
from offtake.cli.run import (
    AS_AMENDED,
    check_out,
    inputs_given,
    period_of,
    progress_to,
    regime_of,
    write_files,
)
from offtake.cli.runs import reached, run_flags, runs_of
from offtake.cli.workload import demand, workload_of

if TYPE_CHECKING:
    from offtake.contract.model import Regime
    from offtake.contract.portfolio import Portfolio


def arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of this verb."""
    parser.add_argument("portfolio", help="the portfolio file")
    demand(parser)
    parser.add_argument("--regime", action="append", metavar="NAME", help="one to compare; repeat")
    run_flags(parser)
    parser.add_argument("--out", metavar="DIR", help="where to write the page and the figures")


def run(given: argparse.Namespace) -> int:
    """Compare regimes."""
    from offtake.report.tables import show
    from offtake.study import why
    from offtake.study.compare import data_of, differences, files_of, ids_of, table_of
    from offtake.study.compare_runs import intervals_of, sure_of
    from offtake.study.run import Playing, play

    check_out(given.out)
    runs = runs_of(given)
    portfolio = load(given.portfolio)
    regimes = regimes_of(given.regime, portfolio)
    if runs is not None and len(regimes) < 2:
        raise Invalid("usage", "--runs", "one regime differs from none", "Name another --regime.")
    workload = workload_of(given, portfolio)
    period = period_of(given, portfolio, workload)
    how = Playing(progress_to(sys.stderr), given.engine or "")
    results = [play(portfolio, regime, workload, period, how) for regime in regimes]
    shared = inputs_given(given, results[0])
    with reached(given.dask):
        swept = None if runs is None else sure_of(results, runs)
    if given.out is not None:
        write_files(given.out, files_of(results, shared, swept))
    if given.output == "json":
        print_json(data_of(results, shared, swept))
        return 0
    show(table_of(results))
    if len(results) > 1:
        show(differences(results))
        show(why.table_of(results, ids_of(results)))
    if swept is not None:
        show(intervals_of(swept, results))
    if given.out is not None:
        print(f"wrote {given.out}: compare.html, compare.json")
    return 0


def regimes_of(names: Sequence[str] | None, portfolio: "Portfolio") -> list["Regime"]:
    """The regimes named, or all of the portfolio, or the contracts as they are."""
    wanted = names or [regime.id for regime in portfolio.document.regimes] or [AS_AMENDED]
    for place, name in enumerate(wanted):
        if name in wanted[:place]:
            says = f"`{name}` is named twice"
            raise Invalid("bad-value", "--regime", says, "Name each regime once.")
    return [regime_of(name, portfolio) for name in wanted]
