"""Periods as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offtake.settle.period import month_of, parse_period, period_text
from offtake.units.time import instant_text, parse_instant


@pytest.mark.parametrize(
    ("text", "starts", "ends"),
    [
        ("2026-03", "2026-03-01", "2026-04-01"),
        ("2026-12", "2026-12-01", "2027-01-01"),
        ("2026-Q1", "2026-01-01", "2026-04-01"),
        ("2024-Q4", "2024-10-01", "2025-01-01"),
        ("2026", "2026-01-01", "2027-01-01"),
        ("2026-01-15..2026-02-15", "2026-01-15", "2026-02-15"),
    ],
)
def test_a_period_reads_as_its_half_open_instants_and_writes_back(
    text: str, starts: str, ends: str
) -> None:
    period = parse_period(text)

    assert period == (parse_instant(starts), parse_instant(ends))
    assert period_text(period) == text


@pytest.mark.parametrize(
    "text", ["", "March", "2026-13", "2026-Q5", "2026-3", "1960", "2026-02-01..2026-02-01", "20260"]
)
def test_what_is_no_period_is_refused_with_the_notation(text: str) -> None:
    with pytest.raises(ValueError, match=r"2026-03|month|ends before|date"):
        parse_period(text)


@given(st.integers(0, 7_000_000_000))
def test_a_month_holds_its_instant(at_s: int) -> None:
    start_s, end_s = month_of(at_s)

    assert start_s <= at_s < end_s
    assert instant_text(start_s)[8:] == instant_text(end_s)[8:] == "01"
    assert 28 * 86_400 <= end_s - start_s <= 31 * 86_400
