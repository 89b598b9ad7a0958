"""When a run asks for more by itself: at each review a policy says what is missing (J6).

A policy is one file with one function: from what the portfolio states and what a buyer sees at
a review to the GPUs to ask for, by purpose. Names are permanent, as portfolios state them.
"""

from collections.abc import Callable, Mapping

from offtake.contract.market import Procurement
from offtake.core.names import Names
from offtake.core.vocabulary import NONE
from offtake.sim.procurement import backlog, fixed, forecast
from offtake.sim.procurement.sight import Sight
from offtake.sourcing.requirement import Need
from offtake.units.time import after, instant_text

Policy = Callable[[Procurement, Sight], Mapping[int, int]]
"""The GPUs to ask for at a review, by purpose; purposes of which nothing is missing left out."""
POLICIES: Mapping[str, Policy] = {
    "backlog": backlog.missing_gpus,
    "forecast": forecast.missing_gpus,
    "fixed": fixed.missing_gpus,
}


def raised(procurement: Procurement, sight: Sight) -> list[Need]:
    """The requirements of a review, one for each purpose of which something is missing."""
    missing = POLICIES[procurement.policy](procurement, sight)
    return [
        _need(procurement, sight.world.names, gpus, (purpose, sight.now_s))
        for purpose, gpus in sorted(missing.items())
        if gpus > 0
    ]


def _need(procurement: Procurement, names: Names, gpus: int, row: tuple[int, int]) -> Need:
    purpose, now_s = row
    limit, start_s = procurement.price_limit, after(now_s, procurement.lead)
    lot = max(procurement.lot.in_gpus(names.watts_of(procurement.accelerators[:1])), 1)
    end_s = after(start_s, procurement.length)
    return Need(
        requirement=f"{names.purposes[purpose]}-{instant_text(now_s)[:10]}",
        purpose=purpose,
        gpus=gpus,
        start_s=start_s,
        end_s=end_s,
        latest_start_s=end_s,
        accelerators=tuple(names.accelerators.index(name) for name in procurement.accelerators),
        price_limit_micros_per_gpu_h=NONE if limit is None else limit.micros,
        smallest_lot_gpus=min(lot, gpus),
    )
