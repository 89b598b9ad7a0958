"""What breaks first: where a run falls behind another of the same demand, when, and why."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from offtake.demand.columns import Column
from offtake.sim.delay import QUEUE, Cause
from offtake.sim.played import Played
from offtake.sim.world import Kind
from offtake.supply.pools import Site
from offtake.units.time import FOREVER_S


class Break(NamedTuple):
    """From when on a service or the jobs of a purpose have it worse than in the base, and why."""

    at_s: int
    who: str  # "chat", or "jobs: training".
    what: str  # "lacks 64 GPUs more", "a job of 8 GPUs waits", "a job of 8 GPUs was ended".
    why: str


def breaks(base: Played, other: Played) -> list[Break]:
    """The first break of each service and purpose, the earliest first."""
    found = [*_services(base, other), *_jobs(base, other)]
    return sorted(found, key=lambda item: (item.at_s, item.who))


def _services(base: Played, other: Played) -> Iterator[Break]:
    """Where a service first lacks more GPUs than in the base."""
    for number, service in enumerate(other.world.services):
        before, now = _lacks(base, number), _lacks(other, number)
        for at_s in sorted({*before, *now}):
            more = _level(now, at_s) - _level(before, at_s)
            if more > 0:
                rows = [row for row in other.unserved if row.service == number]
                cause = next(row.cause for row in rows if row.from_s <= at_s < row.until_s)
                why = why_at(base, other, service.kind, at_s, cause)
                yield Break(at_s, service.service, f"lacks {_gpus_text(more)} more", why)
                break


def _lacks(played: Played, number: int) -> dict[int, int]:
    """GPUs that a service lacks, from each instant at which that may change, ascending."""
    found: dict[int, int] = {}
    for row in played.unserved:
        if row.service == number:
            found[row.from_s] = row.gpus
            found[row.until_s] = 0
    return found


def _level(steps: dict[int, int], at_s: int) -> int:
    """What holds at an instant; steps ascend."""
    instants = list(steps)
    place = bisect_right(instants, at_s)
    return steps[instants[place - 1]] if place else 0


def _jobs(base: Played, other: Played) -> Iterator[Break]:
    """For each purpose, the first job that waits where it ran in the base, or was ended."""
    pairs = same_jobs(base, other)
    at_s, ended = _behind(base, other, pairs)
    kind = np.asarray(other.world.jobs.kind, np.int64)[pairs[:, 1]]
    purposes = np.array([item.purpose for item in other.world.kinds] or [0], np.int64)[kind]
    for purpose in np.unique(purposes[at_s < FOREVER_S]).tolist():
        mine = np.flatnonzero(purposes == purpose)
        first = int(mine[np.argmin(at_s[mine])])
        instant_s, job = int(at_s[first]), int(pairs[first, 1])
        gpus = int(other.world.jobs.gpus[job])
        what = "was ended" if ended[first] else "waits"
        cause = _cause(other, int(kind[first]), instant_s)
        why = why_at(base, other, int(kind[first]), instant_s, cause)
        name = other.world.names.purposes[purpose]
        yield Break(instant_s, f"jobs: {name}", f"a job of {_gpus_text(gpus)} {what}", why)


def same_jobs(base: Played, other: Played) -> Column:
    """Pairs of a job in one run and the same in another, shape (pairs, 2).

    Jobs alike in all that placement sees stand for one another, the first for the first.
    """
    all_kinds = dict.fromkeys((*base.world.kinds, *other.world.kinds))
    kinds = {kind: number for number, kind in enumerate(all_kinds)}
    columns = [_columns(base, kinds), _columns(other, kinds)]
    both = np.concatenate(columns, axis=1)
    _, alike = np.unique(both, axis=1, return_inverse=True)
    alike = alike.reshape(-1)
    cut = columns[0].shape[1]
    keys = []
    for part in (alike[:cut], alike[cut:]):
        order = np.argsort(part, kind="stable")
        new = np.r_[True, np.diff(part[order]) != 0] if len(part) else np.zeros(0, bool)
        first = np.maximum.accumulate(np.where(new, np.arange(len(part)), 0))
        turn = np.empty(len(part), np.int64)
        turn[order] = np.arange(len(part)) - first
        keys.append(part * (both.shape[1] + 1) + turn)
    _, one, two = np.intersect1d(keys[0], keys[1], assume_unique=True, return_indices=True)
    return np.stack([one, two], axis=1).astype(np.int64)


def _columns(played: Played, kinds: Mapping[Kind, int]) -> Column:
    """What placement sees of each job, kinds numbered alike; shape (columns, jobs)."""
    jobs = played.world.jobs
    names = ("submit_s", "run_s", "requested_s", "gpus", "priority")
    number = np.array([kinds[kind] for kind in played.world.kinds] or [0], np.int64)
    own = number[np.asarray(jobs.kind, np.int64)]
    return np.stack([*(np.asarray(getattr(jobs, name), np.int64) for name in names), own])


def _behind(base: Played, other: Played, pairs: Column) -> tuple[Column, Column]:
    """From when each job is behind the base, FOREVER_S if never; and whether it was ended then."""
    first = [_first_start(played)[pairs[:, n]] for n, played in enumerate((base, other))]
    end = [_first_end(played)[pairs[:, n]] for n, played in enumerate((base, other))]
    waits = np.where(first[1] > first[0], first[0], FOREVER_S)
    ended = np.where(end[1] < end[0], end[1], FOREVER_S)
    at_s = np.minimum(waits, ended)
    return at_s, (ended == at_s) & (at_s < FOREVER_S)


def _first_start(played: Played) -> Column:
    """When each job first started, FOREVER_S if it never did."""
    started = np.where(played.start_s >= 0, played.start_s, FOREVER_S)
    for row in played.lost:
        started[row.job] = min(started[row.job], row.from_s)
    return started


def _first_end(played: Played) -> Column:
    """When an outage first ended each job, FOREVER_S if none did."""
    ended = np.full(len(played.start_s), FOREVER_S, np.int64)
    for row in played.lost:
        ended[row.job] = min(ended[row.job], row.until_s)
    return ended


def _cause(played: Played, kind: int, at_s: int) -> Cause:
    place = bisect_right(played.segments, at_s, key=lambda segment: segment.from_s) - 1
    return played.segments[place].causes[kind]


def why_at(base: Played, other: Played, kind: int, at_s: int, cause: Cause) -> str:
    """Why work of a kind has it worse at an instant: what it lost, else what it waits for."""
    was = {site.pool: _gpus(base, site, at_s) for site in base.sites if _suits(base, kind, site)}
    has = {site.pool: _gpus(other, site, at_s) for site in other.sites}
    lost = {pool: gpus - has.get(pool, 0) for pool, gpus in was.items() if has.get(pool, 0) < gpus}
    if lost:
        pool = max(lost, key=lost.__getitem__)
        return f"{pool} has {has.get(pool, 0):,} of {was[pool]:,} GPUs"
    return "what there is, is full" if cause == QUEUE else str(cause)


def _suits(played: Played, kind: int, site: Site) -> bool:
    return played.world.kinds[kind].suits(site)


def _gpus(played: Played, site: Site, at_s: int) -> int:
    """What a pool has at an instant, outages counted."""
    gone = any(outage.hits(site, at_s) for outage in played.world.outages)
    return 0 if gone else site.gpus_at(at_s)


def _gpus_text(gpus: int) -> str:
    return "1 GPU" if gpus == 1 else f"{gpus:,} GPUs"
