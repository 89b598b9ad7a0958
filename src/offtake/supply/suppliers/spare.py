"""``spare``: it takes and bids what it can spare.

Of a notice it takes all or nothing, and nothing at less than the rate it states. It bids all
it can spare up to what is sought.
"""

from offtake.core.vocabulary import NONE
from offtake.sourcing.requirement import Lot, Offer
from offtake.supply.model import Model


def taken_gpus(model: Model, lot: Lot, spare_gpus: int) -> int:
    """All that was noticed, or nothing."""
    noticed = NONE if lot.notice is None else lot.notice.price_micros_per_gpu_h
    cheap = noticed != NONE and model.rate_micros_per_gpu_h > noticed
    return lot.noticed_gpus if spare_gpus >= lot.noticed_gpus and not cheap else 0


def bid(model: Model, lot: Lot, could: Offer) -> Offer | None:
    """What it could offer."""
    return could
