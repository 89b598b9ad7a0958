"""Civil dates and deadlines become UTC seconds; periods are half-open."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offtake.units.time import (
    DAY_S,
    HOUR_S,
    LIMIT_COUNT,
    WEEKDAYS,
    Calendar,
    Duration,
    after,
    civil_period_s,
    duration_text,
    instant_text,
    months,
    parse_duration,
    parse_instant,
)

NEW_YORK = Calendar("America/New_York", "US", "NY", "17:00")
NO_CLOSE = Calendar("America/New_York")
SECONDS = st.integers(0, parse_instant("2100-01-01"))


def at(text: str) -> int:
    """An instant of a test, by its text."""
    return parse_instant(text)


def new_york(text: str) -> int:
    """The instant of a New York wall clock."""
    zone = ZoneInfo("America/New_York")
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp())


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01", 0),
        ("2025-01-21", 1_737_417_600),
        ("2025-01-21T00:00:00Z", 1_737_417_600),
        ("2025-01-21T17:00:00-05:00", 1_737_417_600 + 22 * HOUR_S),
        ("2024-02-29", 1_709_164_800),
        (" 2025-01-21 ", 1_737_417_600),
    ],
)
def test_a_date_is_midnight_utc_and_a_time_has_its_offset(text: str, seconds: int) -> None:
    assert parse_instant(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "2025-02-29",
        "2025-13-01",
        "21.1.2025",
        "2025-01-21T17:00:00",
        "2025-01-21T25:00:00Z",
        "1969-12-31",
        "2200-01-01",
    ],
)
def test_what_is_no_instant_is_refused_with_the_text(text: str) -> None:
    with pytest.raises(ValueError, match="`"):
        parse_instant(text)


@given(SECONDS)
def test_an_instant_is_read_back_as_it_was_written(at_s: int) -> None:
    assert parse_instant(instant_text(at_s)) == at_s


@pytest.mark.parametrize(
    ("text", "number", "unit"),
    [
        ("30d", 30, "d"),
        ("30 days", 30, "d"),
        ("1 day", 1, "d"),
        ("24h", 24, "h"),
        ("24 hours", 24, "h"),
        ("90s", 90, "s"),
        ("90 seconds", 90, "s"),
        ("5min", 5, "min"),
        ("5 minutes", 5, "min"),
        ("2w", 2, "w"),
        ("2 weeks", 2, "w"),
        ("6mo", 6, "mo"),
        ("6 months", 6, "mo"),
        ("1 month", 1, "mo"),
        ("5y", 5, "y"),
        ("5 years", 5, "y"),
        ("10 business days", 10, "bd"),
        ("1 business day", 1, "bd"),
        ("10bd", 10, "bd"),
        ("0d", 0, "d"),
    ],
)
def test_a_duration_keeps_its_number_and_unit(text: str, number: int, unit: str) -> None:
    length = parse_duration(text)
    assert length == Duration(number, unit)
    assert parse_duration(str(length)) == length


@pytest.mark.parametrize(
    "text",
    ["", "30", "d", "-1d", "1.5h", "30 fortnights", "1m", "10 business", "1d 2h", "100001d"],
)
def test_what_is_no_duration_is_refused_with_the_text(text: str) -> None:
    with pytest.raises(ValueError, match="`"):
        parse_duration(text)


def test_a_duration_has_at_most_so_many_units() -> None:
    assert parse_duration(f"{LIMIT_COUNT}s").number == LIMIT_COUNT


@pytest.mark.parametrize(
    ("received", "length", "due"),
    [
        # 22 to 24, 26 and 29 to 31 December, 2, 5 and 6 January: ten, without Christmas,
        # New Year's Day and two weekends.
        ("2025-12-19T12:00", Duration(10, "bd"), "2026-01-06T17:00"),
        ("2025-12-19T12:00", Duration(1, "bd"), "2025-12-22T17:00"),  # Friday to Monday.
        ("2025-12-20T12:00", Duration(1, "bd"), "2025-12-22T17:00"),  # Saturday as well.
        ("2025-12-24T12:00", Duration(1, "bd"), "2025-12-26T17:00"),  # Over Christmas.
        ("2025-07-02T12:00", Duration(2, "bd"), "2025-07-07T17:00"),  # Over the Fourth.
        ("2026-07-02T12:00", Duration(1, "bd"), "2026-07-06T17:00"),  # The Fourth is a Saturday.
        ("2025-11-26T12:00", Duration(1, "bd"), "2025-11-28T17:00"),  # Over Thanksgiving.
        ("2025-12-19T12:00", Duration(0, "bd"), "2025-12-19T17:00"),
        ("2025-03-01T12:00", Duration(30, "d"), "2025-03-31T17:00"),  # 30 days after receipt.
        ("2025-03-01T18:00", Duration(30, "d"), "2025-03-31T17:00"),  # After the close, too.
        ("2025-01-31T12:00", Duration(1, "mo"), "2025-02-28T17:00"),
        ("2024-01-31T12:00", Duration(1, "mo"), "2024-02-29T17:00"),
        ("2025-08-31T12:00", Duration(6, "mo"), "2026-02-28T17:00"),
        ("2025-12-15T12:00", Duration(1, "mo"), "2026-01-15T17:00"),
        ("2024-02-29T12:00", Duration(1, "y"), "2025-02-28T17:00"),
        ("2024-02-29T12:00", Duration(4, "y"), "2028-02-29T17:00"),
        ("2025-03-01T12:00", Duration(2, "w"), "2025-03-15T17:00"),
    ],
)
def test_a_deadline_in_new_york_ends_at_the_close_of_its_day(
    received: str, length: Duration, due: str
) -> None:
    assert after(new_york(received), length, NEW_YORK) == new_york(due)


def test_the_day_of_receipt_is_the_day_on_the_calendar_and_not_in_utc() -> None:
    late = new_york("2025-03-03T23:00")  # Already the fourth in UTC.
    assert after(late, Duration(1, "d"), NEW_YORK) == new_york("2025-03-04T17:00")


def test_days_across_a_change_of_clocks_keep_the_time_of_day() -> None:
    before = new_york("2025-03-08T12:00")  # Clocks go forward on 9 March.
    assert after(before, Duration(1, "d"), NO_CLOSE) == new_york("2025-03-09T12:00")
    assert after(before, Duration(1, "d"), NO_CLOSE) - before == 23 * HOUR_S
    autumn = new_york("2025-11-01T12:00")
    assert after(autumn, Duration(1, "d"), NO_CLOSE) - autumn == 25 * HOUR_S


def test_hours_across_a_change_of_clocks_are_elapsed_time() -> None:
    before = new_york("2025-03-08T12:00")
    assert after(before, Duration(24, "h"), NEW_YORK) - before == DAY_S


def test_a_time_that_the_clocks_skip_is_resolved_and_does_not_fail() -> None:
    received = new_york("2025-03-08T02:30")  # 02:30 does not exist on the ninth.
    assert after(received, Duration(1, "d"), NO_CLOSE) == at("2025-03-09T07:30:00Z")


def test_without_a_calendar_business_days_are_monday_to_friday_in_utc() -> None:
    christmas_eve = at("2025-12-24T09:30:00Z")
    assert after(christmas_eve, Duration(1, "bd")) == at("2025-12-25T09:30:00Z")
    assert after(at("2025-12-26T09:30:00Z"), Duration(1, "bd")) == at("2025-12-29T09:30:00Z")


@given(SECONDS, st.integers(0, 60), st.sampled_from(["s", "min", "h", "d", "w", "bd", "mo", "y"]))
def test_no_duration_is_longer_than_its_longest(at_s: int, number: int, unit: str) -> None:
    length = Duration(number, unit)
    assert at_s <= after(at_s, length) <= at_s + length.longest_s


@given(st.integers(at("2020-01-01"), at("2040-01-01")), st.integers(0, 60))
def test_business_days_with_holidays_are_not_longer_than_their_longest(at_s: int, n: int) -> None:
    close_s = DAY_S  # The close may come later in the day than the receipt.
    assert after(at_s, Duration(n, "bd"), NEW_YORK) <= at_s + Duration(n, "bd").longest_s + close_s


@given(st.integers(at("2020-01-01"), at("2040-01-01")), st.integers(1, 30))
def test_a_business_day_deadline_is_counted_day_by_day(at_s: int, count: int) -> None:
    days = [datetime.fromtimestamp(at_s, UTC).date() + timedelta(n) for n in range(1, 60)]
    due = [day for day in days if day.weekday() < 5][count - 1]
    found = datetime.fromtimestamp(after(at_s, Duration(count, "bd"), WEEKDAYS), UTC)
    assert found.date() == due


@pytest.mark.parametrize(
    ("from_", "until", "every", "edges"),
    [
        ("2025-01-01", "2025-04-01", 1, ["2025-01-01", "2025-02-01", "2025-03-01"]),
        ("2025-01-15", "2025-03-15", 1, ["2025-01-15", "2025-02-01", "2025-03-01"]),
        ("2025-02-10", "2025-12-31", 3, ["2025-02-10", "2025-04-01", "2025-07-01", "2025-10-01"]),
        ("2024-06-01", "2026-01-01", 12, ["2024-06-01", "2025-01-01"]),
        ("2025-01-01", "2025-02-01", 1, ["2025-01-01"]),  # Half-open: nothing begins at the end.
        ("2025-01-31", "2025-02-01", 1, ["2025-01-31"]),
        ("2025-01-31", "2025-02-02", 1, ["2025-01-31", "2025-02-01"]),
    ],
)
def test_a_period_is_split_where_civil_months_begin(
    from_: str, until: str, every: int, edges: list[str]
) -> None:
    found = months(at(from_), at(until), every=every)
    assert [instant_text(start) for start, _ in found] == edges
    assert found[-1][1] == at(until)


@given(SECONDS, st.integers(1, 10**9), st.sampled_from([1, 3, 12]))
def test_the_pieces_of_a_period_meet_and_leave_nothing_out(
    from_s: int, length_s: int, every: int
) -> None:
    pieces = months(from_s, from_s + length_s, every=every)
    assert (pieces[0][0], pieces[-1][1]) == (from_s, from_s + length_s)
    assert all(start < end for start, end in pieces)
    assert all(before[1] == then[0] for before, then in pairwise(pieces))


@pytest.mark.parametrize(
    ("day", "long", "days"),
    [
        ("2025-02-14", 1, 28),
        ("2024-02-29", 1, 29),
        ("2024-01-01", 3, 91),
        ("2025-12-31", 3, 92),
        ("2024-06-01", 12, 366),
        ("2025-01-01", 12, 365),
    ],
)
def test_a_civil_period_has_the_length_the_calendar_gives_it(
    day: str, long: int, days: int
) -> None:
    assert civil_period_s(at(day), long) == days * DAY_S


@pytest.mark.parametrize(
    ("length_s", "text"),
    [(45, "45 s"), (12 * HOUR_S, "12 h"), (30 * DAY_S, "30 d"), (36 * HOUR_S, "1.5 d")],
)
def test_a_length_is_written_for_eyes(length_s: int, text: str) -> None:
    assert duration_text(length_s) == text


def test_a_date_is_written_without_a_time_only_at_midnight() -> None:
    assert instant_text(at("2025-01-21")) == date(2025, 1, 21).isoformat()
    assert instant_text(at("2025-01-21") + 1) == "2025-01-21T00:00:01Z"
