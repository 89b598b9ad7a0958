"""The contract case in SimPy: the same rules on the library's own clock, processes and events.

SimPy has no queue that blocks by kind over several pools, so that is written here as one would:
a queue a kind, and after all that happens at an instant one walk in order of submission, in
which a kind whose first job waits blocks its pools. A walk that cannot start anyone is not
made: only ends, changes and the first of a kind ask for one.
"""

from collections import deque
from time import perf_counter

import simpy
from benchmarks.peers import Found, columns
from benchmarks.workloads import Case

LAST = 10
"""The priority of what comes last at an instant; SimPy's own are 0 and 1."""


class Market:
    """Pools that change, and who waits for them."""

    def __init__(self, case: Case) -> None:
        self.env = simpy.Environment()
        self.orders = case.orders
        self.kinds = [int(kind) for kind in case.jobs.kind]
        self.rows = columns(case)
        self.free = [0] * case.pools
        self.capacity = [0] * case.pools
        self.queues: list[deque[tuple[int, simpy.Event]]] = [deque() for _ in case.orders]
        self.starts = [-1] * case.count
        self.pools = [-1] * case.count
        self.asked = False

    def job(self, number: int, kind: int):
        """Wait, run, leave."""
        env, granted = self.env, simpy.Event(self.env)
        queue = self.queues[kind]
        queue.append((number, granted))
        if len(queue) == 1:
            self.ask()
        pool = yield granted
        self.starts[number], self.pools[number] = env.now, pool
        yield env.timeout(self.rows[number][1])
        self.free[pool] += self.rows[number][2]
        self.ask()

    def source(self):
        """Submit the jobs."""
        env, kinds = self.env, self.kinds
        for number, (submit, _, _) in enumerate(self.rows):
            if submit > env.now:
                yield env.timeout(submit - env.now)
            env.process(self.job(number, kinds[number]))

    def change(self, changes: tuple[tuple[int, int, int], ...]):
        """Grow and shrink the pools; one that shrinks drains."""
        env = self.env
        for at_s, pool, gpus in changes:
            if at_s > env.now:
                yield env.timeout(at_s - env.now)
            self.free[pool] += gpus - self.capacity[pool]
            self.capacity[pool] = gpus
            self.ask()

    def ask(self) -> None:
        """Have the queues walked once all that happens at this instant has happened."""
        if not self.asked:
            self.asked = True
            event = simpy.Event(self.env)
            event.callbacks.append(self.walk)
            event._ok, event._value = True, None
            self.env.schedule(event, priority=LAST)

    def walk(self, _: simpy.Event) -> None:
        """Start jobs in order; the first of a kind that waits blocks the pools of its kind."""
        self.asked = False
        blocked: set[int] = set()
        heads = [(queue[0][0], kind) for kind, queue in enumerate(self.queues) if queue]
        while heads:
            number, kind = head = min(heads)
            gpus, order = self.rows[number][2], self.orders[kind]
            for pool in order:
                if self.free[pool] >= gpus and pool not in blocked:
                    break
            else:
                heads.remove(head)
                if any(self.capacity[pool] >= gpus for pool in order):
                    blocked.update(order)
                    continue
                raise AssertionError("the case has no job larger than all its pools")
            self.free[pool] -= gpus
            queue = self.queues[kind]
            queue.popleft()[1].succeed(pool)
            heads.remove(head)
            if queue:
                heads.append((queue[0][0], kind))


def by_simpy(case: Case) -> tuple[Found, list[int]]:
    """Seconds, starts; and pools."""
    market = Market(case)
    market.env.process(market.change(case.changes))
    market.env.process(market.source())
    began = perf_counter()
    market.env.run()
    return (perf_counter() - began, market.starts), market.pools
