"""Every GPU-second of waiting has one cause, and the causes sum to the total."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from offtake.sim.delay import QUEUE, TOO_LARGE, Cause, Room, Schedule, Segment, waited_gpu_s
from offtake.sim.placement import Jobs, Lost

UNTIL_S = 30
RUN_S = 3
rows = st.lists(
    st.tuples(
        st.integers(0, 20),
        st.one_of(st.just(-1), st.integers(0, 25)),
        st.integers(1, 6),
        st.integers(0, 1),
        st.integers(0, 1),
    ),
    max_size=8,
)
forbidden = st.lists(st.tuples(st.integers(0, 1), st.sampled_from("xy")), max_size=2, unique=True)
shapes = st.lists(
    st.tuples(st.integers(1, 29), forbidden, forbidden, st.integers(0, 7), st.integers(0, 7)),
    max_size=5,
    unique_by=lambda shape: shape[0],
)
rooms = st.lists(st.tuples(st.integers(0, 29), st.integers(0, 1), st.integers(-2, 8)), max_size=5)
losses = st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9)), max_size=2)


def segments_of(made: list) -> list[Segment]:
    """Segments from second 0 on, each with causes named after it."""
    first = (0, [], [], 9, 9)
    return [
        Segment(at_s, (Cause(f"a{at_s}"), QUEUE), (tuple(x), tuple(y)), (p, q))
        for at_s, x, y, p, q in [first, *sorted(made, key=lambda shape: shape[0])]
    ]


def free_at(second: int, pool: int, made: list, lost: list, told: list[Room]) -> int:
    """What a pool has for jobs at a second, counted job by job."""
    room = 0
    for row in told:
        if row.pool == pool and row.from_s <= second:
            room = row.gpus
    for _, start, gpus, _, own in made:
        if start >= 0 and own == pool and start <= second < start + RUN_S:
            room -= gpus
    for row in lost:
        if row.pool == pool and row.from_s <= second < row.until_s:
            room -= made[row.job][2]
    return room


def waits_at(second: int, number: int, made: list, lost: list) -> bool:
    submit, start, *_ = made[number]
    ran = any(row.job == number and row.from_s <= second < row.until_s for row in lost)
    return submit <= second < (UNTIL_S if start < 0 else start) and not ran


def cause_at(second: int, job: tuple, segment: Segment, free: dict[int, int]) -> Cause:
    _, _, gpus, kind, _ = job
    for pool, clause in sorted(segment.forbidden[kind]):
        if free[pool] >= gpus:
            return Cause("clause", clause)
    queues = segment.causes[kind] == QUEUE
    return TOO_LARGE if queues and segment.largest_gpus[kind] < gpus else segment.causes[kind]


@settings(max_examples=300)
@given(rows, shapes, rooms, losses)
def test_causes_sum_to_what_jobs_waited(made: list, cuts: list, told: list, gone: list) -> None:
    made = [(sub, beg if beg < 0 else max(beg, sub), *rest) for sub, beg, *rest in made]
    made.sort(key=lambda row: row[0])
    segments = segments_of(cuts)
    changes = [Room(0, 0, 4), Room(0, 1, 4), *sorted(Room(*row) for row in told if row[0])]
    changes = list({(row.from_s, row.pool): row for row in changes}.values())
    lost = [
        Lost(job, 1 - made[job][4], made[job][0] + 1, made[job][0] + 2)
        for job, _ in dict(gone).items()
        if job < len(made) and (made[job][1] < 0 or made[job][1] > made[job][0] + 2)
    ]
    columns = [np.array([row[n] for row in made], np.int64) for n in range(5)]
    ones = np.full(len(made), RUN_S, np.int64)
    jobs = Jobs(columns[0], ones, ones, columns[2], columns[3], ones * 0)
    where = np.where(columns[1] < 0, -1, columns[4])
    schedule = Schedule(columns[1], where, ones, lost)

    found = waited_gpu_s(jobs, schedule, segments, changes, UNTIL_S)

    expected: dict[Cause, int] = {}
    for second in range(UNTIL_S):
        segment = max((s for s in segments if s.from_s <= second), key=lambda s: s.from_s)
        free = {pool: free_at(second, pool, made, lost, changes) for pool in (0, 1)}
        for number, job in enumerate(made):
            if waits_at(second, number, made, lost):
                cause = cause_at(second, job, segment, free)
                expected[cause] = expected.get(cause, 0) + job[2]
    assert found == expected
