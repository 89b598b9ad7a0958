"""Modelled suppliers in numbers: what each has, where, and what it asks for it."""

from typing import NamedTuple

from offtake.contract.market import Behavior
from offtake.contract.model import Document
from offtake.core.names import Names
from offtake.core.vocabulary import NONE
from offtake.supply.pools import steps_of


class Model(NamedTuple):
    """One supplier's behavior in numbers."""

    supplier: int
    accelerators: tuple[int, ...]
    regions: tuple[int, ...]
    spare: tuple[tuple[int, int], ...]
    rate_micros_per_gpu_h: int
    behavior: Behavior
    seed: int  # Of all chance of a run.


def models(document: Document, names: Names) -> tuple[Model, ...]:
    """The modelled suppliers, in portfolio order."""
    return tuple(
        Model(
            supplier=names.parties.index(item.supplier),
            accelerators=tuple(names.accelerators.index(kind) for kind in item.accelerators),
            regions=tuple(names.regions.index(region) for region in item.regions),
            spare=steps_of(item.spare, item.accelerators, names),
            rate_micros_per_gpu_h=NONE if item.rate is None else item.rate.micros,
            behavior=item,
            seed=document.simulation.seed,
        )
        for item in document.behaviors
    )


def spare_gpus(model: Model, sold_gpus: int, at_s: int) -> int:
    """What a supplier can still contract at an instant."""
    gpus = 0
    for from_s, size in model.spare:
        if from_s <= at_s:
            gpus = size
    return max(gpus - sold_gpus, 0)
