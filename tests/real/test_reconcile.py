"""Real bills reconcile: every row is in a line, and the lines add up to what the file states."""

from decimal import Decimal
from pathlib import Path

import pytest

from offtake.contract.portfolio import Portfolio
from offtake.settle.billed import billed
from offtake.settle.bills import read_bill
from offtake.settle.period import months_of
from offtake.settle.reconcile import Asked, Verdict, reconcile
from real.test_traces import folder

PORTFOLIO = """
parties: {lab: {roles: [buyer]}, aws: {name: Amazon Web Services}, microsoft: {}, oracle: {}}
accelerators: {A10G: {power: 0.3 kW}}
agreements:
  AWS-1:
    from: 2020-01-01
    clauses:
      card: {kind: rate_card, supplier: aws, lines: [{price: $1.00, accelerators: [A10G]}]}
"""


@pytest.mark.parametrize(
    "name",
    [
        "focus-1.0/focus_sample.csv",
        "native_exports/aws_cur_sample-anonymous-aws-export-dataset.csv.gz",
        "native_exports/oci_reports_cost-csv_0000000030000269.csv",
    ],
)
def test_every_row_of_a_real_bill_is_in_one_line(name: str) -> None:
    bill = read_bill(Path(folder("focus_billing")) / name)
    portfolio = Portfolio.loads(PORTFOLIO)
    period = months_of(bill.period[0], int(bill.start_s.max()) + 1)

    lines = reconcile(
        portfolio, portfolio.clauses, billed(bill, portfolio.names), None, Asked(period)
    )

    assert sum(line.rows for line in lines) == len(bill)
    total = sum(line.billed_micros for line in lines)
    assert Decimal(total) == bill.exact[0].scaleb(6) + bill.rounded_micros("billed_micros")


def test_the_machines_with_gpus_of_the_focus_sample_are_compared_with_the_price_agreed() -> None:
    bill = read_bill(folder("focus_billing") / "focus-1.0" / "focus_sample.csv")
    portfolio = Portfolio.loads(PORTFOLIO)
    period = months_of(bill.period[0], int(bill.start_s.max()) + 1)

    lines = reconcile(
        portfolio, portfolio.clauses, billed(bill, portfolio.names), None, Asked(period)
    )

    compared = [line for line in lines if line.clause == "AWS-1/card"]
    assert compared
    assert {line.verdict for line in compared} <= {Verdict.MATCHED, Verdict.PRICE_DIFFERS}
    assert sum(line.billed_gpu_s for line in compared) == sum(
        int(gpu_s) for gpu_s in bill.gpu_s[bill.accelerator.of("A10G")] if gpu_s >= 0
    )
