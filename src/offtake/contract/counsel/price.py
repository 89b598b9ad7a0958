"""Capacity whose use no line would price, at some time or for some purpose (RC1)."""

from collections.abc import Iterator

from offtake.contract.counsel.case import Case
from offtake.contract.lower import list_prices
from offtake.contract.model import Pool
from offtake.contract.problem import Problem
from offtake.core.account import Use
from offtake.core.names import UNSTATED
from offtake.core.pricing import listed_micros_per_gpu_h
from offtake.core.vocabulary import BoundClause
from offtake.units.time import FOREVER_S, instant_text


def flags(case: Case) -> Iterator[Problem]:
    """Pools with the first instant from which nothing prices what runs there."""
    listed = list_prices(case.document, case.names)
    in_files = {price.supplier for price in case.document.prices if price.price_history}
    for pool in case.document.pools:
        if pool.rate is not None or pool.origin == "build" or pool.supplier in in_files:
            continue  # A history of prices is not read here.
        gap = _gap(case, listed, pool)
        if gap is not None:
            at_s, purposes = gap
            every = len(purposes) == len(case.names.purposes)
            what = "" if every else f" for {', '.join(purposes)}"
            yield case.flag(
                "unpriced-capacity",
                case.reading.places[f"pools.{pool.id}"],
                f"nothing prices {pool.accelerator} of {pool.supplier} in pool {pool.id}{what} "
                f"from {instant_text(at_s)} on",
                "Add a rate card, a line under `prices:`, or a `rate:` on the pool.",
            )


def _gap(case: Case, listed: tuple[BoundClause, ...], pool: Pool) -> tuple[int, list[str]] | None:
    """When a pool that holds something first has no price, and for which purposes."""
    begins = min((agreement.starts for agreement in case.document.agreements), default=0)
    edges = {step.starts for step in pool.capacity}
    edges |= {e for c in (*case.clauses, *listed) if c.kind.price for e in (c.from_s, c.until_s)}
    last_s = _last_s(case)
    for at_s in sorted({max(edge, begins) for edge in edges}):
        held = [step.size for step in pool.capacity if step.starts <= at_s]
        if not held or not (held[-1].gpus or held[-1].watts) or at_s >= last_s:
            continue
        missing = [
            name
            for number, name in enumerate(case.names.purposes)
            if rate_at(case, listed, pool, number, at_s) is None
        ]
        if missing:
            return at_s, missing
    return None


def _last_s(case: Case) -> int:
    """Until when anybody looks: the end of the simulation, else of the last agreement."""
    until_s = case.document.simulation.ends
    if until_s >= 0:
        return until_s
    return max((agreement.ends for agreement in case.document.agreements), default=FOREVER_S)


def rate_at(
    case: Case, listed: tuple[BoundClause, ...], pool: Pool, purpose: int, at_s: int
) -> int | None:
    """The price of a GPU-hour in a pool, by contracts, else by the list; None: nothing says it."""
    names = case.names
    use = Use(
        supplier=names.parties.index(pool.supplier),
        accelerator=names.accelerators.index(pool.accelerator),
        region=names.regions.index(pool.region) if pool.region else UNSTATED,
        purpose=purpose,
        gpu_s=0,
        start_s=at_s,
        end_s=at_s,
    )
    return listed_micros_per_gpu_h(case.clauses, listed, use)
