"""Pools that state their nodes, compiled: best fit of whole GPUs and of parts of one.

As ``nodes.Nodes``, in one table: a row a node, the nodes of a pool one after the other. What a
job holds is told by its GPUs, by the node of its last or only part, and by which nodes it owns
beside: a job larger than a node has whole ones, and its rest in one more.
"""

from typing import NamedTuple

from offtake.sim.kernel.jit import I32, I64, Job, Pool, inlined
from offtake.sim.placement import WHOLE_MILLI

SIZE, OPEN, USED, OWNER, SERVICE, SLOTS = 0, 1, 2, 3, 4, 5
"""Columns of the table. From SLOTS on: thousandths used of each shared GPU."""
NOBODY = -1
NOWHERE = -1
Where = tuple[int, int, int]
"""A pool, the GPUs that are wanted there, the GPUs that are free there."""


class Nodes(NamedTuple):
    """The nodes of all pools, and where jobs are."""

    first: I64  # (pools + 1,) where a pool's nodes begin; a counted pool has none.
    largest: I64  # (pools,) the GPUs of a pool's largest node.
    table: I64  # (nodes, columns)
    trial: I64  # As ``table``, to try something on.
    share: I32  # (jobs,) thousandths of each GPU; empty where all take whole ones.
    at: I32  # (jobs,) the node of a job's last or only part.
    slot: I32  # (jobs,) the shared GPU of a part.


@inlined
def stated(n: Nodes, pool: Pool) -> bool:
    """Whether a pool states its nodes."""
    return bool(n.first.shape[0] > 1 and n.first[pool + 1] > n.first[pool])


@inlined
def share_of(n: Nodes, job: Job) -> int:
    """Thousandths of each GPU that a job takes."""
    return int(n.share[job]) if n.share.shape[0] else WHOLE_MILLI


@inlined
def tightest(n: Nodes, table: I64, pool: Pool, gpus: int) -> int:
    """The node with the fewest free GPUs that suffice, the lowest among equals; or NOWHERE."""
    best, best_room = NOWHERE, 1 << 62
    for place in range(n.first[pool], n.first[pool + 1]):
        room = table[place, OPEN] - table[place, USED]
        if gpus <= room < best_room:
            best, best_room = place, room
    return best


@inlined
def empty(n: Nodes, table: I64, pool: Pool, place: int) -> bool:
    """Whether a node is one of the largest, wholly open, and nothing is on it."""
    largest = n.largest[pool]
    whole = table[place, SIZE] == largest and table[place, OPEN] == largest
    return bool(whole and table[place, USED] == 0)


@inlined
def fullest(n: Nodes, table: I64, pool: Pool, milli: int) -> tuple[int, int]:
    """The fullest shared GPU with room for a part: its node and slot; NOWHERE if none."""
    best, best_slot, best_left = NOWHERE, 0, WHOLE_MILLI
    for place in range(n.first[pool], n.first[pool + 1]):
        if table[place, USED] > table[place, OPEN]:  # It drains.
            continue
        for slot in range(table[place, SIZE]):
            used = table[place, SLOTS + slot]
            left = WHOLE_MILLI - used - milli
            if used > 0 and 0 <= left < best_left:
                best, best_slot, best_left = place, slot, left
    return best, best_slot


@inlined
def rest_of(n: Nodes, table: I64, pool: Pool, gpus: int) -> int:
    """The node for what a job larger than a node has beside its whole ones.

    NOWHERE: it does not fit. Behind the last node: it has no rest.
    """
    wanted, rest, found = gpus // n.largest[pool], gpus % n.largest[pool], 0
    best, best_room = NOWHERE, 1 << 62
    for place in range(n.first[pool], n.first[pool + 1]):
        if found < wanted and empty(n, table, pool, place):
            found += 1
            continue
        room = table[place, OPEN] - table[place, USED]
        if rest <= room < best_room:
            best, best_room = place, room
    if found < wanted:
        return NOWHERE
    return best if rest else int(n.first[pool + 1])


@inlined
def fits(n: Nodes, table: I64, job: Job, where: Where) -> bool:
    """Whether a job has room on a pool."""
    pool, gpus, free = where
    milli = share_of(n, job)
    if milli < WHOLE_MILLI:
        place, _ = fullest(n, table, pool, milli)
        if place != NOWHERE:
            return True
        gpus = 1
    if gpus > free:
        return False
    if gpus > n.largest[pool]:
        return bool(rest_of(n, table, pool, gpus) != NOWHERE)
    return bool(tightest(n, table, pool, gpus) != NOWHERE)


@inlined
def take(n: Nodes, job: Job, pool: Pool, gpus: int) -> int:
    """Give a job that fits its parts; the GPUs that are free no longer."""
    table, milli = n.table, share_of(n, job)
    if milli < WHOLE_MILLI:
        place, slot = fullest(n, table, pool, milli)
        taken = 0
        if place == NOWHERE:
            place, slot, taken = tightest(n, table, pool, 1), 0, 1
            while table[place, SLOTS + slot] > 0:
                slot += 1
        table[place, USED] += taken
        table[place, SLOTS + slot] += milli
        n.at[job], n.slot[job] = place, slot
        return taken
    if gpus <= n.largest[pool]:
        place = tightest(n, table, pool, gpus)
        table[place, USED] += gpus
        n.at[job] = place
        return gpus
    place = rest_of(n, table, pool, gpus)
    found, wanted = 0, gpus // n.largest[pool]
    for other in range(n.first[pool], n.first[pool + 1]):
        if found < wanted and empty(n, table, pool, other):
            table[other, USED], table[other, OWNER] = n.largest[pool], job
            found += 1
    n.at[job] = place
    if gpus % n.largest[pool]:
        table[place, USED] += gpus % n.largest[pool]
    return gpus


@inlined
def give(n: Nodes, table: I64, job: Job, pool: Pool, gpus: int) -> int:
    """Take back what a job holds; the GPUs that are free again."""
    place, milli = n.at[job], share_of(n, job)
    if milli < WHOLE_MILLI:
        slot = SLOTS + n.slot[job]
        table[place, slot] -= milli
        if table[place, slot] > 0:
            return 0
        table[place, USED] -= 1
        return 1
    largest = n.largest[pool]
    if gpus <= largest:
        table[place, USED] -= gpus
        return gpus
    for other in range(n.first[pool], n.first[pool + 1]):
        if table[other, OWNER] == job:
            table[other, USED] -= largest
            table[other, OWNER] = NOBODY
    if gpus % largest:
        table[place, USED] -= gpus % largest
    return gpus


@inlined
def hold(n: Nodes, pool: Pool, gpus: int, free: int) -> int:
    """Hold GPUs for inference, each where it fits best, as many as there are; the free ones left.

    What was held before is given back first.
    """
    table = n.table
    for place in range(n.first[pool], n.first[pool + 1]):
        free += table[place, SERVICE]
        table[place, USED] -= table[place, SERVICE]
        table[place, SERVICE] = 0
    for _ in range(gpus):
        place = tightest(n, table, pool, 1)
        if free < 1 or place == NOWHERE:
            break
        table[place, USED] += 1
        table[place, SERVICE] += 1
        free -= 1
    return free
