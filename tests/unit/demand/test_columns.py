"""Sums and peaks of a trace's columns."""

import numpy as np

from offtake.demand.columns import JobTrace, peak_gpu_milli, peak_gpus


def trace(*jobs: tuple[int, int, int], share_milli: list[int] | None = None) -> JobTrace:
    submit_s, run_s, gpus = (np.array(column, np.int64) for column in zip(*jobs, strict=True))
    return JobTrace(
        format="test",
        submit_s=submit_s,
        run_s=run_s,
        requested_s=run_s,
        gpus=gpus,
        tenant=np.zeros_like(gpus),
        priority=np.zeros_like(gpus),
        tenants=("all",),
        share_milli=None if share_milli is None else np.array(share_milli, np.int64),
    )


def test_the_peak_is_of_jobs_that_start_when_they_are_submitted() -> None:
    assert peak_gpus(trace((0, 10, 4), (5, 10, 2), (9, 1, 1), (20, 5, 3))) == 7


def test_a_job_that_ends_makes_room_in_the_same_second() -> None:
    assert peak_gpus(trace((0, 10, 4), (10, 10, 4))) == 4


def test_parts_of_gpus_count_as_parts_of_the_peak_and_of_the_sum() -> None:
    shared = trace((0, 10, 1), (0, 10, 1), (5, 10, 8), share_milli=[250, 300, 1_000])

    assert peak_gpu_milli(shared) == 8_550
    assert peak_gpus(shared) == 9
    assert shared.gpu_s == 85  # and a half, rounded down.


def test_gpu_seconds_are_exact_where_int64_would_overflow() -> None:
    jobs = [(0, 2**32 - 1, 2**20 - 1)] * 3_000
    exact = 3_000 * (2**32 - 1) * (2**20 - 1)

    assert exact > 2**63
    assert trace(*jobs).gpu_s == exact
