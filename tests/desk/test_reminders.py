"""A reminder comes when its share of the time has passed that the holder is allowed, and once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offtake.desk.reminders import Allowance, Span, claim, days_off, reminders, to_send
from offtake.units.capacity import PPM
from offtake.units.time import DAY_S, FOREVER_S, Calendar, Duration, after, parse_instant

START = parse_instant("2025-03-03")


def days(*numbers: float) -> list[int]:
    return [START + round(number * DAY_S) for number in numbers]


def instants(allowance: Allowance, *shares_ppm: int) -> list[int]:
    planned = reminders(allowance, shares_ppm) if shares_ppm else reminders(allowance)
    return [row.at_s for row in planned]


def test_reminders_come_at_half_and_at_four_fifths_of_the_time() -> None:
    assert instants(Allowance("r.1", 0, *days(0, 30))) == days(15, 24)


def test_other_shares_may_be_set() -> None:
    allowance = Allowance("r.1", 0, *days(0, 30))

    assert instants(allowance, 900_000, 100_000, 900_000) == days(3, 27)


def test_time_that_is_suspended_does_not_count() -> None:
    suspended = (Span(*days(10, 20)),)

    assert instants(Allowance("r.1", 0, *days(0, 40), suspended)) == days(25, 34)


def test_suspensions_may_touch_overlap_and_reach_beyond_the_ends() -> None:
    spans = [(-5, 2), (10, 12), (11, 14), (14, 15), (38, 50)]
    suspended = tuple(Span(*days(*span)) for span in reversed(spans))
    allowance = Allowance("r.1", 0, *days(0, 40), suspended)

    # What counts is [2, 10), [15, 38): 31 days.
    assert instants(allowance, 500_000, 100_000) == days(5.1, 22.5)


def test_a_share_that_is_full_when_a_suspension_begins_is_reminded_of_then() -> None:
    assert instants(Allowance("r.1", 0, *days(0, 30), (Span(*days(10, 20)),)))[0] == days(10)[0]


def test_behind_a_suspension_that_runs_nothing_is_planned() -> None:
    runs = Span(days(20)[0], FOREVER_S)

    assert instants(Allowance("r.1", 0, *days(0, 30), (runs,))) == days(15)


def test_time_that_was_suspended_before_counts_not_when_another_suspension_runs() -> None:
    suspended = (Span(*days(5, 10)), Span(days(22)[0], FOREVER_S))

    assert instants(Allowance("r.1", 0, *days(0, 35), suspended)) == days(20)


def test_where_no_time_counts_nobody_is_reminded() -> None:
    assert instants(Allowance("r.1", 0, *days(3, 3))) == []
    assert instants(Allowance("r.1", 0, *days(0, 3), (Span(*days(0, 3)),))) == []


def test_weekends_and_holidays_do_not_count_where_business_days_were_agreed() -> None:
    calendar = Calendar("America/New_York", "US", "NY", "17:00")
    received_s = parse_instant("2025-05-22T17:00:00-04:00")  # A Thursday; Memorial Day on the 26th.
    window = Duration(4, "bd")
    due_s = after(received_s, window, calendar)
    off = days_off(window, calendar, received_s, due_s)
    allowance = Allowance("r.1", 0, received_s, due_s, tuple(off))

    assert due_s == parse_instant("2025-05-29T17:00:00-04:00")
    assert [span.from_s for span in off] == [
        parse_instant(f"2025-05-{day}T00:00:00-04:00") for day in (24, 25, 26)
    ]
    assert instants(allowance) == [
        parse_instant("2025-05-27T17:00:00-04:00"),
        parse_instant("2025-05-28T21:48:00-04:00"),
    ]


def test_days_of_the_calendar_all_count() -> None:
    assert days_off(Duration(30, "d"), Calendar(), *days(0, 30)) == []


def test_days_off_follow_the_clocks_of_the_calendar() -> None:
    paris = Calendar("Europe/Paris")
    received_s, due_s = parse_instant("2025-03-28T12:00:00Z"), parse_instant("2025-04-01T12:00:00Z")
    saturday, sunday = days_off(Duration(2, "bd"), paris, received_s, due_s)

    assert saturday.until_s == sunday.from_s
    assert sunday.until_s - sunday.from_s == 23 * 3_600  # Summer time begins.


def test_a_claim_names_the_offer_its_generation_and_the_share() -> None:
    first = Allowance("r.1", 0, *days(0, 30))
    again = first._replace(generation=1)

    assert claim(first, 500_000) == "r.1/0/500000"
    assert {row.claim for row in reminders(first)}.isdisjoint(row.claim for row in reminders(again))


def test_what_has_come_and_is_not_claimed_is_to_be_sent_until_the_answer_is_due() -> None:
    allowance = Allowance("r.1", 0, *days(0, 30))
    planned, due_s = reminders(allowance), allowance.due_at_s
    half, most = planned

    assert to_send(planned, half.at_s - 1, due_s, set()) == ()
    assert to_send(planned, half.at_s, due_s, set()) == (half,)
    assert to_send(planned, due_s - 1, due_s, {half.claim}) == (most,)
    assert to_send(planned, due_s, due_s, set()) == ()


@pytest.mark.parametrize("share", [0, PPM, -1])
def test_a_share_is_a_part_of_the_time(share: int) -> None:
    with pytest.raises(AssertionError):
        reminders(Allowance("r.1", 0, *days(0, 30)), [share])


SPANS = st.lists(
    st.tuples(st.integers(-50, 350), st.integers(0, 80)).map(lambda at: Span(at[0], at[0] + at[1])),
    max_size=5,
)


@given(due_s=st.integers(0, 300), suspended=SPANS, share=st.integers(1, PPM - 1))
def test_a_reminder_falls_on_the_first_second_by_which_its_share_has_passed(
    due_s: int, suspended: list[Span], share: int
) -> None:
    allowance = Allowance("r.1", 0, 0, due_s, tuple(suspended))
    counts = [
        not any(span.from_s <= second < span.until_s for span in suspended)
        for second in range(due_s)
    ]
    total = sum(counts)
    expected = [
        second
        for second in range(due_s + 1)
        if total and sum(counts[:second]) * PPM >= total * share
    ][:1]

    assert instants(allowance, share) == expected
