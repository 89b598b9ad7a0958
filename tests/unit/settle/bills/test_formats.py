"""Bills in suppliers' own layouts: rows written here as they write them."""

import csv
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from offtake.contract.problem import Unreadable
from offtake.settle.bill import ABSENT, Bill, Category, Expected
from offtake.settle.bills import read_bill
from offtake.supply.machine import accelerator_of, machine_of
from offtake.units.time import parse_instant

FOCUS = {
    "BilledCost": "0",
    "BillingCurrency": "USD",
    "BillingPeriodStart": "2025-04-01T00:00:00Z",
    "ChargeCategory": "Usage",
    "ChargeClass": "null",
    "ChargeDescription": "$98.32 per On Demand Linux p5.48xlarge Instance Hour",
    "ChargePeriodEnd": "2025-04-01T02:00:00Z",
    "ChargePeriodStart": "2025-04-01T00:00:00Z",
    "CommitmentDiscountId": "sp-1",
    "CommitmentDiscountStatus": "Used",
    "CommitmentDiscountType": "Savings Plan",
    "EffectiveCost": "110.10",
    "ListCost": "196.64",
    "PricingQuantity": "2",
    "PricingUnit": "Hours",
    "ProviderName": "AWS",
    "ServiceCategory": "Compute",
    "ServiceName": "Amazon Elastic Compute Cloud",
    "x_Team": "research",
}
CUR = {
    "identity/LineItemId": "a",
    "bill/BillingEntity": "AWS",
    "lineItem/LineItemType": "Usage",
    "lineItem/UsageStartDate": "2025-04-01T00:00:00.000Z",
    "lineItem/UsageEndDate": "2025-04-01T01:00:00.000Z",
    "lineItem/UsageType": "USE1-BoxUsage:p4d.24xlarge",
    "lineItem/UsageAmount": "1",
    "lineItem/CurrencyCode": "USD",
    "lineItem/UnblendedCost": "32.77",
    "pricing/unit": "Hrs",
    "savingsPlan/SavingsPlanARN": "",
    "savingsPlan/SavingsPlanEffectiveCost": "",
    "savingsPlan/TotalCommitmentToDate": "",
    "savingsPlan/UsedCommitment": "",
}
AZURE = {
    "Date": "4/30/2025",
    "ChargeType": "Usage",
    "MeterCategory": "Virtual Machines",
    "MeterName": "ND96isr H100 v5",
    "Quantity": "24",
    "UnitOfMeasure": "1 Hour",
    "EffectivePrice": "98.32",
    "CostInBillingCurrency": "2359.68",
    "BillingCurrencyCode": "CAD",
    "ResourceLocation": "EastUS",
    "ReservationId": "",
    "AdditionalInfo": '{ "ServiceType": "Standard_ND96isr_H100_v5" }',
}
OCI = {
    "lineItem/referenceNo": "r-1",
    "lineItem/intervalUsageStart": "2025-04-01T10:00Z",
    "lineItem/intervalUsageEnd": "2025-04-01T11:00Z",
    "product/service": "COMPUTE",
    "product/Description": "OCI - Compute - GPU - H100",
    "product/region": "us-chicago-1",
    "usage/billedQuantity": "8.000000000000000000",
    "cost/unitPrice": "10.000000000000000000",
    "cost/myCost": "80.000000000000000000",
    "cost/currencyCode": "USD",
    "cost/skuUnitDescription": "GPU Per Hour",
    "lineItem/isCorrection": "false",
}
Row = Mapping[str, str]


def bill_of(tmp_path: Path, base: Row, *changes: Row, expected: Expected | None = None) -> Bill:
    path = tmp_path / "bill.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(base), lineterminator="\r\n")
        writer.writeheader()
        writer.writerows([{**base, **change} for change in changes or ({},)])
    return read_bill(path, expected or Expected())


def told(tmp_path: Path, base: Row, *changes: Row, expected: Expected | None = None) -> list[str]:
    with pytest.raises(Unreadable) as caught:
        bill_of(tmp_path, base, *changes, expected=expected)
    return [f"{p.place} {p.code}: {p.says}" for p in caught.value.problems]


def test_focus_usage_under_a_commitment_says_its_commitment_and_its_gpu_hours(
    tmp_path: Path,
) -> None:
    bill = bill_of(tmp_path, FOCUS)

    assert bill.format == "focus"
    assert (bill.supplier.at(0), bill.accelerator.at(0)) == ("AWS", "H100")
    assert bill.gpus.tolist() == [8]
    assert bill.gpu_s.tolist() == [2 * 8 * 3_600]
    assert bill.billed_micros.tolist() == [0]
    assert bill.effective_micros.tolist() == [110_100_000]
    assert bill.commitment_id.at(0) == "sp-1"
    assert bill.commitment_status.at(0) == "Used"
    assert bill.other.column("x_Team").to_pylist() == ["research"]


def test_hours_of_a_machine_count_only_as_use_of_compute(tmp_path: Path) -> None:
    bill = bill_of(
        tmp_path,
        FOCUS,
        {"ChargeCategory": "Purchase", "CommitmentDiscountStatus": ""},
        {"ServiceCategory": "Storage"},
        {"PricingUnit": "GB"},
        {"ServiceCategory": "AI and Machine Learning"},
    )

    assert (bill.gpu_s == ABSENT).tolist() == [True, True, True, False]
    assert [bill.accelerator.at(row) for row in range(4)] == ["H100", "", "H100", "H100"]


def test_us_dates_dressed_amounts_and_bare_files_of_focus_are_read(tmp_path: Path) -> None:
    bare = {
        "BilledCost": "$10,000.00 ",
        "ChargeCategory": "Purchase",
        "ChargePeriodStart": "4/1/25",
        "ChargePeriodEnd": "4/1/26",
    }
    bill = bill_of(tmp_path, bare, expected=Expected(currency="USD", suppliers=("ACME",)))

    assert bill.billed_micros.tolist() == [10_000_000_000]
    assert bill.period == (parse_instant("2025-04-01"), parse_instant("2026-04-01"))
    assert bill.supplier.at(0) == "ACME"
    assert len(told(tmp_path, bare)) == 2


def test_an_hour_thirty_of_focus_is_refused_at_its_place(tmp_path: Path) -> None:
    wrong = told(tmp_path, FOCUS, {"ChargePeriodEnd": "2025-04-01T30:00:00Z"})

    assert wrong == [
        "bill.csv:2:7 bad-bill: `ChargePeriodEnd`: `2025-04-01T30:00:00Z` is no date or time"
    ]


def test_usage_taken_back_is_a_correction_and_a_negative_charge_is_not(tmp_path: Path) -> None:
    back = {"PricingQuantity": "-0.0000001", "BilledCost": "-0.00001", "ListCost": "-0.00001"}
    back |= {"EffectiveCost": "-0.00001"}
    bill = bill_of(tmp_path, FOCUS, back, {"ChargeClass": "Correction", "BilledCost": "-5"})

    assert bill.correction.tolist() == [1, 1]
    wrong = told(tmp_path, FOCUS, {"BilledCost": "-5"})
    assert wrong == ["bill.csv:2:1 negative-charge: `BilledCost`: `-5` is negative on a charge"]


def test_a_typed_parquet_file_of_focus_reads_as_its_text_does(tmp_path: Path) -> None:
    text = bill_of(tmp_path, FOCUS)
    columns = {name: pa.array([value]) for name, value in FOCUS.items()}
    for name in ("BilledCost", "EffectiveCost", "ListCost", "PricingQuantity"):
        columns[name] = columns[name].cast(pa.decimal128(30, 12))
    for name in ("ChargePeriodStart", "ChargePeriodEnd"):
        columns[name] = pa.array([parse_instant(FOCUS[name])], pa.timestamp("s", "UTC"))
    columns["ChargeClass"] = pa.nulls(1, pa.string())
    columns["Tags"] = pa.array([[("a", "b")]], pa.map_(pa.string(), pa.string()))
    path = tmp_path / "bill.parquet"
    parquet.write_table(pa.table(columns), path)
    typed = read_bill(path)

    assert typed.effective_micros.tolist() == text.effective_micros.tolist()
    assert typed.start_s.tolist() == text.start_s.tolist()
    assert typed.gpu_s.tolist() == text.gpu_s.tolist()
    assert typed.other.column("Tags").to_pylist() == [[("a", "b")]]


def test_aws_spreads_commitments_over_their_use(tmp_path: Path) -> None:
    plan = {"savingsPlan/SavingsPlanARN": "arn:sp"}
    covered = {"lineItem/LineItemType": "SavingsPlanCoveredUsage"}
    fee = {"lineItem/LineItemType": "SavingsPlanRecurringFee", "lineItem/UsageType": "sp"}
    bill = bill_of(
        tmp_path,
        CUR,
        {"identity/LineItemId": "0"},
        plan | covered | {"savingsPlan/SavingsPlanEffectiveCost": "20.5"},
        plan | {"lineItem/LineItemType": "SavingsPlanNegation", "lineItem/UnblendedCost": "-32.77"},
        plan
        | fee
        | {
            "lineItem/UnblendedCost": "25",
            "savingsPlan/TotalCommitmentToDate": "25",
            "savingsPlan/UsedCommitment": "20.5",
        },
        {"lineItem/LineItemType": "Tax", "lineItem/UnblendedCost": "1", "pricing/unit": ""},
    )

    assert bill.format == "aws-cur"
    assert bill.effective_micros.tolist() == [32_770_000, 20_500_000, 0, 4_500_000, 1_000_000]
    assert bill.sum_micros("billed_micros") == bill.sum_micros("effective_micros")
    assert bill.category.tolist() == [
        Category.USAGE,
        Category.USAGE,
        Category.ADJUSTMENT,
        Category.PURCHASE,
        Category.TAX,
    ]
    assert bill.gpu_s.tolist() == [28_800, 28_800, ABSENT, ABSENT, ABSENT]
    assert bill.accelerator.at(0) == "A100"


def test_what_names_an_aws_machine_and_is_no_machine_time_is_no_gpu_hour(tmp_path: Path) -> None:
    bill = bill_of(tmp_path, CUR, {"lineItem/UsageType": "USE1-Reservation:p4d.24xlarge"})

    assert bill.gpu_s.tolist() == [ABSENT]


def test_the_columns_of_cur_2_are_those_of_the_older_layout(tmp_path: Path) -> None:
    names = {name: name.replace("/", "_").replace("lineItem", "line_item") for name in CUR}
    snake = {
        names[name].replace("LineItemType", "line_item_type"): value for name, value in CUR.items()
    }
    assert bill_of(tmp_path, snake).billed_micros.tolist() == [32_770_000]


def test_an_azure_row_is_of_its_day(tmp_path: Path) -> None:
    unused = {"ChargeType": "UnusedReservation", "ReservationId": "res-1", "Quantity": "0.5"}
    bill = bill_of(tmp_path, AZURE, {}, unused, {"ChargeType": "Refund", "Quantity": "-1"})

    assert bill.period == (parse_instant("2025-04-30"), parse_instant("2025-05-01"))
    assert bill.supplier.at(0) == "Microsoft"
    assert bill.currency == "CAD"
    assert bill.gpu_s.tolist() == [24 * 8 * 3_600, 4 * 3_600, ABSENT]
    assert [bill.commitment_status.at(row) for row in range(3)] == ["", "Unused", ""]
    assert bill.category.tolist() == [Category.USAGE, Category.USAGE, Category.CREDIT]


def test_an_azure_license_of_a_machine_is_no_gpu_hour(tmp_path: Path) -> None:
    licenses = {"MeterCategory": "Virtual Machines Licenses"}

    assert bill_of(tmp_path, AZURE, licenses).gpu_s.tolist() == [ABSENT]


def test_oracle_prices_gpus_by_the_hour(tmp_path: Path) -> None:
    ocpus = {"lineItem/referenceNo": "r-2", "cost/skuUnitDescription": "OCPU Per Hour"}
    bill = bill_of(tmp_path, OCI, {}, ocpus)

    assert bill.gpu_s.tolist() == [8 * 3_600, ABSENT]
    assert bill.accelerator.at(0) == "H100"
    assert "repeated-row: `lineItem/referenceNo`: `r-1`" in told(tmp_path, OCI, {}, {})[0]


@pytest.mark.parametrize(
    ("text", "accelerator", "gpus"),
    [
        ("p5.48xlarge", "H100", 8),
        ("USE1-BoxUsage:p5en.48xlarge", "H200", 8),
        ("ml.p4d.24xlarge", "A100", 8),
        ("$98.32 per On Demand Linux p6-b200.48xlarge Instance Hour", "B200", 8),
        ("Standard_ND96isr_H100_v5", "H100", 8),
        ("ND96amsr A100 v4", "A100-80GB", 8),
        ("BM.GPU.H100.8", "H100", 8),
        ("gpu_8x_h100_sxm5", "H100", 8),
        ("a3-highgpu-8g", "H100", 8),
    ],
)
def test_a_machine_is_known_by_its_suppliers_name(text: str, accelerator: str, gpus: int) -> None:
    found = machine_of(text)

    assert found is not None
    assert (found.accelerator, found.gpus) == (accelerator, gpus)
    assert found.source.startswith("https://")


@pytest.mark.parametrize("text", ["m5.large", "", "D3 v2/DS3 v2", "sp", "NVIDIA", "xp5.48xlarge"])
def test_what_names_no_machine_names_none(text: str) -> None:
    assert machine_of(text) is None


def test_a_description_of_gpus_names_one_accelerator_or_none() -> None:
    assert accelerator_of("Nvidia H100 80GB GPU running in Iowa") == "H100"
    assert accelerator_of("Nvidia Tesla A100 80GB GPU") == "A100-80GB"
    assert accelerator_of("H100 upgrade kit") == ""
    assert accelerator_of("GPU H100 or A100") == ""
