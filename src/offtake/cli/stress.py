"""What breaks first when something goes wrong, and what it costs.

Without a choice: each supplier lost for 90 days from a quarter of the run on, every delivery 90
days late, inference doubled, prices 30 % lower; each alone against the base.

examples:
  offtake stress examples/cluster-three-regimes/portfolio.yaml --run-to 2025-04-01
  offtake stress portfolio.yaml --lose oracle --from 2027-01-01 --to 2027-07-01
  offtake stress portfolio.yaml --late 90d --inference 200% --prices -30% --together
  offtake stress portfolio.yaml --trace traces/ --mapping purposes.yaml --runs 20 --out result/

With --runs, demand is drawn anew for each run, alike for the base and every scenario, and the
differences get 95 % intervals (docs/reference/stress.md). The same inputs give the same bytes,
whatever the number of workers.
"""

import argparse
import re
import sys
from typing import TYPE_CHECKING

from offtake.cli.output import Invalid, chosen, load, parsed, print_json

if TYPE_CHECKING:
    from offtake.contract.portfolio import Portfolio
    from offtake.study.stress import Scenario

LOST = "90d"
RUNS_MAX = 10_000


def arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of this verb."""
    from offtake.cli.run import trace_flags

    parser.add_argument("portfolio", help="the portfolio file")
    trace_flags(parser)
    parser.add_argument("--run-from", dest="starts", metavar="DATE", help="start of the run")
    parser.add_argument("--run-to", dest="ends", metavar="DATE", help="end of the run")
    parser.add_argument("--regime", metavar="NAME", help="a regime of the portfolio")
    # A share that falls is a value, not a flag: argparse knows that of plain numbers alone.
    parser._negative_number_matcher = re.compile(r"^-\d+(\.\d+)?%?$")
    lose = parser.add_argument_group("scenarios")
    lose.add_argument("--lose", action="append", metavar="SUPPLIER", help="it is gone; repeat")
    lose.add_argument("--from", dest="gone_from", metavar="DATE", help="from when it is gone")
    lose.add_argument("--to", dest="gone_to", metavar="DATE", help=f"until when; {LOST} later")
    lose.add_argument("--late", metavar="TIME", help="how much later every delivery comes")
    lose.add_argument("--inference", metavar="PERCENT", help="of stated demand, such as 200%%")
    lose.add_argument("--prices", metavar="PERCENT", help="change of prices, such as -30%%")
    lose.add_argument("--together", action="store_true", help="also all of them at once")
    sweep_flags(parser)
    parser.add_argument("--out", metavar="DIR", help="where to write the page and the figures")


def sweep_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of many runs, shared with compare."""
    runs = parser.add_argument_group("intervals")
    runs.add_argument("--runs", metavar="N", help="draw demand N times; differences get intervals")
    runs.add_argument(
        "--demand", choices=("weeks", "synthetic"), default="weeks", help="how it is drawn"
    )
    runs.add_argument("--workers", metavar="N", default="2", help="processes that play; 2")
    runs.add_argument("--dask", metavar="ADDRESS", help="play on a Dask cluster instead")
