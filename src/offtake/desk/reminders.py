"""Reminders of an answer that is due: at shares of the time that the holder is allowed.

Time during which the allowance stands still does not count: a suspension and, where it was agreed
in business days, the days that are none. Each reminder has a claim (offer, generation, share), so
that it is sent once whoever sends it, and a changed offer, which is another generation, disarms
those of the old one.
"""

from collections.abc import Container, Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from offtake.units.capacity import PPM
from offtake.units.time import FOREVER_S, Calendar, Duration, is_business_day

SHARES_PPM = (500_000, 800_000)
"""When to remind if nothing else is set: half and four fifths of the time."""
LIMIT_SHARES = 20
"""Nobody is reminded more often of one offer."""


class Span(NamedTuple):
    """A half-open stretch of time in UTC seconds."""

    from_s: int
    until_s: int


class Allowance(NamedTuple):
    """The time to answer an offer: from its receipt until the instant it is due.

    ``due_at_s`` is what it is with all suspensions that have ended. One that runs ends at no
    known instant (``until_s`` at or after ``FOREVER_S``) and has not moved it yet.
    """

    offer: str
    generation: int
    received_at_s: int
    due_at_s: int
    suspended: tuple[Span, ...] = ()


class Reminder(NamedTuple):
    """One reminder: when it is to be sent, and by which key it is sent once."""

    at_s: int
    share_ppm: int
    claim: str


def reminders(allowance: Allowance, shares_ppm: Iterable[int] = SHARES_PPM) -> tuple[Reminder, ...]:
    """The reminders of an allowance, soonest first; none that lies in a suspension that runs.

    Each falls on the first second by which its share of the time has passed.

    Args:
        allowance: What the holder was given; nothing is to be reminded of where no time counts.
        shares_ppm: Each above 0 and below the whole, in parts per million.
    """
    shares = sorted(set(shares_ppm))
    assert len(shares) <= LIMIT_SHARES, shares
    assert all(0 < share < PPM for share in shares), shares
    spans = _counted(allowance)
    counted_s = sum(span.until_s - span.from_s for span in spans)
    stops_s = min(
        (span.from_s for span in allowance.suspended if span.until_s >= FOREVER_S),
        default=FOREVER_S,
    )
    if counted_s == 0:
        return ()
    dated = ((_after(spans, -(-counted_s * share // PPM)), share) for share in shares)
    return tuple(
        Reminder(at_s, share, claim(allowance, share)) for at_s, share in dated if at_s <= stops_s
    )


def claim(allowance: Allowance, share_ppm: int) -> str:
    """The key under which a reminder is sent once."""
    return f"{allowance.offer}/{allowance.generation}/{share_ppm}"


def to_send(
    planned: Iterable[Reminder], now_s: int, due_at_s: int, claimed: Container[str]
) -> tuple[Reminder, ...]:
    """Those that have come and nobody has claimed, while there is still time to answer."""
    if now_s >= due_at_s:
        return ()
    return tuple(row for row in planned if row.at_s <= now_s and row.claim not in claimed)


def days_off(window: Duration, calendar: Calendar, received_at_s: int, due_at_s: int) -> list[Span]:
    """The days on which an allowance in business days stands still; none of another unit's do."""
    if window.unit != "bd":
        return []
    zone = ZoneInfo(calendar.zone)
    day = datetime.fromtimestamp(received_at_s, UTC).astimezone(zone).date()
    off = []
    while (begins_s := _midnight_s(day, zone)) < due_at_s:
        if not is_business_day(day, calendar):
            off.append(Span(begins_s, _midnight_s(day + timedelta(days=1), zone)))
        day += timedelta(days=1)
    return off


def _midnight_s(day: date, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, time(), zone).timestamp())


def _counted(allowance: Allowance) -> list[Span]:
    """The stretches of the allowance that count, in order."""
    spans, from_s = [], allowance.received_at_s
    ended = sorted(span for span in allowance.suspended if span.until_s < FOREVER_S)
    for span in [*ended, Span(allowance.due_at_s, allowance.due_at_s)]:
        until_s = min(span.from_s, allowance.due_at_s)
        if from_s < until_s:
            spans.append(Span(from_s, until_s))
        from_s = max(from_s, span.until_s)
    return spans


def _after(spans: list[Span], wanted_s: int) -> int:
    """The first instant by which so many seconds, of those that are there, have counted."""
    for span in spans:
        length_s = span.until_s - span.from_s
        if wanted_s <= length_s:
            return span.from_s + wanted_s
        wanted_s -= length_s
    raise AssertionError(wanted_s)
