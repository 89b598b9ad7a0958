"""How a language writes numbers, money, shares, dates and times of day."""

from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import NamedTuple
from zoneinfo import ZoneInfo

from offtake.units.capacity import share_text
from offtake.units.money import plain


class Moment(NamedTuple):
    """A civil instant in words."""

    weekday: str
    day: str
    clock: str
    offset: str  # "UTC", "UTC-05:00"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The signs and names of one language, as its file states them."""

    group: str  # Between thousands.
    point: str  # Before decimals.
    gap: str  # Between an amount and its currency.
    percent: str
    ones: tuple[int, ...]  # The counts that are singular.
    first: str  # The first of a month.
    months: tuple[str, ...]
    weekdays: tuple[str, ...]  # Monday first.
    date: str  # With places for {day}, {month} and {year}.
    hours: str  # With places for {hour} and {minute}.
    seconds: str  # What follows it where they are not 0, with a place for {second}.

    def is_one(self, count: int) -> bool:
        """Whether the singular is said of so many."""
        return count in self.ones

    def number(self, number: int) -> str:
        """A whole number by thousands: ``1,500``."""
        return f"{number:,}".replace(",", self.group)

    def decimal(self, micros: int) -> str:
        """Millionths as a number with two decimals at least: ``3.20``."""
        sign = "-" if micros < 0 else ""
        whole, _, fraction = plain(abs(micros)).partition(".")
        return f"{sign}{self.number(int(whole))}{self.point}{fraction.ljust(2, '0')}"

    def money(self, micros: int, currency: str) -> str:
        """An amount, exactly: ``3.20 USD``."""
        return f"{self.decimal(micros)}{self.gap}{currency}"

    def share(self, ppm: int) -> str:
        """Parts per million as a percentage, exactly: ``12.5%``."""
        return share_text(ppm).removesuffix("%").replace(".", self.point) + self.percent

    def day(self, at_s: int, zone: str = "UTC") -> str:
        """The date in a time zone: ``March 31, 2025``."""
        return self.moment(at_s, zone).day

    def clock(self, of_day: time) -> str:
        """A time of day: ``17:00``, with its seconds where they are not 0."""
        text = self.hours.format(hour=f"{of_day:%H}", minute=f"{of_day:%M}")
        return text + (self.seconds.format(second=f"{of_day:%S}") if of_day.second else "")

    def moment(self, at_s: int, zone: str = "UTC") -> Moment:
        """An instant, in UTC seconds, as a clock and a calendar in a time zone show it."""
        civil = datetime.fromtimestamp(at_s, UTC).astimezone(ZoneInfo(zone))
        month = self.months[civil.month - 1]
        day = self.first if civil.day == 1 else str(civil.day)
        return Moment(
            self.weekdays[civil.weekday()],
            self.date.format(day=day, month=month, year=civil.year),
            self.clock(civil.time()),
            "UTC" + (civil.isoformat()[19:] if civil.utcoffset() else ""),
        )
