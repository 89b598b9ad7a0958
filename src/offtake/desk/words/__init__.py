"""What the desk says, in the language of whoever reads it.

English is the key: ``words("Answer before {due}", due=...)``. A text that means two things is told
apart by a word before a bar that is not shown (``"tender|Open"``). ``<language>.toml`` holds the
figures of a language and, but for English, every text.

To say something new, write it in English where it is needed and add its line to each language; a
test names those that are missing, those that nobody uses, and places for figures that differ. A
text picked at run time is marked where it is written: ``later("Lapsed")``. The test looks for calls
of ``words``, also in templates, so that is what to name them. Another language is another file and
its code in ``LANGUAGES``.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import time
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal, get_args

from offtake.desk.words.figures import Figures
from offtake.units.time import DAY_S, HOUR_S, Calendar, Duration

__all__ = ["LANGUAGES", "Language", "Words", "later", "words_in"]

Language = Literal["en", "fr"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

_CONTEXT = re.compile(r"^\w+\|")
_AREAS = (
    *("Africa", "America", "Antarctica", "Arctic", "Asia"),
    *("Atlantic", "Australia", "Europe", "Indian", "Pacific"),
)
_LENGTHS = {
    "s": ("{count} second", "{count} seconds"),
    "min": ("{count} minute", "{count} minutes"),
    "h": ("{count} hour", "{count} hours"),
    "d": ("{count} day", "{count} days"),
    "w": ("{count} week", "{count} weeks"),
    "bd": ("{count} business day", "{count} business days"),
    "mo": ("{count} month", "{count} months"),
    "y": ("{count} year", "{count} years"),
}


def later(text: str) -> str:
    """A text of the catalogue that is said elsewhere: ``words(TITLES[kind])``."""
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One language: its texts, and how it writes figures (``words.figures``)."""

    language: Language
    figures: Figures
    texts: Mapping[str, str]  # By their English; empty for English itself.

    def __call__(self, text: str, /, **given: object) -> str:
        """A text in this language; whole numbers in it are written as the language does."""
        said = _CONTEXT.sub("", text)
        if self.language != "en":
            assert text in self.texts, f"words/{self.language}.toml lacks {text!r}"
            said = self.texts[text]
        return said.format_map({name: self._figure(value) for name, value in given.items()})

    def _figure(self, value: object) -> str:
        return self.figures.number(value) if isinstance(value, int) else str(value)

    def plural(self, count: int, one: str, many: str, /, **given: object) -> str:
        """The text for so many, which may name ``{count}``."""
        return self(one if self.figures.is_one(count) else many, count=count, **given)

    def length(self, length: Duration) -> str:
        """A length of time as it was agreed: ``10 business days``."""
        return self.plural(length.number, *_LENGTHS[length.unit])

    def lasting(self, length_s: int) -> str:
        """A length in seconds by days, hours, minutes and seconds: ``365 days``."""
        parts = []
        for unit, size_s in (("d", DAY_S), ("h", HOUR_S), ("min", 60), ("s", 1)):
            count, length_s = divmod(length_s, size_s)
            if count:
                parts.append(self.length(Duration(count, unit)))
        return " ".join(parts) or self.length(Duration(0, "s"))

    def instant(self, at_s: int, zone: str = "UTC") -> str:
        """A day and the time of day in a time zone: ``March 31, 2025, 17:00 in New York``.

        A zone that is not named after a city is told by its distance from UTC.
        """
        moment, city = self.figures.moment(at_s, zone), _city(zone)
        day, clock = moment.day, moment.clock
        if city:
            return self("{day}, {clock} in {place}", day=day, clock=clock, place=city)
        return self("{day}, {clock} {zone}", day=day, clock=clock, zone=moment.offset)

    def with_utc(self, at_s: int, zone: str) -> str:
        """The instant in a time zone, and in UTC where that differs."""
        civil, utc = self.figures.moment(at_s, zone), self.figures.moment(at_s)
        if civil.offset == utc.offset:
            return self.instant(at_s)
        same = civil.day == utc.day
        other = f"{utc.clock} UTC" if same else self.instant(at_s)
        return self("{civil} ({utc})", civil=self.instant(at_s, zone), utc=other)

    def weekday(self, at_s: int, zone: str = "UTC") -> str:
        """The instant with its day of the week before it."""
        day = self.figures.moment(at_s, zone).weekday
        return self("{weekday}, {instant}", weekday=day, instant=self.instant(at_s, zone))

    def counting(self, calendar: Calendar) -> str:
        """How days are counted on a calendar."""
        where = " ".join(filter(None, (calendar.country, calendar.subdivision)))
        weekdays = self("business days from Monday to Friday")
        if where:
            weekdays = self(
                "business days from Monday to Friday, but no public holidays of {where}",
                where=where,
            )
        said = [self("dates of {place}", place=_city(calendar.zone) or calendar.zone), weekdays]
        if calendar.close:
            clock = self.figures.clock(time.fromisoformat(calendar.close))
            said.append(self("deadlines at {clock}", clock=clock))
        return " · ".join(said)

    def either(self, names: Iterable[str]) -> str:
        """Names of which one will do: ``H100 or H200``."""
        *most, last = names
        return self("{most} or {last}", most=", ".join(most), last=last) if most else last


def _city(zone: str) -> str:
    """The city that a time zone is named after; empty for one that is named otherwise."""
    area, _, place = zone.partition("/")
    return place.rpartition("/")[2].replace("_", " ") if area in _AREAS else ""


@lru_cache(maxsize=len(LANGUAGES))
def words_in(language: Language) -> Words:
    """The words of a language."""
    path = files("offtake.desk.words") / f"{language}.toml"
    written = tomllib.loads(path.read_text("utf-8"))
    texts = {
        text: said for part in written.get("texts", {}).values() for text, said in part.items()
    }
    return Words(language=language, figures=_figures(written["figures"]), texts=texts)


def _figures(written: Mapping[str, Any]) -> Figures:
    lists = {name: tuple(value) for name, value in written.items() if isinstance(value, list)}
    return Figures(**{**written, **lists})
