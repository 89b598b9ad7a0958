"""Jobs drawn like a real trace have its sizes, tenants and run times; bursts they have not."""

from offtake.demand.fit import compare
from offtake.demand.synthetic import Asked, days_of, draw, fit
from offtake.demand.trace import open_trace
from real.test_traces import folder


def test_jobs_like_itp_are_as_close_as_chance_allows_but_for_bursts() -> None:
    real = open_trace(folder("microsoft_itp_2021") / "raw-traces")
    synthetic = draw(fit(real), Asked(days_of(real), 1))
    found = {one.what: one for one in compare(real, synthetic).distances}

    assert found["run times"].value < found["run times"].by_chance
    assert found["sizes"].value < 0.005
    assert found["jobs by tenant"].value < 0.01
    assert found["GPU-hours by tenant"].value < 0.06
    assert found["interarrival times"].value > 0.2  # Stated in docs/reference/synthetic.md.


def test_quantiles_are_closer_to_real_run_times_than_a_lognormal() -> None:
    real = open_trace(folder("microsoft_itp_2021") / "raw-traces")
    away = [
        compare(real, draw(fit(real, kind), Asked(60, 1))).distances[0].value
        for kind in ("quantiles", "lognormal")
    ]

    assert away[0] < 0.01 < away[1]
