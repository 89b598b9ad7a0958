"""A supplier's bill against the contracts, line by line, with every difference explained.

examples:
  offtake reconcile portfolio.yaml --bill azure-2026-03.csv
  offtake reconcile portfolio.yaml --bill oracle.parquet --usage usage.csv --period 2026-03
  offtake reconcile portfolio.yaml --bill march.csv --supplier coreweave --usage usage.csv --out r/

The formats of bills are in docs/reference/bills.md. Without --usage prices alone are compared.
Exit codes: 0 nothing to look at, 4 something to look at, 3 invalid input.
"""

import argparse
from typing import TYPE_CHECKING

from offtake.cli.bill import bill_in
from offtake.cli.output import chosen, load, parsed, print_json
from offtake.cli.run import check_out, regime_of, write_files
from offtake.cli.usage import used_in

if TYPE_CHECKING:
    from offtake.settle.bill import Bill
    from offtake.settle.reconcile import Asked

LOOK = 4
"""The exit code where something differs: as things stand, the bill is not as agreed."""
AMOUNTS = ("billed", "effective", "contracted", "list")


def arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of this verb."""
    parser.add_argument("portfolio", help="the portfolio file")
    parser.add_argument("--bill", required=True, metavar="FILE", help="what the supplier billed")
    parser.add_argument("--usage", metavar="FILE|DIR", help="our own records of what was used")
    parser.add_argument(
        "--period", metavar="PERIOD", help="2026-03, 2026-Q1 ...; the months of the bill if absent"
    )
    parser.add_argument("--supplier", metavar="PARTY", help="whose bill it is, whatever it says")
    parser.add_argument(
        "--amount", choices=AMOUNTS, default="billed", help="which of the bill's costs to compare"
    )
    parser.add_argument(
        "--tolerance", metavar="MONEY", help="how far a row may be off; a cent if absent"
    )
    parser.add_argument("--regime", metavar="NAME", help="a regime of the portfolio")
    parser.add_argument("--out", metavar="DIR", help="where to write the page, its PDF and lines")


def run(given: argparse.Namespace) -> int:
    """Compare and report."""
    from offtake.report.tables import show
    from offtake.settle.billed import billed
    from offtake.settle.reconcile import reconcile
    from offtake.study.reconciled import Reconciled, data_of, files_of, sums_of, table_of

    check_out(given.out)
    portfolio = load(given.portfolio)
    bill = bill_in(given.bill, portfolio)
    asked = asked_of(given, bill)
    supplier = -1
    if given.supplier is not None:
        supplier = chosen(given.supplier, portfolio.names.parties, "--supplier")
    clauses = portfolio.under(regime_of(given.regime, portfolio))
    own = None if given.usage is None else used_in(given.usage, portfolio)
    found = billed(bill, portfolio.names, supplier)
    lines = reconcile(portfolio, clauses, found, own, asked)
    made = Reconciled(portfolio, bill, asked.period, asked.amount, tuple(lines))
    if given.out is not None:
        write_files(given.out, files_of(made))
    if given.output == "json":
        print_json(data_of(made))
        return LOOK if made.disputed else 0
    show(sums_of(made))
    if made.disputed:
        show(table_of(made, made.disputed)._replace(title="To look at"))
    if given.out is not None:
        print(f"wrote {given.out}: index.html, reconciliation.pdf, reconciliation.json")
    return LOOK if made.disputed else 0


def asked_of(given: argparse.Namespace, bill: "Bill") -> "Asked":
    """How to compare: the period, the amount, the tolerance."""
    from offtake.settle.period import months_of, parse_period
    from offtake.settle.reconcile import TOLERANCE_MICROS, Asked
    from offtake.units.money import parse

    if given.period is not None:
        period = parsed(parse_period, given.period, "--period")
    else:
        period = months_of(bill.period[0], int(bill.start_s.max()) + 1)
    tolerance = TOLERANCE_MICROS
    if given.tolerance is not None:
        tolerance = parsed(parse, given.tolerance, "--tolerance").micros
    return Asked(period, given.amount, tolerance)
