"""Kinds of supplier, one file each: which notices one takes, and what it bids.

A kind has two functions. Both see what every supplier sees of a lot, and no other offer (S3).
Names are permanent, as portfolios state them.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from offtake.sourcing.requirement import Lot, Offer
from offtake.supply.model import Model
from offtake.supply.suppliers import probabilistic, scripted, spare, threshold


class Supplier(NamedTuple):
    """How a kind of supplier decides."""

    taken_gpus: Callable[[Model, Lot, int], int]
    """(model, lot noticed, GPUs it can spare) -> what it takes; 0 refuses, NONE is silence."""
    bid: Callable[[Model, Lot, Offer], Offer | None]
    """(model, lot tendered, what it could offer) -> its bid; None for none."""


SUPPLIERS: Mapping[str, Supplier] = {
    "spare": Supplier(spare.taken_gpus, spare.bid),
    "threshold": Supplier(threshold.taken_gpus, threshold.bid),
    "probabilistic": Supplier(probabilistic.taken_gpus, probabilistic.bid),
    "scripted": Supplier(scripted.taken_gpus, scripted.bid),
}
