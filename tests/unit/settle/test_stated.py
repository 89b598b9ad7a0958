"""What was stated stays, and every later difference is stated once."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offtake.contract.portfolio import Portfolio
from offtake.settle.period import parse_period
from offtake.settle.stated import Misstated, Stated
from offtake.settle.statement import CORRECTION
from offtake.settle.usage_file import read_usage
from offtake.study.settled import Settled, data_of, settled_of, stated_of
from offtake.units.money import MICROS

PORTFOLIO = """
parties: {lab: {roles: [buyer]}, alpha: {}, beta: {}}
accelerators: {H100: {power: 1 kW}}
agreements:
  A:
    parties: [lab, alpha]
    from: 2026-01-01
    until: 2027-01-01
    clauses:
      rates: {kind: rate_card, supplier: alpha, lines: [{price: $2.00}]}
      floor:
        {kind: take_or_pay, supplier: alpha, per: month, prepaid: 50%, floor: $100}
    amendments:
      A1:
        from: 2026-03-01
        replace: {rates: {kind: rate_card, supplier: alpha, lines: [{price: $3.00}]}}
prices:
  - {supplier: beta, price: $4.00}
"""
HEAD = "start,end,supplier,accelerator,gpu_h\n"
JANUARY = "2026-01-05,2026-01-06,alpha,H100,30\n"
FEBRUARY = "2026-02-05,2026-02-06,alpha,H100,20\n2026-02-27,2026-03-02,beta,H100,6\n"
ROWS = [
    *(JANUARY + FEBRUARY).splitlines(keepends=True),
    "2026-01-31,2026-02-02,alpha,H100,10\n",
    "2026-03-03,2026-03-04,alpha,H100,40\n",
    "2026-02-11,2026-02-12,beta,H100,7\n",
    "2026-03-30,2026-04-02,alpha,H100,9\n",
]
MONTHS = ("2026-01", "2026-02", "2026-03", "2026-04")


def settled(
    tmp_path: Path,
    period: str,
    rows: str,
    stated: Sequence[Stated] = (),
    text: str = PORTFOLIO,
) -> Settled:
    portfolio = Portfolio.loads(text)
    path = tmp_path / "usage.csv"
    path.write_text(HEAD + rows, encoding="utf-8")
    at = parse_period(period)
    known = parse_period("2025")[0], at[1]
    used = replace(read_usage(path, portfolio.names), from_s=known[0], until_s=known[1])
    return settled_of(portfolio, portfolio.clauses, used, at, stated)


def kept(found: Settled) -> Stated:
    """As it is read from the folder it was written to."""
    return stated_of(data_of(found))


def corrected(found: Settled) -> dict[tuple[str, str], float]:
    """Dollars of corrections by agreement and rule."""
    return {
        (line.agreement, line.rule): line.amount_micros / MICROS
        for one in found.statements
        for line in one.lines
        if line.kind == CORRECTION
    }


def test_a_difference_is_a_line_of_a_later_period_and_stated_once(tmp_path: Path) -> None:
    """Five late GPU-hours: $10 more of use, $10 less of shortfall; then the same of three."""
    january = kept(settled(tmp_path, "2026-01", JANUARY))
    late = JANUARY + FEBRUARY + "2026-01-10,2026-01-11,alpha,H100,5\n"
    february = settled(tmp_path, "2026-02", late, [january])
    both = [january, kept(february)]
    later = late + "2026-01-12,2026-01-13,alpha,H100,3\n"

    assert corrected(february) == {("A", "RC1"): 10.0, ("A", "TP2"): -10.0}
    assert corrected(settled(tmp_path, "2026-03", late, both)) == {}
    assert corrected(settled(tmp_path, "2026-03", later, both)) == {
        ("A", "RC1"): 6.0,
        ("A", "TP2"): -6.0,
    }
    assert corrected(settled(tmp_path, "2026-03", late, both[1:])) == {}


def test_use_that_came_late_and_is_gone_again_comes_to_nothing(tmp_path: Path) -> None:
    """A line that only a correction stated is taken back."""
    january = kept(settled(tmp_path, "2026-01", JANUARY))
    late = JANUARY + "2026-01-10,2026-01-11,beta,H100,5\n" + FEBRUARY
    february = settled(tmp_path, "2026-02", late, [january])

    found = settled(tmp_path, "2026-03", JANUARY + FEBRUARY, [january, kept(february)])

    assert corrected(february) == {("list prices", "RC1"): 20.0}
    assert corrected(found) == {("list prices", "RC1"): -20.0}


def test_a_period_of_which_nothing_was_stated_can_be_corrected(tmp_path: Path) -> None:
    before = "2025-12-05,2025-12-06,beta,H100,5\n"
    december = kept(settled(tmp_path, "2025-12", JANUARY))

    found = settled(tmp_path, "2026-01", before + JANUARY, [december])

    assert december.lines == ()
    assert corrected(found) == {("list prices", "RC1"): 20.0}


def test_what_was_stated_of_one_agreement_is_corrected_of_that_one(tmp_path: Path) -> None:
    """Beta's use of February is of no agreement that was stated."""
    february = kept(settled(tmp_path, "2026-02", JANUARY + FEBRUARY).only("A"))
    late = JANUARY + FEBRUARY + "2026-02-07,2026-02-08,alpha,H100,1\n"

    found = settled(tmp_path, "2026-03", late, [february])

    assert february.agreement == "A"
    assert corrected(found) == {("A", "RC1"): 2.0, ("A", "TP2"): -2.0}


def test_terms_amended_today_change_no_closed_period(tmp_path: Path) -> None:
    february = kept(settled(tmp_path, "2026-02", JANUARY + FEBRUARY))
    amended = PORTFOLIO.replace("from: 2026-03-01", "from: 2026-04-01").replace("$3.00", "$9.00")

    found = settled(tmp_path, "2026-05", JANUARY + FEBRUARY, [february], amended)

    assert corrected(found) == {}


@pytest.mark.parametrize(
    ("periods", "period"),
    [
        (["2026-01", "2026-01"], "2026-02"),
        (["2026-Q1", "2026-02"], "2026-04"),
        (["2026-02"], "2026-02"),
        (["2026-03"], "2026-02"),
    ],
)
def test_no_day_is_stated_twice(tmp_path: Path, periods: list[str], period: str) -> None:
    stated = [Stated(parse_period(one), ()) for one in periods]

    with pytest.raises(Misstated, match=r"is not over at|share time"):
        settled(tmp_path, period, JANUARY, stated)


def test_use_that_is_not_given_is_not_taken_back(tmp_path: Path) -> None:
    """All use is known from 2025 on: of December 2024 nothing can be told."""
    with pytest.raises(Misstated, match="2024-12 began before"):
        settled(tmp_path, "2026-01", JANUARY, [Stated(parse_period("2024-12"), ())])


def test_two_agreements_can_be_stated_apart(tmp_path: Path) -> None:
    found = settled(tmp_path, "2026-02", JANUARY + FEBRUARY)
    apart = [kept(found.only("A")), kept(found.only("list prices"))]

    assert corrected(settled(tmp_path, "2026-03", JANUARY + FEBRUARY, apart)) == {}


@given(known=st.lists(st.integers(0, len(MONTHS)), min_size=len(ROWS), max_size=len(ROWS)))
def test_what_months_state_comes_to_what_is_known_in_the_end(
    tmp_path_factory: pytest.TempPathFactory, known: list[int]
) -> None:
    """Rows become known in any month or never; all months together are the year so far."""
    tmp_path = tmp_path_factory.mktemp("months")
    stated: list[Stated] = []
    for number, month in enumerate(MONTHS):
        seen = [row for row, at in zip(ROWS, known, strict=True) if at <= number]
        rows = "".join(seen) or "2026-01-01,2026-01-02,alpha,H100,0\n"
        found = settled(tmp_path, month, rows, stated)
        stated.append(kept(found))
    whole = settled(tmp_path, "2026-01-01..2026-05-01", rows)

    assert sum(line.amount_micros for one in stated for line in one.lines) == sum(
        one.net_micros for one in whole.statements
    )
