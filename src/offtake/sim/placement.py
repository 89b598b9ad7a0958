"""What every placement engine shares: jobs in columns, disciplines, and the order of the queue.

There are two engines, ``reference`` (plain Python, the meaning) and ``kernel`` (compiled). They
take the same steps and give every job the same second and pool; ``choice`` picks one by size.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from offtake.core.vocabulary import NONE
from offtake.demand.columns import Column
from offtake.units.capacity import PPM

WAITS = -1
"""The start and pool of a job that has not started."""
WHOLE_MILLI = 1_000
"""A whole GPU, in thousandths."""

FIFO, EASY, CONSERVATIVE, FIRST_FIT = "fifo", "easy", "conservative", "first_fit"
SHORTEST_FIRST, SHORTEST_FIRST_DEADLINE = "shortest_first", "shortest_first_deadline"
DISCIPLINES = (
    FIFO,
    EASY,
    CONSERVATIVE,
    FIRST_FIT,
    SHORTEST_FIRST,
    SHORTEST_FIRST_DEADLINE,
)
"""Rule J3; docs/reference/disciplines.md says what each does."""


class Jobs(NamedTuple):
    """Columns of equal length in order of submission. ``kind`` says which pools are allowed.

    ``deadline_s`` is NONE where there is none; ``share_milli`` is the part of each GPU that a
    job takes where a pool states its nodes, in thousandths. Both may be left out.
    """

    submit_s: Sequence[int] | Column
    run_s: Sequence[int] | Column
    requested_s: Sequence[int] | Column
    gpus: Sequence[int] | Column
    kind: Sequence[int] | Column
    priority: Sequence[int] | Column
    deadline_s: Sequence[int] | Column | None = None
    share_milli: Sequence[int] | Column | None = None


class Lost(NamedTuple):
    """Work that an outage ended: a job held a pool's GPUs during ``[from_s, until_s)``."""

    job: int
    pool: int
    from_s: int
    until_s: int


def ranks(jobs: Jobs, discipline: str) -> Column:
    """The place of each job in the queue, from 0: priority, then the discipline's own order.

    Under ``shortest_first`` the shorter request goes first; under ``shortest_first_deadline``
    jobs with a deadline go before those without, the earliest deadline first. Among equals
    the earlier submission, then the position in the trace (J3).
    """
    priority = np.asarray(jobs.priority, np.int64)
    keys = [-priority]
    if discipline == SHORTEST_FIRST_DEADLINE and jobs.deadline_s is not None:
        deadline = np.asarray(jobs.deadline_s, np.int64)
        keys.append(np.where(deadline == NONE, np.iinfo(np.int64).max, deadline))
    if discipline in (SHORTEST_FIRST, SHORTEST_FIRST_DEADLINE):
        keys.append(np.asarray(jobs.requested_s, np.int64))
    if len(keys) == 1 and not priority.any():
        return np.arange(len(priority), dtype=np.int64)
    order = np.lexsort(keys[::-1])  # Stable: equals keep the order of submission.
    found = np.empty(len(order), np.int64)
    found[order] = np.arange(len(order), dtype=np.int64)
    return found


def scaled_s(seconds: Any, speed_ppm: int) -> Any:
    """How long work takes on an accelerator of a speed, rounded up: nothing gets shorter than 1 s.

    ``speed_ppm`` is the speed in millionths of that for which the seconds are stated.
    """
    return seconds if speed_ppm == PPM else -(-seconds * PPM // speed_ppm)
