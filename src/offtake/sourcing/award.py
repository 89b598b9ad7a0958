"""The award: which offers, how much of each, at least total cost over the lot (S4).

What a part of an offer costs, all told (``cost_micros``; docs/reference/sourcing.md):

- rent, at the offer's rate, for the needed period, or for the offer's own where that is longer;
- money paid in advance, at a yearly cost of capital: prepaid rent is paid at the start, on
  average half the period before it is due (simple interest, years of 365 days);
- delay, at a price per GPU-day, from the needed start to the offer's;
- less what a commitment to the supplier would have billed anyway: rent up to the floor not yet
  taken costs nothing more.

The cost of a part is convex in its size: nothing but the floor makes it other than straight,
and the floor is filled first. So for a given set of offers, each with its least part reserved,
taking the cheapest next GPU again and again is optimal; and all sets are compared.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import combinations, pairwise, product
from typing import NamedTuple

from offtake.core.vocabulary import NONE
from offtake.sourcing.requirement import Need, Offer
from offtake.units.capacity import PPM
from offtake.units.money import SECONDS_PER_HOUR
from offtake.units.time import DAY_S

LIMIT_OFFERS = 10
"""All sets of offers are compared, so the cheapest beyond this many are not looked at."""
YEAR_S = 365 * DAY_S


class Award(NamedTuple):
    """A part of the lot for one offer, and the reason."""

    offer: Offer
    gpus: int
    cost_micros: int
    why: str


class Worth(NamedTuple):
    """What else counts beside the rate: delay, money, and floors not yet taken by supplier."""

    delay_micros_per_gpu_day: int = 0
    floor_left_micros: Mapping[int, int] = {}
    capital_ppm_per_year: int = 0


Range = tuple[int, int]
"""GPUs from the first to the second, both included."""
Parts = Callable[[Offer], Sequence[Range]]
"""The parts of an offer that the contracts permit, in GPUs: ranges apart from one another."""


def whole(offer: Offer) -> Sequence[Range]:
    """No contract speaks."""
    return ((1, offer.gpus),)


def suitable(need: Need, offer: Offer, open_gpus: int) -> str:
    """Why an offer cannot be used for a need, in the words of S6; empty when it can.

    It must be of a kind and in a region that will do, useful in size beside what is still open,
    priced within the limit, start in time, and serve to the end of the need.
    """
    if need.accelerators and offer.accelerator not in need.accelerators:
        return "no supply"
    if need.regions and offer.region not in need.regions:
        return "no supply"
    if offer.gpus < min(need.smallest_lot_gpus, open_gpus) or offer.end_s < need.end_s:
        return "no supply"
    price, limit = offer.price_micros_per_gpu_h, need.price_limit_micros_per_gpu_h
    if price == NONE:
        return "no supply"
    if limit != NONE and price > limit:
        return "price limit"
    return "too late" if offer.start_s > need.latest_start_s else ""


def choose(
    need: Need, gpus: int, offers: Sequence[Offer], worth: Worth, parts: Parts = whole
) -> tuple[Award, ...]:
    """The awards that serve the most GPUs of the lot at the least total cost of ownership.

    Each part is at least the smallest useful lot (the whole, where less is open) and one that
    is permitted. More GPUs win over fewer, then the lower cost, then fewer suppliers, then the
    order of the cost of the whole offers.
    """
    costs = {offer: _Cost(need, offer, worth) for offer in offers}
    least = max(min(need.smallest_lot_gpus, gpus), 1)
    useful = {offer: _useful(parts(offer), least, min(offer.gpus, gpus)) for offer in offers}
    ranked = sorted(
        (offer for offer in costs if useful[offer]),
        key=lambda offer: (costs[offer].of(offer.gpus) / offer.gpus, offer.supplier),
    )[:LIMIT_OFFERS]
    best: tuple[int, ...] = ()
    best_offers: tuple[Offer, ...] = ()
    best_key: tuple[int, Fraction, int] = (0, Fraction(0), 0)
    for size in range(1, len(ranked) + 1):
        for chosen in combinations(ranked, size):
            for ranges in product(*(useful[offer] for offer in chosen)):
                filled = _fill(gpus, [costs[offer] for offer in chosen], ranges)
                if not filled:
                    continue
                cost = sum(
                    (costs[o].of(part) for o, part in zip(chosen, filled, strict=True)), Fraction(0)
                )
                key = (-sum(filled), cost, size)
                if not best or key < best_key:
                    best, best_offers, best_key = filled, chosen, key
    return tuple(
        Award(offer, part, cost_micros(need, offer, part, worth), _why(offer, worth))
        for offer, part in zip(best_offers, best, strict=True)
    )


def _useful(ranges: Sequence[Range], least: int, most: int) -> tuple[Range, ...]:
    """What of the permitted ranges is a useful part of what is open."""
    inside = ((max(low, least), min(high, most)) for low, high in ranges)
    return tuple((low, high) for low, high in inside if low <= high)


class _Cost:
    """The cost of a part of one offer, in exact micros: convex in its GPUs."""

    def __init__(self, need: Need, offer: Offer, worth: Worth) -> None:
        needed_s = need.end_s - need.start_s
        rent_s = max(needed_s, offer.end_s - offer.start_s)
        late_s = max(offer.start_s - need.start_s, 0)
        rate = max(offer.price_micros_per_gpu_h, 0)
        self._rent = Fraction(rate * rent_s, SECONDS_PER_HOUR)
        early = self._rent * Fraction(max(offer.prepaid_ppm, 0), PPM)
        capital = early * Fraction(worth.capital_ppm_per_year * rent_s, 2 * PPM * YEAR_S)
        self._more = capital + Fraction(late_s * worth.delay_micros_per_gpu_day, DAY_S)
        self._floor = max(worth.floor_left_micros.get(offer.supplier, 0), 0)

    def of(self, gpus: int) -> Fraction:
        """The cost of so many GPUs: rent above the floor, money and delay."""
        return gpus * self._more + max(gpus * self._rent - self._floor, Fraction(0))

    def steps(self, low: int, high: int) -> Iterator[tuple[Fraction, int]]:
        """(cost of one more GPU, how many cost that), from ``low`` to ``high``, cheapest first."""
        covered = self._floor // self._rent if self._rent else high
        edges = sorted({low, high, *(e for e in (covered, covered + 1) if low < e < high)})
        for start, end in pairwise(edges):
            yield self.of(start + 1) - self.of(start), end - start


def _fill(gpus: int, costs: Sequence[_Cost], ranges: Sequence[Range]) -> tuple[int, ...]:
    """Fill a lot from offers, the least of each first, then the cheapest GPU next.

    Empty when even the least parts are more than the lot.
    """
    parts = [low for low, _ in ranges]
    left = gpus - sum(parts)
    if left < 0:
        return ()
    steps = sorted(
        (cost, place, count)
        for place, (each, span) in enumerate(zip(costs, ranges, strict=True))
        for cost, count in each.steps(*span)
    )
    for _, place, count in steps:
        more = min(count, left)
        parts[place] += more
        left -= more
    return tuple(parts)


def cost_micros(need: Need, offer: Offer, gpus: int, worth: Worth) -> int:
    """The total cost of ownership of a part, to the micro (ties to even)."""
    return round(_Cost(need, offer, worth).of(gpus))


def _why(offer: Offer, worth: Worth) -> str:
    if worth.floor_left_micros.get(offer.supplier, 0) > 0:
        return "least total cost: fills a commitment that would be paid anyway"
    return "least total cost: rent, prepayment and delay"
