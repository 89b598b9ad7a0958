"""Scenarios of a stress test: what a portfolio would be if something went wrong (J7).

Each is a transformation of what is written, so that every scenario is a portfolio and its run
an ordinary run. Jobs of a trace stand outside the portfolio; where a scenario is about demand,
it changes them by the same rule. Nothing here plays.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from offtake.contract.lower import list_prices, lower, names_of
from offtake.contract.market import Behavior, SizeStep
from offtake.contract.model import Document, JobText, ListPrice, Outage, Pool
from offtake.contract.portfolio import Portfolio
from offtake.core.names import Names
from offtake.demand.columns import Column, JobTrace, ServiceTrace
from offtake.demand.resample import taken
from offtake.sim.world import Workload
from offtake.units.capacity import PPM, Size, share_text
from offtake.units.money import Money, Rounding, divide
from offtake.units.time import FOREVER_S, Duration, after, instant_text

FIXED_S = {"s": 1, "min": 60, "h": 3_600, "d": 86_400, "w": 7 * 86_400}
"""Units of durations whose length does not depend on the calendar."""

Change = Callable[[Document], Document]
Load = Callable[[Workload, Names], Workload]


def _as_it_is(workload: Workload, names: Names) -> Workload:
    """The trace of a scenario that is not about demand."""
    return workload


class Scenario(NamedTuple):
    """One thing that goes wrong, or several together."""

    id: str
    title: str
    change: Change
    load: Load = _as_it_is
    supplier: str = ""  # The one that is lost.

    def workload(self, base: Workload | None, names: Names) -> Workload | None:
        """The trace under the scenario."""
        return None if base is None else self.load(base, names)


BASE = Scenario("base", "as stated", lambda document: document)


def portfolio_of(document: Document) -> Portfolio:
    """A changed document ready for use; it was well-formed before, and changes keep it so."""
    names = names_of(document)
    return Portfolio(
        document=document,
        names=names,
        clauses=lower(document, names),
        prices=list_prices(document, names),
    )


def together(scenarios: Sequence[Scenario]) -> Scenario:
    """All of some scenarios at once, one applied after the other."""

    def change(document: Document) -> Document:
        for scenario in scenarios:
            document = scenario.change(document)
        return document

    def load(workload: Workload, names: Names) -> Workload:
        for scenario in scenarios:
            workload = scenario.load(workload, names)
        return workload

    names = ", ".join(scenario.id for scenario in scenarios)
    return Scenario("together", f"together: {names}", change, load)


def lose(supplier: str, from_s: int, until_s: int) -> Scenario:
    """A supplier is gone for a time: its pools and orders are empty, and it sells nothing.

    What ran there ends and begins anew elsewhere (J7). Its contracts go on: floors are owed.
    """

    def change(document: Document) -> Document:
        outage = Outage(supplier=supplier, starts=from_s, ends=until_s)
        behaviors = tuple(
            _sells_nothing(item, from_s, until_s) if item.supplier == supplier else item
            for item in document.behaviors
        )
        return replace(document, outages=(*document.outages, outage), behaviors=behaviors)

    period = f"{instant_text(from_s)} to {instant_text(until_s)}"
    return Scenario(f"lose {supplier}", f"{supplier} is gone, {period}", change, supplier=supplier)


def _sells_nothing(behavior: Behavior, from_s: int, until_s: int) -> Behavior:
    """A behavior whose spare capacity is nothing during a period, and as stated after it."""
    before = [step for step in behavior.spare if step.starts < from_s]
    after_it = [step for step in behavior.spare if step.starts > until_s]
    known = [step.size for step in behavior.spare if step.starts <= until_s]
    back = [SizeStep(starts=until_s, size=known[-1])] if known else []
    gone = SizeStep(starts=from_s, size=Size(gpus=0))
    return replace(behavior, spare=(*before, gone, *back, *after_it))


def late(by: Duration, from_s: int) -> Scenario:
    """Every delivery comes later: tranches of orders, and growth of listed pools after a start.

    A listed pool has at an instant the least that it was to have since as long before: what
    was to come comes later, what was to end ends when it was to.
    """

    def change(document: Document) -> Document:
        names = names_of(document)
        behaviors = tuple(replace(item, late=_sum(item.late, by)) for item in document.behaviors)
        pools = tuple(
            replace(item, capacity=_later(item, by, names.watts_of((item.accelerator,)), from_s))
            for item in document.pools
        )
        return replace(document, behaviors=behaviors, pools=pools)

    return Scenario(f"late {by}", f"every delivery comes {by} later", change)


def _sum(one: Duration, other: Duration) -> Duration:
    """Two lengths after each other; months and years count at their longest beside other units."""
    if not one.number:
        return other
    if one.unit == other.unit:
        return Duration(one.number + other.number, one.unit)
    if one.unit in FIXED_S and other.unit in FIXED_S:
        unit = min(one.unit, other.unit, key=FIXED_S.__getitem__)
        total_s = one.number * FIXED_S[one.unit] + other.number * FIXED_S[other.unit]
        return Duration(total_s // FIXED_S[unit], unit)
    return Duration(one.longest_s + other.longest_s, "s")


def _later(pool: Pool, by: Duration, watts: int, from_s: int) -> tuple[SizeStep, ...]:
    """A pool that has, at each instant, the least it was to have within a length before it."""
    came = [step for step in pool.capacity if step.starts <= from_s]
    levels = [(from_s, came[-1].size if came else Size(gpus=0))]
    levels += [(step.starts, step.size) for step in pool.capacity if step.starts > from_s]
    gone = [after(at_s, by) for at_s, _ in levels[1:]]  # When each level no longer counts.

    def least(at_s: int) -> Size:
        counts = [
            size
            for (begins_s, size), ends_s in zip(levels, [*gone, FOREVER_S], strict=True)
            if begins_s <= at_s < ends_s
        ]
        return min(counts, key=lambda size: size.in_gpus(watts))

    edges = sorted({*(at_s for at_s, _ in levels), *gone})
    steps = [*came[:-1], *(SizeStep(starts=edge, size=least(edge)) for edge in edges)]
    changes = zip(steps[1:], steps, strict=False)
    return (steps[0], *(step for step, before in changes if step.size != before.size))


def surge(share_ppm: int) -> Scenario:
    """Inference wants a multiple of what was stated: services more GPUs, jobs more of them.

    Of jobs of inference purposes the ``n``-th is submitted ``floor((n + 1) f) - floor(n f)``
    times, ``f`` the share, in the portfolio and in the trace: exact over all, whatever ``f``.
    """

    def change(document: Document) -> Document:
        inference = _inference(names_of(document))
        services = tuple(
            replace(item, demand=tuple(_more(step, share_ppm) for step in item.demand))
            if item.purpose in inference
            else item
            for item in document.services
        )
        jobs = tuple(_copies(document.jobs, inference, share_ppm))
        return replace(document, services=services, jobs=jobs)

    def load(workload: Workload, names: Names) -> Workload:
        inference = {names.purposes.index(name) for name in _inference(names)}
        return workload._replace(
            trace=_more_jobs(workload, inference, share_ppm),
            services=_more_services(workload, inference, share_ppm),
        )

    text = share_text(share_ppm)
    return Scenario(f"inference {text}", f"inference wants {text} of what was stated", change, load)


def _inference(names: Names) -> set[str]:
    return {name for name in names.purposes if "inference" in names.lineage(name)}


def _more(step: SizeStep, share_ppm: int) -> SizeStep:
    """A demand times a share, up to whole GPUs or watts."""
    gpus, watts = (-(-max(part, 0) * share_ppm // PPM) for part in step.size)
    size = Size(gpus=gpus) if step.size.watts < 0 else Size(watts=watts)
    return replace(step, size=size)


def _more_jobs(workload: Workload, inference: set[int], share_ppm: int) -> JobTrace | None:
    if workload.trace is None:
        return None
    own = np.array([purpose in inference for purpose in workload.purposes] or [False])
    chosen = own[workload.trace.tenant]
    counts = np.ones(workload.trace.jobs, np.int64)
    counts[chosen] = copies(int(chosen.sum()), share_ppm)
    return taken(workload.trace, np.repeat(np.arange(workload.trace.jobs), counts))


def _more_services(workload: Workload, inference: set[int], share_ppm: int) -> ServiceTrace | None:
    if workload.services is None:
        return None
    rows = zip(workload.services.services, workload.service_purposes, strict=True)
    demands = tuple(
        demand._replace(gpus=-(-demand.gpus * share_ppm // PPM)) if purpose in inference else demand
        for demand, purpose in rows
    )
    return replace(workload.services, services=demands)


def copies(jobs: int, share_ppm: int) -> Column:
    """How often each of some jobs is submitted, so that all together are the share."""
    bounds = np.arange(jobs + 1, dtype=np.int64) * share_ppm // PPM
    return np.diff(bounds)


def _copies(jobs: Sequence[JobText], inference: set[str], share_ppm: int) -> Iterable[JobText]:
    counts = iter(copies(sum(job.purpose in inference for job in jobs), share_ppm).tolist())
    for job in jobs:
        times = next(counts) if job.purpose in inference else 1
        for number in range(times):
            yield job if number == 0 else replace(job, id=f"{job.id} ({number + 1})")


def prices(change_ppm: int) -> Scenario:
    """List prices and what suppliers offer change by a share; what is contracted stays."""

    def changed(money: Money) -> Money:
        micros = divide(money.micros * (PPM + change_ppm), PPM, Rounding.HALF_EVEN)
        return money._replace(micros=micros)

    def listed(item: ListPrice) -> ListPrice:
        return item if item.price is None else replace(item, price=changed(item.price))

    def offered(item: Behavior) -> Behavior:
        return item if item.rate is None else replace(item, rate=changed(item.rate))

    def change(document: Document) -> Document:
        return replace(
            document,
            prices=tuple(listed(item) for item in document.prices),
            behaviors=tuple(offered(item) for item in document.behaviors),
        )

    sign = "-" if change_ppm < 0 else "+"
    text = f"{sign}{share_text(abs(change_ppm))}"
    return Scenario(f"prices {text}", f"list prices and offers change by {text}", change)


def suppliers_of(document: Document) -> list[str]:
    """The suppliers that a run could miss: those with pools or a behavior, buyer left out."""
    buyer = names_of(document).parties[0]
    used = [pool.supplier for pool in document.pools]
    used += [behavior.supplier for behavior in document.behaviors]
    return [name for name in dict.fromkeys(used) if name != buyer]
