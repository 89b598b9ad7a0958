"""Which pools a kind of workload may use now, in which order, and which clause forbids others."""

from collections.abc import Sequence
from typing import NamedTuple

from offtake.core.account import Use
from offtake.core.decide import decide
from offtake.core.names import BUYER, UNSTATED
from offtake.core.pricing import closed, rate_micros_per_gpu_h
from offtake.core.vocabulary import NONE, BoundClause, Decision, Facts, Verdict
from offtake.sim.world import Kind
from offtake.supply.pools import Site, run_ask


class Pools(NamedTuple):
    """The pools of one kind of workload at an instant."""

    allowed: tuple[int, ...]  # In order of preference (J2).
    forbidden: tuple[tuple[int, str], ...]  # (pool, clause) that suit and may not be used.


class Law(NamedTuple):
    """What judges: the clauses, what has happened, and the instant."""

    clauses: tuple[BoundClause, ...]
    facts: Facts
    now_s: int


def pools_of(
    kind: Kind, sites: Sequence[Site], law: Law, preference: Sequence[tuple[int, int]]
) -> Pools:
    """Judge every suitable pool by the run verdict (J1, J4), best first.

    ``preference`` ranks pools: an open floor first, then the effective rate (J2). What a
    build right makes depend on use so far is left to the moment of the start.
    """
    allowed, forbidden = [], []
    for number, site in enumerate(sites):
        if not kind.suits(site):
            continue
        ask = run_ask(site, kind.purpose, gpus=1, start_s=law.now_s, run_s=1)
        decision = decide(law.clauses, law.facts, ask, law.now_s)
        if decision.verdict is Verdict.PERMIT or depends_on_use(decision):
            allowed.append(number)
        else:
            forbidden.append((number, decision.findings[0].clause.clause_id))
    allowed.sort(key=lambda number: (preference[number], number))
    return Pools(tuple(allowed), tuple(forbidden))


def depends_on_use(decision: Decision) -> bool:
    """Whether only a share that use may restore stands in the way (BR2)."""
    against = [f for f in decision.findings if f.finding.verdict is not Verdict.PERMIT]
    return bool(against) and all(found.finding.reason == "ShareNotKept" for found in against)


def effective_rate(
    site: Site, clauses: Sequence[BoundClause], prices: Sequence[BoundClause], now_s: int
) -> int:
    """The price of one more GPU-hour on a pool, in micros: nothing for what is paid anyway.

    Orders and builds are paid whether used or not; a pool that nothing prices comes last.
    """
    if site.order != NONE or (site.own and site.rate_micros_per_gpu_h == NONE):
        return 0
    use = Use(site.supplier, site.accelerator, site.region, UNSTATED, 0, now_s, now_s)
    rate = None if site.supplier == BUYER else rate_micros_per_gpu_h(clauses, use)
    if rate is None and site.rate_micros_per_gpu_h != NONE:
        return site.rate_micros_per_gpu_h
    if rate is None and not closed(clauses, use):
        rate = rate_micros_per_gpu_h(prices, use)
    return 2**62 if rate is None else rate
