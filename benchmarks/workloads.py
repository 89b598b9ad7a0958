"""What the placement benchmarks are run on: seeded jobs, pools whose capacity changes, and play.

A case is the jobs, the pools and the changes; every engine and peer is given the same one.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any, NamedTuple

import numpy as np

from offtake.demand.columns import Column
from offtake.sim.placement import FIFO, WHOLE_MILLI, Jobs

SIZES, SHARES = (1, 2, 4, 8, 16, 32), (0.40, 0.15, 0.15, 0.20, 0.06, 0.04)
"""GPUs of a job, and how often; most jobs of a lab are small, most of its GPU-hours are not."""
POOL_GPUS = 1_024
POOLS, KINDS, CHANGES = 8, 6, 200
FAR_S = 1 << 34


class Case(NamedTuple):
    """Jobs, the pools of each kind in order of preference, and capacities as they change."""

    jobs: Jobs
    orders: tuple[tuple[int, ...], ...]
    changes: tuple[tuple[int, int, int], ...]
    """(at_s, pool, gpus), ascending; each pool has one at second 0."""
    node_gpus: int = 0  # The size of each node, where pools state them.

    @property
    def pools(self) -> int:
        """How many pools there are."""
        return 1 + max(pool for _, pool, _ in self.changes)

    @property
    def count(self) -> int:
        """How many jobs there are."""
        return len(self.jobs.submit_s)


def jobs(count: int, *, gpus: int, load: float, kinds: int = 1, slack: bool = False) -> Jobs:
    """Jobs that ask for a share ``load`` of ``gpus``; seeded, arrivals spread evenly.

    Run times are log-normal with a median of half an hour. With ``slack`` jobs ask for one to
    five times what they run, as people do; otherwise for exactly that.
    """
    dice = np.random.default_rng(1)
    sizes = dice.choice(SIZES, count, p=SHARES).astype(np.int64)
    run_s = np.maximum(1, dice.lognormal(7.5, 1.2, count)).astype(np.int64)
    span_s = max(1, int(sizes @ run_s / (gpus * load)))
    submit_s = np.sort(dice.integers(0, span_s, count))
    kind = dice.integers(0, kinds, count)
    requested_s = (run_s * dice.uniform(1, 5, count)).astype(np.int64) if slack else run_s
    return Jobs(submit_s, run_s, requested_s, sizes, kind, np.zeros(count, np.int64))


def one_pool(count: int, *, load: float = 0.9, slack: bool = False) -> Case:
    """One pool that never changes, jobs of one kind."""
    found = jobs(count, gpus=POOL_GPUS, load=load, slack=slack)
    return Case(found, ((0,),), ((0, 0, POOL_GPUS),))


def on_nodes(count: int) -> Case:
    """One pool of nodes of eight; a third of the jobs of one GPU take a part of it."""
    case = one_pool(count, load=0.95)
    gpus = np.asarray(case.jobs.gpus)
    dice = np.random.default_rng(3)
    parts = np.where((gpus == 1) & (dice.random(count) < 1 / 3), dice.choice([250, 500], count), 0)
    share = np.where(parts > 0, parts, WHOLE_MILLI).astype(np.int64)
    return case._replace(jobs=case.jobs._replace(share_milli=share), node_gpus=8)


def one_gpu_each(case: Case) -> Case:
    """The same jobs with one GPU each, submitted so fast that they still wait."""
    own = case.jobs
    sizes = np.asarray(own.gpus)
    faster = np.asarray(own.submit_s) // max(1, int(sizes.mean()) + 1)
    return case._replace(jobs=own._replace(gpus=np.ones_like(sizes), submit_s=faster))


def contract(count: int, *, changes: int = CHANGES) -> Case:
    """Eight pools that grow and shrink 200 times each, six kinds that may use other pools each.

    Contracts decide which pools a kind may use: each kind has its own five, in its own order.
    """
    dice = np.random.default_rng(2)
    found = jobs(count, gpus=POOLS * POOL_GPUS, load=0.95, kinds=KINDS)
    orders = tuple(tuple(dice.permutation(POOLS)[:5].tolist()) for _ in range(KINDS))
    span_s = int(found.submit_s[-1])
    rows = [(0, pool, POOL_GPUS) for pool in range(POOLS)]
    for pool in range(POOLS):
        at_s = dice.integers(1, max(span_s, 2), changes).tolist()
        gpus = dice.integers(POOL_GPUS // 2, 3 * POOL_GPUS // 2, changes).tolist()
        rows += zip(at_s, [pool] * changes, gpus, strict=True)
    return Case(found, orders, tuple(sorted(rows)))


def laid_out(engine: Any, case: Case) -> Any:
    """An engine with the pools and orders of a case."""
    for pool in range(case.pools):
        most = max(gpus for _, own, gpus in case.changes if own == pool)
        nodes = most // case.node_gpus if case.node_gpus else 0
        engine.add_pool((case.node_gpus,) * nodes)
    for kind, pools in enumerate(case.orders):
        engine.set_order(kind, pools)
    return engine


def played(engine: Any, case: Case) -> Any:
    """An engine that has played a case, stopped at each change as a run would stop it."""
    stops = sorted({at_s for at_s, _, _ in case.changes})
    by_stop: dict[int, list[tuple[int, int]]] = {}
    for at_s, pool, gpus in case.changes:
        by_stop.setdefault(at_s, []).append((pool, gpus))
    for at_s, until_s in zip(stops, [*stops[1:], FAR_S], strict=True):
        for pool, gpus in by_stop[at_s]:
            engine.set_capacity(pool, gpus)
        engine.advance(at_s, until_s)
    return engine


def compiled(case: Case, discipline: str = FIFO) -> Any:
    """The compiled engine, ready to play a case."""
    from offtake.sim.kernel import Engine

    return laid_out(Engine(case.jobs, discipline=discipline), case)


def reference(case: Case, discipline: str = FIFO) -> Any:
    """The reference engine, ready to play a case."""
    from offtake.sim.reference import Engine

    return laid_out(Engine(case.jobs, discipline=discipline), case)


def answer(*columns: Sequence[int] | Column) -> str:
    """A hash of starts (and pools): equal where every job got the same."""
    digest = sha256()
    for column in columns:
        digest.update(np.ascontiguousarray(column, np.int64).tobytes())
    return digest.hexdigest()[:16]
