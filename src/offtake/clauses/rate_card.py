"""Rate card: what a GPU-hour costs, by accelerator, region and purpose, with volume tiers.

The market's words: the *most specific* line in force prices a use; a *tier* is the price of
the GPU-hours that its line prices above its threshold within a calendar month. Rules RC1 and RC2:
docs/reference/clauses/rate_card.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from offtake.core.account import Price, Use
from offtake.core.names import ALL, Names
from offtake.core.scope import Scope, concerns, overlap
from offtake.core.text import ScopeText, Value, scope_of, term
from offtake.core.vocabulary import ClauseType, Period
from offtake.units.capacity import PPM
from offtake.units.money import SECONDS_PER_HOUR, Money, Rounding, divide
from offtake.units.time import FOREVER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """The price of what exceeds a volume."""

    above_gpu_h: int = term(Value.COUNT, "GPU-hours in the calendar month beyond which it holds.")
    price: Money = term(Value.MONEY, "Price per GPU-hour above.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line(ScopeText):
    """One line of a card."""

    price: Money = term(Value.MONEY, "Price per GPU-hour.")
    starts: int = term(Value.INSTANT, "From when.", default=0)
    ends: int = term(Value.INSTANT, "Until when.", default=FOREVER_S)
    tiers: tuple[Tier, ...] = term(
        Value.LINES, "Prices of larger volumes, lowest threshold first.", default=(), of=Tier
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(ScopeText):
    """What the parties wrote."""

    supplier: str = term(Value.PARTY, "Whose prices these are.")
    lines: tuple[Line, ...] = term(Value.LINES, "The prices.", of=Line)
    discount: int = term(Value.SHARE, "Off every line.", default=0)


class Rate(NamedTuple):
    """One line in numbers; ``tiers`` are (from GPU-seconds, micros per GPU-hour), ascending."""

    scope: Scope
    start_s: int
    end_s: int
    tiers: tuple[tuple[int, int], ...]


class Terms(NamedTuple):
    """What the parties agreed."""

    scope: Scope
    supplier: int
    rates: tuple[Rate, ...]


def lower(text: Text, names: Names, period: Period) -> Terms:
    """The terms in numbers, the discount already taken off (rounded to the payer)."""
    return Terms(
        scope=scope_of(text, names),
        supplier=names.parties.index(text.supplier),
        rates=tuple(_rate(line, names, text.discount) for line in text.lines),
    )


def _rate(line: Line, names: Names, discount_ppm: int) -> Rate:
    def off(amount: Money) -> int:
        return divide(amount.micros * (PPM - discount_ppm), PPM, Rounding.TO_PAYER)

    tiers = [(0, off(line.price))]
    tiers += [(tier.above_gpu_h * SECONDS_PER_HOUR, off(tier.price)) for tier in line.tiers]
    tiers.sort(key=lambda tier: tier[0])  # Stable: a tier above 0 is the whole price.
    return Rate(scope_of(line, names), line.starts, line.ends, tuple(tiers))


def price(terms: Terms, use: Use, volume: Mapping[int, int]) -> Price | None:
    """The price of a use by the most specific line in force (RC1), tier by tier (RC2).

    ``volume`` is what each line, by its number, has priced in the calendar month, GPU-seconds.
    """
    if use.supplier != terms.supplier or not concerns(terms.scope, use):
        return None
    fitting = [number for number, rate in enumerate(terms.rates) if _fits(rate, use)]
    if not fitting:
        return None

    def nearest(number: int) -> tuple[int, int]:
        return _closeness(terms.rates[number].scope), terms.rates[number].start_s

    line = max(fitting, key=nearest)
    rate = terms.rates[line]
    rule = "RC2" if len(rate.tiers) > 1 else "RC1"
    amount = _amount(rate.tiers, use.gpu_s, volume.get(line, 0))
    return Price(rule, amount, _closeness(rate.scope), line)


def _fits(rate: Rate, use: Use) -> bool:
    return concerns(rate.scope, use) and rate.start_s <= use.start_s < rate.end_s


def _closeness(scope: Scope) -> int:
    """How much a line says: accelerator before region before purpose (RC1)."""
    said = (scope.accelerators != ALL, scope.regions != ALL, scope.purposes != ALL)
    return 4 * said[0] + 2 * said[1] + said[2]


def _amount(tiers: tuple[tuple[int, int], ...], gpu_s: int, before_gpu_s: int) -> int:
    """Price the marginal units: each GPU-second at the tier it falls into (RC2)."""
    edges = [start for start, _ in tiers] + [FOREVER_S * SECONDS_PER_HOUR]
    total = 0
    for (start, micros), end in zip(tiers, edges[1:], strict=True):
        inside = min(before_gpu_s + gpu_s, end) - max(before_gpu_s, start)
        total += max(inside, 0) * micros
    return divide(total, SECONDS_PER_HOUR, Rounding.HALF_EVEN)


def least(terms: Terms, supplier: int, scope: Scope, at_s: int) -> int | None:
    """The lowest price of a first GPU-hour that lines in force state for anything in a scope."""
    if supplier != terms.supplier:
        return None
    prices = [
        _amount(rate.tiers, SECONDS_PER_HOUR, 0)
        for rate in terms.rates
        if rate.start_s <= at_s < rate.end_s and overlap(terms.scope, rate.scope, scope)
    ]
    return min(prices, default=None)


def repriced(terms: Terms) -> tuple[int, ...]:
    """When lines begin and end: use is split there, and each part priced by its own (RC1)."""
    return tuple(sorted({edge for rate in terms.rates for edge in (rate.start_s, rate.end_s)}))


CLAUSE = ClauseType(
    code=6,
    name="rate_card",
    text=Text,
    terms=Terms,
    lower=lower,
    rules=("RC1", "RC2"),
    price=price,
    least=least,
    repriced=repriced,
)
