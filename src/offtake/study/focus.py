"""A settled period in FOCUS: cost and usage of its statements, and the commitments behind them."""

from collections.abc import Callable

from offtake.contract.portfolio import Portfolio
from offtake.core.account import Use
from offtake.core.names import UNSTATED, Names
from offtake.core.pricing import rate_micros_per_gpu_h
from offtake.settle.booked import Books
from offtake.settle.focus.charge import Facts, FocusCharge, charges_of
from offtake.settle.focus.commitment import COLUMNS, Seen, commitments_of
from offtake.settle.focus.table import Account, columns_of, csv_of, parquet_of
from offtake.settle.statement import Line


def focus_charges(lines: list[Line], books: Books, portfolio: Portfolio) -> list[FocusCharge]:
    """The rows of statements' lines, with titles, list prices and commitments of the portfolio."""
    names = portfolio.names
    titles = {party: names.title(number) for number, party in enumerate(names.parties)}
    return charges_of(lines, Facts(titles, _listed(portfolio), books.commitments))


def focus_files(
    lines: list[Line], books: Books, portfolio: Portfolio, at_s: int
) -> dict[str, bytes]:
    """The files of a result folder, by name; commitments as they stand at an instant."""
    names = portfolio.names
    buyer = names.parties[0]
    account = Account(buyer, names.title(0), portfolio.document.currency)
    columns, rows = columns_of(account), focus_charges(lines, books, portfolio)
    commitments = commitments_of(portfolio, Seen(at_s, books.commitments))
    return {
        "focus.csv": csv_of(columns, rows),
        "focus.parquet": parquet_of(columns, rows),
        "focus-commitments.csv": csv_of(COLUMNS, commitments),
        "focus-commitments.parquet": parquet_of(COLUMNS, commitments),
    }


def _listed(portfolio: Portfolio) -> Callable[[Line], int | None]:
    """The portfolio's list price of what a line is for, in micro-units per GPU-hour."""
    names = portfolio.names

    def rate(line: Line) -> int | None:
        if not portfolio.prices:
            return None
        return rate_micros_per_gpu_h(portfolio.prices, _use_of(line, names))

    return rate


def _use_of(line: Line, names: Names) -> Use:
    """A use like those behind a line, of no quantity."""

    def index(known: tuple[str, ...], word: str) -> int:
        return known.index(word) if word in known else UNSTATED

    return Use(
        names.parties.index(line.party),
        index(names.accelerators, line.accelerator),
        index(names.regions, line.region),
        index(names.purposes, line.purpose),
        0,
        line.start_s,
        line.end_s,
    )
