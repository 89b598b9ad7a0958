"""Money as integer micro-units of a currency; 1_250_000 is 1.25."""

import re
from enum import Enum
from typing import NamedTuple

SECONDS_PER_HOUR = 3_600
MICROS = 1_000_000
LIMIT_MICROS = 9 * 10**18
"""The largest amount accepted, 9 trillion: it fits a signed 64-bit integer."""

SYMBOLS = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY"}
SCALES = {"": 1, "k": 10**3, "m": 10**6, "b": 10**9, "t": 10**12}
_NUMBER = r"(?P<number>\d[\d,_]*(?:\.\d+)?)\s*(?P<scale>[kKmMbBtT]?)"
_MONEY = re.compile(
    rf"^(?:(?P<symbol>[$€£¥])|(?P<before>[A-Z]{{3}})\s)?\s*{_NUMBER}\s*(?P<after>[A-Z]{{3}})?"
    r"(?P<per>\s*(?:/|per)\s*GPU-?h(?:our)?)?$"
)


class Money(NamedTuple):
    """An amount in micro-units of a currency named by its ISO 4217 code."""

    micros: int
    currency: str

    def __str__(self) -> str:
        return f"{plain(self.micros)} {self.currency}"


class Rounding(Enum):
    """What becomes of the part of a charge that is smaller than a micro-unit."""

    HALF_EVEN = "half-even"  # To the nearest; ties to even, so that errors cancel.
    TO_PAYER = "to-payer"  # Dropped: the payer keeps it.


def parse(text: str) -> Money:
    """Read ``$30B``, ``2.50 USD``, ``EUR 1.2M`` or ``$2.50/GPU-h``.

    Raises:
        ValueError: Not money, more than six decimals of a unit, or above ``LIMIT_MICROS``.
    """
    match = _MONEY.match(text.strip())
    if match is None:
        raise ValueError(f"`{text}` is not an amount of money")
    currency = SYMBOLS.get(match["symbol"] or "") or match["before"] or match["after"]
    if currency is None:
        raise ValueError(f"`{text}` names no currency")
    if match["after"] and match["after"] != currency:
        raise ValueError(f"`{text}` names two currencies")
    return Money(_micros(match["number"], match["scale"].lower(), text), currency)


def _micros(number: str, scale: str, text: str) -> int:
    whole, _, fraction = number.replace(",", "").replace("_", "").partition(".")
    factor = SCALES[scale] * MICROS
    divisor: int = 10 ** len(fraction)
    micros, rest = divmod(int(whole + fraction) * factor, divisor)
    if rest:
        raise ValueError(f"`{text}` is finer than a millionth of a unit")
    if micros > LIMIT_MICROS:
        raise ValueError(f"`{text}` is above the limit of 9 trillion")
    return micros


def plain(micros: int) -> str:
    """The amount as decimal text without trailing zeros: ``1.25``, ``30000000000``."""
    sign, size = ("-" if micros < 0 else ""), abs(micros)
    fraction = f"{size % MICROS:06d}".rstrip("0")
    return f"{sign}{size // MICROS}" + (f".{fraction}" if fraction else "")


def short(micros: int, currency: str) -> str:
    """The amount for eyes, three significant digits at least: ``30.0B USD``, ``2.50 USD``."""
    sign, units = ("-" if micros < 0 else ""), abs(micros) / MICROS
    for letter, factor in (("T", 1e12), ("B", 1e9), ("M", 1e6), ("k", 1e3)):
        if units >= factor:
            return f"{sign}{units / factor:.2f}{letter} {currency}"
    return f"{sign}{units:.2f} {currency}"


def price_of(quantity_gpu_s: int, rate_micros_per_gpu_h: int, rounding: Rounding) -> int:
    """Price a quantity, in micro-units of the rate's currency.

    Exact up to its one division, so pricing many lines or their total differs by less
    than one micro-unit a line. Python integers: cannot overflow, unlike int64.
    """
    assert quantity_gpu_s >= 0
    assert rate_micros_per_gpu_h >= 0
    return divide(quantity_gpu_s * rate_micros_per_gpu_h, SECONDS_PER_HOUR, rounding)


def divide(numerator: int, denominator: int, rounding: Rounding) -> int:
    """The quotient of two non-negative integers, rounded as named."""
    whole, rest = divmod(numerator, denominator)
    if rounding is Rounding.TO_PAYER:
        return whole
    if 2 * rest > denominator:
        return whole + 1
    if 2 * rest == denominator:
        return whole + whole % 2
    return whole
