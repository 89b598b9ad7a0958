"""Readers of bills, one file a format; ``read_bill`` tells them by their columns."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from offtake.contract.problem import Place, Problem, Unreadable
from offtake.settle.bill import AMOUNTS, NUMBERS, PRICES, WORDS, Bill, Expected
from offtake.settle.bills import aws, azure, focus, oci, plain
from offtake.settle.bills.check import problems
from offtake.settle.bills.layout import COSTS, Layout, Parts, parts_of, same
from offtake.settle.bills.rows import Rows, header_of, read_rows

LAYOUTS: tuple[Layout, ...] = (
    focus.LAYOUT,
    aws.LAYOUT,
    azure.LAYOUT,
    oci.LAYOUT,
    plain.LAYOUT,
)
"""Those that a file is told from, in order."""
ANYTHING = Expected()


def read_bill(path: Path, expected: Expected = ANYTHING) -> Bill:
    """The bill in a file, CSV or Parquet, plain or packed, of any format there is a reader for.

    Raises:
        Unreadable: Of no known format, or rows that cannot be booked; nothing is read by half.
    """
    header = header_of(path)
    layout = layout_of(path, header)
    rows = read_rows(path, header, layout.plain())
    parts = _filled(parts_of(layout, rows), expected)
    told = problems(layout, rows, parts, expected)
    if told:
        raise Unreadable(told)
    return _bill(layout, rows, parts)


def is_bill(path: Path) -> bool:
    """Whether a file has the columns of a bill of some format."""
    header = header_of(path)
    return any(layout.fits(header) for layout in LAYOUTS)


def layout_of(path: Path, header: Sequence[str]) -> Layout:
    """The format of a file with such columns.

    Raises:
        Unreadable: None fits; what each needs is said.
    """
    for layout in LAYOUTS:
        if layout.fits(header):
            return layout
    wanted = "; ".join(f"{layout.name}: {', '.join(layout.marks)}" for layout in LAYOUTS)
    says = "has no columns of a bill" if header else "is no table of text or Parquet"
    remedy = f"A bill has the columns of a format. {wanted}."
    raise Unreadable([Problem("unknown-bill", Place(str(path)), says, remedy)])


def _filled(parts: Parts, expected: Expected) -> Parts:
    """Parts with the currency and the supplier that only the caller knows."""
    words, count = dict(parts.words), len(parts.category)
    if expected.currency and not words["currency"].known:
        words["currency"] = same(expected.currency, count)
    if len(expected.suppliers) == 1 and not words["supplier"].known:
        words["supplier"] = same(expected.suppliers[0], count)
    return parts._replace(words=words)


def _bill(layout: Layout, rows: Rows, parts: Parts) -> Bill:
    """A bill of parts that have no problem."""
    kept = [name for name in rows.table.column_names if name not in parts.used]
    numbers = {
        "start_s": parts.start.at_s,
        "end_s": parts.end.at_s,
        "category": parts.category,
        "correction": parts.correction,
        "quantity_micro": parts.amounts["quantity"].micros,
        "gpu_s": parts.gpu_s,
        "gpus": parts.gpus,
        "unit_price_micros": parts.amounts["unit_price"].micros,
        "list_unit_price_micros": parts.amounts["list_unit_price"].micros,
        **{f"{cost}_micros": parts.amounts[cost].micros for cost in COSTS},
        "line": rows.line,
    }
    assert set(numbers) == {*NUMBERS, *PRICES, *AMOUNTS, "line"}
    columns: dict[str, Any] = {
        name: np.ascontiguousarray(column, np.int64) for name, column in numbers.items()
    }
    return Bill(
        **columns | {name: parts.words[name] for name in WORDS},
        currency=parts.words["currency"].at(0),
        format=layout.name,
        file=rows.path.name,
        sha256=rows.sha256,
        exact=tuple(parts.amounts[cost].exact for cost in COSTS),
        other=rows.table.select(kept),
        choices=layout.choices,
    )
