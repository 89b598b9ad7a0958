"""ITP's two layouts give the same jobs; the generated one has deadlines too."""

from pathlib import Path

import pytest

from files import written
from offtake.demand.columns import UnreadableTrace
from offtake.demand.trace import open_trace, recognize

RAW = "job_id,submission_time,duration,num_gpu\na,100,600,8\nb,50,1200,1\n"
GENERATED = (
    "job_id,submission_time,num_iteration,model_name,deadline,batch_size,num_gpu,duration\n"
    "a,100,45775,resnet50,450,256,8,600\n"
    "b,50,11197,gpt2,1850,128,1,1200\n"
)


def test_the_generated_layout_has_deadlines_on_the_clock_of_submission(tmp_path: Path) -> None:
    path = written(tmp_path, "cluster01.csv.gz", GENERATED)
    trace = open_trace(path)

    assert recognize(path)[0] == "itp"
    assert trace.submit_s.tolist() == [50, 100]
    assert trace.deadline_s is not None
    assert trace.deadline_s.tolist() == [1_850, 450]
    assert trace.gpu_s == 8 * 600 + 1_200
    assert any("synthetic" in choice for choice in trace.choices)


def test_the_raw_layout_has_no_deadlines(tmp_path: Path) -> None:
    assert open_trace(written(tmp_path, "cluster01.csv", RAW)).deadline_s is None


def test_the_testbed_is_left_out_of_a_folder(tmp_path: Path) -> None:
    written(tmp_path, "195job.csv", RAW)
    written(tmp_path, "cluster01.csv", RAW)

    assert open_trace(tmp_path).tenants == ("cluster01",)


def test_fractions_of_seconds_are_rounded_down(tmp_path: Path) -> None:
    text = RAW.replace("100,600", "100.9,600.9")
    trace = open_trace(written(tmp_path, "cluster01.csv", text))

    assert (trace.submit_s.tolist(), trace.run_s.tolist()) == ([50, 100], [1_200, 600])


@pytest.mark.parametrize("row", ["x,-1,600,1", "x,1,0,1", "x,1,600,0", "x,1,,1", "x,1,600,3e9"])
def test_rows_that_are_no_jobs_are_counted(tmp_path: Path, row: str) -> None:
    rows = "".join(f"j{n},{n},600,1\n" for n in range(200))
    text = RAW.split("\n", 1)[0] + "\n" + rows + row + "\n"
    (dropped,) = open_trace(written(tmp_path, "cluster01.csv", text)).dropped

    assert dropped == ("not a job", 1, "cluster01.csv:202")


def test_files_that_follow_one_another_are_no_disorder(tmp_path: Path) -> None:
    ordered = RAW.split("\n", 1)[0] + "\na,1,600,1\nb,2,600,1\n"
    written(tmp_path, "cluster01.csv", ordered)
    written(tmp_path, "cluster02.csv", ordered)

    assert not any("out of order" in choice for choice in open_trace(tmp_path).choices)


def test_a_folder_without_traces_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableTrace, match=r"no \.csv file here"):
        open_trace(tmp_path, "itp")
