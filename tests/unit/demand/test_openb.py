"""openb's pods: parts of GPUs, types that will do, pods that never ran; and its nodes."""

from pathlib import Path

import numpy as np
import pytest

from files import written
from offtake.demand.columns import UnreadableTrace, peak_gpu_milli, peak_gpus
from offtake.demand.openb import nodes_of, pods_of
from offtake.demand.trace import open_trace, recognize

PODS = (
    "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,"
    "creation_time,deletion_time,scheduled_time\n"
    "p0,12000,16384,1,1000,,LS,Running,0,1100,100\n"
    "p1,6000,12288,1,460,V100M16|V100M32|V100M32,BE,Running,50,1050,50\n"
    "p2,88000,327680,8,1000,G2,LS,Failed,60,70,60\n"
    "p3,4000,15258,0,0,,BE,Running,70,170,70\n"
    "p4,4000,15258,1,500,T4,BE,Pending,80,180,\n"
    "p5,4000,15258,1,500,V100M32|V100M16,BE,Succeeded,90,90,90\n"
)
PACKING = (
    "name,cpu_milli,memory_mib,num_gpu,gpu_milli\np0,12000,16384,1,460\np1,6000,12288,2,1000\n"
)
NODES = (
    "sn,cpu_milli,memory_mib,gpu,model\n"
    "n0,32000,262144,0,\nn1,64000,262144,2,P100\nn2,128000,786432,8,G2\nn3,96000,262144,2,P100\n"
)


def test_pods_run_from_when_they_were_scheduled(tmp_path: Path) -> None:
    path = written(tmp_path, "openb_pod_list_default.csv", PODS)
    trace = open_trace(path)

    assert recognize(path)[0] == "openb"
    assert trace.submit_s.tolist() == [0, 50, 60, 90]
    assert trace.run_s.tolist() == [1_000, 1_000, 10, 1]
    assert trace.gpus.tolist() == [1, 1, 8, 1]
    assert trace.tenants == ("BE", "LS")
    assert [(d.reason, d.rows, d.first) for d in trace.dropped] == [
        ("no GPUs", 1, "openb_pod_list_default.csv:5"),
        ("never scheduled", 1, "openb_pod_list_default.csv:6"),
    ]


def test_parts_of_gpus_count_as_parts(tmp_path: Path) -> None:
    trace = open_trace(written(tmp_path, "a.csv", PODS))

    assert trace.share_milli is not None
    assert trace.share_milli.tolist() == [1_000, 460, 1_000, 500]
    assert trace.gpu_s == 1_000 + 460 + 80  # and half a second, rounded down.
    assert peak_gpu_milli(trace) == 9_460
    assert peak_gpus(trace) == 10


def test_types_that_will_do_are_sets(tmp_path: Path) -> None:
    trace = open_trace(written(tmp_path, "a.csv", PODS))

    assert trace.wants is not None
    wanted = [trace.accelerators[n] if n >= 0 else () for n in trace.wants.tolist()]
    assert wanted == [(), ("V100M16", "V100M32"), ("G2",), ("V100M16", "V100M32")]


def test_pods_for_packing_are_all_there_with_times_or_without(tmp_path: Path) -> None:
    with_times = pods_of(written(tmp_path, "a.csv", PODS))
    without = pods_of(written(tmp_path, "b.csv", PACKING))

    assert with_times.gpus.tolist() == [1, 1, 8, 0, 1, 1]
    assert with_times.gpu_milli == 1_000 + 460 + 8_000 + 500 + 500
    assert with_times.scheduled_s.tolist() == [100, 50, 60, 70, -1, 90]
    assert without.gpu_milli == 2_460
    assert without.cpu_milli.tolist() == [12_000, 6_000]
    assert np.unique(without.created_s).tolist() == [-1]


def test_pods_without_times_cannot_be_played(tmp_path: Path) -> None:
    path = written(tmp_path, "openb_pod_list_multigpu20.csv", PACKING)

    assert recognize(path)[0] == "openb"
    with pytest.raises(UnreadableTrace, match="packed, not played"):
        open_trace(path)


@pytest.mark.parametrize("row", ["x,1,1,1,1001", "x,1,1,1,0", "x,1,1,-1,0", "x,1,1,,500"])
def test_a_pod_of_impossible_parts_is_counted(tmp_path: Path, row: str) -> None:
    rows = "".join(f"p{n},1,1,1,500\n" for n in range(200))
    text = PACKING.split("\n", 1)[0] + "\n" + rows

    assert len(pods_of(written(tmp_path, "a.csv", text + row)).gpus) == 200
    with pytest.raises(UnreadableTrace, match="4 of 204 rows"):
        pods_of(written(tmp_path, "b.csv", text + f"{row}\n" * 4))


def test_nodes_with_gpus_are_listed_by_model(tmp_path: Path) -> None:
    nodes = nodes_of(written(tmp_path, "openb_node_list_all_node.csv", NODES))

    assert nodes.names == ("n1", "n2", "n3")
    assert nodes.gpus.tolist() == [2, 8, 2]
    assert [nodes.models[n] for n in nodes.model] == ["P100", "G2", "P100"]
    assert nodes.memory_mib.tolist() == [262_144, 786_432, 262_144]


def test_a_list_of_nodes_without_gpus_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableTrace, match="no node with GPUs"):
        nodes_of(written(tmp_path, "a.csv", NODES.split("n1", maxsplit=1)[0]))
