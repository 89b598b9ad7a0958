"""What to move so that a shortfall is avoided, and whether the contracts permit the move.

Each move is charged as a whole: its saving is the cost of everything without it less the cost
with it, so that a floor that it would open elsewhere is in the figure.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np

from offtake.contract.portfolio import Portfolio
from offtake.core.account import Thing, Use
from offtake.core.decide import decide
from offtake.core.evolve import NO_FACTS
from offtake.core.pricing import listed_micros_per_gpu_h
from offtake.core.scope import concerns
from offtake.core.vocabulary import Ask, BoundClause, Decision
from offtake.demand.columns import Column
from offtake.settle.columns import book_columns
from offtake.settle.forecast import Target, moved
from offtake.settle.standing import Outlook, Standing, cost_micros
from offtake.settle.used import Kind, Used
from offtake.supply.pools import Site, run_ask, sites
from offtake.units.money import SECONDS_PER_HOUR

MOVES_MAX = 5
"""The best moves that are shown for a commitment."""
TRIED_MAX = 40
"""The most moves that are charged for one commitment."""
PPM = 1_000_000


class Move(NamedTuple):
    """Some of the use to come, on the pool of a commitment instead of where it would run."""

    standing: Standing
    purpose: int
    from_pool: str
    from_supplier: int
    accelerator: int
    to_pool: str
    gpu_s: int
    free_gpu_s: int  # What the pool has free until the period ends.
    saves_micros: int  # Of everything that is charged; negative: it costs more.
    decision: Decision  # May it run there?


def moves(
    portfolio: Portfolio, clauses: Sequence[BoundClause], seen: Outlook, standing: Standing
) -> list[Move]:
    """The moves that help a commitment with a shortfall to expect, the best first."""
    if standing.expected_micros <= 0:
        return []
    pools = sites(portfolio.document, portfolio.names)
    pairs = (
        (standing, site, rows)
        for rows, source in _sources(seen, standing)
        for site in _targets(pools, standing, source)
    )
    tried = (_move(portfolio, clauses, seen, pair) for pair in islice(pairs, TRIED_MAX))
    found = [move for move in tried if move is not None and move.saves_micros > 0]
    found.sort(key=lambda move: (move.decision.verdict, -move.saves_micros))
    return found[:MOVES_MAX]


def _sources(seen: Outlook, standing: Standing) -> Iterator[tuple[Column, Use]]:
    """Use to come that does not count towards the floor, by what it is, the largest first."""
    used = seen.used
    ahead = (used.start_s >= seen.at_s) & (used.start_s < standing.end_s)
    free = ahead & (used.kind == Kind.USED) & (used.gpu_s > 0)
    places = np.flatnonzero(free)
    names = ("supplier", "accelerator", "region", "purpose", "pool")
    groups: dict[tuple[int, ...], list[int]] = {}
    for place in places.tolist():
        key = tuple(int(getattr(used, name)[place]) for name in names)
        groups.setdefault(key, []).append(place)
    sized = [(np.array(rows), key) for key, rows in groups.items()]
    sized.sort(key=lambda item: -int(used.gpu_s[item[0]].sum()))
    for rows, (supplier, accelerator, region, purpose, pool) in sized:
        use = Use(supplier, accelerator, region, purpose, 0, seen.at_s, standing.end_s, pool)
        if not _counts(standing, supplier, use):
            yield rows, use


def _counts(standing: Standing, supplier: int, thing: Use | Thing) -> bool:
    """Whether use of a supplier counts towards a floor."""
    kind = standing.clause.kind
    assert kind.about is not None
    return supplier == standing.supplier and concerns(kind.about(standing.clause.terms), thing)


def _targets(pools: Sequence[Site], standing: Standing, source: Use) -> Iterator[Site]:
    """Pools of the same kind of accelerator whose use counts towards the floor."""
    for site in pools:
        thing = Thing(source.purpose, site.accelerator, site.region)
        same = site.accelerator == source.accelerator
        if same and _counts(standing, site.supplier, thing):
            yield site


def _move(
    portfolio: Portfolio,
    clauses: Sequence[BoundClause],
    seen: Outlook,
    which: tuple[Standing, Site, Column],
) -> Move | None:
    """One move, as large as the gap, the pool and the use allow; None where that is nothing."""
    standing, site, rows = which
    used, place = seen.used, int(rows[0])
    purpose = int(used.purpose[place])
    there = int(used.gpu_s[rows].sum())
    free = _free_gpu_s(used, site, (seen.at_s, standing.end_s))
    wanted = _wanted_gpu_s(portfolio, clauses, standing, _as_used(site, purpose, seen.at_s))
    gpu_s = min(there, free, wanted)
    if gpu_s <= 0:
        return None
    target = Target(
        site.pool, site.supplier, site.accelerator, site.region, site.rate_micros_per_gpu_h
    )
    after = moved(used, rows, target, -(-gpu_s * PPM // there))
    cost = cost_micros(book_columns(portfolio, clauses, after, seen.edges))
    pool = int(used.pool[place])
    return Move(
        standing=standing,
        purpose=purpose,
        from_pool=used.pools[pool] if pool >= 0 else "",
        from_supplier=int(used.supplier[place]),
        accelerator=site.accelerator,
        to_pool=site.pool,
        gpu_s=gpu_s,
        free_gpu_s=free,
        saves_micros=seen.cost_micros - cost,
        decision=decide(clauses, NO_FACTS, _run(site, purpose, standing, seen.at_s), seen.at_s),
    )


def _free_gpu_s(used: Used, site: Site, period: tuple[int, int]) -> int:
    """What a pool has over and above the use that is to come there."""
    ends = [step[0] for step in site.steps[1:]] + [period[1]]
    held = sum(
        gpus * max(min(end_s, period[1]) - max(start_s, period[0]), 0)
        for (start_s, gpus), end_s in zip(site.steps, ends, strict=True)
    )
    if site.pool not in used.pools:
        return held
    here = used.pool == used.pools.index(site.pool)
    inside = here & (used.start_s >= period[0]) & (used.start_s < period[1])
    return held - int(used.gpu_s[inside & (used.kind == Kind.USED)].sum())


def _wanted_gpu_s(
    portfolio: Portfolio, clauses: Sequence[BoundClause], standing: Standing, use: Use
) -> int:
    """How much use at the pool's price fills what is missing."""
    rate = listed_micros_per_gpu_h(clauses, portfolio.prices, use)
    if not rate:
        return 0
    return -(-standing.expected_micros * SECONDS_PER_HOUR // rate)


def _as_used(site: Site, purpose: int, at_s: int) -> Use:
    return Use(
        site.supplier, site.accelerator, site.region, purpose, SECONDS_PER_HOUR, at_s, at_s + 1
    )


def _run(site: Site, purpose: int, standing: Standing, at_s: int) -> Ask:
    """May work of this purpose run on that pool?"""
    return run_ask(site, purpose, gpus=1, start_s=at_s, run_s=standing.end_s - at_s)
