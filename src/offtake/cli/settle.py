"""Statements per agreement and period: what we owe, by which clause, and what is behind it.

examples:
  offtake settle portfolio.yaml --usage result/ --period 2026-03     # what `offtake run` wrote
  offtake settle portfolio.yaml --usage usage.csv --period 2026-Q1 --agreement AZURE-1
  offtake settle portfolio.yaml --usage usage.csv --period 2026-03 --out march/
  offtake settle portfolio.yaml --usage usage.csv --period 2026-04 --booked march/
  offtake settle portfolio.yaml --usage usage.csv --period 2026-05 --booked march/ --booked april/

--out writes statements as pages and PDF, all lines as CSV, Parquet and JSON, and a ledger that
plain-text accounting reads. --booked takes an earlier result: it stays as it was stated, and what
it would say otherwise today becomes lines of this period. Give every result stated since the first:
what one of them corrected is not corrected again. Nothing changes any file that was read.
Exit codes: 0 done, 3 invalid input.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from offtake.cli.output import Invalid, chosen, load, parsed, print_json
from offtake.cli.run import check_out, regime_of, write_files
from offtake.cli.usage import usage_flags, used_from

if TYPE_CHECKING:
    from offtake.settle.stated import Stated


def arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of this verb."""
    parser.add_argument("portfolio", help="the portfolio file")
    usage_flags(parser)
    parser.add_argument(
        "--period", required=True, metavar="PERIOD", help="2026-03, 2026-Q1, 2026, or DATE..DATE"
    )
    parser.add_argument("--agreement", metavar="ID", help="only this one")
    parser.add_argument("--regime", metavar="NAME", help="a regime of the portfolio")
    parser.add_argument(
        "--booked",
        action="append",
        default=[],
        metavar="DIR",
        help="an earlier result, to correct from here on; repeat",
    )
    parser.add_argument("--out", metavar="DIR", help="where to write statements, lines and ledger")


def run(given: argparse.Namespace) -> int:
    """Settle and state."""
    from offtake.report.tables import show
    from offtake.settle.period import parse_period
    from offtake.settle.stated import Misstated
    from offtake.study.settled import data_of, files_of, settled_of, tables_of

    check_out(given.out)
    portfolio = load(given.portfolio)
    period = parsed(parse_period, given.period, "--period")
    clauses = portfolio.under(regime_of(given.regime, portfolio))
    stated = [_stated_in(folder) for folder in given.booked]
    try:
        settled = settled_of(portfolio, clauses, used_from(given, portfolio), period, stated)
    except Misstated as error:
        remedy = "Give results of earlier periods, each once, and all use since the first of them."
        raise Invalid("bad-value", "--booked", str(error), remedy) from error
    if given.agreement is not None:
        agreed = {agreement.id for agreement in portfolio.document.agreements}
        known = sorted(agreed | {statement.agreement for statement in settled.statements})
        name = known[chosen(given.agreement, known, "--agreement")]
        settled = settled.only(name)
    if given.out is not None:
        write_files(given.out, files_of(settled))
    if given.output == "json":
        print_json(data_of(settled))
        return 0
    for table in tables_of(settled, whole=given.agreement is not None):
        show(table)
    if given.out is not None:
        print(f"wrote {given.out}: statements, lines, ledger; begin with index.html")
    return 0


def _stated_in(folder: str) -> "Stated":
    """What the result in a folder stated, or Invalid."""
    import json

    from offtake.study.settled import stated_of

    path = Path(folder) / "statements.json"
    try:
        return stated_of(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        says = f"cannot be read: {error.strerror or error}"
        raise Invalid("no-file", str(path), says, "Name a folder of `settle --out`.") from error
    except (ValueError, KeyError, TypeError) as error:
        says = f"is no result of `offtake settle`: {error!r}"
        remedy = "Name a folder that `offtake settle --out` wrote."
        raise Invalid("bad-usage", str(path), says, remedy) from error
