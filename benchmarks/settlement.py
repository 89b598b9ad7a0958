"""A million rows of use in a month: statements from columns, row by row, and with pandas.

The portfolio has rate cards with regions, a nested minimum and a term, a commitment on training
and a second agreement with the same supplier, so that floors share use in order of time. The
pandas version makes the same statement lines: it joins a table of rates, which it is given, to
the rows, prices them exactly (integers, half to even) and sums; it counts no floors. Every way
must come to the same micro-unit, or nothing is measured. CPU seconds of one process each, reading
the Parquet file included; memory is the peak of the process.

    python -m benchmarks.settlement            # the real size; fails above 5 s or 1 GB
    python -m benchmarks.settlement --small    # a check that it runs
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from benchmarks.apart import Measured, measured, work

from offtake.contract.portfolio import Portfolio
from offtake.core.vocabulary import NONE
from offtake.settle.booked import Books, book
from offtake.settle.columns import book_columns
from offtake.settle.statement import lines_of
from offtake.settle.usage_file import read_usage, written
from offtake.settle.used import Used
from offtake.units.time import parse_instant

ROWS, SMALL, PLAIN_ROWS = 1_000_000, 3_000, 50_000
MODULE = "benchmarks.settlement"
SECONDS_MAX, BYTES_MAX = 5.0, 10**9
PERIOD = parse_instant("2026-03-01"), parse_instant("2026-04-01")
RATES = {  # (supplier, accelerator, region): micros per GPU-hour, as the cards below say.
    ("alpha", "H100", "eu"): 2_500_000,
    ("alpha", "H100", "us"): 2_345_678,
    ("alpha", "B200", "eu"): 4_100_000,
    ("alpha", "B200", "us"): 4_100_000,
    ("beta", "H100", "eu"): 1_990_000,
    ("beta", "H100", "us"): 1_990_000,
    ("beta", "B200", "eu"): 1_990_000,
    ("beta", "B200", "us"): 1_990_000,
}
PORTFOLIO = """
parties: {lab: {roles: [buyer]}, alpha: {}, beta: {}}
accelerators: {H100: {}, B200: {}}
regions: [us, eu]
agreements:
  A:
    from: 2026-01-01
    until: 2027-01-01
    clauses:
      card:
        kind: rate_card
        supplier: alpha
        lines:
          - {price: $2.345678}
          - {accelerators: [B200], price: $4.10}
          - {accelerators: [H100], regions: [eu], price: $2.50}
      minimum: {kind: take_or_pay, supplier: alpha, floor: $100k, per: month}
      term: {kind: take_or_pay, supplier: alpha, floor: $9M, per: term}
      training:
        {kind: take_or_pay, supplier: alpha, purposes: [training], floor: 40000 GPU-h, per: month}
  A2:
    from: 2026-01-01
    until: 2027-01-01
    clauses:
      minimum: {kind: take_or_pay, supplier: alpha, floor: $5M, per: month}
  B:
    from: 2026-01-01
    clauses:
      card: {kind: rate_card, supplier: beta, lines: [{price: $1.99}]}
"""


def use(rows: int) -> Used:
    """Hours of one month, drawn from a seed."""
    chance = np.random.default_rng(1)
    start_s = chance.integers(PERIOD[0] // 3_600, PERIOD[1] // 3_600, rows) * 3_600
    return Used(
        kind=np.zeros(rows, np.int64),
        supplier=chance.integers(1, 3, rows),
        accelerator=chance.integers(0, 2, rows),
        region=chance.integers(0, 2, rows),
        purpose=chance.integers(0, 4, rows),
        pool=np.full(rows, NONE),
        gpu_s=chance.integers(1, 64 * 3_600, rows),
        start_s=start_s,
        end_s=start_s + 3_600,
        rate=np.full(rows, NONE),
        line=np.arange(1, rows + 1),
        from_s=PERIOD[0],
        until_s=PERIOD[1],
    )


Answer = dict[str, int]
"""Micros by supplier, accelerator, region and purpose; of the lines of use."""


def _answer(books: Books, portfolio: Portfolio) -> Answer:
    found: Answer = {}
    for line in lines_of(books, portfolio.names, PERIOD):
        if line.kind == "use":
            key = f"{line.party} {line.accelerator} {line.region} {line.purpose}"
            found[key] = found.get(key, 0) + line.amount_micros
    return dict(sorted(found.items()))


def ours(path: Path) -> Answer:
    """Statement lines, floors counted, from columns."""
    portfolio = Portfolio.loads(PORTFOLIO)
    used = read_usage(path, portfolio.names)
    return _answer(book_columns(portfolio, portfolio.clauses, used), portfolio)


def plain(path: Path) -> Answer:
    """The same row by row."""
    portfolio = Portfolio.loads(PORTFOLIO)
    used = read_usage(path, portfolio.names)
    return _answer(book(portfolio, portfolio.clauses, used), portfolio)


def with_pandas(path: Path) -> Answer:
    """The lines of use alone."""
    import pandas as pd

    keys = ["supplier", "accelerator", "region"]
    table = pd.read_parquet(path, columns=[*keys, "purpose", "gpu_s"])
    rates = pd.DataFrame([(*key, rate) for key, rate in RATES.items()], columns=[*keys, "rate"])
    table = table.astype(dict.fromkeys([*keys, "purpose"], "str")).merge(rates, on=keys)
    product = table["gpu_s"] * table["rate"]
    whole, left = product // 3_600, product % 3_600
    up = (2 * left > 3_600) | ((2 * left == 3_600) & (whole % 2 == 1))
    table["micros"] = whole + up
    sums = table.groupby([*keys, "purpose"])["micros"].sum()
    return {" ".join(key): int(amount) for key, amount in sorted(sums.items())}


WAYS: dict[str, Callable[[Path], Answer]] = {
    "columns": ours,
    "pandas": with_pandas,
    "row by row": plain,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Measure; 1 when a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--way", choices=WAYS)
    parser.add_argument("--file", type=Path)
    given = parser.parse_args(argv)
    if given.way:
        work(WAYS, given.way, given.file)
        return 0
    rows = SMALL if given.small else ROWS
    with tempfile.TemporaryDirectory() as folder:
        names = Portfolio.loads(PORTFOLIO).names
        whole, part = Path(folder) / "whole.parquet", Path(folder) / "part.parquet"
        whole.write_bytes(written(use(rows), names))
        part.write_bytes(written(use(min(rows, PLAIN_ROWS)), names))
        made = {way: measured("benchmarks.settlement", way, whole) for way in ("columns", "pandas")}
        beside = {
            way: measured("benchmarks.settlement", way, part) for way in ("columns", "row by row")
        }
    return _told(rows, made, beside)


def _told(rows: int, made: dict[str, Measured], beside: dict[str, Measured]) -> int:
    """Print what was measured; 1 when answers differ or a limit is missed."""
    if made["columns"].answer != made["pandas"].answer:
        print("pandas comes to other amounts; nothing is measured")
        return 1
    if beside["columns"].answer != beside["row by row"].answer:
        print("row by row comes to other amounts; nothing is measured")
        return 1
    for way, found in made.items():
        print(f"{way:>12}: {rows:,} rows, {found}")
    slow, fast = (beside[way].seconds for way in ("row by row", "columns"))
    print(f"{min(rows, PLAIN_ROWS):,} rows one by one: {slow:.2f} s, in columns {fast:.2f} s")
    ratio = made["columns"].seconds / made["pandas"].seconds
    print(f"columns take {ratio:.2f} of the time of pandas, start included, floors counted")
    kept = made["columns"].within(SECONDS_MAX, BYTES_MAX)
    print(f"under {SECONDS_MAX:.0f} s of CPU and 1 GB: {'kept' if kept else 'MISSED'}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
