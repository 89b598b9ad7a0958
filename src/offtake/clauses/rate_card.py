"""Rate card: what a GPU-hour costs, by accelerator, region and purpose, with volume tiers.

The market's words: the *most specific* line in force prices a use; a *tier* is the price of
the GPU-hours that its line prices above its threshold within a calendar month; *adjustments*
are layers on the price, each on what the one before left. Rules RC1 to RC3:
docs/reference/clauses/rate_card.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from offtake.core.account import Price, Use
from offtake.core.names import ALL, Names
from offtake.core.scope import Scope, concerns, overlap
from offtake.core.text import ScopeText, Value, scope_of, term
from offtake.core.vocabulary import NONE, ClauseType, Period
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
class Level:
    """What an index stands at."""

    starts: int = term(Value.INSTANT, "From when.")
    level: int = term(Value.SPEED, "Where it stands, such as `104.2%`.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer(ScopeText):
    """One layer of adjustment: a discount, or an index."""

    name: str = term(Value.TEXT, "What it is: negotiated, committed use, index.")
    discount: int = term(Value.SHARE, "Off what the layers before it left.", default=0)
    index: tuple[Level, ...] = term(
        Value.LINES,
        "The levels of an index by date, which the price follows.",
        default=(),
        of=Level,
    )
    base_date: int = term(
        Value.INSTANT, "Whose level stands for the whole price; the first level's.", default=0
    )
    most_up: int | None = term(
        Value.SHARE, "The most that the index raises the price; no cap if absent.", default=None
    )
    most_down: int | None = term(
        Value.SHARE, "The most that it lowers the price; no collar if absent.", default=None
    )
    starts: int = term(Value.INSTANT, "From when.", default=0)
    ends: int = term(Value.INSTANT, "Until when.", default=FOREVER_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(ScopeText):
    """What the parties wrote."""

    supplier: str = term(Value.PARTY, "Whose prices these are.")
    lines: tuple[Line, ...] = term(Value.LINES, "The prices.", of=Line)
    discount: int = term(Value.SHARE, "Off every line.", default=0)
    adjustments: tuple[Layer, ...] = term(
        Value.LINES, "Layers on the price, in the order in which they count.", default=(), of=Layer
    )
    otherwise: str = term(
        Value.CHOICE,
        "What prices a use that the card is about and no line fits: nothing, or the price list.",
        default="nothing",
        choices=("nothing", "list"),
    )


class Rate(NamedTuple):
    """One line in numbers; ``tiers`` are (from GPU-seconds, micros per GPU-hour), ascending."""

    scope: Scope
    start_s: int
    end_s: int
    tiers: tuple[tuple[int, int], ...]


class Adjustment(NamedTuple):
    """One layer in numbers; ``levels`` are (from, millionths), ascending, of an index."""

    scope: Scope
    start_s: int
    end_s: int
    keeps_ppm: int
    levels: tuple[tuple[int, int], ...]
    base_ppm: int
    most_up_ppm: int  # NONE: as far as the index goes.
    most_down_ppm: int


class Terms(NamedTuple):
    """What the parties agreed."""

    scope: Scope
    supplier: int
    rates: tuple[Rate, ...]
    layers: tuple[Adjustment, ...] = ()
    closes: int = 1  # Whether what no line prices is a gap, not the price list's.


def lower(text: Text, names: Names, period: Period) -> Terms:
    """The terms in numbers, the discount already taken off (rounded to the payer)."""
    return Terms(
        scope=scope_of(text, names),
        supplier=names.parties.index(text.supplier),
        rates=tuple(_rate(line, names, text.discount) for line in text.lines),
        layers=tuple(_layer(layer, names) for layer in text.adjustments),
        closes=int(text.otherwise == "nothing"),
    )


def _layer(layer: Layer, names: Names) -> Adjustment:
    levels = tuple((step.starts, step.level) for step in layer.index)
    return Adjustment(
        scope=scope_of(layer, names),
        start_s=layer.starts,
        end_s=layer.ends,
        keeps_ppm=PPM - layer.discount,
        levels=levels,
        base_ppm=_level(levels, layer.base_date),
        most_up_ppm=NONE if layer.most_up is None else layer.most_up,
        most_down_ppm=NONE if layer.most_down is None else layer.most_down,
    )


def _level(levels: tuple[tuple[int, int], ...], at_s: int) -> int:
    """Where an index stands at an instant; before its first level at that."""
    begun = [level for start_s, level in levels if start_s <= at_s]
    return begun[-1] if begun else (levels[0][1] if levels else PPM)


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
    layers = [layer for layer in terms.layers if concerns(layer.scope, use)]
    tiers = _adjusted(rate.tiers, layers, use.start_s)
    amount = _amount(tiers, use.gpu_s, volume.get(line, 0))
    return Price(rule, amount, _closeness(rate.scope), line)


def _adjusted(
    tiers: tuple[tuple[int, int], ...], layers: Sequence[Adjustment], at_s: int
) -> tuple[tuple[int, int], ...]:
    """Prices after each layer in force, in their order (RC3); the payer keeps each fraction."""
    for layer in layers:
        if layer.start_s <= at_s < layer.end_s:
            index_ppm = _moved(layer, at_s)
            tiers = tuple(
                (
                    start,
                    divide(micros * layer.keeps_ppm * index_ppm, PPM * PPM, Rounding.TO_PAYER),
                )
                for start, micros in tiers
            )
    return tiers


def _moved(layer: Adjustment, at_s: int) -> int:
    """An index against its base, in millionths, rounded down, within its cap and collar."""
    moved = _level(layer.levels, at_s) * PPM // max(layer.base_ppm, 1)
    if layer.most_up_ppm != NONE:
        moved = min(moved, PPM + layer.most_up_ppm)
    if layer.most_down_ppm != NONE:
        moved = max(moved, PPM - layer.most_down_ppm)
    return moved


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
        _amount(_adjusted(rate.tiers, layers, at_s), SECONDS_PER_HOUR, 0)
        for rate in terms.rates
        for layers in [[row for row in terms.layers if overlap(row.scope, rate.scope, scope)]]
        if rate.start_s <= at_s < rate.end_s and overlap(terms.scope, rate.scope, scope)
    ]
    return min(prices, default=None)


def repriced(terms: Terms) -> tuple[int, ...]:
    """When lines, layers and levels begin and end: use is split there, each part by its own."""
    edges = {edge for rate in terms.rates for edge in (rate.start_s, rate.end_s)}
    for layer in terms.layers:
        edges |= {layer.start_s, layer.end_s, *(start_s for start_s, _ in layer.levels)}
    return tuple(sorted(edges))


def closes(terms: Terms, use: Use) -> bool:
    """Whether a use is the card's to price, so that the list does not where no line fits (RC1)."""
    return bool(terms.closes and use.supplier == terms.supplier and concerns(terms.scope, use))


CLAUSE = ClauseType(
    code=6,
    name="rate_card",
    text=Text,
    terms=Terms,
    lower=lower,
    rules=("RC1", "RC2", "RC3"),
    price=price,
    least=least,
    repriced=repriced,
    closes=closes,
)
