"""Marks on an axis of time: at round dates, with words that say which."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

STEPS = (  # A "part" of a month begins on its 1st, 8th, 15th and 22nd, or 1st and 15th.
    *((n, "hour") for n in (1, 3, 6, 12)),
    *((n, "day") for n in (1, 2)),
    *((n, "part") for n in (7, 14)),
    *((n, "month") for n in (1, 2, 3, 6)),
    *((n, "year") for n in (1, 2, 5, 10, 20, 50, 100)),
)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def marks(period: tuple[int, int], most: int) -> list[tuple[int, str]]:
    """(second, words) of at most so many marks within a period in UTC seconds, evenly stepped.

    The first one names its year (its day, where hours are marked), and so does each January; at
    midnight the day stands for the hour.
    """
    found: list[datetime] = []
    for number, unit in STEPS:
        found = []
        for at in _stepped(period, number, unit):
            found.append(at)
            if len(found) > most:
                break
        if len(found) <= most:
            return [(int(at.timestamp()), _words(at, unit, found[0])) for at in found]
    return []


def _stepped(period: tuple[int, int], number: int, unit: str) -> Iterator[datetime]:
    """Round instants from the first that is not before the start."""
    first, last = (datetime.fromtimestamp(at_s, UTC) for at_s in period)
    if unit in ("hour", "day"):
        step = timedelta(hours=number) if unit == "hour" else timedelta(days=number)
        step_s = int(step.total_seconds())
        at = datetime.fromtimestamp(-(-period[0] // step_s) * step_s, UTC)
        while at <= last:
            yield at
            at += step
        return
    months = 12 * number if unit == "year" else number if unit == "month" else 1
    days = range(1, 29, number) if unit == "part" else (1,)
    count = (first.year * 12 + first.month - 1) // months * months
    while (year := count // 12) <= min(last.year, 9_999):
        found = [datetime(max(year, 1), count % 12 + 1, day, tzinfo=UTC) for day in days]
        yield from (at for at in found if first <= at <= last)
        count += months


def _words(at: datetime, unit: str, first: datetime) -> str:
    if unit == "part" or (unit == "hour" and at.hour == 0):
        unit = "day"
    if unit == "month" and at.month == 1:
        unit = "year"
    month = MONTHS[at.month - 1]
    forms = {"hour": f"{at.hour:02}:00", "day": f"{at.day} {month}", "month": month}
    text = forms.get(unit, str(at.year))
    if at != first or unit == "year":
        return text
    return f"{forms['day']} {text}" if unit == "hour" else f"{text} {at.year}"
