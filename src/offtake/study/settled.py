"""Statements of a portfolio's use for a period, with everything that is written about them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from offtake.contract.portfolio import Portfolio
from offtake.core.names import name_of
from offtake.core.vocabulary import BoundClause
from offtake.report.figures import Table
from offtake.report.statement_page import Note, Told, lines_table, page_of, summary, titled
from offtake.settle.booked import Books
from offtake.settle.columns import book_columns
from offtake.settle.form import line_of, lines_csv, lines_parquet, statement_data
from offtake.settle.ledger import ledger
from offtake.settle.period import parse_period, period_text
from offtake.settle.provenance import Provenance
from offtake.settle.stated import Stated, check_stated, corrections
from offtake.settle.statement import Statement, lines_of, statements
from offtake.settle.used import Used, within
from offtake.study.focus import focus_files
from offtake.units.money import SECONDS_PER_HOUR
from offtake.units.time import instant_text


class Settled(NamedTuple):
    """The statements of a period and the books they are drawn from."""

    portfolio: Portfolio
    books: Books
    period: tuple[int, int]
    statements: tuple[Statement, ...]
    notes: tuple[Note, ...] = ()
    agreement: str = ""  # Empty: all of them.

    @property
    def told(self) -> Told:
        """What pages say beside the lines."""
        document = self.portfolio.document
        provenance = Provenance(document)
        title = document.title or "Portfolio"
        ended = tuple(
            row for row in self.books.commitments if self.period[0] < row.end_s <= self.period[1]
        )
        of_portfolio = title, document.currency, self.portfolio.names, provenance
        titles = {one.id: one.title for one in document.agreements}
        return Told(*of_portfolio, self.notes, titles, ended)

    def only(self, agreement: str) -> "Settled":
        """The statements of one agreement."""
        found = tuple(one for one in self.statements if one.agreement == agreement)
        return self._replace(statements=found, agreement=agreement)


def settled_of(
    portfolio: Portfolio,
    clauses: Sequence[BoundClause],
    used: Used,
    period: tuple[int, int],
    stated: Sequence[Stated] = (),
) -> Settled:
    """Settle a period; what was used after it does not count, what came before does.

    What was ``stated`` of earlier periods and would be stated otherwise today becomes lines of
    this period.

    Raises:
        Misstated: What was stated shares time with itself or with the period, or is of time of
            which not all use is here.
    """
    check_stated(stated, period, used.from_s)
    edges = [*period, *(edge for one in stated for edge in one.period)]
    known = within(used, used.from_s, max(period[1], used.from_s + 1))
    books = book_columns(portfolio, clauses, known, edges)
    lines = lines_of(books, portfolio.names, period) + corrections(stated, books, portfolio.names)
    found = tuple(statements(lines, period))
    return Settled(portfolio, books, period, found, tuple(_notes(books, portfolio, period)))


def _notes(books: Books, portfolio: Portfolio, period: tuple[int, int]) -> Iterable[Note]:
    """What is not in the figures, and why."""
    known, names = books.used, portfolio.names
    if period[0] < known.from_s:
        since = instant_text(known.from_s)
        yield Note(f"Use is known from {since} on; nothing before it is charged.")
    if known.until_s < period[1]:
        yield Note(f"Use is known until {instant_text(known.until_s)}; the period ends later.")
    for use in books.gaps:
        if period[0] <= use.start_s < period[1]:
            party, what = names.parties[use.supplier], name_of(names.accelerators, use.accelerator)
            yield Note(
                f"Nothing prices {use.gpu_s // SECONDS_PER_HOUR:,} GPU-hours of {what} from "
                f"{party} on {instant_text(use.start_s)} (RC1).",
                party=party,
            )
    for clause in books.clauses:
        for due in clause.kind.floor(clause.terms)[1] if clause.kind.floor else ():
            if period[0] < due.end_s <= period[1]:
                for says in _untrued(clause.clause_id, (due.start_s, due.end_s), known):
                    yield Note(says, agreement=clause.agreement)


def _untrued(clause_id: str, due: tuple[int, int], known: Used) -> Iterable[str]:
    """Why a floor's period is not trued up, if it is not."""
    says = f"{clause_id}: the period from {instant_text(due[0])} is not trued up: use is known"
    if due[0] < known.from_s:
        yield f"{says} only from {instant_text(known.from_s)} on."
    elif known.until_s < due[1]:
        yield f"{says} only until {instant_text(known.until_s)}."


def stated_of(data: Mapping[str, Any]) -> Stated:
    """What an earlier result stated.

    Raises:
        KeyError, TypeError, ValueError: It is no such result.
    """
    lines = tuple(line_of(line) for row in data["statements"] for line in row["lines"])
    return Stated(parse_period(data["period"]), lines, str(data.get("agreement") or ""))


def data_of(settled: Settled) -> dict[str, Any]:
    """The statements as JSON (docs/reference/settlement.md)."""
    provenance = settled.told.provenance
    return {
        "currency": settled.portfolio.document.currency,
        "period": period_text(settled.period),
        "agreement": settled.agreement or None,
        "net_micros": sum(one.net_micros for one in settled.statements),
        "statements": [statement_data(one, provenance) for one in settled.statements],
        "notes": [note.says for note in settled.notes],
    }


def tables_of(settled: Settled, *, whole: bool) -> list[Table]:
    """The figures for the terminal: totals, and every line where one agreement is asked for."""
    told = settled.told
    tables = [summary(settled.statements, told)._replace(title=_title(settled))]
    if whole:
        tables += [
            lines_table(one, told)._replace(title=titled(one, told.names))
            for one in settled.statements
        ]
    if settled.notes:
        rows = tuple((note.says,) for note in settled.notes)
        tables.append(Table("Not in these figures", ("why",), rows))
    return tables


def _title(settled: Settled) -> str:
    return f"Statements {period_text(settled.period)}"


def files_of(settled: Settled) -> dict[str, bytes]:
    """The files of a result folder, by name."""
    from offtake.report.page import render
    from offtake.report.pdf import pdf

    told = settled.told
    lines = [line for one in settled.statements for line in one.lines]
    files = {
        "index.html": render(page_of(settled.statements, told)).encode(),
        "statements.json": (json.dumps(data_of(settled), indent=2) + "\n").encode(),
        "lines.csv": lines_csv(lines),
        "lines.parquet": lines_parquet(lines),
        "ledger.beancount": ledger(settled.statements, told.currency).encode(),
        **focus_files(lines, settled.books, settled.portfolio, settled.period[1]),
    }
    for one in settled.statements:
        page = page_of((one,), told)
        files[f"{one.id}.html"] = render(page).encode()
        files[f"{one.id}.pdf"] = pdf(page, one.period[1])
    return files
