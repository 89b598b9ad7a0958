"""How much of the capacity that was there a run used, by supplier and pool (J8)."""

from collections import defaultdict
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from offtake.sim.played import Played
from offtake.sim.usage import held_gpu_s
from offtake.units.capacity import PPM
from offtake.units.money import SECONDS_PER_HOUR


def utilization(
    played: Played, used_gpu_s: Mapping[tuple[int, int], int]
) -> dict[str, dict[str, Any]]:
    """GPU-hours held and used, and their ratio; what an outage took away was not held.

    Args:
        played: The run.
        used_gpu_s: By (pool, purpose), within the run.
    """
    names = played.world.names
    used_by_pool: dict[int, int] = defaultdict(int)
    for (pool, _), gpu_s in used_gpu_s.items():
        used_by_pool[pool] += gpu_s
    by_supplier: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    by_pool: dict[str, list[int]] = {}
    for pool in range(len(played.sites)):
        pair = [_held(played, pool), used_by_pool[pool]]
        site = played.sites[pool]
        by_pool[site.pool] = pair
        both = by_supplier[names.parties[site.supplier]]
        both[0], both[1] = both[0] + pair[0], both[1] + pair[1]
    return {"by_supplier": _rows(by_supplier), "by_pool": _rows(by_pool)}


def _held(played: Played, pool: int) -> int:
    """GPU-seconds of a pool within the run, less those of outages, which may overlap."""
    world, site = played.world, played.sites[pool]
    gone = [outage for outage in world.outages if outage.hits(site, outage.from_s)]
    edges = {world.from_s, world.until_s}
    edges |= {edge for outage in gone for edge in (outage.from_s, outage.until_s)}
    cuts = sorted(edge for edge in edges if world.from_s <= edge <= world.until_s)
    return sum(
        held_gpu_s(site, from_s, until_s)
        for from_s, until_s in pairwise(cuts)
        if not any(outage.hits(site, from_s) for outage in gone)
    )


def _rows(pairs: Mapping[str, list[int]]) -> dict[str, Any]:
    return {
        name: {
            "held_gpu_h": held // SECONDS_PER_HOUR,
            "used_gpu_h": used // SECONDS_PER_HOUR,
            "utilization": used * PPM // held / PPM if held else 0.0,
        }
        for name, (held, used) in sorted(pairs.items())
    }
