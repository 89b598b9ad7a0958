"""Bills: every row booked or none, every problem with its row and column, money exact."""

import gzip
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from offtake.contract.problem import Unreadable
from offtake.settle.bill import ABSENT, Bill, Category, Expected
from offtake.settle.bills import read_bill
from offtake.settle.bills.amounts import amounts_of
from offtake.units.time import parse_instant

HEAD = "start,end,supplier,accelerator,category,gpu_h,cost,list_cost,currency,ticket\n"
ROW = "2026-03-01,2026-03-02,alpha,H100,usage,24,60.00,72,USD,T-1\n"
MARCH = (parse_instant("2026-03-01"), parse_instant("2026-04-01"))


ANYTHING = Expected()


def read(tmp_path: Path, text: str, expected: Expected = ANYTHING) -> Bill:
    path = tmp_path / "bill.csv"
    path.write_bytes(text.encode())
    return read_bill(path, expected)


def told(tmp_path: Path, text: str, expected: Expected = ANYTHING) -> list[str]:
    with pytest.raises(Unreadable) as caught:
        read(tmp_path, text, expected)
    return [f"{problem.place} {problem.code}: {problem.says}" for problem in caught.value.problems]


def test_a_row_is_columns_of_whole_numbers(tmp_path: Path) -> None:
    bill = read(tmp_path, HEAD + ROW + "2026-03-02,2026-03-03,beta,,credit,,-1.5,,USD,\n")

    assert bill.start_s.tolist() == [MARCH[0], MARCH[0] + 86_400]
    assert bill.gpu_s.tolist() == [86_400, ABSENT]
    assert bill.billed_micros.tolist() == [60_000_000, -1_500_000]
    assert bill.list_micros.tolist() == [72_000_000, ABSENT]
    assert bill.category.tolist() == [Category.USAGE, Category.CREDIT]
    assert [bill.supplier.at(row) for row in range(2)] == ["alpha", "beta"]
    assert bill.accelerator.at(1) == ""
    assert bill.place(1) == "bill.csv:3"
    assert bill.currency == "USD"
    assert bill.sum_micros("billed_micros") == 58_500_000
    assert bill.sum_micros("list_micros") == 72_000_000
    assert bill.take(bill.supplier.of("beta")).billed_micros.tolist() == [-1_500_000]


def test_columns_that_are_no_part_of_a_bill_are_kept_with_their_rows(tmp_path: Path) -> None:
    bill = read(tmp_path, HEAD + ROW + ROW.replace("T-1", "T-2"))

    assert bill.other.column_names == ["ticket"]
    assert bill.other.column("ticket").to_pylist() == ["T-1", "T-2"]
    assert bill.take(np.array([1])).other.column("ticket").to_pylist() == ["T-2"]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (ROW.replace("60.00", "1e30"), "bill.csv:2:7 beyond-limit: `cost`: `1e30` is beyond"),
        (ROW.replace("24", "1e30"), "bill.csv:2:6 beyond-limit: `gpu_h`: `1e30` is beyond"),
        (ROW.replace("60.00", "-60"), "bill.csv:2:7 negative-charge: `cost`: `-60` is negative"),
        (ROW.replace("60.00", "sixty"), "bill.csv:2:7 bad-bill: `cost`: `sixty` is no number"),
        (ROW.replace("60.00", "1,5").replace("1,5", '"1,5"'), "bill.csv:2:7 bad-bill: `cost`: `1"),
        (ROW.replace("60.00", ""), "bill.csv:2:7 bad-bill: `cost`: no cost is stated"),
        (ROW.replace("2026-03-02", "2026-02-01"), "bill.csv:2:2 bad-bill: `end`: `2026-02-01` is"),
        (ROW.replace("2026-03-02", "2026-02-30"), "bill.csv:2:2 bad-bill: `end`: `2026-02-30` is"),
        (ROW.replace("2026-03-01", "2026-03-01T30:00:00Z"), "bill.csv:2:1 bad-bill: `start`"),
        (ROW.replace("usage", "lunch"), "bill.csv:2:5 bad-bill: `category`: `lunch` is no kind"),
        (ROW.replace("alpha", ""), "bill.csv:2:3 bad-bill: `supplier`: names no supplier"),
        (ROW.replace("USD", ""), "bill.csv:2:9 bad-bill: `currency`: no currency"),
        (ROW.replace("USD", "US"), "bill.csv:2:9 bad-bill: `currency`: `US` is no code"),
        (ROW + ROW.replace("USD", "EUR"), "bill.csv:3:9 mixed-currencies: `currency`: `EUR` in"),
        (ROW + ROW, "bill.csv:3:1 repeated-row: the same row was there before"),
        (ROW + ROW[:30] + "\n", "bill.csv:3:1 bad-bill: has another number of columns"),
        (ROW + ROW[:30], "bill.csv:3:1 bad-bill: has another number of columns than the first"),
        ("", "bad-bill: holds no charge"),
    ],
)
def test_a_row_that_cannot_be_booked_is_told_with_its_place(
    tmp_path: Path, row: str, says: str
) -> None:
    assert any(says in line for line in told(tmp_path, HEAD + row)), told(tmp_path, HEAD + row)


def test_a_good_row_beside_a_bad_one_is_not_booked(tmp_path: Path) -> None:
    lines = told(tmp_path, HEAD + ROW + "x,2026-03-02,alpha,H100,usage,24,1e30,72,EUR,T-2\n")

    assert [line.split(":")[0:2] for line in lines] == [["bill.csv", "3"]] * 3
    assert {line.split()[1] for line in lines} == {
        "bad-bill:",
        "beyond-limit:",
        "mixed-currencies:",
    }


def test_problems_of_a_kind_are_listed_up_to_a_limit_and_the_rest_is_counted(
    tmp_path: Path,
) -> None:
    rows = [ROW.replace("60.00", "-1").replace("T-1", f"T-{n}") for n in range(30)]
    lines = told(tmp_path, HEAD + "".join(rows))

    assert len(lines) == 21
    assert "10 more rows: is negative" in lines[-1]


def test_what_is_expected_of_a_bill_is_checked(tmp_path: Path) -> None:
    april = (MARCH[1], MARCH[1] + 30 * 86_400)
    cases = {
        "other-period: `start`: `2026-03-01` starts outside": Expected(period=april),
        "mixed-currencies: `currency`: `USD` in another": Expected(currency="EUR"),
        "unknown-name: `supplier`: `alpha` is not": Expected(suppliers=("beta",)),
        "bad-bill: 1 rows, not the 2 expected": Expected(rows=2),
        "bad-bill: sums up to 60, not the 60.01 expected": Expected(billed_micros=60_010_000),
    }
    for says, expected in cases.items():
        assert any(says in line for line in told(tmp_path, HEAD + ROW, expected))
    whole = Expected(MARCH, "USD", ("alpha",), 1, 60_000_000)
    assert len(read(tmp_path, HEAD + ROW, whole)) == 1


def test_a_packed_bill_cut_off_is_refused(tmp_path: Path) -> None:
    whole = gzip.compress((HEAD + "".join(ROW.replace("24", str(n)) for n in range(500))).encode())
    path = tmp_path / "bill.csv.gz"
    path.write_bytes(whole)
    assert len(read_bill(path)) == 500
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Unreadable, match="bad-bill"):
        read_bill(path)


def test_line_breaks_in_quotes_and_blank_lines_do_not_move_places(tmp_path: Path) -> None:
    text = HEAD.replace("\n", "\r\n") + "\r\n" + ROW.replace("T-1", '"T\r\n1"')
    text += ROW.replace("60.00", "-60")

    assert told(tmp_path, text)[0].startswith("bill.csv:5:7 negative-charge")


def test_text_that_is_not_utf_8_is_refused_at_its_line(tmp_path: Path) -> None:
    path = tmp_path / "bill.csv"
    path.write_bytes((HEAD + ROW).encode() + ROW.replace("alpha", "M\xfcnchen").encode("latin-1"))
    with pytest.raises(Unreadable) as caught:
        read_bill(path)

    assert str(caught.value).startswith("bill.csv:3:1: is not text in UTF-8 [bad-bill]")


def test_a_table_that_is_no_bill_says_what_a_bill_has(tmp_path: Path) -> None:
    assert "unknown-bill: has no columns of a bill" in told(tmp_path, "a,b\n1,2\n")[0]


def test_rows_with_names_are_repeated_by_name_alone(tmp_path: Path) -> None:
    head, row = HEAD.replace("ticket", "id"), ROW
    assert (
        "repeated-row: `id`: `T-1` a row of this name"
        in told(tmp_path, head + row + row.replace("60.00", "61"))[0]
    )
    assert len(read(tmp_path, head + row + row.replace("T-1", "T-2"))) == 2


def test_costs_finer_than_a_micro_keep_their_exact_sum(tmp_path: Path) -> None:
    rows = [ROW.replace("60.00", "0.0000004").replace("T-1", f"T-{n}") for n in range(1_000)]
    bill = read(tmp_path, HEAD + "".join(rows))

    assert bill.sum_micros("billed_micros") == 0
    assert bill.exact[0] == Decimal("0.0004")
    assert bill.rounded_micros("billed_micros") == Decimal(-400)


@given(st.lists(st.decimals(-9_000_000, 9_000_000, places=9), min_size=1, max_size=30))
def test_text_is_read_as_decimals_rounded_half_to_even(amounts: list[Decimal]) -> None:
    read_ = amounts_of(pa.array([f"{amount:f}" for amount in amounts]), 10**12)

    assert read_.micros.tolist() == [round(amount * 10**6) for amount in amounts]
    assert read_.exact == sum(amounts)


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("$10,000.00 ", 10_000_000_000),
        ("5.2E-9", 0),
        ("+.5", 500_000),
        ("0.0000005", 0),
        ("0.0000015", 2),
        ("0.00000050000000000000000001", 1),
        ("-$1,234.5", -1_234_500_000),
        ("9000000000000", 9 * 10**18),
    ],
)
def test_an_amount_means_what_it_says(text: str, micros: int) -> None:
    found = amounts_of(pa.array([text, None, ""]), 9 * 10**12)

    assert found.micros.tolist() == [micros, ABSENT, ABSENT]
    assert not found.wrong.any()


@pytest.mark.parametrize("text", ["1,5", "12,34,5", "NaN5", "0x10", "1e", "--1", "1e9999"])
def test_what_only_looks_like_an_amount_is_none(text: str) -> None:
    found = amounts_of(pa.array([text]), 9 * 10**12)

    assert found.wrong.tolist() == [True]
    assert found.micros.tolist() == [ABSENT]


def test_decimals_of_a_parquet_file_are_exact_and_its_floats_are_rounded_once(
    tmp_path: Path,
) -> None:
    table = pa.table(
        {
            "start": pa.array([MARCH[0]] * 2, pa.timestamp("s", "UTC")),
            "end": pa.array([MARCH[1]] * 2, pa.timestamp("s", "UTC")),
            "supplier": ["alpha", "beta"],
            "cost": pa.array([Decimal("0.1000005"), Decimal(3)], pa.decimal128(30, 15)),
            "list_cost": pa.array([0.1, 1e-7], pa.float64()),
            "currency": ["USD", "USD"],
        }
    )
    path = tmp_path / "bill.parquet"
    parquet.write_table(table, path)
    bill = read_bill(path)

    assert bill.billed_micros.tolist() == [100_000, 3_000_000]
    assert bill.exact[0] == Decimal("3.1000005")
    assert bill.list_micros.tolist() == [100_000, 0]
    assert bill.place(1) == "bill.parquet:2"
