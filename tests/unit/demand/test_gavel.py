"""Gavel: two layouts without header, and run times that come from throughputs beside them."""

import json
from pathlib import Path

import pytest

from files import written
from offtake.demand.columns import UnreadableTrace
from offtake.demand.trace import open_trace, recognize

RESNET, LM, A3C = "ResNet-18 (batch size 16)", "LM (batch size 20)", "A3C"
MSR = (
    f"{RESNET}\tcd %s && rm -rf /\t-step\t1\t10000\t0.000000\t1\n"
    f"{RESNET}\tpython3 x\t-step\t1\t10000\t6.500000\t2\n"
    f"{LM}\tpython3 x\t-n\t1\t333\t7.000000\t1\n"
    f"{LM}\tpython3 x\t-n\t1\t333\t8.000000\t16\n"
    f"{A3C}\tpython3 x\t-n\t1\t333\t9.000000\t1\n"
)
CLUSTER = (
    f"{RESNET}\tpython3 x\tdir\t--steps\t1\t10000\t1\t5\t1.200000\t10\n"
    f"{LM}\tpython3 x\tdir\t--steps\t1\t300\t1\t1\t-1.000000\t0\n"
)


def throughputs() -> str:
    def key(name: str, gpus: int) -> str:
        return f"('{name}', {gpus})"

    other = {key(LM, 1): [1.0, 1.0]}
    return json.dumps(
        {
            "v100": {
                key(RESNET, 1): {"null": 40.0, **other},
                key(RESNET, 2): {"null": 80.0},
                key(LM, 1): {"null": 3.0},
                key(A3C, 1): {"null": 0.0},
            },
            "p100": {key(RESNET, 1): {"null": 20.0}, key(RESNET, 2): {"null": 0.0}},
            "k80": {key(RESNET, 1): {"null": 5.0}},
            "v100_unconsolidated": {key(LM, 16): {"null": 1.0}},
        }
    )


def test_run_times_are_steps_by_the_throughput_on_v100(tmp_path: Path) -> None:
    written(tmp_path, "simulation_throughputs.json.gz", throughputs())
    path = written(tmp_path, "msr_seed0_ee9e8c.trace", MSR)
    trace = open_trace(path)

    assert recognize(path)[0] == "gavel"
    assert trace.submit_s.tolist() == [0, 6, 7]
    assert trace.run_s.tolist() == [250, 125, 111]
    assert trace.gpus.tolist() == [1, 2, 1]
    assert trace.tenants == ("msr_seed0_ee9e8c",)
    assert trace.gpu_s == 250 + 250 + 111
    assert [(d.rows, d.first) for d in trace.dropped] == [(2, "msr_seed0_ee9e8c.trace:4")]
    assert [file.name for file in trace.files] == [path.name, "simulation_throughputs.json.gz"]


def test_other_accelerators_have_their_speed_against_v100(tmp_path: Path) -> None:
    written(tmp_path, "simulation_throughputs.json", throughputs())
    trace = open_trace(written(tmp_path, "a.trace", MSR))

    assert trace.model is not None
    speeds = [trace.models[model] for model in trace.model.tolist()]
    assert speeds[0].speed_ppm == (("V100", 1_000_000), ("P100", 500_000), ("K80", 125_000))
    assert speeds[1].speed_ppm == (("V100", 1_000_000), ("P100", 0))
    assert speeds[2] == (f"('{LM}', 1)", (("V100", 1_000_000),))


def test_the_layout_of_ten_fields_has_weights_and_deadlines(tmp_path: Path) -> None:
    written(tmp_path, "physical_cluster_throughputs.json", throughputs())
    written(tmp_path, "simulation_throughputs.json", "{}")
    trace = open_trace(written(tmp_path, "physical_cluster.trace", CLUSTER))

    assert trace.submit_s.tolist() == [0, 10]
    assert trace.run_s.tolist() == [100, 250]
    assert trace.priority.tolist() == [1, 5]
    assert trace.deadline_s is not None
    assert trace.deadline_s.tolist() == [-1, 10 + 300]


def test_without_throughputs_a_trace_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableTrace, match="no throughputs lie beside it") as caught:
        open_trace(written(tmp_path, "a.trace", MSR))

    assert "simulation_throughputs.json" in caught.value.remedy


@pytest.mark.parametrize("text", ["[1, 2]", "{", '{"v100": []}', '{"v100": {"x": 1}}'])
def test_throughputs_that_are_none_leave_no_jobs(tmp_path: Path, text: str) -> None:
    written(tmp_path, "simulation_throughputs.json", text)

    with pytest.raises(UnreadableTrace, match=r"no jobs|not JSON|not a JSON object"):
        open_trace(written(tmp_path, "a.trace", MSR))


def test_rows_of_another_width_are_no_gavel(tmp_path: Path) -> None:
    with pytest.raises(UnreadableTrace, match="7 or 10 fields"):
        open_trace(written(tmp_path, "a.trace", "a\tb\tc\n"), "gavel")
