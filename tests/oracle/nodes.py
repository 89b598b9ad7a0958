"""Placement on pools that state their nodes, executed slowly. Imports nothing of offtake.

At every second at which something happens all waiting jobs are looked at one by one in order.
What is told comes first, then ends (before an outage too), then submissions, then starts.
A pool is its sizes, its capacity, who holds what, what inference holds and what was promised.
A holding is a list of (node, whole GPUs) or of (node, slot, milli): a part of a shared GPU.
"""


def place(jobs, discipline, sizes, told, until_s):
    """The start second and pool of each job (None where it never starts), and the runs lost.

    Args:
        jobs: Dicts with submit_s, run_s, requested_s, gpus, milli, priority.
        discipline: fifo, easy, conservative or first_fit.
        sizes: The nodes of each pool.
        told: (second, what, pool or pools, value) in order; what is "capacity", "service",
            "outage" or "order".
        until_s: The first second not played.
    """
    pools = [
        {"sizes": own, "capacity": 0, "held": {}, "service": [], "promised": {}} for own in sizes
    ]
    world = {"jobs": jobs, "starts": {}, "lost": [], "pools": pools, "order": [], "now": 0}
    for now_s in range(until_s):
        world["now"] = now_s
        happened = False
        for at_s, what, where, value in told:
            if at_s == now_s:
                happened = (what == "outage" and ends(world)) or happened
                happened = tell(world, what, where, value) or happened
        happened = ends(world) or happened
        for number, job in enumerate(jobs):
            if job["submit_s"] == now_s:
                happened = True
                goes_first(world, number)
        if happened:
            waiting = [
                number
                for number, job in enumerate(jobs)
                if job["submit_s"] <= now_s and number not in world["starts"]
            ]
            WALKS[discipline](world, sorted(waiting, key=lambda number: rank(world, number)))
    return [world["starts"].get(number) for number in range(len(jobs))], world["lost"]


def rank(world, number):
    return (-world["jobs"][number]["priority"], number)


def goes_first(world, number):
    """What was promised to jobs behind it is void."""
    for pool in world["pools"]:
        for other in list(pool["promised"]):
            if rank(world, other) > rank(world, number):
                del pool["promised"][other]


def ends(world):
    """Take back what jobs held that end now."""
    found = False
    for pool in world["pools"]:
        for number in list(pool["held"]):
            if world["starts"][number][0] + world["jobs"][number]["run_s"] == world["now"]:
                del pool["held"][number]
                found = True
    return found


def tell(world, what, where, value):
    """A change from outside; says whether it is one."""
    if what == "order":
        changed = world["order"] != where
        world["order"] = where
        return changed
    pool = world["pools"][where]
    if what == "outage":
        outage(world, where)
        return True
    pool["promised"].clear()
    if what == "capacity":
        pool["capacity"] = value
    else:
        has = sum(left_of(pool)) + len(pool["service"])
        pool["service"] = []
        for _ in range(min(value, has)):
            pool["service"] += best_nodes(pool, 1)
    return True


def outage(world, where):
    """The latest started go first, until use is within capacity."""
    pool, starts = world["pools"][where], world["starts"]
    for number in sorted(pool["held"], key=lambda n: (starts[n][0], n))[::-1]:
        if used(pool) <= pool["capacity"]:
            return
        world["lost"].append((number, where, starts[number][0], world["now"]))
        del pool["held"][number], starts[number]
        goes_first(world, number)


def opened(pool):
    """GPUs of each node within the capacity, the first nodes first."""
    found, left = [], pool["capacity"]
    for size in pool["sizes"]:
        found.append(min(size, left))
        left -= found[-1]
    return found


def shared(pool):
    """Who shares which GPU: {(node, slot): {job: milli}}."""
    found = {}
    for number, parts in pool["held"].items():
        for part in parts:
            if len(part) == 3:
                found.setdefault(part[:2], {})[number] = part[2]
    return found


def left_of(pool):
    """Free GPUs of each node; negative where it drains."""
    free = opened(pool)
    for parts in [*pool["held"].values(), pool["service"]]:
        for part in parts:
            if len(part) == 2:
                free[part[0]] -= part[1]
    for node, _ in shared(pool):
        free[node] -= 1
    return free


def used(pool):
    return sum(opened(pool)) - sum(left_of(pool))


def nodes_for(pool, free, gpus):
    """Within one node if a node is that large; else whole largest nodes and the rest in one."""
    largest, parts, free = max(pool["sizes"]), [], list(free)
    while gpus > largest or (parts and gpus == largest):
        empty = [n for n, size in enumerate(pool["sizes"]) if free[n] == size == largest]
        if not empty:
            return []
        parts.append((empty[0], largest))
        free[empty[0]] = 0
        gpus -= largest
    if gpus:
        fitting = [node for node, room in enumerate(free) if room >= gpus]
        if not fitting:
            return []
        parts.append((min(fitting, key=lambda node: (free[node], node)), gpus))
    return parts


def best_nodes(pool, gpus):
    free = left_of(pool)
    return nodes_for(pool, free, gpus) if gpus <= sum(free) else []


def joinable(pool, milli):
    """Shared GPUs with room for a part, the fullest first."""
    free, found = left_of(pool), []
    for (node, slot), parts in shared(pool).items():
        left = 1000 - sum(parts.values()) - milli
        if left >= 0 and free[node] >= 0:
            found.append((left, node, slot))
    return [(node, slot) for _, node, slot in sorted(found)]


def new_slot(pool, node):
    slot = 0
    while (node, slot) in shared(pool):
        slot += 1
    return slot


def parts_for(pool, job):
    """Where a job goes now; empty when it fits nowhere."""
    if job["milli"] == 1000:
        return best_nodes(pool, job["gpus"])
    for node, slot in joinable(pool, job["milli"]):
        return [(node, slot, job["milli"])]
    return [(node, new_slot(pool, node), job["milli"]) for node, _ in best_nodes(pool, 1)]


def fitting(world, number, without=()):
    for where in world["order"]:
        if where not in without and parts_for(world["pools"][where], world["jobs"][number]):
            return where
    return None


def start(world, number, where, parts=None):
    pool = world["pools"][where]
    pool["held"][number] = parts or parts_for(pool, world["jobs"][number])
    world["starts"][number] = (world["now"], where)


def fifo(world, waiting):
    blocked, first = set(), None
    for number in waiting:
        pools = [world["pools"][where] for where in world["order"]]
        if not any(nodes_for(pool, opened(pool), world["jobs"][number]["gpus"]) for pool in pools):
            continue
        where = fitting(world, number, blocked)
        if where is None:
            blocked |= set(world["order"])
            first = number if first is None else first
        else:
            start(world, number, where)
    return first


def first_fit(world, waiting):
    for number in waiting:
        where = fitting(world, number)
        if where is not None:
            start(world, number, where)


def asked_end(world, number):
    return world["starts"][number][0] + world["jobs"][number]["requested_s"]


def easy(world, waiting):
    """As fifo; later jobs pass where the first is not awaited, or if they are gone by then."""
    first = fifo(world, waiting)
    if first is None:
        return
    kept = None
    for where in world["order"]:
        pool = world["pools"][where]
        for at_s in sorted({world["now"], *(asked_end(world, n) for n in pool["held"])}):
            stay = {n: own for n, own in pool["held"].items() if asked_end(world, n) > at_s}
            if parts_for({**pool, "held": stay}, world["jobs"][first]):
                if kept is None or at_s < kept[1]:
                    kept = (where, at_s)
                break
    for number in waiting:
        if number in world["starts"] or number == first:
            continue
        late = kept and world["now"] + world["jobs"][number]["requested_s"] > kept[1]
        where = fitting(world, number, {kept[0]} if late else ())
        if where is not None:
            start(world, number, where)


HORIZON_S = 150


def room(world, pool):
    """Free GPUs of each node at each second from now, by requested times and promises."""
    now_s, rows = world["now"], []
    for at_s in range(now_s, now_s + HORIZON_S):
        stay = {n: own for n, own in pool["held"].items() if asked_end(world, n) > at_s}
        free = left_of({**pool, "held": stay})
        for from_s, until_s, parts in pool["promised"].values():
            if from_s <= at_s < until_s:
                for node, gpus in parts:
                    free[node] -= gpus
        rows.append(free)
    return rows


def soonest(world, pool, job):
    """(seconds from now, parts) of the first start that fits, or None."""
    rows, asked_s = room(world, pool), job["requested_s"]
    if job["milli"] < 1000:
        for node, slot in joinable(pool, job["milli"]):
            last_s = max(asked_end(world, n) for n in shared(pool)[node, slot]) - world["now"]
            if all(rows[at_s][node] > 0 for at_s in range(last_s, asked_s)):
                return 0, [(node, slot, job["milli"])]
    for at_s in range(HORIZON_S - asked_s):
        during = rows[at_s : at_s + asked_s]
        parts = nodes_for(pool, [min(own) for own in zip(*during, strict=True)], job["gpus"])
        if parts and all(sum(free) >= job["gpus"] for free in during):
            if at_s == 0 and job["milli"] < 1000:
                node = parts[0][0]
                parts = [(node, new_slot(pool, node), job["milli"])]
            return at_s, parts
    return None


def conservative(world, waiting):
    """Each gives its promise back and takes the soonest start that other promises leave."""
    now_s = world["now"]
    for where, pool in enumerate(world["pools"]):
        for number, (from_s, _, _) in list(pool["promised"].items()):
            if from_s < now_s or where not in world["order"]:
                del pool["promised"][number]
    for number in waiting:
        job, best = world["jobs"][number], None
        for pool in world["pools"]:
            pool["promised"].pop(number, None)
        for where in world["order"]:
            found = soonest(world, world["pools"][where], job)
            if found is not None and (best is None or found[0] < best[1]):
                best = (where, *found)
        if best is None:
            continue
        where, at_s, parts = best
        if at_s == 0:
            start(world, number, where, parts)
        else:
            until_s = now_s + at_s + job["requested_s"]
            world["pools"][where]["promised"][number] = (now_s + at_s, until_s, parts)


WALKS = {"fifo": fifo, "easy": easy, "conservative": conservative, "first_fit": first_fit}
