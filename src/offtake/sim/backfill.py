"""Letting later jobs pass: ``easy`` and ``conservative`` backfilling (J3), in plain Python.

Both plan with requested times, the capacity of this instant and what runs now. A job that ends
before it said makes room that this instant sees. Mu'alem and Feitelson, "Utilization,
Predictability, Workloads, and User Runtime Estimates in Scheduling the IBM SP2 with
Backfilling", IEEE TPDS 12(6), 2001, compare the two.
"""

from typing import TYPE_CHECKING, NamedTuple

from offtake.sim.nodes import Planned
from offtake.sim.placement import WAITS
from offtake.sim.plan import Plan, plan_of

if TYPE_CHECKING:
    from offtake.sim.reference import Engine, Key


class Reservation(NamedTuple):
    """What ``easy`` keeps for the first waiting job: when, where, and what is to spare then."""

    pool: int
    at_s: int
    spare_gpus: int


def easy(engine: "Engine", first: int, now_s: int) -> None:
    """Let later jobs pass that do not delay the first waiting one, by requested times.

    What is kept for it is the pool where it could start soonest if running jobs end when they
    said and capacity stays; nothing is kept where it may not run or never fits. Starting only
    takes, so a job that may not pass now will not at this instant: each queue is walked once.
    """
    kept = _reservation(engine, first, now_s)
    heads: dict[Key, int] = {}
    for key in engine.queues:
        _seek(engine, key, heads, kept, now_s)
    while heads:
        key = min(heads, key=lambda item: engine.queues[item][heads[item]])
        place = heads[key]
        job = engine.queues[key][place][1]
        pool = WAITS if job == first else _passes(engine, kept, job, key, now_s)
        if pool == WAITS:
            heads[key] = place + 1
        else:
            if kept is not None and pool == kept.pool and _outlasts(engine, kept, job, now_s):
                kept = kept._replace(spare_gpus=kept.spare_gpus - engine.jobs.gpus[job])
            engine.queues[key].pop(place)
            engine.start(job, pool, now_s=now_s)
        _seek(engine, key, heads, kept, now_s)


def _seek(
    engine: "Engine",
    key: "Key",
    heads: "dict[Key, int]",
    kept: Reservation | None,
    now_s: int,
) -> None:
    """Move a queue's head to its next job that might pass; drop it where there is none."""
    place = heads.pop(key, 0)
    queue = engine.queues[key]
    room = [pool for pool in engine.orders.get(key[0], ()) if engine.fits(key, pool)]
    if not room or place >= len(queue):
        return
    if kept is None or key[1] <= kept.spare_gpus or room != [kept.pool]:
        heads[key] = place
        return
    for number in range(place, len(queue)):
        if not _outlasts(engine, kept, queue[number][1], now_s):
            heads[key] = number
            return


def _passes(engine: "Engine", kept: Reservation | None, job: int, key: "Key", now_s: int) -> int:
    """The pool where a job may pass the first waiting one, or WAITS."""
    delays = kept is not None and (
        engine.jobs.gpus[job] > kept.spare_gpus and _outlasts(engine, kept, job, now_s)
    )
    blocked = frozenset({kept.pool}) if kept is not None and delays else frozenset()
    return engine.fit(job, key, now_s, blocked)


def _outlasts(engine: "Engine", kept: Reservation, job: int, now_s: int) -> bool:
    return now_s + engine.requested_s(job, kept.pool) > kept.at_s


def _reservation(engine: "Engine", job: int, now_s: int) -> Reservation | None:
    best: Reservation | None = None
    for pool in engine.orders.get(engine.jobs.kind[job], ()):
        if not engine.admit(job, pool, now_s):
            continue
        found = _soonest(engine, pool, job, now_s)
        if found is not None and (best is None or found.at_s < best.at_s):
            best = found
    return best


def _soonest(engine: "Engine", pool: int, job: int, now_s: int) -> Reservation | None:
    """When a pool has room by requested times, and what is to spare at that instant.

    On a pool that states its nodes nothing is to spare: GPUs left beside a job need not lie
    where a later one left them.
    """
    gpus, nodes = engine.jobs.gpus[job], engine.nodes[pool]
    free, at_s = engine.free[pool], now_s
    if nodes is None:
        for end_s, other in engine.ends[pool]:
            if free >= gpus and end_s > at_s:
                break
            free, at_s = free + engine.jobs.gpus[other], end_s
        return Reservation(pool, at_s, free - gpus) if free >= gpus else None
    nodes, milli = nodes.copy(), engine.share_milli(job)
    for end_s, other in engine.ends[pool]:
        if end_s > at_s and nodes.place(gpus, milli):
            break
        nodes.give(other)
        at_s = end_s
    return Reservation(pool, at_s, 0) if nodes.place(gpus, milli) else None


def conservative(engine: "Engine", now_s: int) -> None:
    """Plan every waiting job in order, each where it starts soonest; start those due now.

    A later job passes only if it delays nobody before it, by requested times. On a pool without
    nodes the plan is made anew at each instant from what runs then, as Slurm's backfill does.
    Named nodes that were promised stay promised: each job in turn gives its promise back and
    takes the soonest start that the other promises leave, as Batsim's and OAR's schedulers
    compress their plans.
    """
    plans = [plan_of(engine, pool, now_s) for pool in range(len(engine.free))]
    waiting = sorted(row for queue in engine.queues.values() for row in queue)
    for row in waiting:
        job = row[1]
        _give_back(engine, plans, job)
        pool, planned = _planned(engine, plans, job, now_s)
        if planned is None:
            continue
        plans[pool].reserve(planned)
        nodes = engine.nodes[pool]
        if planned.at_s == now_s:
            engine.queues[engine.key(job)].remove(row)
            engine.start(job, pool, now_s=now_s, parts=planned.parts)
        elif nodes is not None:
            nodes.promised[job] = planned


def _give_back(engine: "Engine", plans: list[Plan], job: int) -> None:
    for plan, nodes in zip(plans, engine.nodes, strict=True):
        promised = None if nodes is None else nodes.promised.pop(job, None)
        if promised is not None:
            plan.lift(promised)


def _planned(
    engine: "Engine", plans: list[Plan], job: int, now_s: int
) -> tuple[int, Planned | None]:
    """The pool where a job starts soonest, the first of its order among equals, and the plan."""
    pool, best = WAITS, None
    for own in engine.orders.get(engine.jobs.kind[job], ()):
        if not engine.admit(job, own, now_s):
            continue
        found = plans[own].soonest(
            engine.jobs.gpus[job],
            milli=engine.share_milli(job),
            for_s=engine.requested_s(job, own),
        )
        if found is not None and (best is None or found.at_s < best.at_s):
            pool, best = own, found
    return pool, best
