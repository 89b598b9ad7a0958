"""A bill of a million rows: read as columns from CSV and Parquet, row by row, and with pandas.

The bill is FOCUS 1.2, drawn from a seed, with costs of eleven decimals. Ours reads every column,
tells machines, checks every row and keeps what it does not know; row by row is Python's ``csv``
with ``Decimal``; pandas reads the costs as floating-point numbers and checks nothing. Ours and
row by row must come to the same exact sum, or nothing is measured; how far pandas is off is said.
CPU seconds of one process each; memory is the peak of the process.

    python -m benchmarks.bills            # the real size; fails above 6 s or 1 GB
    python -m benchmarks.bills --small    # a check that it runs
"""

import argparse
import csv
import sys
import tempfile
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
from benchmarks.apart import Measured, measured, work
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from offtake.settle.bills import read_bill
from offtake.units.time import parse_instant

ROWS, SMALL = 1_000_000, 3_000
SECONDS_MAX, BYTES_MAX = 6.0, 10**9
FROM_S = parse_instant("2026-03-01")
COSTS = ("BilledCost", "EffectiveCost", "ContractedCost", "ListCost")
PLACES = 11


def bill_of(rows: int) -> pa.Table:
    """Hours of machines in one month, each cost of eleven decimals."""
    chance = np.random.default_rng(1)
    hour = chance.integers(0, 744, rows)

    def instants(at: np.ndarray) -> pa.Array:
        times = pa.array((FROM_S + at * 3_600) * 10**6, pa.timestamp("us"))
        return pa.compute.strftime(times.cast(pa.timestamp("s")), format="%Y-%m-%dT%H:%M:%SZ")

    def amounts() -> pa.Array:
        whole = chance.integers(0, 10 ** (PLACES + 3), rows).tolist()
        return pa.array([f"{n // 10**PLACES}.{n % 10**PLACES:011d}" for n in whole])

    def words(known: Sequence[str]) -> pa.Array:
        return pa.array(known).take(pa.array(chance.integers(0, len(known), rows)))

    machines = [f"per On Demand Linux {name} Instance Hour" for name in ("p5.48xlarge", "m5.large")]
    return pa.table(
        {
            **{name: amounts() for name in COSTS},
            "BillingCurrency": words(["USD"]),
            "ChargeCategory": words(["Usage"]),
            "ChargeDescription": words(machines),
            "ChargePeriodStart": instants(hour),
            "ChargePeriodEnd": instants(hour + 1),
            "PricingQuantity": words(["1", "0.5", "0.25"]),
            "PricingUnit": words(["Hours"]),
            "ProviderName": words(["AWS", "Northwind"]),
            "RegionId": words(["us-east-1", "us-west-2", "eu-west-1"]),
            "ResourceId": pa.array([f"i-{n:012x}" for n in range(rows)]),
            "ServiceCategory": words(["Compute"]),
            "ServiceName": words(["EC2", "SageMaker"]),
            "SkuId": words([f"sku-{n}" for n in range(50)]),
        }
    )


def ours(path: Path) -> str:
    """The exact sum of what is billed."""
    return str(read_bill(path).exact[0].normalize())


def plain(path: Path) -> str:
    """The same, one row after another."""
    with path.open(encoding="utf-8", newline="") as file:
        return str(sum(Decimal(row["BilledCost"]) for row in csv.DictReader(file)).normalize())


def with_pandas(path: Path) -> str:
    """The sum as pandas has it."""
    import pandas as pd

    return str(Decimal(float(pd.read_csv(path)["BilledCost"].sum())))


WAYS: dict[str, Callable[[Path], str]] = {
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
        table = bill_of(rows)
        text, typed = Path(folder) / "bill.csv", Path(folder) / "bill.parquet"
        arrow_csv.write_csv(table, text)
        parquet.write_table(table, typed)
        made = {way: measured("benchmarks.bills", way, text) for way in WAYS}
        made["columns, Parquet"] = measured("benchmarks.bills", "columns", typed)
    return _told(rows, made)


def _told(rows: int, made: dict[str, Measured]) -> int:
    """Print what was measured; 1 when exact sums differ or a limit is missed."""
    exact = {str(found.answer) for way, found in made.items() if way != "pandas"}
    if len(exact) > 1:
        print("row by row comes to another sum; nothing is measured")
        return 1
    for way, found in made.items():
        print(f"{way:>16}: {rows:,} rows, {found}")
    off = Decimal(str(made["pandas"].answer)) - Decimal(exact.pop())
    print(f"pandas is off by {off:.1e}; ours by nothing")
    kept = made["columns"].within(SECONDS_MAX, BYTES_MAX)
    print(f"under {SECONDS_MAX:.0f} s of CPU and 1 GB: {'kept' if kept else 'MISSED'}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
