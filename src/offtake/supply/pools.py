"""Pools in numbers: capacity the buyer can run on, as steps over time."""

from typing import NamedTuple

from offtake.contract.market import SizeStep
from offtake.contract.model import Document, Pool
from offtake.core.names import BUYER, UNSTATED, Names
from offtake.core.vocabulary import NONE, Act, Ask, Capacity


class Site(NamedTuple):
    """A pool as placement sees it; ``steps`` are (from second, GPUs), ascending."""

    pool: str
    supplier: int
    accelerator: int
    region: int
    own: int
    steps: tuple[tuple[int, int], ...]
    rate_micros_per_gpu_h: int = NONE
    order: int = NONE  # The order that made it; NONE for what the portfolio lists.
    gpus_per_node: int = 0  # 0 where the pool states no nodes.

    @property
    def node_sizes(self) -> tuple[int, ...]:
        """GPUs of each node, enough for the most the pool ever has; empty without nodes."""
        if not self.gpus_per_node:
            return ()
        most = max((gpus for _, gpus in self.steps), default=0)
        return (self.gpus_per_node,) * -(-most // self.gpus_per_node)

    def gpus_at(self, at_s: int) -> int:
        """The capacity at an instant."""
        gpus = 0
        for from_s, size in self.steps:
            if from_s > at_s:
                break
            gpus = size
        return gpus


def steps_of(
    steps: tuple[SizeStep, ...], accelerators: tuple[str, ...], names: Names
) -> tuple[tuple[int, int], ...]:
    """Written steps as (second, GPUs); power becomes GPUs of the first accelerator named."""
    watts = names.watts_of(accelerators[:1])
    return tuple((step.starts, step.size.in_gpus(watts)) for step in steps)


def site_of(pool: Pool, names: Names) -> Site:
    """A listed pool in numbers."""
    supplier = names.parties.index(pool.supplier)
    return Site(
        pool=pool.id,
        supplier=supplier,
        accelerator=names.accelerators.index(pool.accelerator),
        region=names.regions.index(pool.region) if pool.region else UNSTATED,
        own=int(supplier == BUYER or pool.origin == "build"),
        steps=steps_of(pool.capacity, (pool.accelerator,), names),
        rate_micros_per_gpu_h=NONE if pool.rate is None else pool.rate.micros,
        gpus_per_node=pool.gpus_per_node,
    )


def sites(document: Document, names: Names) -> tuple[Site, ...]:
    """All listed pools, in portfolio order, which breaks ties of preference (J2)."""
    return tuple(site_of(pool, names) for pool in document.pools)


def run_ask(site: Site, purpose: int, *, gpus: int, start_s: int, run_s: int) -> Ask:
    """May work of a purpose run on this pool?"""
    return Ask(
        Act.RUN,
        supplier=BUYER if site.own else site.supplier,
        purpose=purpose,
        accelerator=site.accelerator,
        region=site.region,
        gpus=gpus,
        start_s=start_s,
        end_s=start_s + run_s,
        capacity=Capacity.EXISTING,
        own=site.own,
    )
