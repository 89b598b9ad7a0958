"""Placement executed slowly, from the specification (J1 to J3). Imports nothing of offtake.

At every instant at which anything happens, all waiting jobs are looked at one by one in order.
Nothing is remembered but who runs where since when.
"""


def place(jobs, discipline, changes, until_s):
    """The start second and pool of each job; None where it never starts.

    Args:
        jobs: Dicts with submit_s, run_s, requested_s, gpus, kind, priority.
        discipline: "fifo", "easy" or "first_fit".
        changes: (second, pool, gpus) for capacity and (second, kind, [pools]) for orders.
        until_s: The first second not played.
    """
    starts = {}
    for now_s in range(until_s):
        capacity, orders = state_at(changes, now_s)
        waiting = [
            number
            for number, job in enumerate(jobs)
            if job["submit_s"] <= now_s and number not in starts
        ]
        waiting.sort(key=lambda number: (-jobs[number]["priority"], number))
        walk = {"fifo": fifo, "easy": easy, "first_fit": first_fit}[discipline]
        walk(jobs, starts, waiting, (capacity, orders, now_s))
    return [starts.get(number) for number in range(len(jobs))]


def state_at(changes, now_s):
    """Capacity by pool and order by kind after all changes up to an instant."""
    capacity, orders = {}, {}
    for at_s, what, value in changes:
        if at_s > now_s:
            continue
        if isinstance(value, list):
            orders[what] = value
        else:
            capacity[what] = value
    return capacity, orders


def free(jobs, starts, pool, world):
    """What running jobs leave of a pool; negative while it drains."""
    capacity, _, now_s = world
    used = sum(
        jobs[number]["gpus"]
        for number, (start_s, own) in starts.items()
        if own == pool and start_s <= now_s < start_s + jobs[number]["run_s"]
    )
    return capacity.get(pool, 0) - used


def allowed(jobs, number, world):
    return world[1].get(jobs[number]["kind"], [])


def fitting(jobs, starts, number, world, without=()):
    """The first pool of its order where a job fits now, or None."""
    for pool in allowed(jobs, number, world):
        if pool not in without and free(jobs, starts, pool, world) >= jobs[number]["gpus"]:
            return pool
    return None


def fifo(jobs, starts, waiting, world):
    """A job that waits blocks the pools it could use for all later jobs."""
    blocked, first = set(), None
    for number in waiting:
        pool = fitting(jobs, starts, number, world, blocked)
        if pool is None:
            blocked |= set(allowed(jobs, number, world))
            first = number if first is None else first
        else:
            starts[number] = (world[2], pool)
    return first


def first_fit(jobs, starts, waiting, world):
    """Whoever fits, in order."""
    for number in waiting:
        pool = fitting(jobs, starts, number, world)
        if pool is not None:
            starts[number] = (world[2], pool)


def easy(jobs, starts, waiting, world):
    """As fifo; then later jobs pass if they do not delay the first that waits."""
    first = fifo(jobs, starts, waiting, world)
    if first is None:
        return
    kept = reservation(jobs, starts, first, world)
    for number in waiting:
        if number in starts or number == first:
            continue
        late = kept is not None and world[2] + jobs[number]["requested_s"] > kept["at_s"]
        delays = late and jobs[number]["gpus"] > kept["spare"]
        pool = fitting(jobs, starts, number, world, {kept["pool"]} if delays else ())
        if pool is None:
            continue
        starts[number] = (world[2], pool)
        if late and pool == kept["pool"]:
            kept["spare"] -= jobs[number]["gpus"]


def reservation(jobs, starts, number, world):
    """Where and when a job could start soonest, by requested times and today's capacity."""
    best = None
    for pool in allowed(jobs, number, world):
        ends = {
            other: start_s + jobs[other]["requested_s"]
            for other, (start_s, own) in starts.items()
            if own == pool and start_s <= world[2] < start_s + jobs[other]["run_s"]
        }
        for at_s in sorted({world[2], *ends.values()}):
            gone = sum(jobs[other]["gpus"] for other, end_s in ends.items() if end_s <= at_s)
            spare = free(jobs, starts, pool, world) + gone - jobs[number]["gpus"]
            if spare >= 0:
                if best is None or at_s < best["at_s"]:
                    best = {"pool": pool, "at_s": at_s, "spare": spare}
                break
    return best
