"""The run: sourcing, clauses, inference and jobs on one simulated clock (J1 to J6).

The clock stops wherever anything but jobs can change: clauses, capacity, notices, tenders,
deliveries, inference demand, reviews, and the instants at which usage is split for charging.
Between stops the placement engine plays jobs alone.
"""

from bisect import bisect_right
from collections.abc import Callable

import numpy as np

from offtake.core.decide import decide
from offtake.core.evolve import evolve as evolve_facts
from offtake.core.names import BUYER
from offtake.core.vocabulary import (
    Ask,
    Event,
    EventKind,
    Verdict,
)
from offtake.demand.columns import Column
from offtake.settle.charges import cuts
from offtake.sim.cause import Causes
from offtake.sim.choice import Hooks, choice, engine_for, plain_only, shares
from offtake.sim.delay import Cause, Room, Segment
from offtake.sim.eligibility import Law, Pools, effective_rate, pools_of
from offtake.sim.floors import Floors
from offtake.sim.inference import serve
from offtake.sim.market import Market
from offtake.sim.placement import scaled_s
from offtake.sim.played import Played, Served, Unserved
from offtake.sim.procurement import raised
from offtake.sim.procurement.sight import Sight
from offtake.sim.world import Kind, World
from offtake.sourcing.requirement import Recorded
from offtake.supply.pools import Site, run_ask
from offtake.units.capacity import PPM
from offtake.units.time import FOREVER_S, after

Progress = Callable[[int, int], None]
"""(seconds played, seconds in all), told at every stop."""


def silently(done_s: int, total_s: int) -> None:
    """Nobody watches."""


def simulate(world: World, progress: Progress = silently, engine: str = "") -> Played:
    """Play a world from its start to its end; its size picks the engine unless one is named."""
    run = _Run(world, engine)
    now_s = world.from_s
    while now_s < world.until_s:
        next_s = run.stop(now_s)
        run.engine.advance(now_s, next_s)
        progress(next_s - world.from_s, world.until_s - world.from_s)
        now_s = next_s
    run.flush(world.until_s)
    pool = np.asarray(run.engine.pool, np.int64)
    return Played(
        world,
        tuple(run.sites),
        np.asarray(run.engine.start_s, np.int64),
        pool,
        run.ran_s(pool),
        tuple(run.engine.lost),
        tuple(run.served),
        tuple(run.unserved),
        tuple(run.segments),
        tuple(run.rooms),
        run.market,
    )


class _Run:
    """The state of a run between two stops."""

    def __init__(self, world: World, engine: str) -> None:
        self.world = world
        self.market = Market(world)
        self.sites: list[Site] = []
        self.served: list[Served] = []
        self.unserved: list[Unserved] = []
        self.segments: list[Segment] = []
        self.rooms: list[Room] = []
        self._had_room: dict[int, int] = {}
        self._causes = Causes(world, self.market)
        self._shares = shares(world.clauses)
        discipline = world.document.simulation.discipline
        plain = plain_only(world.sites, self._shares, discipline)
        self.engine = engine_for(
            world.jobs,
            discipline,
            Hooks(admit=self._admit, started=self._started, freed=self._freed),
            engine or choice(len(world.jobs.gpus), plain=plain),
        )
        self._pools: list[Pools] = [Pools((), ()) for _ in world.kinds]
        self._judged: dict[tuple[int, int, int], tuple[bool, str]] = {}
        self._allocated: list[dict[int, int]] = [{} for _ in world.services]
        self._since_s = world.from_s
        self._floors = Floors(world.clauses)
        self._counted_gpu_s: list[int] = []  # By pool: what floors have seen of its jobs.
        self._rates: list[int] = []
        self._speeds: dict[tuple[int, int], int] = {}  # By (kind, pool), where it matters.
        self._edges = sorted({e for c in world.clauses for e in (c.from_s, c.until_s)})
        self._stops = self._static_stops()
        self._review_s = world.from_s
        self._reviews_s: list[int] = []
        for site in world.sites:
            self._open(site)

    def _static_stops(self) -> list[int]:
        world = self.world
        stops = {edge for site in world.sites for edge, _ in site.steps}
        stops |= {edge for service in world.services for edge, _ in service.steps}
        stops |= {edge for outage in world.outages for edge in (outage.from_s, outage.until_s)}
        priced = (*world.clauses, *world.prices)
        stops |= set(cuts(priced, world.from_s, world.until_s)) | set(self._edges)
        return sorted(stop for stop in stops if stop < FOREVER_S)

    def stop(self, now_s: int) -> int:
        """Change what changes now; returns the next instant at which something may."""
        self.flush(now_s)
        for recorded in self.market.play(now_s):
            self._apply(recorded, now_s)
        self._resize(now_s)
        self._review(now_s)
        self._judge(now_s)
        self._serve(now_s)
        self._note(now_s)
        later = self._stops[bisect_right(self._stops, now_s) :]
        known = [later[0] if later else FOREVER_S, self.market.next_s() or FOREVER_S]
        known += [self._review_s, self.world.until_s]
        return min(at_s for at_s in known if at_s > now_s)

    def _note(self, now_s: int) -> None:
        """Write down why who waits waits, and what room jobs have from now on."""
        capacity = self.engine.capacity
        for number, held in enumerate(self.engine.service):
            self._room(number, capacity[number] - held, now_s)
        self.segments.append(
            Segment(
                now_s,
                tuple(self._causes.of(number) for number in range(len(self.world.kinds))),
                tuple(pools.forbidden for pools in self._pools),
                tuple(
                    max((capacity[pool] for pool in pools.allowed), default=0)
                    for pools in self._pools
                ),
            )
        )

    def _room(self, pool: int, gpus: int, now_s: int) -> None:
        if self._had_room.get(pool) != gpus:
            self._had_room[pool] = gpus
            self.rooms.append(Room(now_s, pool, gpus))

    def ran_s(self, pool: Column) -> Column:
        """How long each job ran on the pool it got, by the pool's speed for its kind."""
        run_s = np.array(self.world.jobs.run_s, np.int64)
        kind = np.asarray(self.world.jobs.kind, np.int64)
        for (number, here), speed_ppm in self._speeds.items():
            mine = (kind == number) & (pool == here)
            run_s[mine] = scaled_s(run_s[mine], speed_ppm)
        return run_s

    def _resize(self, now_s: int) -> None:
        """Give pools the capacity of this instant; an outage ends what runs there (J7)."""
        for number, site in enumerate(self.sites):
            out = any(outage.hits(site, now_s) for outage in self.world.outages)
            gpus = 0 if out else site.gpus_at(now_s)
            if gpus != self.engine.capacity[number]:
                self.engine.set_capacity(number, gpus)
                if out:
                    self.engine.preempt(number, now_s)

    def _open(self, site: Site) -> None:
        self.sites.append(site)
        pool = self.engine.add_pool(site.node_sizes)
        self._rates.append(0)
        self._counted_gpu_s.append(0)
        for number, kind in enumerate(self.world.kinds):
            speed_ppm = self.world.speed_ppm(kind, site)
            if speed_ppm not in (0, PPM):
                self._speeds[number, pool] = speed_ppm
                self.engine.set_speed(number, pool, speed_ppm=speed_ppm)

    def _apply(self, recorded: Recorded, now_s: int) -> None:
        """A delivery grows the pool of its order, which closes when the order's term ends (S5)."""
        event = recorded.event
        if event.kind != EventKind.DELIVERED:
            return
        for number, site in enumerate(self.sites):
            if site.order == event.order:
                grown = site.gpus_at(now_s) + event.gpus
                steps = (*(step for step in site.steps[:-1]), (now_s, grown), site.steps[-1])
                self.sites[number] = site._replace(steps=steps)
                return
        lot = self.market.state.lots[event.lot]
        self._open(
            Site(
                pool=f"order-{event.order}-{lot.need.requirement}",
                supplier=event.party,
                accelerator=event.accelerator,
                region=event.region,
                own=int(event.party == BUYER),
                steps=((now_s, event.gpus), (event.end_s, 0)),
                rate_micros_per_gpu_h=event.price_micros_per_gpu_h,
                order=event.order,
            )
        )
        self._stops = sorted({*self._stops, event.end_s})

    def _review(self, now_s: int) -> None:
        """At each review the policy may raise requirements (J6)."""
        if now_s < self._review_s:
            return
        procurement = self.world.document.procurement
        self._review_s = after(now_s, procurement.review)
        if procurement.policy == "none":
            self._review_s = FOREVER_S
            return
        self._reviews_s.append(now_s)
        sight = Sight(
            self.world,
            self.market.state,
            self.engine,
            self.sites,
            self._allocated,
            self._reviews_s,
        )
        for need in raised(procurement, sight):
            self.market.submit(need, now_s)
        for recorded in self.market.play(now_s):
            self._apply(recorded, now_s)

    def _judge(self, now_s: int) -> None:
        """Judge pools for every kind; verdicts change only where a clause comes or goes (J4)."""
        world, sites = self.world, self.sites
        for number, site in enumerate(sites):
            self._rates[number] = effective_rate(site, world.clauses, world.prices, now_s)
        open_floors = self._floors.open(sites, now_s)
        preference = [
            (int(number not in open_floors), rate) for number, rate in enumerate(self._rates)
        ]
        law = Law(world.clauses, self.market.state.facts, now_s)
        turn = bisect_right(self._edges, now_s)
        for number, kind in enumerate(world.kinds):
            pools = self._cached(number, kind, law, turn)
            allowed = tuple(sorted(pools.allowed, key=lambda pool: (preference[pool], pool)))
            self._pools[number] = Pools(allowed, pools.forbidden)
            self.engine.set_order(number, allowed)

    def _cached(self, number: int, kind: Kind, law: Law, turn: int) -> Pools:
        allowed: list[int] = []
        forbidden: list[tuple[int, str]] = []
        for pool, site in enumerate(self.sites):
            key = (turn, number, pool)
            if key not in self._judged:
                here = [site] if self.world.speed_ppm(kind, site) else []
                judged = pools_of(kind, here, law, [(0, 0)])
                clause = judged.forbidden[0][1] if judged.forbidden else ""
                self._judged[key] = bool(judged.allowed), clause
            may, clause = self._judged[key]
            if may:
                allowed.append(pool)
            elif clause:
                forbidden.append((pool, clause))
        return Pools(tuple(allowed), tuple(forbidden))

    def _admit(self, job: int, pool: int, now_s: int) -> bool:
        """Whether a share that depends on use so far lets a job start on own capacity (BR2)."""
        site = self.sites[pool]
        if not site.own or not self._shares:
            return True
        jobs = self.world.jobs
        ask = run_ask(
            site,
            self.world.kinds[int(jobs.kind[job])].purpose,
            gpus=int(jobs.gpus[job]),
            start_s=now_s,
            run_s=self.engine.run_s(job, pool),
        )
        return self._permitted(ask, now_s)

    def _permitted(self, ask: Ask, now_s: int) -> bool:
        decision = decide(self._shares, self.market.state.facts, ask, now_s)
        return decision.verdict is Verdict.PERMIT

    def _started(self, job: int, pool: int, now_s: int) -> None:
        if not self.sites[pool].own or not self._shares:
            return
        jobs = self.world.jobs
        purpose = self.world.kinds[int(jobs.kind[job])].purpose
        run_s = self.engine.run_s(job, pool)
        self._use(purpose, int(jobs.gpus[job]), now_s, now_s + run_s)

    def _use(self, purpose: int, gpus: int, from_s: int, until_s: int) -> None:
        """Tell the clauses about use of own capacity, on which a share may depend (BR2)."""
        event = Event(
            EventKind.USAGE_RECORDED,
            from_s,
            party=BUYER,
            purpose=purpose,
            gpus=gpus,
            start_s=from_s,
            end_s=until_s,
            own=1,
        )
        state = self.market.state
        facts = evolve_facts(self._shares, state.facts, event)
        self.market.state = state._replace(facts=facts)

    def _freed(self, now_s: int) -> None:
        """Jobs have ended: inference that is short takes its part first (J5)."""
        self.flush(now_s)
        self._serve(now_s)

    def _serve(self, now_s: int) -> None:
        """Give inference its GPUs: what running jobs do not hold, by preference (J5)."""
        world, engine = self.world, self.engine
        demands = [service.demand_at(now_s) for service in world.services]
        orders = [self._service_pools(service.kind, now_s) for service in world.services]
        room = [free + held for free, held in zip(engine.free, engine.service, strict=True)]
        self._allocated = serve(demands, orders, room)
        for pool, held in enumerate(engine.service):
            gpus = sum(own.get(pool, 0) for own in self._allocated)
            if gpus != held:
                engine.set_service(pool, gpus)
                self._room(pool, engine.capacity[pool] - gpus, now_s)
        served = sum(sum(own.values()) for own in self._allocated)
        engine.watching = sum(demands) > served

    def _service_pools(self, kind: int, now_s: int) -> tuple[int, ...]:
        pools = self._pools[kind].allowed
        if not self._shares:
            return pools
        purpose = self.world.kinds[kind].purpose
        return tuple(
            pool
            for pool in pools
            if not self.sites[pool].own
            or self._permitted(
                run_ask(self.sites[pool], purpose, gpus=1, start_s=now_s, run_s=1), now_s
            )
        )

    def _lacks(self, kind: int, otherwise: Cause) -> Cause:
        """What keeps inference short: a clause where a pool that it forbids has room."""
        for pool, clause in self._pools[kind].forbidden:
            if self.engine.free[pool] > 0:
                return Cause("clause", clause)
        return otherwise

    def flush(self, now_s: int) -> None:
        """Write down what inference got, and lacked, since it was last given GPUs."""
        from_s, self._since_s = self._since_s, now_s
        if now_s <= from_s or not self.segments:
            return
        causes = self.segments[-1].causes
        for pool, started_gpu_s in enumerate(self.engine.started_gpu_s):
            new_gpu_s = started_gpu_s - self._counted_gpu_s[pool]
            self._counted_gpu_s[pool] = started_gpu_s
            if new_gpu_s:
                rate = self._rates[pool]
                self._floors.take(self.sites[pool], new_gpu_s, rate_micros_per_gpu_h=rate)
        for number, (service, own) in enumerate(
            zip(self.world.services, self._allocated, strict=True)
        ):
            for pool, gpus in own.items():
                self.served.append(Served(number, pool, gpus, from_s, now_s))
                site = self.sites[pool]
                used_gpu_s, rate = gpus * (now_s - from_s), self._rates[pool]
                self._floors.take(site, used_gpu_s, rate_micros_per_gpu_h=rate)
                if site.own and self._shares:
                    self._use(service.purpose, gpus, from_s, now_s)
            lacking = service.demand_at(from_s) - sum(own.values())
            if lacking > 0:
                cause = self._lacks(service.kind, causes[service.kind])
                self.unserved.append(Unserved(number, lacking, from_s, now_s, cause))
