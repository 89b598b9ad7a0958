"""``backlog``: what waits now, less what is already on its way, in whole lots.

It looks at no past and no future: it asks when work has been waiting, and stops when what is
being sourced or was ordered would hold all that waits. What will be free by itself, because
jobs end, is not taken off.
"""

from offtake.contract.market import Procurement
from offtake.sim.procurement.sight import Sight, whole_lots


def missing_gpus(procurement: Procurement, sight: Sight) -> dict[int, int]:
    """GPUs to ask for, by purpose."""
    coming = sight.coming_gpus()
    missing = {
        purpose: gpus - coming.get(purpose, 0) for purpose, gpus in sight.lacking_gpus().items()
    }
    return whole_lots(missing, procurement, sight.world.names)
