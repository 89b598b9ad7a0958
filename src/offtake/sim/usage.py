"""What a run used, split at the instants where charging needs it (M1)."""

from collections import defaultdict
from itertools import pairwise

import numpy as np

from offtake.core.account import Use
from offtake.core.names import BUYER, UNSTATED
from offtake.core.vocabulary import NONE, EventKind
from offtake.settle.charges import Usage, cuts
from offtake.sim.played import Played
from offtake.supply.pools import Site

Split = dict[tuple[int, int, int], int]
"""GPU-seconds by (pool, purpose, number of the piece between two cuts)."""


def edges_of(played: Played) -> list[int]:
    """The instants that split usage, from the run's start to its end."""
    world = played.world
    return cuts((*world.clauses, *world.prices), world.from_s, world.until_s)


def used_gpu_s(played: Played, edges: list[int]) -> Split:
    """What jobs and inference used, exactly; jobs still running count to the end of the run."""
    totals: Split = defaultdict(int)
    _add_jobs(played, edges, totals)
    cut = np.array(edges)
    for row in played.served:
        piece = int(np.searchsorted(cut, row.from_s, side="right")) - 1
        purpose = played.world.services[row.service].purpose
        while row.from_s < row.until_s:
            end_s = min(row.until_s, edges[piece + 1])
            totals[row.pool, purpose, piece] += row.gpus * (end_s - row.from_s)
            row, piece = row._replace(from_s=end_s), piece + 1
    return totals


def _add_jobs(played: Played, edges: list[int], totals: Split) -> None:
    jobs, base_s = played.world.jobs, edges[0]
    ran = np.flatnonzero(played.start_s >= 0)
    lost = np.array(played.lost, np.int64).reshape(-1, 4)  # Outages end work that was used (J7).
    job = np.concatenate([ran, lost[:, 0]])
    pool = np.concatenate([played.pool[ran], lost[:, 1]])
    start = np.concatenate([played.start_s[ran], lost[:, 2]]) - base_s
    end = np.concatenate([played.start_s[ran] + played.run_s[ran], lost[:, 3]]) - base_s
    gpus = np.asarray(jobs.gpus, np.int64)[job]
    purposes = np.array([kind.purpose for kind in played.world.kinds] or [0], np.int64)
    purpose = purposes[np.asarray(jobs.kind, np.int64)[job]]
    cut = np.array(edges) - base_s
    keys = pool * (UNSTATED + 1) + purpose
    stride = int(keys.max(initial=0)) + 1
    sums = np.zeros(stride * (len(cut) - 1), np.int64)
    first = np.minimum(np.searchsorted(cut, start, side="right") - 1, len(cut) - 2)
    within = gpus * (end - start)
    across = np.flatnonzero(end > cut[first + 1])  # Few; they are looked at piece by piece.
    within[across] = 0
    np.add.at(sums, first * stride + keys, within)
    start, end, gpus, keys = (column[across] for column in (start, end, gpus, keys))
    for piece, (from_s, until_s) in enumerate(pairwise(cut)):
        inside = np.maximum(np.minimum(end, until_s) - np.maximum(start, from_s), 0)
        np.add.at(sums, piece * stride + keys, gpus * inside)
    for place in np.flatnonzero(sums).tolist():
        piece, key = divmod(place, stride)
        totals[*divmod(key, UNSTATED + 1), piece] += int(sums[place])


def usage_of(played: Played, split: Split, edges: list[int]) -> list[Usage]:
    """Uses to be charged: by use on listed pools, by capacity on ordered ones (S5)."""
    rows = []
    for (pool, purpose, piece), gpu_s in sorted(split.items()):
        site = played.sites[pool]
        if site.order == NONE:
            rows.append(_row(site, pool, purpose, gpu_s, (edges[piece], edges[piece + 1])))
    for pool, site in enumerate(played.sites):
        if site.order == NONE:
            continue
        purpose = _purpose_of(played, site)
        for period in pairwise(edges):
            held = held_gpu_s(site, *period)
            if held:
                rows.append(_row(site, pool, purpose, held, period)._replace(reserved=1))
    return rows


def _row(site: Site, pool: int, purpose: int, gpu_s: int, period: tuple[int, int]) -> Usage:
    use = Use(site.supplier, site.accelerator, site.region, purpose, gpu_s, *period, pool)
    return Usage(use, site.rate_micros_per_gpu_h)


def _purpose_of(played: Played, site: Site) -> int:
    return played.market.state.orders[site.order].purpose


def held_gpu_s(site: Site, from_s: int, until_s: int) -> int:
    """GPU-seconds of a pool's capacity within a period."""
    total = 0
    ends = [step[0] for step in site.steps[1:]] + [until_s]
    for (start_s, gpus), end_s in zip(site.steps, ends, strict=True):
        total += gpus * max(min(end_s, until_s) - max(start_s, from_s), 0)
    return total


def undelivered(played: Played, edges: list[int]) -> list[Use]:
    """Capacity that was due under an order and not there: late, or ended (TP5, DL2)."""
    came: dict[tuple[int, int], int] = {}
    for recorded in played.market.journal:
        event = recorded.event
        if event.kind == EventKind.DELIVERED:
            came[event.order, event.tranche] = event.at_s
    rows = []
    for order in played.market.state.orders.values():
        offer = order.offer
        if offer.supplier == BUYER:
            continue
        for tranche in range(offer.tranches):
            due_s = order.due_at_s(tranche)
            until_s = min(came.get((order.number, tranche), offer.end_s), offer.end_s)
            gpus = order.gpus_in(tranche)
            for from_s, end_s in pairwise(edges):
                missing_s = min(until_s, end_s) - max(due_s, from_s)
                if missing_s > 0:
                    rows.append(
                        Use(
                            offer.supplier,
                            offer.accelerator,
                            offer.region,
                            order.purpose,
                            gpus * missing_s,
                            from_s,
                            end_s,
                        )
                    )
    return rows
