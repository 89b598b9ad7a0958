"""What a trace holds is counted exactly: levels, quantiles that occur, shares."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from offtake.demand.columns import JobTrace, ServiceDemand, ServiceTrace
from offtake.demand.describe import (
    Distribution,
    by_purpose,
    describe,
    distribution,
    job_steps,
    over_time,
)


def column(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def jobs(**more) -> JobTrace:
    """Three jobs: 2 GPUs in [0, 100), 1 in [50, 100), 4 in [100, 110)."""
    return JobTrace(
        format="toy",
        submit_s=column(0, 50, 100),
        run_s=column(100, 50, 10),
        requested_s=column(100, 50, 10),
        gpus=column(2, 1, 4),
        tenant=column(0, 1, 0),
        priority=column(0, 0, 0),
        tenants=("a", "b"),
        **more,
    )


def test_jobs_are_wanted_from_submission_to_their_end() -> None:
    steps = job_steps(jobs())

    assert steps.at_s.tolist() == [0, 50, 100, 110]
    assert steps.gpus.tolist() == [2, 3, 4, 0]  # Who ends at 100 leaves before the next comes.
    assert steps.until_s == 110


def test_a_description_counts_gpu_seconds_tenants_and_purposes() -> None:
    found = describe(jobs(), ("training", "research"))

    assert (found.entries, found.span_s, found.gpu_s) == (3, 100, 200 + 50 + 40)
    assert [(one.name, one.jobs, one.gpu_s) for one in found.holders] == [
        ("a", 2, 240),
        ("b", 1, 50),
    ]
    assert [(one.name, one.gpu_s) for one in by_purpose(found.holders)] == [
        ("training", 240),
        ("research", 50),
    ]
    assert found.sizes == Distribution(1, 2, 4, 4)
    assert found.run_s == Distribution(10, 50, 100, 100)
    # 50 s of 2, 50 s of 3, 10 s of 4: the 55th second is of 3, the 105th of 4.
    assert found.spread == Distribution(2, 3, 4, 4)


def test_parts_of_gpus_are_summed_before_they_are_rounded_up() -> None:
    found = describe(jobs(share_milli=column(250, 500, 1_000)))

    assert found.gpu_s == 50 + 25 + 40
    assert found.wanted.gpus.tolist() == [1, 1, 4, 0]  # 0.5, 1.0, 4.


def test_services_are_summed_at_every_instant() -> None:
    trace = ServiceTrace(
        format="helios",
        services=(
            ServiceDemand("a", column(0, 60), column(3, 0)),
            ServiceDemand("b", column(30, 120), column(2, 0)),
        ),
        span_s=120,
        requests=2,
    )
    found = describe(trace, ("api", "api"))

    assert found.wanted.at_s.tolist() == [0, 30, 60]
    assert found.wanted.gpus.tolist() == [3, 5, 2]
    assert found.gpu_s == 180 + 180
    assert by_purpose(found.holders)[0][:3] == ("api", -1, 360)


@given(st.lists(st.integers(0, 1_000), min_size=1))
def test_quantiles_are_values_with_as_many_at_or_below_them(values) -> None:
    found = distribution(column(*values))

    assert (found.least, found.most) == (min(values), max(values))
    for value, percent in ((found.median, 50), (found.p95, 95)):
        assert value in values
        assert 100 * sum(one <= value for one in values) >= percent * len(values)
        assert 100 * sum(one < value for one in values) < percent * len(values)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 30)), min_size=1, max_size=20))
def test_a_level_over_time_counts_each_second_once(rows) -> None:
    rows.sort()
    count = len(rows)
    trace = JobTrace(
        format="toy",
        submit_s=column(*(start for start, _ in rows)),
        run_s=column(*(length for _, length in rows)),
        requested_s=column(*(length for _, length in rows)),
        gpus=np.ones(count, np.int64),
        tenant=np.zeros(count, np.int64),
        priority=np.zeros(count, np.int64),
        tenants=("a",),
    )
    steps = job_steps(trace)
    seconds = [
        sum(start <= at < start + length for start, length in rows)
        for at in range(rows[0][0], steps.until_s)
    ]

    assert over_time(steps) == distribution(column(*seconds))
