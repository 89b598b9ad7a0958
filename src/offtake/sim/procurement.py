"""When a run asks for more by itself: a policy looks at the backlog at each review (J6)."""

from collections.abc import Mapping
from typing import NamedTuple

from offtake.contract.model import Procurement
from offtake.core.names import Names
from offtake.core.vocabulary import NONE
from offtake.sourcing.requirement import Need
from offtake.units.time import after, instant_text


class Backlog(NamedTuple):
    """What one purpose lacks now, and what is already on its way, in GPUs."""

    purpose: int
    lacking_gpus: int
    coming_gpus: int


def backlog(
    procurement: Procurement, backlogs: Mapping[int, Backlog], names: Names, now_s: int
) -> list[Need]:
    """A requirement for each purpose that lacks more than is coming, in whole lots."""
    watts = names.watts_of(procurement.accelerators[:1])
    lot = max(procurement.lot.in_gpus(watts), 1)
    start_s = after(now_s, procurement.lead)
    limit = procurement.price_limit
    needs = []
    for purpose, row in sorted(backlogs.items()):
        missing = row.lacking_gpus - row.coming_gpus
        if missing < lot:
            continue
        needs.append(
            Need(
                requirement=f"{names.purposes[purpose]}-{instant_text(now_s)[:10]}",
                purpose=purpose,
                gpus=missing // lot * lot,
                start_s=start_s,
                end_s=after(start_s, procurement.length),
                latest_start_s=after(start_s, procurement.length),
                accelerators=tuple(names.accelerators.index(a) for a in procurement.accelerators),
                price_limit_micros_per_gpu_h=NONE if limit is None else limit.micros,
                smallest_lot_gpus=lot,
            )
        )
    return needs
