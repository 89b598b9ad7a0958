"""What breaks first when something goes wrong, and what it costs.

Without a choice: each supplier lost for 90 days from the middle of the run on, every delivery 90
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
from typing import TYPE_CHECKING

from offtake.cli.output import Invalid, chosen, load, parsed, print_json
from offtake.cli.runs import reached, run_flags, runs_of
from offtake.cli.workload import traces, workload_of

if TYPE_CHECKING:
    from offtake.contract.portfolio import Portfolio
    from offtake.study.stress import Scenario

LOST = "90d"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of this verb."""
    parser.add_argument("portfolio", help="the portfolio file")
    traces(parser)
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
    run_flags(parser)
    parser.add_argument("--out", metavar="DIR", help="where to write the page and the figures")


def run(given: argparse.Namespace) -> int:
    """Play the base and every scenario."""
    from offtake.cli.run import check_out, inputs_given, period_of, regime_of, write_files
    from offtake.report.tables import show
    from offtake.study.stressed import (
        Asked,
        data_of,
        files_of,
        firsts,
        intervals_of,
        stress,
        table_of,
    )
    from offtake.study.sweep import Runs

    if given.out is not None:
        check_out(given.out)
    runs = runs_of(given)
    portfolio = load(given.portfolio)
    workload = workload_of(given, portfolio)
    period = period_of(given, portfolio, workload)
    asked = Asked(portfolio, regime_of(given.regime, portfolio), workload, period)
    scenarios = scenarios_of(given, portfolio, period)
    with reached(given.dask):
        found = stress(asked, scenarios, together=given.together, runs=runs or Runs(0))
    data = data_of(found, inputs_given(given, found.played))
    if given.out is not None:
        write_files(given.out, files_of(found, data))
    if given.output == "json":
        print_json(data)
        return 0
    show(firsts(found))
    show(table_of(found))
    if runs is not None:
        show(intervals_of(found))
    if given.out is not None:
        print(f"wrote {given.out}: stress.html, stress.json")
    return 0


def scenarios_of(
    given: argparse.Namespace, portfolio: "Portfolio", period: tuple[int, int]
) -> "list[Scenario]":
    """The scenarios that are asked for, or all of them."""
    from offtake.study import stress
    from offtake.units.time import DAY_S, parse_duration

    known = stress.suppliers_of(portfolio.document)
    plain = not (given.lose or given.late or given.inference or given.prices)
    lost = known if plain else [known[chosen(name, known, "--lose")] for name in given.lose or ()]
    if (given.gone_from or given.gone_to) and not lost:
        raise Invalid("usage", "offtake stress", "--from and --to need --lose", "Name a supplier.")
    half_s = (period[1] - period[0]) // 2 // DAY_S * DAY_S
    gone = _gone(given, period[0] + half_s) if lost else (0, 0)
    found = [stress.lose(name, *gone) for name in lost]
    if plain or given.late:
        found.append(stress.late(parsed(parse_duration, given.late or LOST, "--late"), period[0]))
    if plain or given.inference:
        found.append(stress.surge(parsed(_share_ppm, given.inference or "200%", "--inference")))
    if plain or given.prices:
        found.append(stress.prices(parsed(_change_ppm, given.prices or "-30%", "--prices")))
    return found


def _gone(given: argparse.Namespace, else_s: int) -> tuple[int, int]:
    """From when to when a supplier is gone."""
    from offtake.units.time import after, parse_duration, parse_instant

    from_s = parsed(parse_instant, given.gone_from, "--from") if given.gone_from else else_s
    until_s = after(from_s, parse_duration(LOST))
    if given.gone_to:
        until_s = parsed(parse_instant, given.gone_to, "--to")
    if from_s >= until_s:
        raise Invalid("empty-period", "--to", "is not after --from", "Give a later --to.")
    return from_s, until_s


def _share_ppm(text: str) -> int:
    from offtake.units.capacity import parse_speed

    return parse_speed(text)


def _change_ppm(text: str) -> int:
    """A change such as ``-30%`` or ``+15%``."""
    from offtake.units.capacity import PPM, parse_speed

    sign = -1 if text.startswith("-") else 1
    change_ppm = sign * parse_speed(text.removeprefix("-").removeprefix("+"))
    if change_ppm < -PPM:
        raise ValueError(f"`{text}` would make prices negative")
    return change_ppm
