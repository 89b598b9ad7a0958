"""What a bill comes to, by what its rows say, adds up to the bill."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offtake.settle.bill import ABSENT, Bill
from offtake.settle.bill_sum import KEYS, commitments_in, sums_of
from offtake.settle.bills import read_bill

HEAD = (
    "start,end,supplier,service,accelerator,category,gpu_h,cost,list_cost,currency,commitment_id\n"
)
WHEN = "2026-03-01,2026-03-02"
EXAMPLE = Path(__file__).parents[4] / "docs/examples/bill.csv"


def bill_of(folder: Path, rows: list[str]) -> Bill:
    path = folder / "bill.csv"
    path.write_text(HEAD + "".join(f"{WHEN},{row}\n" for row in rows), encoding="utf-8")
    return read_bill(path)


def test_rows_that_are_alike_are_one_sum_and_the_most_billed_comes_first(tmp_path: Path) -> None:
    bill = bill_of(
        tmp_path,
        [
            "alpha,gpu,H100,usage,1,2.5,,USD,",
            "alpha,gpu,H100,usage,2,5.0,7,USD,res-1",
            "beta,disk,,usage,,40,,USD,",
        ],
    )
    disk, gpu = sums_of(bill)

    assert disk.words == ("beta", "disk", "", "usage")
    assert (gpu.words, gpu.rows, gpu.gpu_s) == (("alpha", "gpu", "H100", "usage"), 2, 3 * 3_600)
    assert gpu.micros == (7_500_000, ABSENT, ABSENT, 7_000_000)
    (covered,) = commitments_in(bill)
    assert covered.words[1] == "res-1"
    assert covered.micros[0] == 5_000_000
    assert commitments_in(bill.take(bill.supplier.of("beta"))) == []


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["alpha", "beta"]),
            st.sampled_from(["gpu", "disk", ""]),
            st.integers(0, 9_000_000_000_000),
        ),
        min_size=1,
        max_size=20,
    ),
    st.sampled_from(KEYS),
)
def test_sums_by_anything_add_up_to_the_bill(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, int]], key: str
) -> None:
    lines = [
        f"{supplier},{service},H100,usage,{number},{cost / 10**6:.6f},,USD,"
        for number, (supplier, service, cost) in enumerate(rows)
    ]
    bill = bill_of(tmp_path_factory.mktemp("bill"), lines)
    sums = sums_of(bill, (key,))

    assert sum(one.micros[0] for one in sums) == bill.sum_micros("billed_micros")
    assert sum(one.rows for one in sums) == len(bill)


def test_the_bill_of_the_documents_comes_to_what_it_says() -> None:
    bill = read_bill(EXAMPLE)

    assert bill.sum_micros("billed_micros") == 186_262_350_000
    assert int(bill.gpu_s[bill.gpu_s > 0].sum()) == 81_840 * 3_600
    assert commitments_in(bill)[0].words[1:4] == ("res-7", "Reservation", "Unused")
