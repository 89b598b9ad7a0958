"""A bill reconciled, with everything that is written about it."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from offtake.contract.portfolio import Portfolio
from offtake.report.figures import Headline, Table
from offtake.report.page import Page, Points, Section
from offtake.report.statement_page import money
from offtake.settle.bill import Bill
from offtake.settle.period import period_text
from offtake.settle.reconcile import Line, Verdict
from offtake.units.money import SECONDS_PER_HOUR

MEANS = {
    Verdict.MATCHED: "billed as agreed, to the tolerance",
    Verdict.PRICE_DIFFERS: "another price than the clause in force says",
    Verdict.QUANTITY_DIFFERS: "other hours than our own records; the amount is at the agreed price",
    Verdict.NOT_OURS: "we have no record of such use, or no such supplier",
    Verdict.MISSING: "we used it, or a clause makes it due, and it is not billed",
    Verdict.UNPRICED: "no clause and no list price says what it costs (RC1)",
    Verdict.FEE_MATCHED: "the sums that clauses make due",
    Verdict.FEE_DIFFERS: "other sums than clauses make due",
    Verdict.FEE_UNCHECKED: "sums of commitments; give --usage to know what is due",
    Verdict.CREDIT_GIVEN: "credits that were due are in the bill",
    Verdict.CREDIT_DUE: "credits that are due and not in the bill",
    Verdict.TAX: "taxes; no clause speaks of them",
    Verdict.OTHER: "services that are no GPU-hours of the portfolio",
    Verdict.OTHER_PERIOD: "rows that begin outside the period",
}
WORTH_A_LOOK = (
    Verdict.PRICE_DIFFERS,
    Verdict.QUANTITY_DIFFERS,
    Verdict.NOT_OURS,
    Verdict.MISSING,
    Verdict.UNPRICED,
    Verdict.FEE_DIFFERS,
    Verdict.CREDIT_DUE,
    Verdict.OTHER_PERIOD,
)


class Reconciled(NamedTuple):
    """A bill with its lines; ``amount`` is which of its costs was compared."""

    portfolio: Portfolio
    bill: Bill
    period: tuple[int, int]
    amount: str
    lines: tuple[Line, ...]

    @property
    def billed_micros(self) -> int:
        """All that is billed; the sum of the lines."""
        return sum(line.billed_micros for line in self.lines)

    @property
    def agreed_micros(self) -> int:
        """All that was agreed; the sum of the lines."""
        return sum(line.agreed_micros for line in self.lines)

    @property
    def disputed(self) -> tuple[Line, ...]:
        """The lines that somebody should look at, the largest difference first."""
        found = [line for line in self.lines if line.verdict in WORTH_A_LOOK]
        return tuple(sorted(found, key=lambda line: -abs(line.difference_micros)))


def data_of(made: Reconciled) -> dict[str, Any]:
    """The reconciliation as JSON (docs/reference/reconcile.md)."""
    return {
        "bill": made.bill.file,
        "sha256": made.bill.sha256,
        "format": made.bill.format,
        "period": period_text(made.period),
        "currency": made.bill.currency,
        "amount": made.amount,
        "billed_micros": made.billed_micros,
        "agreed_micros": made.agreed_micros,
        "difference_micros": made.billed_micros - made.agreed_micros,
        "lines": [_data(line) for line in made.lines],
        "choices": list(made.bill.choices),
    }


def _data(line: Line) -> dict[str, Any]:
    return {
        "verdict": line.verdict.value,
        "party": line.party,
        "what": line.what,
        "clause": line.clause or None,
        "rule": line.rule or None,
        "billed_micros": line.billed_micros,
        "agreed_micros": line.agreed_micros,
        "difference_micros": line.difference_micros,
        "billed_gpu_s": line.billed_gpu_s,
        "own_gpu_s": line.own_gpu_s,
        "rows": line.rows,
        "places": list(line.places),
    }


def table_of(made: Reconciled, lines: Sequence[Line] | None = None) -> Table:
    """The lines for eyes, with the total."""
    shown = made.lines if lines is None else lines
    rows: list[tuple[str, ...]] = [
        (
            line.verdict.value,
            _title(made, line),
            line.what,
            line.clause,
            line.rule,
            f"{line.billed_gpu_s // SECONDS_PER_HOUR:,}" if line.billed_gpu_s else "",
            f"{line.own_gpu_s // SECONDS_PER_HOUR:,}" if line.own_gpu_s else "",
            money(line.billed_micros),
            money(line.agreed_micros),
            money(line.difference_micros),
            _behind(line),
        )
        for line in shown
    ]
    sums = (
        sum(line.billed_micros for line in shown),
        sum(line.agreed_micros for line in shown),
        sum(line.difference_micros for line in shown),
    )
    rows.append(("total", "", "", "", "", "", "", *map(money, sums), ""))
    columns = (
        "verdict",
        "supplier",
        "what",
        "clause",
        "rule",
        "hours billed",
        "hours ours",
        "billed",
        "agreed",
        f"difference, {made.bill.currency}",
        "rows",
    )
    return Table("", columns, tuple(rows), right=(5, 6, 7, 8, 9))


def _title(made: Reconciled, line: Line) -> str:
    """The name of a line's supplier as people write it."""
    return made.portfolio.names.titles.get(line.party, line.party)


def _behind(line: Line) -> str:
    """Which rows of the bill: the first by number, and how many more."""
    more = f" and {line.rows - len(line.places)} more" if line.rows > len(line.places) else ""
    return f"{', '.join(place.rpartition(':')[2] for place in line.places)}{more}"


def sums_of(made: Reconciled) -> Table:
    """The total of each verdict and supplier, for a first look."""
    sums: dict[tuple[str, str], list[int]] = {}
    for line in made.lines:
        found = sums.setdefault((line.verdict.value, _title(made, line)), [0, 0, 0])
        for place, part in enumerate((line.rows, line.billed_micros, line.agreed_micros)):
            found[place] += part
    rows: list[tuple[str, ...]] = [
        (verdict, party, f"{count:,}", money(billed), money(agreed), money(billed - agreed))
        for (verdict, party), (count, billed, agreed) in sums.items()
    ]
    total = made.billed_micros, made.agreed_micros, made.billed_micros - made.agreed_micros
    rows.append(("total", "", f"{sum(one[0] for one in sums.values()):,}", *map(money, total)))
    columns = ("verdict", "supplier", "rows", "billed", "agreed", "difference")
    title = f"{made.bill.file} against the contracts, {period_text(made.period)}"
    return Table(title, columns, tuple(rows), right=(2, 3, 4, 5))


def page_of(made: Reconciled) -> Page:
    """The page of a reconciliation."""
    currency = made.bill.currency
    disputed = made.disputed
    headlines = (
        Headline(f"{money(made.billed_micros)} {currency}", "billed"),
        Headline(f"{money(made.agreed_micros)} {currency}", "agreed"),
        Headline(f"{money(made.billed_micros - made.agreed_micros)} {currency}", "difference"),
        Headline(str(len(disputed)), "lines to look at"),
    )
    verdicts = dict.fromkeys(line.verdict for line in made.lines)
    words = Points("What the verdicts mean", tuple(f"{v.value}: {MEANS[v]}." for v in verdicts))
    look = table_of(made, disputed)
    sections = (
        Section("To look at", "The largest difference first.", tables=(look,) if disputed else ()),
        Section(
            "Every line", tables=(sums_of(made)._replace(title=""), table_of(made)), points=(words,)
        ),
        Section("How the bill was read", points=(Points("", _choices(made)),)),
    )
    return Page(
        title=f"{made.bill.file} against the contracts",
        lead=f"{made.portfolio.document.title or 'Portfolio'}, {period_text(made.period)}.",
        headlines=headlines,
        sections=sections,
        footer=f"The bill's SHA-256 is {made.bill.sha256}. The columns of lines add up to totals.",
    )


def _choices(made: Reconciled) -> tuple[str, ...]:
    return (
        f"Format: {made.bill.format}; compared: {made.amount} cost.",
        *made.bill.choices,
    )


def files_of(made: Reconciled) -> dict[str, bytes]:
    """The files of a result folder, by name."""
    from offtake.report.page import render
    from offtake.report.pdf import pdf

    page = page_of(made)
    return {
        "index.html": render(page).encode(),
        "reconciliation.pdf": pdf(page, made.period[1]),
        "reconciliation.json": (json.dumps(data_of(made), indent=2) + "\n").encode(),
    }
