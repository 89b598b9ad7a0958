"""Deadlines as a feed that calendar programs read."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar

from offtake.desk.documents.calendar import KINDS, Deadline, Feed, ics
from offtake.desk.reminders import Span
from offtake.desk.words import LANGUAGES, Language, words_in
from offtake.units.time import DAY_S, parse_instant

EN, FR = words_in("en"), words_in("fr")
FEED = Feed("Lab: deadlines", "desk.example.com")
START = parse_instant("2025-03-03T15:30:00Z")


def due(**given: Any) -> Deadline:
    """A deadline of 30 days, unless the test says otherwise."""
    values = {
        "kind": "answer",
        "id": "run-7.1",
        "title": "Frontier run; autumn, 1,500 GPUs",
        "since_s": START,
        "due_at_s": START + 30 * DAY_S,
        "recorded_at_s": START,
        "url": "https://desk.example.com/notices/run-7.1",
        "party": "Société Ελλάς 中国移动",
    }
    return Deadline(**{**values, **given})


def entries(*deadlines: Deadline, feed: Feed = FEED, words: Any = EN) -> list[Any]:
    """The events of a feed as a calendar program reads them."""
    return list(Calendar.from_ical(ics(deadlines, feed, words)).walk("VEVENT"))


def test_an_entry_says_what_is_due_when_and_by_whom() -> None:
    (entry,) = entries(due())

    assert entry["SUMMARY"] == "Answer due: Frontier run; autumn, 1,500 GPUs"
    assert entry.decoded("DTSTART") == datetime(2025, 4, 2, 15, 30, tzinfo=UTC)
    assert entry["DESCRIPTION"] == (
        "Société Ελλάς 中国移动, before April 2, 2025, 15:30 UTC\n"
        "https://desk.example.com/notices/run-7.1"
    )
    assert entry["URL"] == "https://desk.example.com/notices/run-7.1"
    assert entry["TRANSP"] == "TRANSPARENT"


def test_alarms_come_at_half_and_at_four_fifths_of_the_time() -> None:
    (entry,) = entries(due())

    assert [alarm.decoded("TRIGGER") for alarm in entry.walk("VALARM")] == [
        timedelta(days=-15),
        timedelta(days=-6),
    ]


def test_alarms_follow_the_shares_of_the_feed_and_suspensions() -> None:
    suspended = (Span(START, START + 10 * DAY_S),)
    feed = FEED._replace(shares_ppm=(250_000,))
    (entry,) = entries(due(suspended=suspended), feed=feed)

    assert [alarm.decoded("TRIGGER") for alarm in entry.walk("VALARM")] == [timedelta(days=-15)]


def test_a_changed_deadline_keeps_its_uid_and_has_a_higher_sequence() -> None:
    (first,) = entries(due())
    (moved,) = entries(due(generation=1, due_at_s=START + 40 * DAY_S, recorded_at_s=START + DAY_S))

    assert first["UID"] == moved["UID"] == "answer.run-7.1@desk.example.com"
    assert (first["SEQUENCE"], moved["SEQUENCE"]) == (0, 1)
    assert moved.decoded("DTSTAMP") == datetime(2025, 3, 4, 15, 30, tzinfo=UTC)


def test_an_answer_and_its_order_are_two_entries() -> None:
    rows = entries(due(), due(kind="order"))

    assert len({row["UID"] for row in rows}) == 2


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_deadline_is_told_in_every_language(kind: str, language: Language) -> None:
    (entry,) = entries(due(kind=kind), words=words_in(language))

    assert "Frontier run" in entry["SUMMARY"]
    assert entry["SUMMARY"].params["LANGUAGE"] == language
    assert "Société Ελλάς 中国移动" in entry["DESCRIPTION"]


def test_a_feed_in_french_reads_as_french() -> None:
    (entry,) = entries(due(), words=FR)

    assert entry["SUMMARY"].startswith("Réponse attendue\u00a0: Frontier run")
    assert "avant le 2 avril 2025, 15\u00a0h\u00a030 UTC" in entry["DESCRIPTION"]


def test_where_something_may_begin_nobody_is_alarmed() -> None:
    (entry,) = entries(due(kind="remedy"))

    assert "from April 2, 2025, 15:30 UTC on" in entry["DESCRIPTION"]
    assert entry.walk("VALARM") == []


def test_the_same_deadlines_give_the_same_bytes_in_whatever_order() -> None:
    rows = [due(), due(kind="order"), due(id="run-8.1", due_at_s=START + DAY_S)]
    feed = ics(rows, FEED, EN)

    assert ics(reversed(rows), FEED, EN) == feed
    assert [row["UID"].partition("@")[0] for row in entries(*rows)] == [
        "answer.run-8.1",
        "answer.run-7.1",
        "order.run-7.1",
    ]


def test_a_title_cannot_add_lines_to_a_feed() -> None:
    rows = entries(
        due(title="x\r\nEND:VEVENT\r\nBEGIN:VEVENT", party="y\nDTSTART:20000101T000000Z")
    )

    assert len(rows) == 1
    assert rows[0]["SUMMARY"] == "Answer due: x  END:VEVENT  BEGIN:VEVENT"


def test_an_empty_feed_is_a_calendar_with_its_name() -> None:
    feed = Calendar.from_ical(ics([], FEED, EN))

    assert feed["X-WR-CALNAME"] == feed["NAME"] == "Lab: deadlines"
    assert feed.decoded("REFRESH-INTERVAL") == timedelta(hours=1)
    assert feed["VERSION"] == "2.0"


def test_lines_are_folded_and_end_as_the_standard_says() -> None:
    feed = ics([due(title="é" * 200)], FEED, EN)

    assert all(len(line) <= 75 for line in feed.split(b"\r\n"))
    assert b"\n" not in feed.replace(b"\r\n", b"")
