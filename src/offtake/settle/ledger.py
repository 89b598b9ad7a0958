"""Statements as double entry: every line becomes a transaction that sums to zero (M2).

The text is that of plain-text accounting, as beancount's checker reads it.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from offtake.core.vocabulary import NONE
from offtake.settle.statement import Line, Statement
from offtake.units.money import MICROS
from offtake.units.time import instant_text

_NO_NAME = re.compile(r"[^A-Za-z0-9]+")


class Posting(NamedTuple):
    """An amount on an account; debits are positive."""

    account: str
    amount_micros: int


class Transaction(NamedTuple):
    """What one line does to the accounts; its postings sum to zero."""

    on_s: int
    payee: str
    says: str
    clause: str
    rule: str
    postings: tuple[Posting, ...]


def transactions(statement: Statement) -> list[Transaction]:
    """A transaction for each line, and one that nets what flows both ways (RS3)."""
    rows = [_transaction(line, statement.period) for line in statement.lines]
    nets = min(statement.payable_micros, statement.receivable_micros)
    if nets:
        rows.append(_netting(statement, nets))
    assert all(sum(posting.amount_micros for posting in row.postings) == 0 for row in rows)
    return rows


def _transaction(line: Line, period: tuple[int, int]) -> Transaction:
    """What a line books, on its last day, or the period's where it is a correction."""
    ended_s = line.end_s if line.due_s == NONE else line.due_s
    on_s = min(max(ended_s - 1, period[0]), period[1] - 1)
    what, party = _name(line.kind), _name(line.party)
    amount = line.amount_micros
    owed = Posting(f"Liabilities:Payable:{party}", -amount)
    cost = Posting(f"Expenses:Compute:{what}:{party}", amount)
    if amount < 0:
        owed = Posting(f"Assets:Receivable:{party}", -amount)
        cost = Posting(f"Income:{what}:{party}", amount)
    return Transaction(on_s, line.party, _says(line), line.clause, line.rule, (cost, owed))


def _netting(statement: Statement, micros: int) -> Transaction:
    party = _name(statement.party)
    postings = (
        Posting(f"Liabilities:Payable:{party}", micros),
        Posting(f"Assets:Receivable:{party}", -micros),
    )
    says = "what flows both ways is netted"
    on_s = statement.period[1] - 1
    return Transaction(on_s, statement.party, says, statement.agreement, "RS3", postings)


def _says(line: Line) -> str:
    stretch = f"{instant_text(line.start_s)} to {instant_text(line.end_s)}"
    what = " ".join(filter(None, (line.purpose, line.accelerator, line.region, line.pool)))
    return ", ".join(filter(None, (line.kind.replace("_", " "), what, stretch)))


def _name(text: str) -> str:
    """A part of an account's name: ``revenue_share`` is ``Revenue-Share``."""
    parts = [part for part in _NO_NAME.split(text) if part]
    return "-".join(part[0].upper() + part[1:] for part in parts) or "Unnamed"


def ledger(found: Sequence[Statement], currency: str) -> str:
    """All statements as plain-text accounting, accounts opened on their first day."""
    rows = sorted(
        (row for statement in found for row in transactions(statement)), key=lambda row: row.on_s
    )
    first: dict[str, int] = {}
    for row in rows:
        for posting in row.postings:
            first.setdefault(posting.account, row.on_s)
    opened = [f"{_day(on_s)} open {account} {currency}" for account, on_s in sorted(first.items())]
    head = f'option "operating_currency" "{currency}"'
    return "\n".join([head, "", *opened, "", *_text(rows, currency)])


def _text(rows: Iterable[Transaction], currency: str) -> Iterator[str]:
    for row in rows:
        yield f"{_day(row.on_s)} * {_quoted(row.payee)} {_quoted(row.says)}"
        yield f"  clause: {_quoted(row.clause)}"
        yield f"  rule: {_quoted(row.rule)}"
        for posting in row.postings:
            yield f"  {posting.account}  {_amount(posting.amount_micros)} {currency}"
        yield ""


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'


def _amount(micros: int) -> str:
    """All six decimals, so that nothing is left to a tolerance."""
    sign, size = ("-" if micros < 0 else ""), abs(micros)
    return f"{sign}{size // MICROS}.{size % MICROS:06d}"


def _day(at_s: int) -> str:
    return datetime.fromtimestamp(at_s, UTC).date().isoformat()
