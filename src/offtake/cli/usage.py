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
        metavar="FILE|DIR|URL",
        help="what was used: a file of use or a bill, the folder of a run, a desk's journal",
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

    used = used_in(given.usage, portfolio, given.known_until)
    if given.known_from is not None:
        used = replace(used, from_s=parsed(parse_instant, given.known_from, "--known-from"))
    if given.known_until is not None:
        used = replace(used, until_s=parsed(parse_instant, given.known_until, "--known-until"))
    if used.from_s >= used.until_s:
        says = "leaves no time for which use is known"
        raise Invalid("empty-period", "--known-from", says, "Give an earlier date.")
    return used


def used_in(named: str, portfolio: "Portfolio", until: str | None = None) -> "Used":
    """The use that is named, or Invalid with all its problems.

    A file of use, the folder of a run, a desk's journal (a database, or exported lines), or a
    bill of a supplier. ``until`` is until when a journal is looked at.
    """
    if named.startswith(("http://", "https://")):
        says = "is the address of a desk; its journal is read from where it is kept"
        remedy = "Give its database URL, or the file that `offtake journal export` writes."
        raise Invalid("usage", "--usage", f"`{named}` {says}", remedy)
    if "://" in named:
        return _recorded(None, named, portfolio, until)
    path = Path(named)
    if path.is_dir():
        path = path / "usage.parquet"
    if not path.is_file():
        remedy = "Name a file of use, or a folder that `offtake run --out` wrote."
        raise Invalid("no-file", str(path), "there is no such file", remedy)
    with path.open("rb") as file:
        if file.read(1) == b"{":
            return _recorded(named, None, portfolio, until)
    return _in_file(path, portfolio)


def _in_file(path: Path, portfolio: "Portfolio") -> "Used":
    """Use in a table: rows of use, or of a bill."""
    from offtake.contract.problem import Unreadable
    from offtake.settle.bills import is_bill
    from offtake.settle.usage_file import read_usage

    if is_bill(path):
        return _billed(path, portfolio)
    try:
        return read_usage(path, portfolio.names)
    except Unreadable as unreadable:
        raise Invalid.of(unreadable.problems) from unreadable


def _billed(path: Path, portfolio: "Portfolio") -> "Used":
    """The GPU use that a supplier's bill tells of."""
    from offtake.cli.bill import bill_in
    from offtake.settle.billed import billed, used_of
    from offtake.settle.period import months_of

    bill = bill_in(str(path), portfolio)
    found = billed(bill, portfolio.names)
    if not found.is_use.any():
        says = "charges no GPU-hours of a supplier and accelerator of the portfolio"
        raise Invalid("bad-usage", str(path), says, "Name a bill of GPUs, or rows of use.")
    return used_of(found, portfolio.names, months_of(int(bill.start_s.min()), bill.period[1]))


def _recorded(
    file: str | None, db: str | None, portfolio: "Portfolio", until: str | None
) -> "Used":
    """The use that a desk's journal tells of."""
    from offtake.cli.journals import source_of
    from offtake.settle.recorded import used_in as recorded
    from offtake.sourcing.journal import BadEntry, event_of
    from offtake.units.time import parse_instant

    lots: dict[str, int] = {}
    currency = portfolio.document.currency
    told, last_s, number = [], 0, 0
    with source_of(file, db) as source:
        try:
            for entry in source.entries():
                last_s, number = max(last_s, entry.at_s), entry.seq
                sourced = (row for row in entry.events if "permit" not in row)
                told += [
                    (number, event_of(row, portfolio.names, lots, currency)) for row in sourced
                ]
        except BadEntry as error:
            remedy = "Settle with the portfolio that the desk has adopted."
            raise Invalid("bad-entry", f"{source.name}:{number}", str(error), remedy) from error
    until_s = last_s if until is None else parsed(parse_instant, until, "--known-until")
    return recorded(told, until_s, "journal")
