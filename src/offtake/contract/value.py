"""From written words to values: one notation for each type of value."""

import re
from collections.abc import Callable
from typing import Any

from offtake.clauses.take_or_pay import Floor
from offtake.core.text import Value
from offtake.units import capacity, money, time
from offtake.units.capacity import LIMIT_GPUS, Size
from offtake.units.money import Money
from offtake.units.time import DAY_S, Duration

LIMIT_COUNT = 10**12
LIMIT_TEXT = 100
"""The longest notation of a figure; nothing meant as a number or a date is longer."""
LIMIT_YEARS = 200
LAST_S = time.parse_instant("2199-12-31") + DAY_S
YES, NO = ("yes", "true"), ("no", "false")


def parse_count(text: str) -> int:
    """A whole number that is not negative, with ``_`` or ``,`` between digits if you like."""
    digits = text.replace(",", "").replace("_", "")
    right = digits.isascii() and digits.isdigit() and len(digits) <= LIMIT_TEXT
    if not right or int(digits) > LIMIT_COUNT:
        raise ValueError(f"`{text}` is not a whole number from 0 to {LIMIT_COUNT:,}")
    return int(digits)


def parse_flag(text: str) -> bool:
    """``yes`` or ``no`` (``true`` and ``false`` do as well)."""
    if text.lower() not in YES + NO:
        raise ValueError(f"`{text}` is neither yes nor no")
    return text.lower() in YES


def parse_instant(text: str) -> int:
    """A date or a time with an offset, as UTC seconds, of the years 1970 to 2199 in UTC."""
    at_s = time.parse_instant(text)
    if not 0 <= at_s < LAST_S:
        raise ValueError(f"`{text}` is in UTC outside the years 1970 to 2199")
    return at_s


def parse_duration(text: str) -> Duration:
    """A length of time that, counted from any date, ends at one that a calendar knows."""
    length = time.parse_duration(text)
    if length.longest_s > LIMIT_YEARS * 366 * DAY_S:
        raise ValueError(f"`{text}` is above the limit of {LIMIT_YEARS} years")
    return length


_LIKE_MONEY = re.compile(r"[$€£¥]|\b(?!GPU\b)[A-Z]{3}\b")
"""What is meant as an amount of money, so that a wrong one is called that."""


def parse_floor(text: str) -> Floor:
    """``$30B``, ``1,000,000 GPU-h`` or ``300 MW``."""
    for ending in ("GPU-h", "GPU-hours"):
        if text.endswith(ending):
            return Floor(gpu_h=parse_count(text.removesuffix(ending).strip()))
    if _LIKE_MONEY.search(text):
        return Floor(money=money.parse(text))
    return Floor(size=capacity.parse_size(text))


def parse_gpus(text: str) -> int:
    """A positive number of GPUs."""
    gpus = capacity.parse_gpus(text)
    if gpus == 0:
        raise ValueError("0 GPUs are no workload")
    return gpus


SCALARS: dict[Value, tuple[Callable[[str], Any], str]] = {
    Value.MONEY: (money.parse, "Write an amount such as `$30B` or `2.50 USD`."),
    Value.DURATION: (parse_duration, "Write `30d`, `24h`, `6mo` or `10 business days`."),
    Value.SHARE: (capacity.parse_share, "Write a percentage from `0%` to `100%`."),
    Value.SPEED: (capacity.parse_speed, "Write a percentage such as `45%` or `250%`."),
    Value.INSTANT: (parse_instant, "Write `2025-01-21` or `2025-01-21T17:00:00-05:00`."),
    Value.SIZE: (capacity.parse_size, "Write GPUs (`64000`) or power (`1.2 GW`)."),
    Value.GPUS: (parse_gpus, f"Write a number from 1 to {LIMIT_GPUS:,}, such as `25,000`."),
    Value.FLOOR: (parse_floor, "Write `$30B`, `1000000 GPU-h` or `300 MW`."),
    Value.COUNT: (parse_count, "Write a whole number."),
    Value.FLAG: (parse_flag, "Write `yes` or `no`."),
}
"""How each type with a notation of its own is read, and what to write instead."""


def written(value: Any) -> str:
    """A value in its notation; reading that gives the value again."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Floor):
        if value.money is not None:
            return str(value.money)
        return str(value.size) if value.size is not None else f"{value.gpu_h} GPU-h"
    if isinstance(value, int | Money | Size | Duration):
        return str(value)
    assert isinstance(value, str), value
    return value
