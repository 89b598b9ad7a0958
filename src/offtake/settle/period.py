"""The period of a statement: a civil month, quarter or year in UTC, or two dates."""

import re
from datetime import UTC, datetime

from offtake.units.time import instant_text, parse_instant

Period = tuple[int, int]
"""A half-open period ``[from, until)`` in UTC seconds."""
_CIVIL = re.compile(r"^(\d{4})(?:-(?:Q([1-4])|(\d{2})))?$")


def parse_period(text: str) -> Period:
    """Read ``2026-03``, ``2026-Q1``, ``2026``, or ``2026-01-01..2026-04-01`` (the end excluded).

    Raises:
        ValueError: None of these, outside 1970 to 2199, or a period that is empty.
    """
    match = _CIVIL.match(text.strip())
    if match is not None:
        return _civil(text, int(match[1]), match[2], match[3])
    starts, found, ends = text.partition("..")
    if not found:
        raise ValueError(f"`{text}` is no period such as `2026-03`, `2026-Q1` or `2026`")
    period = parse_instant(starts), parse_instant(ends)
    if period[0] >= period[1]:
        raise ValueError(f"`{text}` ends before it begins")
    return period


def _civil(text: str, year: int, quarter: str | None, month: str | None) -> Period:
    first, length = 1, 12
    if quarter:
        first, length = 3 * int(quarter) - 2, 3
    if month:
        first, length = int(month), 1
    if not (1 <= first <= 12 and 1970 <= year < 2199):
        raise ValueError(f"`{text}` is no month of the years 1970 to 2198")
    index = year * 12 + first - 1 + length
    return _first_of(year, first), _first_of(index // 12, index % 12 + 1)


def _first_of(year: int, month: int) -> int:
    return int(datetime(year, month, 1, tzinfo=UTC).timestamp())


def month_of(at_s: int) -> Period:
    """The civil month (UTC) that an instant lies in."""
    return months_of(at_s, at_s + 1)


def months_of(first_s: int, last_s: int) -> Period:
    """The civil months that a half-open stretch touches."""
    starts, ends = (datetime.fromtimestamp(at_s, UTC) for at_s in (first_s, last_s - 1))
    after = ends.year * 12 + ends.month
    return _first_of(starts.year, starts.month), _first_of(after // 12, after % 12 + 1)


def period_text(period: Period) -> str:
    """A period as it is written: the shortest notation that reads back as the same."""
    starts = datetime.fromtimestamp(period[0], UTC)
    for text in (
        f"{starts.year}",
        f"{starts.year}-Q{(starts.month + 2) // 3}",
        f"{starts.year}-{starts.month:02d}",
    ):
        try:
            if parse_period(text) == period:
                return text
        except ValueError:
            continue
    return f"{instant_text(period[0])}..{instant_text(period[1])}"
