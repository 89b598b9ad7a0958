"""What the desk knows in the notation of portfolio files, in the words of whoever reads a page."""

import re
from functools import cache
from typing import Any

from offtake.desk.access.gist import GISTS, OTHER
from offtake.desk.reasons import reasons
from offtake.desk.words import Words, later
from offtake.units.time import DAY_S, HOUR_S, Duration, parse_instant

AMOUNT = re.compile(r"(-?)(\d+)(?:\.(\d+))?([TBMk]?) ([A-Z]{3})")
GPU_H = re.compile(r"(\d+) GPU-h")
INSTANT = re.compile(r"\b\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\dZ)?\b")
GROUP = re.compile(r"(?<=\d),(?=\d{3}\b)")
SIZES = {
    "T": later("amount|{number} T {currency}"),
    "B": later("amount|{number} B {currency}"),
    "M": later("amount|{number} M {currency}"),
    "k": later("amount|{number} k {currency}"),
}
ACTS = {
    "supply": later("may|supply"),
    "run": later("may|run"),
    "carry": later("may|carry"),
}
NONE = "\u2013"
"""Stands where there is nothing to say."""
UNITS = (("d", DAY_S), ("h", HOUR_S), ("min", 60))


def instant(text: str | None, words: Words) -> str:
    """A date, or an instant with its time of day; a dash for none."""
    if not text:
        return NONE
    at_s = parse_instant(text)
    return words.instant(at_s) if "T" in text else words.figures.day(at_s)


def left(length_s: int, words: Words) -> str:
    """A length of time in its two largest units: ``3 days 11 hours``."""
    length_s, parts = max(length_s, 0), list[str]()
    for unit, size_s in UNITS:
        count, length_s = divmod(length_s, size_s)
        if count or (unit == "min" and not parts):
            parts.append(words.length(Duration(count, unit)))
    return " ".join(parts[:2])


def amount(text: str | None, words: Words) -> str:
    """An amount, a price or GPU-hours, such as ``2.45B USD``; as it is if it is none of them."""
    if time := GPU_H.fullmatch(text or ""):
        return words("{count} GPU-hours", count=int(time[1]))
    found = AMOUNT.fullmatch(text or "")
    if found is None:
        return text or NONE
    sign, whole, fraction, size, currency = found.groups()
    figures = words.figures
    number = f"{sign}{figures.number(int(whole))}{figures.point}{(fraction or '').ljust(2, '0')}"
    if size:
        return words(SIZES[size], number=number, currency=currency)
    return f"{number}{figures.gap}{currency}"


def sentence(row: dict[str, Any], words: Words) -> str:
    """What a finding says to whoever sees it: in their language, its dates and figures too.

    It is read back from the sentence that may be seen, so that no page tells more than that.
    """
    text, pattern = str(row["says"]), _pattern(str(row.get("reason", "")))
    if text in GISTS.values() or text == OTHER:
        return words(text)
    found = None if pattern is None else pattern[1].fullmatch(text)
    if pattern is None or found is None:
        return INSTANT.sub(lambda at: instant(at[0], words), text)
    return words(
        pattern[0],
        **{name: _value(name, value, words) for name, value in found.groupdict().items()},
    )


def _value(name: str, text: str, words: Words) -> str:
    if name == "act_on":
        return words(ACTS[text]) if text in ACTS else text
    text = INSTANT.sub(lambda at: instant(at[0], words), text)
    return GROUP.sub(words.figures.group, text) if text[:1].isdigit() else text


@cache
def _pattern(reason: str) -> tuple[str, re.Pattern[str]] | None:
    """The sentence of a reason, and what finds the words that were put into it."""
    known = reasons().get(reason)
    if known is None:
        return None
    says, seen, parts = known.finding.says, set[str](), list[str]()
    for number, part in enumerate(re.split(r"\{(\w+)\}", says)):
        if number % 2 == 0:
            parts.append(re.escape(part))
        else:
            parts.append(f"(?P={part})" if part in seen else f"(?P<{part}>.+?)")
            seen.add(part)
    return says, re.compile("".join(parts), re.DOTALL)


def meaning(says: str, words: Words) -> str:
    """The sentence of a reason by itself: what each case puts in is left open."""
    places = set(re.findall(r"\{(\w+)\}", says))
    return words(says, **dict.fromkeys(places, "…"))
