"""``scripted``: it answers notices as its ``answers`` say, and no other; it bids what it can spare.

Answers that are planned come first for every kind of supplier; this one is silent without.
"""

from offtake.core.vocabulary import NONE
from offtake.sourcing.requirement import Lot, Offer
from offtake.supply.model import Model


def taken_gpus(model: Model, lot: Lot, spare_gpus: int) -> int:
    """Silence, to the end of its window."""
    return NONE


def bid(model: Model, lot: Lot, could: Offer) -> Offer | None:
    """What it could offer."""
    return could
