"""Inference demand on pools: served at each instant or lost, never queued (J5)."""

from bisect import bisect_right
from collections.abc import Sequence
from operator import itemgetter
from typing import NamedTuple


class Service(NamedTuple):
    """Demand of one service; ``steps`` are (from second, GPUs), ascending."""

    service: str
    kind: int
    purpose: int
    steps: tuple[tuple[int, int], ...]

    def demand_at(self, at_s: int) -> int:
        """The GPUs wanted at an instant."""
        place = bisect_right(self.steps, at_s, key=itemgetter(0))
        return self.steps[place - 1][1] if place else 0


def serve(
    demands: Sequence[int], orders: Sequence[tuple[int, ...]], room: Sequence[int]
) -> list[dict[int, int]]:
    """The GPUs each service gets on each pool: services in order, pools by preference.

    Args:
        demands: GPUs wanted by each service.
        orders: For each service the pools it may use, best first.
        room: GPUs of each pool that are not taken by running jobs.

    Returns:
        For each service its GPUs by pool; what is missing is lost.
    """
    left = [max(gpus, 0) for gpus in room]
    served: list[dict[int, int]] = []
    for gpus, pools in zip(demands, orders, strict=True):
        own: dict[int, int] = {}
        for pool in pools:
            part = min(gpus, left[pool])
            if part > 0:
                own[pool] = part
                left[pool] -= part
                gpus -= part
        served.append(own)
    return served
