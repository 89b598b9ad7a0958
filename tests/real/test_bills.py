"""Real exports of suppliers come out at the sums that their rows state."""

import csv
import gzip
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from offtake.contract.problem import Unreadable
from offtake.settle.bill import ABSENT, AMOUNTS, PRICES, Bill, Category, Expected
from offtake.settle.bills import read_bill
from offtake.settle.bills.instants import instant_of
from offtake.supply.machine import machines, plain_name
from real.test_traces import folder
from unit.settle.focus.test_charge import MONTHLY, settled

AWS = "native_exports/aws_cur_sample-anonymous-aws-export-dataset.csv.gz"
AZURE = "native_exports/azure_sample-anonymous-ea-export-dataset.csv"
OCI = "native_exports/oci_reports_cost-csv_0000000030000269.csv"


def rows(path: Path) -> Iterator[dict[str, str]]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def total(path: Path, column: str) -> Decimal:
    return sum((Decimal(row[column] or 0) for row in rows(path)), Decimal(0))


def bill(name: str) -> Bill:
    return read_bill(folder("focus_billing") / name)


def test_the_focus_sample_sums_up_to_the_last_digit() -> None:
    read = bill("focus-1.0/focus_sample.csv")
    path = folder("focus_billing") / "focus-1.0/focus_sample.csv"

    assert (read.format, len(read)) == ("focus", 1_000)
    assert read.exact[0] == total(path, "BilledCost")
    assert [round(value, 4) for value in read.exact] == [
        Decimal("20.5202"),
        Decimal("14.9765"),
        Decimal("14.9763"),
        Decimal("20.3909"),
    ]
    assert {name: int(read.supplier.of(name).sum()) for name in read.supplier.known} == {
        "AWS": 942,
        "Microsoft": 51,
        "Oracle": 7,
    }
    assert int((read.commitment_id.code >= 0).sum()) == 4
    assert set(read.accelerator.known) == {"A10G"}
    assert {"AvailabilityZone", "Tags", "BillingAccountId"} <= set(read.other.column_names)


@pytest.mark.parametrize(
    ("name", "form", "count", "currency", "column"),
    [
        (AWS, "aws-cur", 1_281, "USD", "lineItem/UnblendedCost"),
        (AZURE, "azure", 27, "CAD", "CostInBillingCurrency"),
        (OCI, "oci", 506, "USD", "cost/myCost"),
    ],
)
def test_an_export_sums_up_to_the_last_digit(
    name: str, form: str, count: int, currency: str, column: str
) -> None:
    read = bill(name)

    assert (read.format, len(read), read.currency) == (form, count, currency)
    assert read.exact[0] == total(folder("focus_billing") / name, column)
    assert abs(read.rounded_micros("billed_micros")) <= count / 2


def test_the_aws_export_has_its_taxes() -> None:
    read = bill(AWS)

    assert int((read.category == Category.TAX).sum()) == 12
    assert int((read.category == Category.USAGE).sum()) == 1_269


def test_the_examples_of_the_specification_are_read_and_its_hour_thirty_is_refused() -> None:
    examples = folder("focus_billing") / "focus-1.2-spec-examples"
    known = Expected(currency="USD", suppliers=("ACME",))
    wrong = {}
    for path in sorted(examples.rglob("*.csv")):
        try:
            read = read_bill(path, known if "commitment" in path.name else Expected())
            assert int((read.billed_micros == ABSENT).sum()) == 0
        except Unreadable as error:
            wrong[path.name] = {str(problem.place) for problem in error.problems}
    assert wrong == {
        "commitment_discount_purchase_scenario_2.csv": {
            "commitment_discount_purchase_scenario_2.csv:4:4"
        },
        "commitment_discount_purchase_scenario_3.csv": {
            "commitment_discount_purchase_scenario_3.csv:5:4"
        },
    }


def test_the_table_of_machines_agrees_with_the_catalogue_except_where_that_is_wrong() -> None:
    """The catalogue has 12 GPUs for the ND96 H100 machines of Azure; they have 8."""
    differs = {}
    for row in rows(folder("gpu_prices") / "gpu_prices.csv"):
        known = machines().get(plain_name(row["instance_type"]))
        if known is None or row["price_scope"] == "accelerator_only":
            continue
        if known.gpus != float(row["accelerator_count"]) or known.accelerator != row["accelerator"]:
            differs[row["instance_type"]] = (row["accelerator"], row["accelerator_count"])
    for name, (accelerator, count) in differs.items():
        print(name, accelerator, count)
    assert {name for name in differs if "ND96is" not in name} <= {"a3-megagpu-8g"}


@pytest.mark.parametrize("example", ["a1", "a2"])
def test_our_rows_of_a_spend_agreement_are_those_of_the_specification(
    example: str, tmp_path: Path
) -> None:
    """Every figure and period that both have, row for row."""
    path = folder("focus_billing") / "focus-1.2-spec-examples/saas_examples/spend_agreements"
    theirs = read_bill(path / f"saas_spend_agreements_{example}.csv")
    _, _, files = settled(tmp_path, MONTHLY if example == "a2" else "")
    (tmp_path / "focus.parquet").write_bytes(files["focus.parquet"])
    ours = read_bill(tmp_path / "focus.parquet")

    numbers = (*AMOUNTS, "start_s", "end_s", "category", "quantity_micro", *PRICES)
    for name in numbers:
        assert getattr(ours, name).tolist() == getattr(theirs, name).tolist(), name
    assert ours.currency == theirs.currency == "USD"
    periods = theirs.other.column("BillingPeriodStart").to_pylist()
    assert [instant_of(day) for day in periods] == [
        int(day.timestamp()) for day in ours.other.column("BillingPeriodStart").to_pylist()
    ]
    assert ours.other.column("ChargeFrequency").to_pylist() == (
        theirs.other.column("ChargeFrequency").to_pylist()
    )
