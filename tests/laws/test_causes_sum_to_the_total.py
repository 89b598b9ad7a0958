"""Every GPU-second of waiting has one cause, and the causes sum to the total."""

from hypothesis import given
from hypothesis import strategies as st

from offtake.sim.delay import Cause, Segment, waited_gpu_s
from offtake.sim.placement import Jobs

UNTIL_S = 30
rows = st.lists(
    st.tuples(
        st.integers(0, 20),
        st.one_of(st.just(-1), st.integers(0, 25)),
        st.integers(1, 9),
        st.integers(0, 1),
    ),
    max_size=8,
)


@given(rows, st.sets(st.integers(1, 29), max_size=5))
def test_causes_sum_to_what_jobs_waited(made: list, cuts: set[int]) -> None:
    made = [
        (submit, start if start < 0 else max(start, submit), g, k) for submit, start, g, k in made
    ]
    made.sort(key=lambda row: row[0])
    submit, start, gpus, kind = ([row[n] for row in made] for n in range(4))
    edges = [0, *sorted(cuts)]
    segments = [Segment(at_s, (Cause(f"a{at_s}"), Cause(f"b{at_s}"))) for at_s in edges]
    jobs = Jobs(submit, [1] * len(made), [1] * len(made), gpus, kind, [0] * len(made))

    found = waited_gpu_s(jobs, start, segments, UNTIL_S)

    expected: dict[Cause, int] = {}
    for at_s in range(UNTIL_S):
        segment = max((s for s in segments if s.from_s <= at_s), key=lambda s: s.from_s)
        for sub, beg, g, k in made:
            if sub <= at_s < (UNTIL_S if beg < 0 else beg):
                expected[segment.causes[k]] = expected.get(segment.causes[k], 0) + g
    assert found == expected
