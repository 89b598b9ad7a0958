"""What is in suppliers' bills: cost by supplier, service and accelerator, and by commitment.

examples:
  offtake bills focus-2026-03.parquet
  offtake bills cur.csv.gz --by service,region --period 2026-03
  offtake bills azure.csv --total "1.26 CAD"              # what the invoice says
  offtake bills plain.csv --supplier coreweave --currency USD -o json

FOCUS, AWS CUR, Azure EA and MCA, Oracle and a plain table are recognized (docs/reference/bills.md).
A bill that cannot be booked is refused whole, with every problem's row and column.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from offtake.cli.output import Invalid, parsed, print_json

if TYPE_CHECKING:
    from offtake.report.figures import Table
    from offtake.settle.bill import Bill, Expected
    from offtake.settle.bill_sum import BillSum

SHOWN_MAX = 30
"""The most rows of sums that people see; programs get all."""
COSTS = ("billed", "effective", "contracted", "list")


def arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of this verb."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="bills, CSV or Parquet")
    parser.add_argument(
        "--by",
        metavar="WORDS",
        help="supplier, service, sku, accelerator, region, category, commitment_id",
    )
    parser.add_argument("--period", metavar="PERIOD", help="charges must start in it: 2026-03")
    parser.add_argument("--currency", metavar="CODE", help="it must be in this one")
    parser.add_argument("--supplier", metavar="NAME", help="of a bill that names none")
    parser.add_argument("--rows", type=int, metavar="ROWS", help="it must have so many")
    parser.add_argument("--total", metavar="MONEY", help="it must come to this, as '1,200.00 USD'")


def run(given: argparse.Namespace) -> int:
    """Read and sum up each bill."""
    from offtake.contract.problem import Unreadable
    from offtake.settle.bills import read_bill

    by, expected = _by(given.by), _expected(given)
    bills = []
    for name in given.files:
        try:
            bills.append(read_bill(Path(name), expected))
        except Unreadable as unreadable:
            raise Invalid.of(unreadable.problems) from unreadable
    if given.output == "json":
        print_json([_data(bill, by) for bill in bills])
        return 0
    for bill in bills:
        _show(bill, by)
    return 0


def _by(words: str | None) -> tuple[str, ...]:
    """What sums are by, or Invalid with the nearest."""
    from offtake.contract.problem import nearest
    from offtake.settle.bill_sum import KEYS, USUAL

    if words is None:
        return USUAL
    found = tuple(word.strip() for word in words.split(","))
    for word in found:
        if word not in KEYS:
            raise Invalid("bad-value", "--by", f"`{word}` is no column", nearest(word, KEYS))
    return tuple(dict.fromkeys(found))


def _expected(given: argparse.Namespace) -> "Expected":
    """What the flags say of the bills."""
    from offtake.settle.bill import Expected
    from offtake.settle.period import parse_period
    from offtake.units import money

    expected = Expected(currency=given.currency or "")
    if given.period is not None:
        expected = expected._replace(period=parsed(parse_period, given.period, "--period"))
    if given.supplier is not None:
        expected = expected._replace(suppliers=(given.supplier,))
    if given.rows is not None:
        expected = expected._replace(rows=given.rows)
    if given.total is not None:
        total = parsed(money.parse, given.total, "--total")
        expected = expected._replace(billed_micros=total.micros, currency=total.currency)
    return expected


def _data(bill: "Bill", by: tuple[str, ...]) -> dict[str, Any]:
    """A bill in the documented JSON form (docs/reference/json.md)."""
    from offtake.settle.bill import AMOUNTS
    from offtake.settle.bill_sum import COMMITMENT, commitments_in, sums_of
    from offtake.units.time import instant_text

    return {
        "file": bill.file,
        "sha256": bill.sha256,
        "format": bill.format,
        "currency": bill.currency,
        "rows": len(bill),
        "from": instant_text(bill.period[0]),
        "until": instant_text(bill.period[1]),
        "exact": {
            name.removesuffix("_micros"): f"{value.normalize():f}"
            for name, value in zip(AMOUNTS, bill.exact, strict=True)
        },
        "sums": [_sum(one, by) for one in sums_of(bill, by)],
        "commitments": [_sum(one, COMMITMENT) for one in commitments_in(bill)],
        "kept": list(bill.other.column_names),
        "choices": list(bill.choices),
    }


def _sum(one: "BillSum", by: tuple[str, ...]) -> dict[str, Any]:
    """A sum, by what it is of; costs that nothing states are null."""
    from offtake.settle.bill import ABSENT
    from offtake.units.money import plain

    costs = zip(COSTS, one.micros, strict=True)
    return {
        **dict(zip(by, one.words, strict=True)),
        "rows": one.rows,
        "gpu_s": one.gpu_s,
        **{name: None if micros == ABSENT else plain(micros) for name, micros in costs},
    }


def _show(bill: "Bill", by: tuple[str, ...]) -> None:
    from offtake.report.tables import show
    from offtake.settle.bill_sum import COMMITMENT, commitments_in, sums_of
    from offtake.units.time import instant_text

    dates = " to ".join(map(instant_text, bill.period))
    title = f"{bill.file}: {bill.format}, {len(bill):,} charges, {dates}, {bill.currency}"
    note = "; ".join((*bill.choices, f"{len(bill.other.column_names)} columns kept unread"))
    show(_table(title, sums_of(bill, by), by, note))
    commitments = commitments_in(bill)
    if commitments:
        show(_table("Charges under commitments", commitments, COMMITMENT, ""))


def _table(title: str, sums: "list[BillSum]", by: tuple[str, ...], note: str) -> "Table":
    """Sums as people read them, as many as fit, and the total of all."""
    from offtake.report.figures import Table
    from offtake.settle.bill import ABSENT

    rows = [_cells(one, by) for one in sums[:SHOWN_MAX]]
    if len(sums) > SHOWN_MAX:
        rows.append((f"{len(sums) - SHOWN_MAX:,} more", *[""] * (len(by) + 3)))
    billed = sum(one.micros[0] for one in sums)
    effective = [one.micros[1] for one in sums if one.micros[1] != ABSENT]
    hours = sum(one.gpu_s for one in sums)
    last = (_hours(hours), _money(billed), _money(sum(effective)) if effective else "")
    blank = [""] * (len(by) - 1)
    rows.append(("total", *blank, f"{sum(one.rows for one in sums):,}", *last))
    heads = (*(word.replace("_", " ") for word in by), "rows", "GPU-hours", "billed", "effective")
    right = tuple(range(len(by), len(by) + 4))
    return Table(title, heads, tuple(rows), right, note)


def _cells(one: "BillSum", by: tuple[str, ...]) -> tuple[str, ...]:
    from offtake.settle.bill import ABSENT

    effective = "" if one.micros[1] == ABSENT else _money(one.micros[1])
    figures = (f"{one.rows:,}", _hours(one.gpu_s), _money(one.micros[0]), effective)
    return (*(word or "-" for word in one.words), *figures)


def _hours(gpu_s: int) -> str:
    return f"{gpu_s / 3_600:,.1f}" if gpu_s else ""


def _money(micros: int) -> str:
    return f"{micros / 1_000_000:,.2f}"
