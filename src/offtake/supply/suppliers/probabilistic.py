"""``probabilistic``: of a stated share of requirements it wants any; then it acts as ``spare``.

One draw for each supplier and requirement, from the seed of the run: it holds for notices and
bids, however often it is asked. The draw depends on nothing else, so that under other rules, or
with other requirements beside it, the same supplier wants the same (common random numbers); with
a greater chance it wants all that it wanted with a smaller.
"""

from hashlib import sha256

import numpy as np

from offtake.sourcing.requirement import Lot, Offer
from offtake.supply.model import Model
from offtake.supply.suppliers import spare
from offtake.units.capacity import PPM


def taken_gpus(model: Model, lot: Lot, spare_gpus: int) -> int:
    """All that was noticed if it wants any and can, else nothing."""
    return spare.taken_gpus(model, lot, spare_gpus) if _wants(model, lot) else 0


def bid(model: Model, lot: Lot, could: Offer) -> Offer | None:
    """What it could offer, if it wants any."""
    return could if _wants(model, lot) else None


def _wants(model: Model, lot: Lot) -> bool:
    chance_ppm = model.behavior.chance
    assert chance_ppm is not None, "read with the behavior"
    return drawn_ppm(model.seed, model.behavior.supplier, lot.need.requirement) < chance_ppm


def drawn_ppm(seed: int, supplier: str, requirement: str) -> int:
    """A number from 0 to 999,999, as likely as any other: PCG64 from the seed and both names."""
    named = sha256(f"{supplier}\n{requirement}".encode()).digest()
    words = np.frombuffer(named, "<u4").tolist()
    chance = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *words])))
    return int(chance.integers(PPM))
