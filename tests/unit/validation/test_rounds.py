"""The clock of rounds behind docs/reference/validation.md, on jobs checked by hand."""

from validation.muri import FIFO, LAS, SRTF, SRTF_GPU, Clock, Work, average_and_makespan


def work(*rows: tuple[int, int, int]) -> Work:
    """Rows are (submitted, GPUs, seconds); jobs run as profiled."""
    submit_s, gpus, run_s = (list(column) for column in zip(*rows, strict=True))
    return Work(submit_s, gpus, run_s, [float(seconds) for seconds in run_s])


def test_jobs_start_at_rounds_and_end_within_them() -> None:
    assert Clock(work((0, 64, 100), (1, 64, 400)), FIFO).play() == [100, 760]


def test_the_shortest_goes_first_at_the_next_round() -> None:
    jobs = work((0, 64, 1_000), (1, 64, 300))

    assert Clock(jobs, FIFO).play() == [1_000, 1_380]
    assert Clock(jobs, SRTF).play() == [1_360, 660]


def test_by_gpu_time_a_small_long_job_goes_before_a_large_short_one() -> None:
    jobs = work((0, 64, 300), (0, 1, 720))

    assert Clock(jobs, SRTF).play() == [300, 1_080]
    assert Clock(jobs, SRTF_GPU).play() == [1_020, 720]


def test_who_has_had_least_service_goes_first() -> None:
    jobs = work((0, 64, 1_080), (1, 64, 360))

    # After a round of 64 GPUs the first job is in the last queue, the second still in the first.
    assert Clock(jobs, LAS).play() == [1_440, 720]


def test_a_job_runs_as_long_as_measured_and_ranks_as_profiled() -> None:
    jobs = Work([0, 0], [64, 64], [100, 200], [300.0, 200.0])

    assert Clock(jobs, SRTF).play() == [300, 560]
    assert average_and_makespan(jobs, SRTF) == (430, 560)
