"""Civil time at the edge, UTC seconds inside: dates, durations, business days, deadlines."""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

DAY_S = 86_400
HOUR_S = 3_600
NEVER = -1
"""An instant that has not come."""
FOREVER_S = 2**53
"""The end of a period without one; half-open, so nothing happens at it."""

_DURATION = re.compile(
    r"^(\d+)\s*(business days?|bd|months?|mo|minutes?|min|seconds?|hours?|days?|weeks?|years?|"
    r"[shdwy])$"
)
_UNITS = {
    "busine": "bd",  # "business", its plural ending cut like the others'.
    "second": "s",
    "minute": "min",
    "month": "mo",
    **{letter: letter for letter in "hdwy"},
    **{word: word[0] for word in ("hour", "day", "week", "year")},
}
_SECONDS = {"s": 1, "min": 60, "h": HOUR_S, "d": DAY_S, "w": 7 * DAY_S}
_WORDS = {"bd": "business days"}
LIMIT_COUNT = 100_000


class Duration(NamedTuple):
    """A length of time as it was written; its end depends on where it starts.

    ``unit`` is one of ``s min h d w`` (fixed), ``bd`` (business days), ``mo``, ``y`` (civil).
    """

    number: int
    unit: str

    def __str__(self) -> str:
        return (
            f"{self.number} {_WORDS[self.unit]}"
            if self.unit in _WORDS
            else "".join((str(self.number), self.unit))
        )

    @property
    def longest_s(self) -> int:
        """The most seconds this can last, whatever the calendar (holidays: one in three)."""
        if self.unit == "bd":
            return (self.number * 2 + 7) * DAY_S
        if self.unit in ("mo", "y"):
            return self.number * (31 if self.unit == "mo" else 366) * DAY_S
        return self.number * _SECONDS[self.unit]


class Calendar(NamedTuple):
    """Where and how days are counted. The default counts Monday to Friday in UTC.

    ``country`` and ``subdivision`` are names of the ``holidays`` library ("US", "NY"); a
    ``close`` ("17:00") moves every deadline counted in days to that time of day.
    """

    zone: str = "UTC"
    country: str = ""
    subdivision: str = ""
    close: str = ""


WEEKDAYS = Calendar()
"""Monday to Friday, in UTC."""


def parse_instant(text: str) -> int:
    """Read ``2025-01-21`` (midnight UTC) or an RFC 3339 time with an offset, as UTC seconds.

    Raises:
        ValueError: Not a date or time, a time without an offset, or outside 1970 to 2199.
    """
    text = text.strip()
    return _instant(text) if len(text) <= LIMIT_KNOWN else _instant.__wrapped__(text)


LIMIT_KNOWN = 40
"""Signs of an instant that is remembered: the same few dates are read over and over."""


@lru_cache(4_096)
def _instant(text: str) -> int:
    if "-" not in text[:5]:  # `fromisoformat` would take 20250121 for a day.
        raise ValueError(f"`{text}` is not a date such as `2025-01-21`")
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            moment = datetime.combine(date.fromisoformat(text), time(), UTC)
        else:
            moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"`{text}` is not a date such as `2025-01-21`") from error
    if moment.tzinfo is None:
        raise ValueError(f"`{text}` has no offset; write `Z` or `-05:00` after the time")
    if not 1970 <= moment.year < 2200:
        raise ValueError(f"`{text}` is outside the years 1970 to 2199")
    return int(moment.timestamp())


def parse_duration(text: str) -> Duration:
    """Read ``30d``, ``24h``, ``6mo``, ``5y`` or ``10 business days``.

    Raises:
        ValueError: Not a duration, or more than ``LIMIT_COUNT`` units.
    """
    match = _DURATION.match(text.strip())
    if match is None:
        raise ValueError(f"`{text}` is not a duration such as `30d` or `10 business days`")
    if int(match[1]) > LIMIT_COUNT:
        raise ValueError(f"`{text}` is above the limit of {LIMIT_COUNT:,} units")
    word = match[2].split()[0]
    unit = word if word in ("s", "bd", "mo", "min") else _UNITS[word.rstrip("s")]
    return Duration(int(match[1]), unit)


@lru_cache(4_096)
def instant_text(at_s: int) -> str:
    """``2025-01-21``, or with the time of day when it is not midnight UTC."""
    moment = datetime.fromtimestamp(at_s, UTC)
    if at_s % DAY_S == 0:
        return moment.date().isoformat()
    return moment.isoformat().replace("+00:00", "Z")


def duration_text(length_s: int) -> str:
    """A length for eyes: ``30 d``, ``12 h``, ``45 s``."""
    if length_s >= DAY_S:
        return f"{length_s / DAY_S:.1f}".removesuffix(".0") + " d"
    if length_s >= HOUR_S:
        return f"{length_s / HOUR_S:.1f}".removesuffix(".0") + " h"
    return f"{length_s} s"


def after(at_s: int, length: Duration, calendar: Calendar = WEEKDAYS) -> int:
    """The instant a duration ends that starts at ``at_s``: a deadline, in UTC seconds.

    Hours and shorter are elapsed time. Days and longer are counted on the calendar's civil
    dates, the day of the start not counted, and end at its ``close``, or at the same time
    of day where it has none. Business days leave out weekends and its holidays. A month's
    end stands for a day the month has not.
    """
    if length.unit in ("s", "min", "h"):
        return at_s + length.number * _SECONDS[length.unit]
    zone = ZoneInfo(calendar.zone)
    start = datetime.fromtimestamp(at_s, UTC).astimezone(zone)
    day = _day_after(start.date(), length, calendar)
    clock = time.fromisoformat(calendar.close) if calendar.close else start.timetz()
    return int(datetime.combine(day, clock.replace(tzinfo=None), zone).timestamp())


def _day_after(day: date, length: Duration, calendar: Calendar) -> date:
    if length.unit == "bd":
        return _business_day_after(day, length.number, calendar)
    if length.unit in ("mo", "y"):
        months = day.month - 1 + length.number * (12 if length.unit == "y" else 1)
        year, month = day.year + months // 12, months % 12 + 1
        return date(year, month, min(day.day, monthrange(year, month)[1]))
    return day + timedelta(days=length.number * (7 if length.unit == "w" else 1))


def _business_day_after(day: date, count: int, calendar: Calendar) -> date:
    while count > 0:
        day += timedelta(days=1)
        if is_business_day(day, calendar):
            count -= 1
    return day


def is_business_day(day: date, calendar: Calendar) -> bool:
    """Whether a civil date is one: Monday to Friday, and no public holiday of the calendar."""
    return day.weekday() < 5 and day not in _closed_days(calendar, day.year)


@lru_cache(maxsize=512)
def _closed_days(calendar: Calendar, year: int) -> frozenset[date]:
    if not calendar.country:
        return frozenset()
    import holidays  # Only portfolios that count business days pay for it.

    days = holidays.country_holidays(
        calendar.country, subdiv=calendar.subdivision or None, years=year
    )
    return frozenset(days)


def months(from_s: int, until_s: int, *, every: int = 1) -> list[tuple[int, int]]:
    """Split ``[from_s, until_s)`` at civil month starts (UTC), ``every`` months apart.

    Counted from January, so that quarters and years are the calendar's; the first and last
    pieces may be shorter.
    """
    edges, day = [from_s], datetime.fromtimestamp(from_s, UTC).date()
    while True:
        index = day.year * 12 + (day.month - 1) // every * every + every
        day = date(index // 12, index % 12 + 1, 1)
        edge_s = int(datetime.combine(day, time(), UTC).timestamp())
        if edge_s >= until_s:
            break
        edges.append(edge_s)
    return list(zip(edges, [*edges[1:], until_s], strict=True))


def civil_start_s(at_s: int, months_long: int) -> int:
    """The first second of the civil month, quarter or year (UTC) an instant lies in."""
    day = datetime.fromtimestamp(at_s, UTC).date()
    first = date(day.year, (day.month - 1) // months_long * months_long + 1, 1)
    return int(datetime.combine(first, time(), UTC).timestamp())


def civil_period_s(at_s: int, months_long: int) -> int:
    """The length in seconds of the civil month, quarter or year (UTC) an instant lies in."""
    day = datetime.fromtimestamp(at_s, UTC).date()
    first = day.year * 12 + (day.month - 1) // months_long * months_long
    ends = (date(n // 12, n % 12 + 1, 1) for n in (first, first + months_long))
    start, end = ends
    return (end - start).days * DAY_S
