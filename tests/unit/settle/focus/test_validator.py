"""The FinOps Foundation's validator on the typed export: what still fails is explained.

It runs as a process in an environment of its own, which `make focus` makes.
"""

import re
from decimal import Decimal
from pathlib import Path

import pytest
from tools import focus

from offtake.core.account import Taken
from offtake.settle.charges import Commitment
from offtake.settle.focus.charge import Facts, charges_of
from offtake.settle.focus.table import Account, columns_of, parquet_of
from offtake.settle.statement import CORRECTION, Line
from offtake.units.time import parse_instant

PAGE = (Path(__file__).parents[4] / "docs/reference/focus.md").read_text(encoding="utf-8")
EXPLAINED = {
    "CapacityReservationStatus-C-004-C",
    "CommitmentDiscountStatus-C-004-C",
    "InvoiceId-C-005-C",
}
START, NEXT, END = (parse_instant(day) for day in ("2025-04-01", "2025-05-01", "2026-04-01"))
USE = Line("A", "acme", "A/rates", "RC1", "use", START, NEXT, 36_000, 25_000_000, "H100", "us", "t")
LINES = [
    USE,
    USE._replace(gpu_s=1_234_567, amount_micros=987_654_321, accelerator="B200", region=""),
    USE._replace(rule="S5", kind="order", clause="order", pool="site-1"),
    USE._replace(rule="TP2", kind="shortfall", gpu_s=0, amount_micros=12_000_000, clause="A/floor"),
    USE._replace(rule="RS1", kind="revenue_share", gpu_s=0, amount_micros=70_000_000),
    USE._replace(rule="RS1", kind="revenue_share", gpu_s=0, amount_micros=-30_000_000),
    USE._replace(rule="TP6", kind="prepayment", gpu_s=0, amount_micros=80_000_000),
    USE._replace(rule="TP6", kind="prepayment", gpu_s=0, amount_micros=-50_000_000),
    USE._replace(rule="TP3", kind="make_up", gpu_s=0, amount_micros=-9_000_000),
    USE._replace(kind=CORRECTION, gpu_s=-3_600, amount_micros=-2_500_000),
]
FLOOR = Commitment("A/floor", 1, START, END, 1_200_000_000, 0, Taken(), 12_000_000)


@pytest.fixture(scope="module")
def verdict(tmp_path_factory: pytest.TempPathFactory) -> focus.Verdict:
    facts = Facts({"acme": "Acme Co"}, lambda _: 3_000_000, (FLOOR,))
    path = tmp_path_factory.mktemp("focus") / "focus.parquet"
    rows = charges_of(LINES, facts)
    assert sum(Decimal(row.billed_micros) for row in rows) == sum(x.amount_micros for x in LINES)
    path.write_bytes(parquet_of(columns_of(Account("lab", "The Lab", "USD")), rows))
    try:
        return focus.validate(path)
    except focus.Missing as missing:
        pytest.skip(str(missing))


def test_only_leaf_rules_that_the_reference_explains_fail(verdict: focus.Verdict) -> None:
    assert set(verdict.leaves) == EXPLAINED
    assert verdict.total == 578
    assert verdict.passed + verdict.failed + verdict.skipped == verdict.total
    assert verdict.passed >= 350


def test_the_reference_explains_exactly_those() -> None:
    section = PAGE.partition("## The validator\n")[2].partition("\n## ")[0]

    assert set(re.findall(r"^\| `([A-Za-z]+-C-\d+-C)` \|", section, re.MULTILINE)) == EXPLAINED


def test_totals_and_leaves_are_read_from_what_the_validator_prints() -> None:
    text = (
        "Total: 4 | Pass: 1 | Fail: 2 | Skipped: 1\n"
        "❌ Tags-C-000-C: FAIL  (violations=1, msg=Tags-C-000-C: AND failed - failed child rules: "
        "[Tags-C-001-M])\n❌ Tags-C-001-M: FAIL  (violations=3, msg=no, 0.4ms)\n"
    )
    assert focus.verdict_of(text) == focus.Verdict(4, 1, 2, 1, ("Tags-C-001-M",))
    with pytest.raises(focus.Missing):
        focus.verdict_of("Traceback")
