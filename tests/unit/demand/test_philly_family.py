"""Philly in three layouts: wall-clock text, minutes with deadlines, milliseconds."""

from pathlib import Path

import pytest

from files import written
from offtake.demand.columns import UnreadableTrace, peak_gpus
from offtake.demand.trace import open_trace, recognize

PHILLY = (
    "timestamp,duration,num_gpus,gpu_time,cluster\n"
    "2017-10-09 07:01:55,66.0,1,66.0,11cb48\n"
    "2017-10-09 06:13:03,2951.9,8,23615.2,6214e9\n"
    "2017-10-09 07:01:55,60.0,2,120.0,11cb48\n"
    "\n"
)
CHRONUS = (
    "job_id,user,num_gpu,submit_time,iterations,model_name,duration,interval,"
    "expect_time_list,expect_value_list,best_effort,job_type\n"
    "0,vc_6214e9,1,8555,5049,vgg16,747,14,1105,10,0,strict\n"
    "1,vc_ed69ec,4,832,296,mobilenet_v2,98,8,128-200-300,10-5-1,0,soft\n"
    "2,vc_ee9e8c,1,14341,3621,alexnet,30,17,14341,10,1,best\n"
    "3,vc_ee9e8c,0,14341,3621,alexnet,30,17,31,10,0,strict\n"
)
MURI = (
    "job_id,num_gpu,submit_time,iterations,model_name,batch_size,duration,interval,"
    "iteration_time,resource_time_0,resource_time_1,resource_time_2,priority\r\n"
    "0,1,0,5853661,dqn,128,2868294000,46122000,490,446,8,0,1\r\n"
    "1,8,201694500,8787693,dqn,128,4472936000,201694000,509,435,8,0.5,0\r\n"
)


def test_philly_counts_seconds_from_its_earliest_submission(tmp_path: Path) -> None:
    path = written(tmp_path, "philly.csv.gz", PHILLY)
    trace = open_trace(path)

    assert recognize(path)[0] == "philly"
    assert trace.submit_s.tolist() == [0, 2_932, 2_932]
    assert trace.run_s.tolist() == [2_951, 66, 60]
    assert trace.gpus.tolist() == [8, 1, 2]
    assert trace.tenants == ("11cb48", "6214e9")
    assert trace.tenant.tolist() == [1, 0, 0]
    assert trace.gpu_s == 8 * 2_951 + 66 + 120
    assert peak_gpus(trace) == 11
    assert trace.dropped == ()
    assert "times count from 2017-10-09 06:13:03, of no stated zone" in trace.choices
    assert "rows out of order, sorted: 1" in trace.choices


def test_philly_locates_a_time_that_is_none(tmp_path: Path) -> None:
    rows = "".join(f"2017-10-09 07:01:{n % 60:02},66.0,1,66.0,a\n" for n in range(200))
    text = PHILLY.split("\n", 1)[0] + "\n" + rows + "2017-02-30 00:00:00,1.0,1,1.0,a\n"

    assert open_trace(written(tmp_path, "philly.csv", text)).dropped == (
        ("not a row of this format", 1, "philly.csv:202"),
    )


def test_chronus_is_in_minutes_and_its_first_deadline_counts(tmp_path: Path) -> None:
    path = written(tmp_path, "trace_job_Philly_MIX1.csv", CHRONUS)
    trace = open_trace(path)

    assert recognize(path)[0] == "chronus"
    assert trace.submit_s.tolist() == [832 * 60, 8_555 * 60, 14_341 * 60]
    assert trace.run_s.tolist() == [98 * 60, 747 * 60, 30 * 60]
    assert trace.deadline_s is not None
    assert trace.deadline_s.tolist() == [(832 + 128) * 60, (8_555 + 1_105) * 60, -1]
    assert trace.gpu_s == (4 * 98 + 747 + 30) * 60
    assert trace.dropped == (("no GPUs", 1, "trace_job_Philly_MIX1.csv:5"),)
    assert "jobs with several deadlines: 1" in trace.choices


def test_muri_is_in_milliseconds(tmp_path: Path) -> None:
    path = written(tmp_path, "trace1.csv", MURI)
    trace = open_trace(path)

    assert recognize(path)[0] == "muri"
    assert trace.submit_s.tolist() == [0, 201_694]
    assert trace.run_s.tolist() == [2_868_294, 4_472_936]
    assert trace.gpu_s == 2_868_294 + 8 * 4_472_936
    assert trace.priority.tolist() == [1, 0]
    assert trace.tenants == ("trace1",)
    assert peak_gpus(trace) == 9


def test_one_of_the_family_read_as_another_is_explained(tmp_path: Path) -> None:
    with pytest.raises(UnreadableTrace, match="no column `user`"):
        open_trace(written(tmp_path, "a.csv", MURI), "chronus")
    with pytest.raises(UnreadableTrace, match="no column `timestamp`"):
        open_trace(written(tmp_path, "a.csv", MURI), "philly")
