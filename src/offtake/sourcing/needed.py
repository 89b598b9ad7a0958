"""A requirement as people write it, in numbers."""

from offtake.contract.model import Requirement
from offtake.core.names import Names
from offtake.core.vocabulary import NONE
from offtake.sourcing.requirement import Need
from offtake.units.time import DAY_S

SLACK_S = 180 * DAY_S
"""How late a start still helps when a requirement does not say."""


def need_of(item: Requirement, names: Names) -> Need:
    """A written requirement in numbers."""
    watts = names.watts_of(item.accelerators[:1])
    latest = item.starts + SLACK_S if item.latest_start is None else item.latest_start
    return Need(
        requirement=item.id,
        purpose=names.purposes.index(item.purpose),
        gpus=item.size.in_gpus(watts),
        start_s=item.starts,
        end_s=item.ends,
        latest_start_s=latest,
        accelerators=tuple(names.accelerators.index(name) for name in item.accelerators),
        regions=tuple(names.regions.index(name) for name in item.regions),
        price_limit_micros_per_gpu_h=NONE if item.price_limit is None else item.price_limit.micros,
        smallest_lot_gpus=max(item.smallest_lot.in_gpus(watts), 1),
        own=int(item.own),
    )
