"""Statements as FOCUS: the specification's spend agreements come out row for row, to the cent."""

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from offtake.contract.portfolio import Portfolio
from offtake.settle.bills import read_bill
from offtake.settle.focus.charge import Facts, FocusCharge, charges_of, total_micros
from offtake.settle.focus.commitment import COLUMNS, Seen, commitments_of
from offtake.settle.focus.table import Account, columns_of, csv_of, parquet_of
from offtake.settle.period import parse_period
from offtake.settle.statement import CORRECTION, Line
from offtake.settle.usage_file import read_usage
from offtake.study.focus import focus_charges, focus_files
from offtake.study.settled import files_of, settled_of
from offtake.units.time import parse_instant

SPEND = """
title: A spend agreement
parties:
  lab: {name: MyBillingAcct, roles: [buyer]}
  acme: {name: Acme Co}
prices:
  - {supplier: acme, price: "$15"}
agreements:
  A:
    from: 2025-04-01
    until: 2026-04-01
    clauses:
      rates: {kind: rate_card, supplier: acme, lines: [{price: "$12"}]}
      MONTHLY
      whole: {kind: take_or_pay, supplier: acme, floor: "$1,200", per: term}
"""
MONTHLY = 'monthly: {kind: take_or_pay, supplier: acme, floor: "$60", per: month}'
USED = """start,end,supplier,gpu_h
2025-04-01,2025-05-01,acme,4
2025-05-01,2025-06-01,acme,10
2025-06-01,2025-07-01,acme,5
2026-03-31,2026-04-01,acme,0
"""
YEAR = (parse_instant("2025-04-01"), parse_instant("2026-04-01"))
ACCOUNT = Account("lab", "The Lab", "USD")
Told = tuple[str, str, str, Decimal, Decimal, Decimal, Decimal]


def settled(
    tmp_path: Path, monthly: str, text: str = SPEND
) -> tuple[Portfolio, list[FocusCharge], dict[str, bytes]]:
    portfolio = Portfolio.loads(text.replace("MONTHLY", monthly))
    path = tmp_path / "usage.csv"
    path.write_text(USED, encoding="utf-8")
    used = read_usage(path, portfolio.names)
    found = settled_of(portfolio, portfolio.clauses, used, YEAR)
    lines = [line for one in found.statements for line in one.lines]
    charges = focus_charges(lines, found.books, portfolio)
    return portfolio, charges, focus_files(lines, found.books, portfolio, YEAR[1])


def day(at_s: int) -> str:
    return datetime.fromtimestamp(at_s, UTC).date().isoformat()


def told(charge: FocusCharge) -> Told:
    """When it is billed and for when, how, billed, at list, how much of what price."""
    assert charge.quantity is not None
    assert charge.contracted_unit_price is not None
    return (
        day(charge.billing_period[0]),
        f"{day(charge.charge_period[0])}..{day(charge.charge_period[1])}",
        charge.frequency,
        Decimal(charge.billed_micros) / 10**6,
        Decimal(charge.list_micros) / 10**6,
        charge.quantity.normalize(),
        charge.contracted_unit_price.normalize(),
    )


def use(month: str, until: str, billed: int, listed: int, hours: int) -> Told:
    amounts = map(Decimal, (billed, listed, hours, 12))
    return (month, f"{month}..{until}", "Usage-Based", *amounts)  # type: ignore[return-value]


def fee(billing: str, period: str, billed: int, share: str) -> Told:
    price = Decimal(1200).normalize()
    return billing, period, "One-Time", Decimal(billed), Decimal(billed), Decimal(share), price


USES = (
    use("2025-04-01", "2025-05-01", 48, 60, 4),
    use("2025-05-01", "2025-06-01", 120, 150, 10),
    use("2025-06-01", "2025-07-01", 60, 75, 5),
)


def test_a_commitment_in_arrears_without_a_minimum_is_trued_up_at_its_end(tmp_path: Path) -> None:
    """FOCUS 1.2, spend agreement A1."""
    _, charges, _ = settled(tmp_path, "")

    assert [told(row) for row in charges] == [
        *USES,
        fee("2026-03-01", "2025-04-01..2026-04-01", 972, "0.81"),
    ]
    assert {row.category for row in charges} == {"Usage"}
    assert total_micros(charges) == 1_200_000_000


def test_a_monthly_minimum_is_billed_each_month_and_the_rest_at_the_end(tmp_path: Path) -> None:
    """FOCUS 1.2, spend agreement A2."""
    _, charges, _ = settled(tmp_path, MONTHLY)
    months = [f"2025-{n:02d}-01" for n in range(7, 13)] + [f"2026-0{n}-01" for n in (1, 2, 3)]

    assert [told(row) for row in charges] == [
        USES[0],
        fee("2025-04-01", "2025-04-01..2025-05-01", 12, "0.01"),
        *USES[1:],
        *(fee(start, f"{start}..{end}", 60, "0.05") for start, end in pairwise(months)),
        fee("2026-03-01", "2025-04-01..2026-04-01", 480, "0.4"),
    ]
    assert total_micros(charges) == 1_200_000_000
    assert sum(row.effective_micros for row in charges) == 1_200_000_000


PREPAID = SPEND.replace('"$1,200", per', '"$1,200", prepaid: 100%, per')


@pytest.mark.parametrize(
    ("monthly", "effective"),
    [("", [0, 48, 120, 60, 972]), (MONTHLY, [0, 48, 12, 120, 60, *[60] * 8, 480])],
)
def test_what_was_prepaid_is_billed_once_and_effective_as_it_is_used(
    tmp_path: Path, monthly: str, effective: list[int]
) -> None:
    """FOCUS 1.2, spend agreements B1 and B2: a purchase, then use that is billed nothing."""
    _, charges, _ = settled(tmp_path, monthly, PREPAID)
    rows = sorted(charges, key=lambda row: (row.billing_period, row.category == "Usage"))

    assert [row.billed_micros for row in rows] == [1_200_000_000] + [0] * (len(rows) - 1)
    assert [row.effective_micros // 10**6 for row in rows] == effective
    assert [row.category for row in rows] == ["Purchase"] + ["Usage"] * (len(rows) - 1)


def test_what_was_prepaid_in_part_comes_off_at_the_end(tmp_path: Path) -> None:
    _, charges, _ = settled(tmp_path, "", PREPAID.replace("100%", "25%"))
    off = charges[-1]

    assert total_micros(charges) == 1_200_000_000
    assert sum(row.effective_micros for row in charges) == 1_200_000_000
    assert (off.category, off.billed_micros, off.effective_micros) == (
        "Adjustment",
        -(3 * 10**8),
        0,
    )


def test_the_csv_and_the_parquet_file_are_one_bill_of_57_columns(tmp_path: Path) -> None:
    _, charges, files = settled(tmp_path, MONTHLY)
    bills = []
    for name in ("focus.csv", "focus.parquet"):
        (tmp_path / name).write_bytes(files[name])
        bills.append(read_bill(tmp_path / name))
    text, typed = bills

    assert text.format == typed.format == "focus"
    assert text.exact[0] == typed.exact[0] == Decimal(1200)
    for name in ("billed_micros", "list_micros", "start_s", "end_s", "quantity_micro", "gpu_s"):
        assert np.array_equal(getattr(text, name), getattr(typed, name)), name
    assert text.billed_micros.tolist() == [row.billed_micros for row in charges]
    assert int(text.gpu_s[text.gpu_s > 0].sum()) == 19 * 3_600
    names = parquet.read_schema(tmp_path / "focus.parquet").names
    assert len([name for name in names if not name.startswith("x_")]) == 57
    assert files["focus.parquet"] == settled(tmp_path, MONTHLY)[2]["focus.parquet"]


def line(amount: int, gpu_s: int = 0, rule: str = "RC1", kind: str = "use") -> Line:
    start_s, end_s = YEAR[0], parse_instant("2025-05-01")
    what = ("H100", "us-east", "training", "p1", 1 if gpu_s else 0)
    return Line("A", "acme", "A/x", rule, kind, start_s, end_s, gpu_s, amount, *what)


def one(row: Line, rate: int | None = None) -> FocusCharge:
    (charge,) = charges_of([row], Facts({"acme": "Acme Co"}, lambda _: rate))
    return charge


def test_what_the_other_party_owes_is_a_credit_and_a_share_is_an_adjustment() -> None:
    credit = one(line(-5_000_000, rule="RS1", kind="revenue_share"))
    share = one(line(5_000_000, rule="RS1", kind="revenue_share"))

    assert (credit.category, credit.billed_micros, credit.quantity) == ("Credit", -5_000_000, -1)
    assert (share.category, share.frequency) == ("Adjustment", "One-Time")
    assert share.service_category == ("Other", "Other (Other)")


def test_a_correction_says_so_and_may_be_negative() -> None:
    charge = one(line(-3_000_000, gpu_s=-3_600, kind=CORRECTION))

    assert charge.correction
    assert charge.category == "Usage"
    assert charge.billed_micros == -3_000_000
    assert charge.quantity == -1


def test_use_without_a_list_price_is_listed_at_what_it_costs() -> None:
    charge = one(line(7_000_000, gpu_s=3 * 3_600))
    priced = one(line(7_000_000, gpu_s=3 * 3_600), rate=4_000_000)

    assert charge.list_micros == 7_000_000
    assert (priced.list_micros, priced.list_unit_price) == (12_000_000, 4)
    assert priced.billed_micros == 7_000_000


def test_a_line_of_nothing_is_no_charge() -> None:
    assert charges_of([line(0)], Facts({}, lambda _: None)) == []


@given(st.integers(0, 10**15), st.integers(1, 10**9))
def test_quantity_times_price_is_the_cost_to_a_billionth(amount: int, gpu_s: int) -> None:
    charge = one(line(amount, gpu_s))

    assert charge.quantity is not None
    assert charge.contracted_unit_price is not None
    product = charge.quantity * charge.contracted_unit_price
    cost = Decimal(amount) / 10**6
    assert abs(product - cost) <= max(cost, Decimal(1)) / 10**6


AMENDED = """
regions: [us]
parties: {lab: {roles: [buyer]}, acme: {name: Acme Co}}
agreements:
  A:
    from: 2025-01-01
    until: 2028-01-01
    clauses:
      floor: {kind: take_or_pay, supplier: acme, floor: $100M, per: year}
      hours: {kind: take_or_pay, supplier: acme, floor: "8,760 GPU-h", per: year, regions: [us]}
    amendments:
      more:
        from: 2026-01-01
        replace:
          floor: {kind: take_or_pay, supplier: acme, floor: $150M, per: year}
        remove: [hours]
"""


@pytest.mark.parametrize(
    ("at", "statuses"),
    [
        ("2024-06-01", ("Pending", "Pending", "Pending")),
        ("2025-06-01", ("Active", "Active", "Pending")),
        ("2026-06-01", ("Superseded", "Canceled", "Active")),
        ("2028-06-01", ("Superseded", "Canceled", "Expired")),
    ],
)
def test_an_amended_commitment_is_superseded_by_a_record_of_its_own(
    at: str, statuses: tuple[str, ...]
) -> None:
    rows = commitments_of(Portfolio.loads(AMENDED), Seen(parse_instant(at)))

    assert [row.id for row in rows] == ["A/floor", "A/hours", "A/floor@2026-01-01"]
    assert tuple(row.status for row in rows) == statuses


def test_a_commitment_says_what_is_promised_over_its_own_time() -> None:
    portfolio = Portfolio.loads(AMENDED)
    rows = commitments_of(portfolio, Seen(parse_instant("2026-06-01")))
    read = list(csv.DictReader(io.StringIO(csv_of(COLUMNS, rows).decode())))

    assert [row["ContractCommitmentCost"] for row in read] == ["100000000", "", "300000000"]
    assert [row["ContractCommitmentQuantity"] for row in read] == ["", "8760", ""]
    assert [row["ContractCommitmentUnit"] for row in read] == ["", "GPU-Hours", ""]
    assert {row["ContractCommitmentCategory"] for row in read} == {"Spend", "Usage"}
    assert {row["ContractCommitmentFulfillmentInterval"] for row in read} == {"Annual"}
    assert read[0]["ContractCommitmentDurationType"] == "3 Years"
    assert read[0]["ContractCommitmentPeriodEnd"] == "2026-01-01T00:00:00Z"
    assert '"RegionId"' in read[1]["ContractCommitmentApplicability"]
    table = parquet.read_table(pa.BufferReader(parquet_of(COLUMNS, rows)))
    assert table.schema.field("ContractCommitmentCost").type == pa.decimal128(38, 12)
    assert len(read[0]) == table.num_columns == 30


@pytest.mark.parametrize(("gpu_h", "status"), [(99, "Active"), (100, "Exhausted")])
def test_a_commitment_is_exhausted_when_all_that_it_promises_is_taken(
    tmp_path: Path, gpu_h: int, status: str
) -> None:
    """$100 over a year at $1 an hour, looked at after January."""
    text = """
parties: {lab: {roles: [buyer]}, acme: {}}
accelerators: {H100: {}}
agreements:
  A:
    from: 2025-01-01
    until: 2026-01-01
    clauses:
      rates: {kind: rate_card, supplier: acme, lines: [{price: $1}]}
      floor: {kind: take_or_pay, supplier: acme, floor: $100, per: term}
"""
    portfolio, path = Portfolio.loads(text), tmp_path / "usage.csv"
    path.write_text(f"start,end,supplier,gpu_h\n2025-01-05,2025-01-06,acme,{gpu_h}\n")
    used = read_usage(path, portfolio.names)
    found = settled_of(portfolio, portfolio.clauses, used, parse_period("2025-01"))

    told = files_of(found)["focus-commitments.csv"].decode()
    (row,) = csv.DictReader(io.StringIO(told))
    assert row["ContractCommitmentLifecycleStatus"] == status


@pytest.mark.parametrize(
    ("terms", "model", "share", "interval"),
    [
        ("per: year", "No Upfront", "0", "Monthly"),
        ("per: year, prepaid: 40%", "Partial Upfront", "0.2", "Monthly"),
        ("per: term, prepaid: 25%", "Partial Upfront", "0.25", "Monthly"),
        ("per: term, prepaid: 100%", "All Upfront", "1", "One-Time"),
    ],
)
def test_what_is_paid_as_a_commitment_begins_is_a_share_of_all_of_it(
    terms: str, model: str, share: str, interval: str
) -> None:
    """Two equal years: 40 % of the first is 20 % of both."""
    text = AMENDED[: AMENDED.index("      floor:")].replace("2028", "2027")
    text += f"      floor: {{kind: take_or_pay, supplier: acme, floor: $100M, {terms}}}\n"
    (row,) = csv.DictReader(
        io.StringIO(csv_of(COLUMNS, commitments_of(Portfolio.loads(text), Seen(0))).decode())
    )

    assert row["ContractCommitmentPaymentModel"] == model
    assert row["ContractCommitmentPaymentUpfrontPercentage"] == share
    assert row["ContractCommitmentPaymentInterval"] == interval


def test_columns_are_in_the_order_of_their_names_and_ours_come_last() -> None:
    names = [column.name for column in columns_of(ACCOUNT)]
    own = [name for name in names if name.startswith("x_")]

    assert names == sorted(set(names) - set(own)) + sorted(own)
