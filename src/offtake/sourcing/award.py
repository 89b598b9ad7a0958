"""The award: which offers, how much of each, at least total cost over the lot (S4)."""

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from offtake.core.vocabulary import NONE
from offtake.sourcing.requirement import Need, Offer
from offtake.units.money import SECONDS_PER_HOUR
from offtake.units.time import DAY_S

LIMIT_OFFERS = 10
"""All combinations are compared, so the cheapest offers beyond this many are not looked at."""


class Award(NamedTuple):
    """A part of the lot for one offer, and the reason."""

    offer: Offer
    gpus: int
    cost_micros: int
    why: str


class Worth(NamedTuple):
    """What else counts beside the rate: delay, and floors not yet taken by supplier."""

    delay_micros_per_gpu_day: int = 0
    floor_left_micros: Mapping[int, int] = {}


def suitable(need: Need, offer: Offer) -> str:
    """Why an offer cannot be used for a need, in one word of S6; empty when it can."""
    if need.accelerators and offer.accelerator not in need.accelerators:
        return "no supply"
    if need.regions and offer.region not in need.regions:
        return "no supply"
    if offer.gpus < need.smallest_lot_gpus:
        return "no supply"
    limit = need.price_limit_micros_per_gpu_h
    if limit != NONE and offer.price_micros_per_gpu_h > limit:
        return "price limit"
    return "too late" if offer.start_s > need.latest_start_s else ""


Permits = Callable[[Offer, int], bool]
"""Whether the contracts permit ordering so many GPUs of an offer now."""


def permit_all(offer: Offer, gpus: int) -> bool:
    """No contract speaks."""
    return True


def choose(
    need: Need, gpus: int, offers: Sequence[Offer], worth: Worth, permits: Permits = permit_all
) -> tuple[Award, ...]:
    """The awards that serve the most GPUs of the lot at the least total cost of ownership.

    Every combination of offers is filled cheapest first, each part at least the smallest
    useful lot and permitted in just that quantity (a right may want parts offered by
    themselves, FR6); more GPUs win over fewer, then the lower cost, then fewer suppliers,
    then the order of the offers.
    """
    ranked = sorted(offers, key=lambda offer: _unit_cost(need, offer, worth))[:LIMIT_OFFERS]
    best: tuple[Award, ...] = ()
    best_key = (0, 0, 0)
    for size in range(1, len(ranked) + 1):
        for chosen in combinations(ranked, size):
            awards = _fill(need, gpus, chosen, worth)
            served = sum(award.gpus for award in awards)
            key = (-served, sum(award.cost_micros for award in awards), size)
            better = awards and (not best or key < best_key)
            if better and all(permits(award.offer, award.gpus) for award in awards):
                best, best_key = awards, key
    return best


def _fill(need: Need, gpus: int, offers: Sequence[Offer], worth: Worth) -> tuple[Award, ...]:
    """Fill a lot from offers in order, each part useful; empty when a part would not be."""
    awards, left = [], gpus
    for position, offer in enumerate(offers):
        later = (len(offers) - position - 1) * need.smallest_lot_gpus
        part = min(offer.gpus, left - later)
        if part < min(need.smallest_lot_gpus, gpus):
            return ()
        cost = cost_micros(need, offer, part, worth)
        awards.append(Award(offer, part, cost, _why(offer, worth)))
        left -= part
    return tuple(awards)


def cost_micros(need: Need, offer: Offer, gpus: int, worth: Worth) -> int:
    """The total cost of ownership of a part: rate over the term, delay, less floor filled."""
    served_s = max(offer.end_s - offer.start_s, 0)
    rent = gpus * served_s * max(offer.price_micros_per_gpu_h, 0) // SECONDS_PER_HOUR
    late_s = max(offer.start_s - need.start_s, 0)
    delay = gpus * late_s * worth.delay_micros_per_gpu_day // DAY_S
    return rent + delay - min(worth.floor_left_micros.get(offer.supplier, 0), rent)


def _unit_cost(need: Need, offer: Offer, worth: Worth) -> tuple[int, int]:
    gpus = max(offer.gpus, 1)
    return cost_micros(need, offer, gpus, worth) // gpus, offer.supplier


def _why(offer: Offer, worth: Worth) -> str:
    if worth.floor_left_micros.get(offer.supplier, 0):
        return "least total cost: fills a commitment that would be paid anyway"
    return "least total cost: rate and delay"
