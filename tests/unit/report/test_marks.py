"""Marks on an axis of time stand at round dates and say which; never more than there is room."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from offtake.report.marks import marks

HOUR, DAY = 3_600, 86_400


def at(*date: int) -> int:
    return int(datetime(*date, tzinfo=UTC).timestamp())  # type: ignore[arg-type]


@pytest.mark.parametrize("most", [2, 5, 12])
def test_there_are_never_more_marks_than_asked_for_and_seldom_none(most: int) -> None:
    start = at(2024, 11, 17) + 7_777
    for span in (HOUR, 5 * HOUR, DAY, 9 * DAY, 40 * DAY, 200 * DAY, 2_000 * DAY, 36_500 * DAY):
        found = marks((start, start + span), most)
        assert len(found) <= most
        assert all(start <= at_s <= start + span for at_s, _ in found)
        assert all(one[0] < other[0] for one, other in pairwise(found))
        assert found or most == 2 or span == HOUR


def test_the_first_mark_and_each_january_name_their_year() -> None:
    words = [text for _, text in marks((at(2024, 11, 17), at(2025, 3, 20)), 12)]

    assert words[0].endswith("2024")
    assert [text for _, text in marks((at(2024, 9, 1), at(2025, 3, 1)), 8)] == [
        "Sep 2024",
        "Oct",
        "Nov",
        "Dec",
        "2025",
        "Feb",
        "Mar",
    ]


def test_years_are_stepped_where_there_are_many() -> None:
    assert [text for _, text in marks((at(2019, 7, 22), at(2030, 1, 1)), 5)] == [
        "2020",
        "2025",
        "2030",
    ]


def test_midnight_stands_for_its_day() -> None:
    found = marks((at(2025, 3, 1, 9), at(2025, 3, 2, 9)), 5)

    assert [text for _, text in found] == ["1 Mar 12:00", "18:00", "2 Mar", "06:00"]


def test_parts_of_a_month_begin_on_its_first_day() -> None:
    found = marks((at(2025, 3, 1), at(2025, 5, 20)), 6)

    assert [text for _, text in found] == [
        "1 Mar 2025",
        "15 Mar",
        "1 Apr",
        "15 Apr",
        "1 May",
        "15 May",
    ]
