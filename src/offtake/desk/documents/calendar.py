"""Deadlines as an iCalendar feed (RFC 5545) that calendar programs subscribe to.

The same deadline keeps its UID; a changed one, which is another generation, has a higher SEQUENCE,
so that programs move it. DTSTAMP is when it was recorded: a feed depends on its deadlines alone.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from icalendar import Alarm, Calendar, Event

from offtake.core.explain import one_line
from offtake.desk.reminders import SHARES_PPM, Allowance, Reminder, Span, reminders
from offtake.desk.words import Words, later

PRODUCT = "-//offtake//desk//EN"
REFRESH = timedelta(hours=1)
"""How often a program is asked to look again."""

KINDS = {
    "answer": later("Answer due: {title}"),
    "order": later("Order to be signed: {title}"),
    "close": later("Tender closes: {title}"),
    "delivery": later("Delivery due: {title}"),
    "free": later("Free window ends: {title}"),
    "remedy": later("Late tranche may be ended: {title}"),
}
"""The kinds of deadline, as ``desk.deadline`` names them, and what their entries say."""
OPENING = ("remedy",)
"""Kinds at which something begins that may be done, and nothing runs out."""


class Deadline(NamedTuple):
    """Something that is due at an instant. Instants are UTC seconds.

    ``since_s`` is when its time began to run, with ``suspended`` left out of it; ``recorded_at_s``
    is when this generation of it was recorded. ``party`` is who has to act, as people write it.
    """

    kind: str
    id: str
    title: str
    since_s: int
    due_at_s: int
    recorded_at_s: int
    url: str
    party: str
    generation: int = 0
    suspended: tuple[Span, ...] = ()


class Feed(NamedTuple):
    """What a feed is called, and the domain under which its deadlines are known for good."""

    title: str
    domain: str
    shares_ppm: tuple[int, ...] = SHARES_PPM


def ics(deadlines: Iterable[Deadline], feed: Feed, words: Words) -> bytes:
    """The feed: soonest first, each with an alarm at every share of its time."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("name", feed.title)
    calendar.add("x-wr-calname", feed.title)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for deadline in sorted(deadlines, key=lambda row: (row.due_at_s, row.kind, row.id)):
        calendar.add_component(_entry(deadline, feed, words))
    return bytes(calendar.to_ical())


def _entry(deadline: Deadline, feed: Feed, words: Words) -> Event:
    language: dict[str, str] = {"LANGUAGE": words.language}
    summary = words(KINDS[deadline.kind], title=one_line(deadline.title))
    entry = Event()
    entry.add("uid", f"{deadline.kind}.{deadline.id}@{feed.domain}")
    entry.add("sequence", deadline.generation)
    entry.add("dtstamp", _moment(deadline.recorded_at_s))
    entry.add("dtstart", _moment(deadline.due_at_s))
    entry.add("summary", summary, parameters=language)
    entry.add("description", f"{_says(deadline, words)}\n{deadline.url}", parameters=language)
    entry.add("url", deadline.url)
    entry.add("transp", "TRANSPARENT")
    for reminder in _reminders(deadline, feed):
        entry.add_component(_alarm(reminder.at_s - deadline.due_at_s, summary))
    return entry


def _says(deadline: Deadline, words: Words) -> str:
    party, instant = one_line(deadline.party), words.instant(deadline.due_at_s)
    if deadline.kind in OPENING:
        return words("{party}, from {instant} on", party=party, instant=instant)
    return words("{party}, before {instant}", party=party, instant=instant)


def _reminders(deadline: Deadline, feed: Feed) -> tuple[Reminder, ...]:
    if deadline.kind in OPENING:
        return ()
    allowance = Allowance(
        offer=deadline.id,
        generation=deadline.generation,
        received_at_s=deadline.since_s,
        due_at_s=deadline.due_at_s,
        suspended=deadline.suspended,
    )
    return reminders(allowance, feed.shares_ppm)


def _moment(at_s: int) -> datetime:
    return datetime.fromtimestamp(at_s, UTC)


def _alarm(before_s: int, summary: str) -> Alarm:
    """An alarm so many seconds from the deadline; programs follow these better than instants."""
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", summary)
    alarm.add("trigger", timedelta(seconds=before_s))
    return alarm
