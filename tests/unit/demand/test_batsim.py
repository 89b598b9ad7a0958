"""Batsim workloads: run times from flops or delays, other profiles counted."""

import json
from pathlib import Path
from typing import Any

import pytest

from files import written
from offtake.demand.columns import UnreadableTrace
from offtake.demand.trace import open_trace, recognize

PROFILES = {
    "3478": {"type": "msg_par_hg", "cpu": 347_800_000_000.0, "com": 0.0},
    "new": {"type": "parallel_homogeneous", "cpu": 1e9, "com": 5.0},
    "wait": {"type": "delay", "delay": 20.25},
    "smpi": {"type": "smpi", "trace": "x"},
}


def job(number: int, profile: str, **more: Any) -> dict[str, Any]:
    return {"id": number, "profile": profile, "res": 4, "subtime": 10.0, "walltime": 60, **more}


def workload(folder: Path, jobs: list[dict[str, Any]]) -> Path:
    text = json.dumps({"nb_res": 100, "jobs": jobs, "profiles": PROFILES, "version": 0}, indent=1)
    return written(folder, "kth.json.gz", text)


def test_computing_runs_at_a_hundred_million_flops_a_second(tmp_path: Path) -> None:
    path = workload(
        tmp_path,
        [
            job(0, "3478", walltime=53_940.0, subtime=0.0),
            job(1, "new"),
            job(2, "wait", walltime=-1, res=2),
        ],
    )
    trace = open_trace(path)

    assert recognize(path)[0] == "batsim"
    assert trace.submit_s.tolist() == [0, 10, 10]
    assert trace.run_s.tolist() == [3_478, 10, 20]
    assert trace.requested_s.tolist() == [53_940, 60, 20]
    assert trace.gpu_s == 4 * 3_478 + 4 * 10 + 2 * 20
    assert trace.tenants == ("kth",)
    assert "communication not counted: 1 jobs" in trace.choices
    assert "requested times raised to the run time: 1 rows" in trace.choices


def test_other_profiles_are_dropped_and_named(tmp_path: Path) -> None:
    trace = open_trace(workload(tmp_path, [job(0, "new"), job(1, "smpi"), job(2, "nowhere")]))

    assert trace.jobs == 1
    reason = "profiles of other kinds: absent, smpi"
    assert trace.dropped == ((reason, 2, "kth.json.gz, job 1"),)


def test_jobs_without_resources_are_counted_and_refused_past_a_share(tmp_path: Path) -> None:
    few = [job(n, "new") for n in range(200)]

    assert open_trace(workload(tmp_path, [*few, job(200, "new", res=0)])).dropped == (
        ("not a job", 1, "kth.json.gz, job 200"),
    )
    with pytest.raises(UnreadableTrace, match="3 of 203 jobs"):
        open_trace(workload(tmp_path, [*few, *[job(7, "new", subtime="soon")] * 3]))


@pytest.mark.parametrize("text", ["{}", '{"jobs": {}, "profiles": {}}', "[]", "{", ""])
def test_what_is_no_workload_is_explained(tmp_path: Path, text: str) -> None:
    with pytest.raises(UnreadableTrace, match=r"no list `jobs`|not JSON|not a JSON object"):
        open_trace(written(tmp_path, "a.json", text), "batsim")
