"""``fixed``: a stated quantity, whatever is wanted: at every review, or once at stated dates.

``quantity`` is asked for at every review; each of ``quantities`` once, at the first review from
its date on. Lots do not round what is stated.
"""

from offtake.contract.market import Procurement
from offtake.sim.procurement.sight import Sight


def missing_gpus(procurement: Procurement, sight: Sight) -> dict[int, int]:
    """GPUs to ask for, by purpose: of one purpose, as stated."""
    names = sight.world.names
    watts = names.watts_of(procurement.accelerators[:1])
    every = procurement.quantity
    gpus = 0 if every is None else every.in_gpus(watts)
    for step in procurement.quantities:
        if sight.last_s < step.starts <= sight.now_s:
            gpus += step.size.in_gpus(watts)
    return {names.purposes.index(procurement.purpose): gpus} if gpus else {}
