"""Where commitments stand, worked by hand: run rate, plan, alerts, and what to move."""

from pathlib import Path

import pytest

from offtake.contract.portfolio import Portfolio
from offtake.core.vocabulary import NONE, Verdict
from offtake.report.commitments_page import Seen, page_of, table
from offtake.settle.standing import Standing
from offtake.settle.usage_file import read_usage
from offtake.settle.used import Used
from offtake.study.commitments import data_of, seen_of
from offtake.units.money import MICROS, SECONDS_PER_HOUR
from offtake.units.time import instant_text, parse_instant

PORTFOLIO = """
title: A lab
parties: {lab: {roles: [buyer]}, alpha: {name: Alpha}, beta: {name: Beta}}
accelerators: {H100: {power: 1 kW}}
agreements:
  A:
    from: 2026-01-01
    until: 2027-01-01
    clauses:
      rates: {kind: rate_card, supplier: alpha, lines: [{price: $2.00}]}
      floor: {kind: take_or_pay, supplier: alpha, floor: $1200, per: quarter}
pools:
  a1: {supplier: alpha, accelerator: H100, capacity: 1}
  b1: {supplier: beta, accelerator: H100, capacity: 8, rate: $1.50}
"""
EXCLUSIVE = """
  B:
    from: 2026-01-01
    clauses:
      all: {kind: exclusivity, holder: beta, purposes: [training], asks: [run]}
"""
HEAD = "start,end,supplier,accelerator,purpose,pool,gpu_h\n"


def used(folder: Path, rows: str) -> tuple[Portfolio, Used]:
    portfolio = Portfolio.loads(PORTFOLIO)
    return portfolio, read(folder, rows, portfolio)


def read(folder: Path, rows: str, portfolio: Portfolio) -> Used:
    path = folder / "usage.csv"
    path.write_text(HEAD + rows, encoding="utf-8")
    return read_usage(path, portfolio.names)


def seen(folder: Path, rows: str, at: str, plan: str = "", text: str = PORTFOLIO) -> Seen:
    portfolio = Portfolio.loads(text)
    known = read(folder, rows, portfolio)
    planned = read(folder, plan, portfolio) if plan else None
    return seen_of(portfolio, portfolio.clauses, (known, planned), parse_instant(at))


def one(found: Seen) -> Standing:
    (row,) = found.standings
    return row


JANUARY = "2026-01-01,2026-01-31,alpha,H100,training,a1,150\n"


def test_use_of_the_last_thirty_days_goes_on(tmp_path: Path) -> None:
    """150 GPU-hours at $2 in 30 days: $300; 60 more days to 1 April: $900, so $300 short."""
    row = one(seen(tmp_path, JANUARY, "2026-01-31"))

    assert (row.floor, row.taken, row.left) == (1200 * MICROS, 300 * MICROS, 900 * MICROS)
    assert row.forecast == 900 * MICROS
    assert row.shortfall_micros == 300 * MICROS
    assert (row.planned, row.planned_shortfall_micros) == (NONE, NONE)
    assert row.expected_micros == 300 * MICROS


def test_a_plan_takes_the_place_of_the_run_rate(tmp_path: Path) -> None:
    """400 GPU-hours are planned for March: $300 and $800, so $100 short."""
    plan = "2026-03-01,2026-04-01,alpha,H100,training,a1,400\n"

    row = one(seen(tmp_path, JANUARY, "2026-01-31", plan))

    # Each piece between two points of the curve is rounded by itself.
    assert row.planned == pytest.approx(1100 * MICROS, abs=len(row.course))
    assert row.expected_micros == pytest.approx(100 * MICROS, abs=len(row.course))
    assert row.shortfall_micros == 300 * MICROS  # At the present rate, still said.


def test_a_period_that_begins_at_the_instant_has_begun(tmp_path: Path) -> None:
    """On 1 April the second quarter begins: nothing of it is taken; $300 in 30 days go on."""
    march = JANUARY.replace("2026-01-01,2026-01-31", "2026-03-02,2026-04-01")

    row = one(seen(tmp_path, march, "2026-04-01"))

    assert (row.start_s, row.taken) == (parse_instant("2026-04-01"), 0)
    assert row.forecast == pytest.approx(910 * MICROS, abs=len(row.course))  # 91 days.


def test_without_any_use_so_far_the_whole_floor_is_missing(tmp_path: Path) -> None:
    late = JANUARY.replace("2026-01-01,2026-01-31", "2026-01-20,2026-01-31")

    row = one(seen(tmp_path, late, "2026-01-10"))

    assert (row.taken, row.forecast) == (0, 0)
    assert row.shortfall_micros == 1200 * MICROS


def test_what_is_used_after_the_instant_does_not_count(tmp_path: Path) -> None:
    later = JANUARY + "2026-02-10,2026-02-20,alpha,H100,training,a1,400\n"

    assert one(seen(tmp_path, later, "2026-01-31")) == one(seen(tmp_path, JANUARY, "2026-01-31"))


def test_alerts_say_when_a_share_of_the_floor_was_or_will_be_taken(tmp_path: Path) -> None:
    """900 GPU-hours by 31 January are $1,800: all three alerts are past."""
    row = one(seen(tmp_path, JANUARY.replace("150", "900"), "2026-01-31"))

    assert [(one.percent, one.expected) for one in row.alerts] == [
        (80, False),
        (100, False),
        (120, False),
    ]
    # $960 of $60 a day are taken at the end of the 16th day.
    assert instant_text(row.alerts[0].at_s) == "2026-01-17"


def test_an_alert_to_come_is_expected(tmp_path: Path) -> None:
    """$12 a day: $960 after 80 days, on 22 March; $1,200 is not reached before April."""
    rows = JANUARY.replace("150", "180")
    row = one(seen(tmp_path, rows, "2026-01-31"))

    assert [(one.percent, one.at_s, one.expected) for one in row.alerts] == [
        (80, parse_instant("2026-03-22"), True),
        (100, NONE, True),
        (120, NONE, True),
    ]


def test_a_floor_in_gpu_hours_stands_in_gpu_seconds(tmp_path: Path) -> None:
    text = PORTFOLIO.replace("floor: $1200", "floor: 600 GPU-h")

    row = one(seen(tmp_path, JANUARY, "2026-01-31", text=text))

    assert row.in_time
    assert (row.floor, row.taken) == (600 * SECONDS_PER_HOUR, 150 * SECONDS_PER_HOUR)
    assert row.forecast == 450 * SECONDS_PER_HOUR
    assert row.shortfall_micros == 300 * MICROS  # 150 GPU-hours at $2.


ELSEWHERE = JANUARY + "2026-01-01,2026-01-31,beta,H100,training,b1,240\n"


def test_use_elsewhere_that_fills_the_floor_is_worth_its_price(tmp_path: Path) -> None:
    """480 GPU-hours to come at Beta; 150 of them at $2 fill the $300 that are missing.

    What they cost at Beta, 150 x $1.50 = $225, is saved: the $300 are paid in any case.
    """
    found = seen(tmp_path, ELSEWHERE, "2026-01-31")

    (move,) = found.moves
    assert (move.from_pool, move.to_pool) == ("b1", "a1")
    assert move.gpu_s == 150 * SECONDS_PER_HOUR
    assert move.saves_micros == pytest.approx(225 * MICROS, abs=2)  # A part in millionths.
    assert move.decision.verdict is Verdict.PERMIT


def test_no_more_is_moved_than_the_pool_has_free(tmp_path: Path) -> None:
    """One GPU for 60 days is 1,440 GPU-hours; 1,400 of them are planned."""
    plan = (
        "2026-01-31,2026-04-01,alpha,H100,training,a1,500\n"
        "2026-01-31,2026-04-01,beta,H100,training,b1,2000\n"
    )
    text = PORTFOLIO.replace("floor: $1200", "floor: $12000")

    (move,) = seen(tmp_path, JANUARY, "2026-01-31", plan, text).moves

    assert move.gpu_s == move.free_gpu_s == (1440 - 500) * SECONDS_PER_HOUR


def test_a_move_that_a_contract_forbids_is_shown_with_its_reason(tmp_path: Path) -> None:
    found = seen(
        tmp_path, ELSEWHERE, "2026-01-31", text=PORTFOLIO.replace("pools:", f"{EXCLUSIVE}pools:")
    )

    (move,) = found.moves
    assert move.decision.verdict is Verdict.DENY
    (section,) = [one for one in page_of(found).sections if one.title == "What to move"]
    assert "EX3" in section.points[0].says[0]
    assert data_of(found)["moves"][0]["decision"]["verdict"] == "deny"


def test_a_period_whose_beginning_is_unknown_promises_nothing(tmp_path: Path) -> None:
    found = seen(
        tmp_path, JANUARY.replace("2026-01", "2026-02").replace("-31", "-28"), "2026-02-28"
    )

    assert not one(found).known
    assert table(found).rows[0][9] == "use not known from its start"
