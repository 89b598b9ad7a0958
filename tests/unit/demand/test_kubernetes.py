"""Pods as kubectl lists them: GPUs summed, times of containers, pods that still run."""

import json
from pathlib import Path
from typing import Any

import pytest

from files import written
from offtake.demand.columns import UnreadableTrace
from offtake.demand.trace import open_trace, recognize

DAY = "2024-05-01T{}Z"


def gpus(count: Any, kind: str = "requests") -> dict[str, Any]:
    return {"name": "main", "resources": {kind: {"nvidia.com/gpu": str(count), "cpu": "4"}}}


def pod(name: str, *containers: dict[str, Any], **given: Any) -> dict[str, Any]:
    ended = given.get("ended")
    state = {"terminated": {"finishedAt": ended}} if ended else {"running": {}}
    status = {"phase": given.get("phase", "Succeeded" if ended else "Running")}
    if given.get("started", DAY.format("10:00:10")):
        status["startTime"] = given.get("started", DAY.format("10:00:10"))
        status["containerStatuses"] = [{"name": "main", "state": state}]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "creationTimestamp": given.get("created", DAY.format("10:00:00")),
            "name": name,
            "namespace": given.get("namespace", "ml"),
        },
        "spec": {"containers": list(containers), **given.get("spec", {})},
        "status": status,
    }


def listing(folder: Path, *pods: Any) -> Path:
    text = json.dumps({"apiVersion": "v1", "items": pods, "kind": "List"}, indent=4)
    return written(folder, "pods.json", text)


def test_gpus_of_all_containers_are_summed(tmp_path: Path) -> None:
    end = DAY.format("11:00:10")
    init = {"initContainers": [gpus(2), gpus(5)]}
    path = listing(
        tmp_path,
        pod("a", gpus(2), gpus(1), {"name": "sidecar"}, ended=end),
        pod(
            "b", gpus(4, "limits"), ended=end, namespace="web", created="2024-05-01T12:00:05+02:00"
        ),
        pod("c", gpus(1), ended=end, spec={**init, "priority": 1_000}),
    )
    trace = open_trace(path)

    assert recognize(path)[0] == "kubernetes"
    assert trace.submit_s.tolist() == [0, 0, 5]
    assert trace.gpus.tolist() == [3, 5, 4]
    assert trace.run_s.tolist() == [3_600, 3_600, 3_600]
    assert trace.priority.tolist() == [0, 1_000, 0]
    assert trace.tenants == ("ml", "web")
    assert trace.gpu_s == 12 * 3_600


def test_a_pod_that_still_runs_counts_up_to_the_latest_instant(tmp_path: Path) -> None:
    trace = open_trace(
        listing(
            tmp_path,
            pod("a", gpus(8)),
            pod("b", gpus(1), ended=DAY.format("10:30:00"), started=DAY.format("10:20:00")),
        )
    )

    assert trace.run_s.tolist() == [29 * 60 + 50, 600]
    assert "still running, counted up to the latest instant: 1 pods" in trace.choices


def test_pods_that_are_no_jobs_are_counted_with_their_names(tmp_path: Path) -> None:
    path = listing(
        tmp_path,
        pod("a", gpus(1), ended=DAY.format("10:30:00")),
        pod("web", {"name": "nginx"}),
        pod("part", {"resources": {"requests": {"nvidia.com/mig-1g.5gb": 1}}}),
        pod("waits", gpus(1), started=None, phase="Pending"),
        pod("evicted", gpus(1), phase="Failed"),
    )

    assert open_trace(path).dropped == (
        ("no GPUs", 2, "pods.json, pod ml/web"),
        ("never started", 1, "pods.json, pod ml/waits"),
        ("ended at a time that is not recorded", 1, "pods.json, pod ml/evicted"),
    )


def test_a_limit_in_seconds_is_what_was_asked_for(tmp_path: Path) -> None:
    end = DAY.format("10:01:10")
    limited = pod("a", gpus(1), ended=end, spec={"activeDeadlineSeconds": 600})

    assert open_trace(listing(tmp_path, limited)).requested_s.tolist() == [600]


def test_what_is_no_list_of_pods_is_explained(tmp_path: Path) -> None:
    with pytest.raises(UnreadableTrace, match="no list `items`"):
        open_trace(written(tmp_path, "a.json", '{"kind": "Pod"}'), "kubernetes")
    with pytest.raises(UnreadableTrace, match="2 of 3 entries have no creationTimestamp"):
        open_trace(listing(tmp_path, pod("a", gpus(1)), 7, {"metadata": []}))
    with pytest.raises(UnreadableTrace, match="no jobs; 1 rows: no GPUs"):
        open_trace(listing(tmp_path, pod("a", gpus("none"))))
