"""Synthetic jobs come from what was fitted or stated, the same ones for the same seed."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet

from offtake.demand.columns import JobTrace
from offtake.demand.fit import compare, kolmogorov_smirnov, total_variation
from offtake.demand.synthetic import (
    Asked,
    Stated,
    days_of,
    draw,
    exposed_rates,
    fit,
    hourly,
    lognormal,
    size_class,
    stated,
)
from offtake.demand.trace import open_trace
from offtake.demand.write import file_of

HOUR, WEEK = 3_600, 7 * 86_400
WORDS = Stated(((1, 3.0), (8, 1.0)), (("a", 1.0), ("b", 1.0)), 3_600, 36_000)


def column(values) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def jobs(submit_s, run_s, gpus, tenant=None, tenants=("a",), **more) -> JobTrace:
    return JobTrace(
        format="toy",
        submit_s=column(submit_s),
        run_s=column(run_s),
        requested_s=column(run_s),
        gpus=column(gpus),
        tenant=column(tenant or [0] * len(submit_s)),
        priority=column([0] * len(submit_s)),
        tenants=tenants,
        **more,
    )


def test_the_same_seed_gives_the_same_bytes_and_another_gives_others() -> None:
    model = stated(WORDS)
    files = [file_of(draw(model, Asked(30, seed, jobs=500)), (), "csv") for seed in (1, 1, 2)]

    assert files[0] == files[1] != files[2]


def test_a_seed_keeps_its_jobs() -> None:
    drawn = draw(stated(WORDS), Asked(30, 7, jobs=500))

    assert drawn.jobs == 535
    assert drawn.submit_s[:4].tolist() == [1_421, 6_088, 6_159, 17_525]
    assert drawn.run_s[:4].tolist() == [67_466, 415, 154, 3_854]
    assert drawn.tenant[:8].tolist() == [0, 0, 0, 0, 0, 0, 0, 1]
    assert drawn.gpu_s == 16_469_914


def test_the_rate_of_an_hour_is_its_jobs_over_the_time_it_is_shown() -> None:
    # Hours 0 to 4 of two weeks in part: the trace ends one second into hour 4 of week 2.
    submit = [0, 10, 2 * HOUR, WEEK, WEEK + 2 * HOUR, WEEK + 2 * HOUR + 5, WEEK + 4 * HOUR]
    rates = exposed_rates(column(submit))

    assert rates[0] == 3 / 2
    assert rates[1] == 0
    assert rates[2] == 3 / 2
    assert rates[4] == pytest.approx(1 * HOUR / (HOUR + 1))
    assert rates[5] == 0


def test_hours_that_a_trace_never_shows_have_its_average_rate() -> None:
    rates = exposed_rates(column([0, 0, 0, 2 * HOUR - 1]))

    assert rates[:2].tolist() == [3, 1]
    assert set(rates[2:].tolist()) == {2}


def test_arrivals_grow_smoothly_by_the_percent_of_each_year() -> None:
    expected = hourly(stated(WORDS), Asked(2 * 365, 1, growth_ppm=500_000))

    assert expected[8_760:].sum() / expected[:8_760].sum() == pytest.approx(1.5)
    assert np.ptp(np.diff(np.log(expected))) < 1e-12


def test_a_stated_number_of_jobs_is_expected_whatever_the_growth() -> None:
    asked = Asked(1_000, 1, growth_ppm=300_000, jobs=50_000)

    assert hourly(stated(WORDS), asked).sum() == pytest.approx(50_000)
    assert abs(draw(stated(WORDS), asked).jobs - 50_000) < 4 * 50_000**0.5


def test_counts_by_hour_scatter_as_a_poisson_process_does() -> None:
    drawn = draw(stated(WORDS), Asked(1_000, 3, jobs=240_000))
    counts = np.bincount(drawn.submit_s // HOUR, minlength=24_000)

    assert counts.var() / counts.mean() == pytest.approx(1, abs=0.04)  # 4 deviations of it.


def test_tenants_have_only_the_sizes_and_run_times_they_had() -> None:
    many = 400
    real = jobs(
        range(0, many * 600, 600),
        [100, 5_000] * (many // 2),
        [1, 8] * (many // 2),
        tenant=[0, 2] * (many // 2),
        tenants=("small", "idle", "large"),
    )
    drawn = draw(fit(real), Asked(60, 1))

    assert drawn.tenants == ("small", "large")
    assert set(drawn.gpus[drawn.tenant == 0].tolist()) == {1}
    assert set(drawn.run_s[drawn.tenant == 0].tolist()) == {100}
    assert set(drawn.gpus[drawn.tenant == 1].tolist()) == {8}
    assert set(drawn.run_s[drawn.tenant == 1].tolist()) == {5_000}


def test_a_tenant_with_few_jobs_of_a_size_has_the_run_times_of_all() -> None:
    real = jobs(
        range(0, 300 * 600, 600),
        [100] * 250 + [9_000] * 50,
        [4] * 300,
        tenant=[0] * 250 + [1] * 50,
        tenants=("large", "small"),
    )
    drawn = draw(fit(real), Asked(60, 1))

    assert set(drawn.run_s[drawn.tenant == 0].tolist()) == {100}
    assert {100, 9_000} <= set(drawn.run_s[drawn.tenant == 1].tolist())


def test_sizes_fall_into_classes_of_powers_of_two() -> None:
    sizes = column([1, 2, 3, 4, 5, 8, 9, 16, 17])

    assert size_class(sizes).tolist() == [0, 1, 2, 2, 3, 3, 4, 4, 5]


def test_a_lognormal_table_has_its_median_and_deviation() -> None:
    table = lognormal(np.log(3_600), 1.5)

    assert table[500] == pytest.approx(3_600)
    assert np.log(table).mean() == pytest.approx(np.log(3_600))
    assert np.log(table).std() == pytest.approx(1.5, rel=0.01)
    drawn = draw(stated(WORDS), Asked(100, 1, jobs=50_000))
    assert np.median(drawn.run_s) == pytest.approx(3_600, rel=0.03)
    assert np.quantile(drawn.run_s, 0.95) == pytest.approx(36_000, rel=0.05)


def test_a_model_of_synthetic_jobs_gives_jobs_as_close_as_chance_allows() -> None:
    real = draw(stated(WORDS), Asked(60, 5, jobs=20_000))
    found = {one.what: one for one in compare(real, draw(fit(real), Asked(60, 6))).distances}

    for what in ("run times", "interarrival times"):
        assert found[what].value < found[what].by_chance
    assert found["sizes"].value < 0.01
    assert found["jobs by tenant"].value < 0.01


def test_parts_of_gpus_are_drawn_as_parts() -> None:
    halves = jobs([0, 60, 120], [60] * 3, [1, 1, 2], share_milli=column([500, 500, 1_000]))
    drawn = draw(fit(halves), Asked(30, 1, jobs=300))
    assert drawn.share_milli is not None
    pairs = set(zip(drawn.gpus.tolist(), drawn.share_milli.tolist(), strict=True))

    assert pairs == {(1, 500), (2, 1_000)}
    assert draw(fit(replace(halves, share_milli=None)), Asked(1, 1)).share_milli is None


def test_a_trace_of_one_job_can_be_fitted() -> None:
    one = jobs([5], [60], [4])

    assert days_of(one) == 1
    assert set(draw(fit(one), Asked(1, 1, jobs=50)).run_s.tolist()) == {60}
    assert draw(fit(one, "lognormal"), Asked(1, 1, jobs=50)).run_s.min() >= 59


def test_distances_are_those_computed_by_hand() -> None:
    assert kolmogorov_smirnov(column([1, 2, 3, 4]), column([6, 5, 4, 3])) == 0.5
    assert kolmogorov_smirnov(column([1, 1]), column([1, 2])) == 0.5
    assert total_variation(np.array([0.5, 0.5, 0.0]), np.array([0.2, 0.3, 0.5])) == 0.5


def test_a_written_file_is_read_back_as_the_same_jobs(tmp_path: Path) -> None:
    drawn = replace(draw(stated(WORDS), Asked(10, 1, jobs=200)), tenants=('a, "b"', "ü"))
    path = tmp_path / "s.csv"
    path.write_bytes(file_of(drawn, ("training", "research"), "csv"))
    read = open_trace(path)

    assert path.read_text().startswith("submit_s,run_s,requested_s,gpus,tenant,purpose\n")
    assert read.submit_s.tolist() == drawn.submit_s.tolist()
    assert read.run_s.tolist() == drawn.run_s.tolist()
    assert read.gpus.tolist() == drawn.gpus.tolist()
    assert read.dropped == ()


def test_a_parquet_file_has_the_same_columns() -> None:
    drawn = draw(stated(WORDS), Asked(10, 1, jobs=200))
    table = parquet.read_table(BytesIO(file_of(drawn, (), "parquet")))

    assert table.column_names == ["submit_s", "run_s", "requested_s", "gpus", "tenant"]
    assert table["run_s"].to_pylist() == drawn.run_s.tolist()
    assert set(table["tenant"].to_pylist()) == {"a", "b"}
