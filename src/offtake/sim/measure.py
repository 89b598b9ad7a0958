"""The figures of a run: waits, GPU-hours, sourcing, cost, concentration (J8)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from offtake.core.names import BUYER
from offtake.core.vocabulary import NONE, EventKind
from offtake.demand.columns import Column
from offtake.settle.charges import Cost, Settlement, cost, settle
from offtake.settle.charges import Terms as ChargeTerms
from offtake.settle.used import Used, used_of
from offtake.sim.delay import Cause, waited_gpu_s
from offtake.sim.played import Played
from offtake.sim.usage import edges_of, undelivered, usage_of, used_gpu_s
from offtake.sim.utilization import utilization
from offtake.units.capacity import PPM
from offtake.units.money import MICROS, SECONDS_PER_HOUR

SHORT_RUN_S = 10
"""The bound of bounded slowdown: shorter runs count as this long (Feitelson 2001)."""


class Measured(NamedTuple):
    """A run with its figures."""

    played: Played
    settlement: Settlement
    cost: Cost
    used_gpu_s: Mapping[tuple[int, int], int]  # By (pool, purpose).
    causes: Mapping[Cause, int]  # GPU-seconds delayed or lost, by cause.
    used: Used  # What was settled.


def measure(played: Played) -> Measured:
    """Settle a run and count what delayed it."""
    world, edges = played.world, edges_of(played)
    split = used_gpu_s(played, edges)
    period = world.from_s, world.until_s
    usage, missing = usage_of(played, split, edges), undelivered(played, edges)
    terms = ChargeTerms(world.clauses, world.prices, world.reports, world.from_s)
    settlement = settle(terms, usage, missing, period)
    used: dict[tuple[int, int], int] = defaultdict(int)
    for (pool, purpose, _), gpu_s in split.items():
        used[pool, purpose] += gpu_s
    causes = waited_gpu_s(world.jobs, played.schedule, played.segments, played.rooms, world.until_s)
    for row in played.unserved:
        lost = row.gpus * (row.until_s - row.from_s)
        causes[row.cause] = causes.get(row.cause, 0) + lost
    kept = used_of(usage, missing, [site.pool for site in played.sites], period)
    return Measured(played, settlement, cost(settlement, world.names), used, causes, kept)


def summary(measured: Measured) -> dict[str, Any]:
    """The figures as data, in the documented form (docs/reference/summary.md)."""
    played = measured.played
    names, world = played.world.names, played.world
    by_supplier: dict[str, int] = defaultdict(int)
    by_purpose: dict[str, int] = defaultdict(int)
    by_pool: dict[str, int] = defaultdict(int)
    for (pool, purpose), gpu_s in measured.used_gpu_s.items():
        by_supplier[names.parties[played.sites[pool].supplier]] += gpu_s
        by_purpose[names.purposes[purpose]] += gpu_s
        by_pool[played.sites[pool].pool] += gpu_s
    unserved_gpu_s = sum(row.gpus * (row.until_s - row.from_s) for row in played.unserved)
    demand_gpu_s = unserved_gpu_s + sum(
        row.gpus * (row.until_s - row.from_s) for row in played.served
    )
    return {
        "jobs": _jobs(played),
        "wait_s": _waits(played),
        "gpu_h": {
            "by_supplier": _hours(by_supplier),
            "by_purpose": _hours(by_purpose),
            "by_pool": _hours(by_pool),
            "unserved": unserved_gpu_s // SECONDS_PER_HOUR,
            "unserved_ratio": _ratio(unserved_gpu_s, demand_gpu_s),
            "utilization": utilization(played, measured.used_gpu_s),
        },
        "sourcing": _sourcing(played),
        "cost": {
            "currency": world.document.currency,
            "total": _money(measured.cost.total),
            "by_supplier": {k: _money(v) for k, v in sorted(measured.cost.by_supplier.items())},
            "by_charge": {k: _money(v) for k, v in sorted(measured.cost.by_charge.items())},
            "unpriced_gpu_h": sum(use.gpu_s for use in measured.settlement.gaps)
            // SECONDS_PER_HOUR,
            "own_build_gpu_h": by_supplier[names.parties[BUYER]] // SECONDS_PER_HOUR,
        },
        "shortfall": _money(measured.cost.by_charge.get("shortfall", 0)),
        "concentration": concentration(by_supplier),
        "delay_gpu_h": _causes(measured.causes),
        "time_to_capacity_s": _time_to_capacity(played),
    }


def concentration(by_supplier: Mapping[str, int]) -> dict[str, Any]:
    """Herfindahl-Hirschman index of GPU-hours (0 to 1) and the largest supplier's share."""
    total = sum(by_supplier.values())
    if not total:
        return {"hhi": 0.0, "largest_share": 0.0, "largest": None}
    largest = max(sorted(by_supplier), key=lambda name: by_supplier[name])
    squares = sum(gpu_s * gpu_s for gpu_s in by_supplier.values())
    return {
        "hhi": squares * PPM // (total * total) / PPM,
        "largest_share": _ratio(by_supplier[largest], total),
        "largest": largest,
    }


def _ratio(part: int, whole: int) -> float:
    """A share to six decimals, computed in integers so that every machine agrees."""
    return part * PPM // whole / PPM if whole else 0.0


def _money(micros: int) -> float:
    """Units of the currency with two decimals, for reading; books keep micros."""
    return round(micros / MICROS, 2)


def _hours(gpu_s: Mapping[str, int]) -> dict[str, int]:
    """GPU-hours by name, whole ones that sum to the whole hours of the total.

    The hours that rounding down would lose go to the largest remainders, the first name first.
    """
    names = sorted(gpu_s)
    hours = {name: gpu_s[name] // SECONDS_PER_HOUR for name in names}
    lost = sum(gpu_s.values()) // SECONDS_PER_HOUR - sum(hours.values())
    by_rest = sorted(names, key=lambda name: -(gpu_s[name] % SECONDS_PER_HOUR))  # Stable.
    for name in by_rest[:lost]:
        hours[name] += 1
    return hours


def _jobs(played: Played) -> dict[str, int]:
    jobs, until_s = played.world.jobs, played.world.until_s
    ran = played.start_s >= 0
    ended_s = played.start_s + played.run_s
    completed = ran & (ended_s <= until_s)
    found = {
        "submitted": len(ran),
        "started": int(ran.sum()),
        "completed": int(completed.sum()),
        "waiting": int((~ran).sum()),
        "restarted": len(played.lost),
        "outside_period": played.world.outside.jobs,
    }
    if jobs.deadline_s is not None:
        deadline_s = np.asarray(jobs.deadline_s, np.int64)
        met = completed & (ended_s <= deadline_s)
        found |= {"with_deadline": int((deadline_s != NONE).sum()), "deadline_met": int(met.sum())}
    return found


def waits_of(played: Played) -> Column:
    """How long each job waited, in seconds; one that never started waited to the end.

    While a job ran that an outage ended later, it did not wait (J7).
    """
    submit = np.asarray(played.world.jobs.submit_s, np.int64)
    waits: Column = np.where(played.start_s >= 0, played.start_s, played.world.until_s) - submit
    for row in played.lost:
        waits[row.job] -= row.until_s - row.from_s
    return waits


def waits_s(played: Played) -> Column:
    """The waits of all jobs in seconds, sorted."""
    waits: Column = np.sort(waits_of(played))
    return waits


def _waits(played: Played) -> dict[str, float]:
    """Mean, nearest-rank percentiles, maximum, and mean bounded slowdown."""
    waits = waits_s(played)
    if not len(waits):
        return dict.fromkeys(("mean", "median", "p95", "p99", "max", "bounded_slowdown"), 0)
    run = played.run_s
    slowdown = np.maximum((waits_of(played) + run) / np.maximum(run, SHORT_RUN_S), 1.0)
    return {
        "mean": int(waits.sum()) // len(waits),
        "median": percentile(waits, 50),
        "p95": percentile(waits, 95),
        "p99": percentile(waits, 99),
        "max": int(waits[-1]),
        "bounded_slowdown": round(float(slowdown.mean()), 3),
    }


def percentile(sorted_values: Sequence[int] | np.ndarray, percent: int) -> int:
    """The nearest-rank percentile: the least value that ``percent`` of all do not exceed."""
    rank = -(-len(sorted_values) * percent // 100)
    return int(sorted_values[max(rank, 1) - 1])


def _sourcing(played: Played) -> dict[str, int]:
    journal = [recorded.event for recorded in played.market.journal]
    counts: dict[int, int] = defaultdict(int)
    for event in journal:
        counts[event.kind] += 1
    noticed = {e.lot: e.gpus for e in journal if e.kind == EventKind.NOTICE_GIVEN}
    accepted = [e for e in journal if e.kind == EventKind.ACCEPTED]
    whole = sum(1 for event in accepted if event.gpus >= noticed[event.lot])
    return {
        "requirements": counts[EventKind.REQUIREMENT_SUBMITTED],
        "outside_period": played.world.outside.requirements,
        "notices": counts[EventKind.NOTICE_GIVEN],
        "accepted": whole,
        "partly_accepted": len(accepted) - whole,
        "refused": counts[EventKind.REFUSED],
        "lapsed": counts[EventKind.LAPSED],
        "awards": counts[EventKind.AWARDED],
        "orders": counts[EventKind.ORDERED],
        "delivered_gpus": sum(e.gpus for e in journal if e.kind == EventKind.DELIVERED),
        "unserved_gpus": sum(e.gpus for e in journal if e.kind == EventKind.UNSERVED),
    }


def _causes(causes: Mapping[Cause, int]) -> dict[str, int]:
    """Delay in GPU-hours by cause, the largest first."""
    hours = _hours({str(cause): gpu_s for cause, gpu_s in causes.items()})
    return dict(sorted(hours.items(), key=lambda item: (-item[1], item[0])))


def _time_to_capacity(played: Played) -> dict[str, int]:
    """From a requirement to its first delivery, in seconds, by requirement."""
    submitted: dict[int, int] = {}
    found: dict[str, int] = {}
    for recorded in played.market.journal:
        event = recorded.event
        if event.kind == EventKind.REQUIREMENT_SUBMITTED:
            submitted[event.lot] = event.at_s
        if event.kind == EventKind.DELIVERED and event.lot != NONE:
            need = played.market.state.lots[event.lot].need
            found.setdefault(need.requirement, event.at_s - submitted[event.lot])
    return dict(sorted(found.items()))
