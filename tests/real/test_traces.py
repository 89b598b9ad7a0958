"""Real traces in their original layout give the totals that their sources state."""

import os
from pathlib import Path

import numpy as np
import pytest

from offtake.demand.columns import WHOLE_MILLI, JobTrace, peak_gpus
from offtake.demand.openb import nodes_of, pods_of
from offtake.demand.trace import open_trace, recognize

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("OFFTAKE_DATA", ROOT.parent / "shared" / "data"))


def folder(name: str) -> Path:
    """A folder of the data; a named skip where there is none, unless it must be there."""
    path = DATA / name
    if not path.exists():
        assert os.environ.get("OFFTAKE_REQUIRE_DATA", "0") != "1", f"{path} is missing"
        pytest.skip(f"no real data at {path}")
    return path


def opened(name: str, file: str, form: str) -> JobTrace:
    """A trace of the data, recognized as what it is."""
    path = folder(name) / file
    assert recognize(path)[0] == form
    return open_trace(path)


def gpu_h(trace: JobTrace) -> int:
    return round(trace.gpu_s / 3_600)


def days(trace: JobTrace) -> float:
    return round(trace.span_s / 86_400, 1)


@pytest.mark.parametrize("layout", ["raw-traces", "elasticflow-traces"])
def test_itp_has_the_jobs_and_gpu_hours_its_authors_state(layout: str) -> None:
    trace = open_trace(folder("microsoft_itp_2021") / layout)

    assert trace.format == "itp"
    assert trace.jobs == 69_351
    assert round(trace.gpu_s / 3_600, 1) == 1_632_719.7
    assert trace.tenants == tuple(f"cluster{n:02}" for n in range(1, 11))
    assert trace.dropped == ()
    assert int(trace.gpus.max()) == 64
    assert (days(trace), peak_gpus(trace)) == (59.9, 2_859)


@pytest.mark.parametrize(
    ("cluster", "jobs", "span", "hours", "peak", "most"),
    [
        ("01", 1_595, 33.8, 22_740, 330, 64),
        ("02", 5_778, 59.7, 123_748, 346, 64),
        ("03", 3_011, 49.3, 165_443, 1_379, 64),
        ("04", 15_802, 59.5, 705_683, 2_025, 64),
        ("05", 3_629, 59.3, 14_303, 341, 8),
        ("06", 2_396, 59.6, 123_879, 516, 64),
        ("07", 12_699, 59.4, 366_800, 1_903, 16),
        ("08", 13_047, 42.4, 67_100, 282, 32),
        ("09", 11_134, 52.4, 39_001, 118, 1),
        ("10", 260, 32.8, 4_023, 52, 16),
    ],
)
def test_each_itp_cluster_has_its_own_totals(
    cluster: str, jobs: int, span: float, hours: int, peak: int, most: int
) -> None:
    trace = opened("microsoft_itp_2021", f"raw-traces/cluster{cluster}.csv", "itp")

    assert (trace.jobs, days(trace), gpu_h(trace)) == (jobs, span, hours)
    assert (peak_gpus(trace), int(trace.gpus.max())) == (peak, most)


def test_itp_deadlines_lie_half_to_one_and_a_half_durations_after_submission() -> None:
    trace = open_trace(folder("microsoft_itp_2021") / "elasticflow-traces")

    assert trace.deadline_s is not None
    ratio = (trace.deadline_s - trace.submit_s) / trace.run_s
    assert 0.49 < float(ratio.min()) < 0.51
    assert 1.49 < float(ratio.max()) < 1.51


@pytest.mark.parametrize(
    ("file", "jobs", "span", "tenants"),
    [("NASA-iPSC-1993-3.1-cln.swf.gz", 18_239, 92.0, 2), ("LCG-2005-1.swf.gz", 188_041, 11.0, 28)],
)
def test_swf_logs_have_the_rows_their_archive_states(
    file: str, jobs: int, span: float, tenants: int
) -> None:
    trace = opened("swf", file, "swf")

    assert trace.jobs + sum(dropped.rows for dropped in trace.dropped) == jobs
    assert len(trace.tenants) == tenants
    assert days(trace) == span


def test_nasa_uses_more_than_its_machine_and_the_grid_does_not() -> None:
    nasa = opened("swf", "NASA-iPSC-1993-3.1-cln.swf.gz", "swf")
    grid = opened("swf", "LCG-2005-1.swf.gz", "swf")

    assert "more than the machine: 176 of 128 if all started at submission" in nasa.choices
    assert (round(float(nasa.run_s.mean())), int(np.median(nasa.run_s))) == (765, 86)
    assert not any("machine" in choice for choice in grid.choices)
    assert (int(grid.gpus.max()), int(grid.run_s.max())) == (1, 172_800)


def test_kth_has_the_node_hours_of_its_conversion() -> None:
    trace = opened("swf", "kth_sp2_batsim.json.gz", "batsim")

    assert (trace.jobs, trace.dropped) == (27_954, ())
    assert (gpu_h(trace), days(trace)) == (547_217, 332.9)
    assert (round(float(trace.run_s.mean())), int(np.median(trace.run_s))) == (8_541, 799)
    assert not any("raised" in choice for choice in trace.choices)


def test_philly_has_the_totals_of_its_converted_subset() -> None:
    trace = opened("philly_adaptdl", "philly.csv.gz", "philly")

    assert (trace.jobs, gpu_h(trace), days(trace)) == (82_247, 978_078, 108.9)
    assert (peak_gpus(trace), trace.dropped) == (1_243, ())
    jobs = dict(zip(trace.tenants, np.bincount(trace.tenant).tolist(), strict=True))
    assert len(jobs) == 15
    assert jobs["6214e9"] == 41_226
    assert jobs["11cb48"] == 16_091
    assert [int((trace.gpus == gpus).sum()) for gpus in (1, 2, 4, 8)] == [
        *(76_627, 1_818, 1_870, 1_643)
    ]
    assert int(trace.run_s.max()) == 4_628_226


@pytest.mark.parametrize(
    ("file", "stated", "without_gpus"),  # As stated: strict, best effort; and those of 0 GPUs.
    [
        ("trace_job_Philly_MIX1.csv.gz", (21_724, 9_216), (124, 60)),
        ("trace_job_Philly_SLO.csv.gz", (30_940, 0), (205, 0)),
    ],
)
def test_chronus_has_strict_and_best_effort_jobs_of_eleven_clusters(
    file: str, stated: tuple[int, int], without_gpus: tuple[int, int]
) -> None:
    trace = opened("philly_chronus_slo", file, "chronus")

    assert [dropped.rows for dropped in trace.dropped] == [sum(without_gpus)]
    assert (len(trace.tenants), days(trace), int(trace.gpus.max())) == (11, 14.0, 32)
    assert trace.deadline_s is not None
    strict = int((trace.deadline_s >= 0).sum())
    assert strict == stated[0] - without_gpus[0]
    assert trace.jobs - strict == stated[1] - without_gpus[1]


def test_chronus_is_in_minutes() -> None:
    """The sum of num_gpu times duration over 60, and the peak, of the file itself."""
    trace = opened("philly_chronus_slo", "trace_job_Philly_MIX1.csv.gz", "chronus")

    assert (gpu_h(trace), peak_gpus(trace)) == (371_328, 1_877)
    assert int(np.median(trace.run_s)) == 60 * 60


@pytest.mark.parametrize(
    ("number", "jobs", "span", "hours", "peak", "most"),
    [
        (1, 1_494, 125.2, 383_327, 349, 32),
        (2, 5_755, 99.2, 824_082, 837, 32),
        (3, 992, 94.5, 116_690, 536, 32),
        (4, 2_638, 85.2, 204_902, 628, 8),
    ],
)
def test_muri_has_the_totals_of_its_four_traces(
    number: int, jobs: int, span: float, hours: int, peak: int, most: int
) -> None:
    trace = opened("muri_philly", f"trace{number}.csv", "muri")

    assert (trace.jobs, days(trace), gpu_h(trace)) == (jobs, span, hours)
    assert (peak_gpus(trace), int(trace.gpus.max()), trace.dropped) == (peak, most, ())
    assert np.unique(trace.priority).tolist() == [0, 1]


def test_muri_testbed_has_400_jobs() -> None:
    trace = opened("reference_results", "muri_testbed/cluster_trace.csv", "muri")

    assert (trace.jobs, trace.dropped) == (400, ())


def test_gavel_drops_the_585_jobs_that_its_throughputs_lack() -> None:
    rows = {"6214e9": (2_000, 4.18e6), "ee9e8c": (2_000, 4.51e6), "0e4a51": (1_181, 7.36e6)}
    lost = 0
    for cluster, (count, span_s) in rows.items():
        trace = opened("gavel_msr", f"msr_seed0_{cluster}.trace", "gavel")
        dropped = sum(dropped.rows for dropped in trace.dropped)
        assert trace.jobs + dropped == count
        assert trace.span_s == pytest.approx(span_s, abs=5_000)
        lost += dropped
    assert lost == 585


def test_gavel_run_times_are_those_on_v100() -> None:
    trace = opened("gavel_msr", "msr_seed0_ee9e8c.trace", "gavel")

    assert trace.jobs == 1_627
    assert gpu_h(trace) == pytest.approx(112_100, abs=50)
    assert all(dict(model.speed_ppm)["V100"] == 1_000_000 for model in trace.models)
    assert any(dict(model.speed_ppm).get("K80") == 0 for model in trace.models)


@pytest.mark.parametrize(
    ("file", "jobs"),
    [("max_min_fairness", 96), ("minimize_makespan", 100), ("artifact_evaluation", 15)],
)
def test_gavel_physical_traces_have_run_times_for_all_jobs(file: str, jobs: int) -> None:
    trace = opened("gavel_msr", f"physical_cluster_{file}.trace", "gavel")

    assert (trace.jobs, trace.dropped) == (jobs, ())
    assert trace.deadline_s is not None
    assert np.unique(trace.deadline_s).tolist() == [-1]


PODS = {  # Rows, GPUs asked for in thousandths, pods with GPUs.
    "default": (8_152, 6_086_800, 7_064),
    "cpu050": (7_439, 6_086_800, 7_064),
    "cpu250": (9_420, 6_086_800, 7_064),
    "gpushare40": (8_152, 5_641_250, 7_064),
    "gpushare100": (8_152, 3_952_670, 7_064),
    "gpuspec33": (8_152, 6_086_800, 7_064),
    "multigpu20": (8_324, 7_086_800, 7_236),
    "multigpu50": (9_061, 11_358_800, 7_973),
}


@pytest.mark.parametrize("variant", PODS)
def test_openb_has_the_pods_and_gpus_that_are_asked_for(variant: str) -> None:
    pods = pods_of(folder("alibaba_gpu_v2023_openb") / f"openb_pod_list_{variant}.csv")

    assert (len(pods.gpus), pods.gpu_milli, int((pods.gpus > 0).sum())) == PODS[variant]


@pytest.mark.parametrize("variant", [name for name in PODS if not name.startswith("multi")])
def test_openb_pods_that_run_are_those_that_were_scheduled(variant: str) -> None:
    file = f"openb_pod_list_{variant}.csv"
    trace = opened("alibaba_gpu_v2023_openb", file, "openb")
    pods = pods_of(folder("alibaba_gpu_v2023_openb") / file)
    ran = (pods.gpus > 0) & (pods.scheduled_s >= 0)
    milli = pods.gpus * pods.share_milli * (pods.deleted_s - pods.scheduled_s)

    assert trace.jobs + sum(dropped.rows for dropped in trace.dropped) == PODS[variant][0]
    assert trace.jobs == int(ran.sum())
    assert trace.gpu_s == int(milli[ran].sum()) // WHOLE_MILLI


def test_openb_never_fills_its_cluster_when_it_is_replayed() -> None:
    path = folder("alibaba_gpu_v2023_openb") / "openb_pod_list_default.csv"
    trace, pods = open_trace(path), pods_of(path)
    milli = pods.gpus * pods.share_milli * (pods.deleted_s - pods.created_s)

    assert round(int(milli.sum()) / 3.6e6) == 51_600  # As stated: from creation, all pods.
    assert (gpu_h(trace), days(trace), peak_gpus(trace)) == (51_471, 149.3, 65)
    assert int((pods.scheduled_s < 0).sum()) == 897
    assert trace.tenants == ("BE", "Burstable", "Guaranteed", "LS")


def test_openb_pods_of_a_variant_want_types_of_gpus() -> None:
    path = folder("alibaba_gpu_v2023_openb") / "openb_pod_list_gpuspec33.csv"
    pods = pods_of(path)

    assert int((pods.wants >= 0).sum()) == 2_388
    assert {name for types in pods.accelerators for name in types} == {
        *("A10", "G2", "G3", "P100", "T4", "V100M16", "V100M32")
    }


@pytest.mark.parametrize("file", ["gpu_node", "all_node"])
def test_openb_has_1213_nodes_with_gpus(file: str) -> None:
    nodes = nodes_of(folder("alibaba_gpu_v2023_openb") / f"openb_node_list_{file}.csv")
    gpus = np.bincount(nodes.model, weights=nodes.gpus)

    assert len(nodes.names) == 1_213
    assert dict(zip(nodes.models, gpus.astype(int).tolist(), strict=True)) == {
        "A10": 2,
        "G2": 4_392,
        "G3": 312,
        "P100": 265,
        "T4": 842,
        "V100M16": 195,
        "V100M32": 204,
    }


@pytest.mark.parametrize("file", ["batsim_out_jobs.csv", "oar_out_jobs.csv"])
def test_a_table_of_jobs_is_read_by_its_columns(file: str) -> None:
    path = folder("reference_results") / "batsim_vs_oar" / file
    trace = open_trace(
        path,
        columns="submit=submission_time,run=execution_time,gpus=requested_number_of_processors,"
        "requested=requested_time",
    )

    assert trace.jobs + sum(dropped.rows for dropped in trace.dropped) == 800
    assert int(trace.gpus.max()) <= 32
