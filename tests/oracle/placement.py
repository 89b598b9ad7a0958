"""Placement executed slowly, from the specification (J1 to J4, J7). Imports nothing of offtake.

At every second all waiting jobs are looked at one by one in order. Nothing is remembered but
who runs where since when, and which runs an outage ended.
"""


def place(jobs, discipline, told, until_s):
    """The start second and pool of each job (None where it never starts), and the runs lost.

    Args:
        jobs: Dicts with submit_s, run_s, requested_s, gpus, kind, priority, deadline_s.
        discipline: A discipline of J3.
        told: (second, pool, gpus) for capacity, (second, kind, [pools]) for orders,
            (second, "outage", pool) for running jobs to end until the pool is not overfull,
            (None, (kind, pool), percent) for speeds.
        until_s: The first second not played.
    """
    world = {"jobs": jobs, "starts": {}, "lost": [], "capacity": {}, "orders": {}, "now": 0}
    world["speeds"] = {what: value for at_s, what, value in told if at_s is None}
    walk = WALKS[discipline]
    for now_s in range(until_s):
        world["now"] = now_s
        for at_s, what, value in told:
            if at_s != now_s:
                continue
            if what == "outage":
                outage(world, value)
            elif isinstance(value, list):
                world["orders"][what] = value
            else:
                world["capacity"][what] = value
        waiting = [
            number
            for number, job in enumerate(jobs)
            if job["submit_s"] <= now_s and number not in world["starts"]
        ]
        waiting.sort(key=lambda number: place_in_queue(jobs[number], number, discipline))
        walk(world, waiting)
    starts = [world["starts"].get(number) for number in range(len(jobs))]
    return starts, world["lost"]


def place_in_queue(job, number, discipline):
    """Priority, then the discipline's own order, then submission."""
    key = []
    if discipline == "shortest_first_deadline":
        none = job["deadline_s"] == -1
        key = [none, 0 if none else job["deadline_s"], job["requested_s"]]
    elif discipline == "shortest_first":
        key = [job["requested_s"]]
    return (-job["priority"], *key, number)


def lasts(world, number, pool, what):
    """How long a job runs, or may run, on a pool: never rounded down."""
    job = world["jobs"][number]
    percent = world["speeds"].get((job["kind"], pool), 100)
    return (job[what] * 100 + percent - 1) // percent


def runs(world, pool):
    """The jobs that run on a pool now."""
    return [
        number
        for number, (start_s, own) in world["starts"].items()
        if own == pool and start_s <= world["now"] < start_s + lasts(world, number, pool, "run_s")
    ]


def free(world, pool):
    """What running jobs leave of a pool; negative while it drains."""
    used = sum(world["jobs"][number]["gpus"] for number in runs(world, pool))
    return world["capacity"].get(pool, 0) - used


def outage(world, pool):
    """The latest started go first, until the rest has room; they begin anew later."""
    for number in sorted(runs(world, pool), key=lambda n: (world["starts"][n][0], n))[::-1]:
        if free(world, pool) >= 0:
            return
        world["lost"].append((number, pool, world["starts"][number][0], world["now"]))
        del world["starts"][number]


def allowed(world, number):
    return world["orders"].get(world["jobs"][number]["kind"], [])


def fitting(world, number, without=()):
    """The first pool of its order where a job fits now, or None."""
    for pool in allowed(world, number):
        if pool not in without and free(world, pool) >= world["jobs"][number]["gpus"]:
            return pool
    return None


def fifo(world, waiting):
    """A job that waits blocks the pools it could use; one too large for all blocks none."""
    blocked, first = set(), None
    for number in waiting:
        gpus = world["jobs"][number]["gpus"]
        if all(world["capacity"].get(pool, 0) < gpus for pool in allowed(world, number)):
            continue
        pool = fitting(world, number, blocked)
        if pool is None:
            blocked |= set(allowed(world, number))
            first = number if first is None else first
        else:
            world["starts"][number] = (world["now"], pool)
    return first


def first_fit(world, waiting):
    """Whoever fits, in order."""
    for number in waiting:
        pool = fitting(world, number)
        if pool is not None:
            world["starts"][number] = (world["now"], pool)


def easy(world, waiting):
    """As fifo; then later jobs pass if they do not delay the first that waits."""
    first = fifo(world, waiting)
    if first is None:
        return
    kept = reservation(world, first)
    for number in waiting:
        if number in world["starts"] or number == first:
            continue
        late = delays = False
        if kept is not None:
            asked_s = lasts(world, number, kept["pool"], "requested_s")
            late = world["now"] + asked_s > kept["at_s"]
            delays = late and world["jobs"][number]["gpus"] > kept["spare"]
        pool = fitting(world, number, {kept["pool"]} if delays else ())
        if pool is None:
            continue
        world["starts"][number] = (world["now"], pool)
        if late and pool == kept["pool"]:
            kept["spare"] -= world["jobs"][number]["gpus"]


def asked_ends(world, pool):
    """When the jobs that run on a pool end by what they asked for."""
    return {
        number: world["starts"][number][0] + lasts(world, number, pool, "requested_s")
        for number in runs(world, pool)
    }


def reservation(world, number):
    """Where and when a job could start soonest, by requested times and today's capacity."""
    best = None
    for pool in allowed(world, number):
        ends = asked_ends(world, pool)
        for at_s in sorted({world["now"], *ends.values()}):
            gone = sum(world["jobs"][n]["gpus"] for n, end_s in ends.items() if end_s <= at_s)
            spare = free(world, pool) + gone - world["jobs"][number]["gpus"]
            if spare >= 0:
                if best is None or at_s < best["at_s"]:
                    best = {"pool": pool, "at_s": at_s, "spare": spare}
                break
    return best


HORIZON_S = 400


def conservative(world, waiting):
    """Every waiting job is planned, second by second, behind those before it."""
    now_s = world["now"]
    room = {}
    for pool in world["capacity"]:
        ends = asked_ends(world, pool)
        room[pool] = [
            free(world, pool)
            + sum(world["jobs"][n]["gpus"] for n, end_s in ends.items() if end_s <= at_s)
            for at_s in range(now_s, now_s + HORIZON_S)
        ]
    for number in waiting:
        gpus, best = world["jobs"][number]["gpus"], None
        for pool in allowed(world, number):
            asked_s = lasts(world, number, pool, "requested_s")
            for at_s in range(HORIZON_S - asked_s):
                if best is not None and at_s >= best[0]:
                    break
                if all(has >= gpus for has in room.get(pool, [])[at_s : at_s + asked_s] or [-1]):
                    best = (at_s, pool, asked_s)
                    break
        if best is None:
            continue
        at_s, pool, asked_s = best
        for second in range(at_s, at_s + asked_s):
            room[pool][second] -= gpus
        if at_s == 0:
            world["starts"][number] = (now_s, pool)


WALKS = {
    "fifo": fifo,
    "easy": easy,
    "conservative": conservative,
    "first_fit": first_fit,
    "shortest_first": fifo,
    "shortest_first_deadline": fifo,
}
