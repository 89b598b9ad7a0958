"""``threshold``: it works for a price and a term that are worth it, with what it can spare.

It takes a notice as ``spare`` does, if the price noticed reaches ``lowest_price`` and the term
sought reaches ``shortest``. It bids for terms that reach ``shortest``, at no less than
``lowest_price``.
"""

from offtake.core.vocabulary import NONE
from offtake.sourcing.requirement import Lot, Need, Offer
from offtake.supply.model import Model
from offtake.supply.suppliers import spare
from offtake.units.time import after


def taken_gpus(model: Model, lot: Lot, spare_gpus: int) -> int:
    """All that was noticed, or nothing; a notice without a price reaches none."""
    noticed = NONE if lot.notice is None else lot.notice.price_micros_per_gpu_h
    lowest = model.behavior.lowest_price
    cheap = lowest is not None and noticed < lowest.micros
    if cheap or not _long_enough(model, lot.need):
        return 0
    return spare.taken_gpus(model, lot, spare_gpus)


def bid(model: Model, lot: Lot, could: Offer) -> Offer | None:
    """What it could offer, at no less than its lowest price; nothing for a term too short."""
    if not _long_enough(model, lot.need):
        return None
    lowest = model.behavior.lowest_price
    least = 0 if lowest is None else lowest.micros
    price = max(could.price_micros_per_gpu_h, least)
    return could._replace(price_micros_per_gpu_h=price)


def _long_enough(model: Model, need: Need) -> bool:
    """Whether the term sought, counted on the calendar from its start, is long enough."""
    shortest = model.behavior.shortest
    return shortest is None or need.end_s >= after(need.start_s, shortest)
