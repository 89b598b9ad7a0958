"""Trace readers keep what counts, count what they drop, and explain what they cannot use."""

import gzip
from pathlib import Path

import pytest

from offtake.demand.columns import UnreadableTrace
from offtake.demand.mapping import purposes_of
from offtake.demand.trace import open_trace, recognize

ITP = "job_id,submission_time,duration,num_gpu\na,100,600,8\nb,50,1200,1\n"
SWF = (
    "; Version: 2.2\n"
    "; Computer: a toy\n"
    "1 0 -1 100 4 -1 -1 -1 -1 -1 1 1 7 -1 -1 -1 -1 -1\n"
    "2 10 -1 0 -1 -1 -1 2 300 -1 1 1 7 -1 -1 -1 -1 -1\n"
    "3 5 -1 50 1 -1 -1 -1 20 -1 1 1 8 -1 -1 -1 -1 -1\n"
    "4 20 -1 -1 1 -1 -1 -1 20 -1 1 1 8 -1 -1 -1 -1 -1\n"
)


def written(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode())
    return path


def test_itp_jobs_come_in_order_of_submission(tmp_path: Path) -> None:
    trace = open_trace(written(tmp_path, "cluster01.csv", ITP))

    assert trace.submit_s.tolist() == [50, 100]
    assert trace.run_s.tolist() == [1200, 600]
    assert trace.gpus.tolist() == [1, 8]
    assert trace.tenants == ("cluster01",)
    assert trace.gpu_s == 6_000


def test_a_byte_order_mark_cr_lf_and_blank_lines_change_nothing(tmp_path: Path) -> None:
    dressed = "\ufeff" + ITP.replace("\n", "\r\n") + "\r\n\r\n"
    plain = open_trace(written(tmp_path, "cluster01.csv", ITP))
    other = open_trace(written(tmp_path, "cluster02.csv", dressed))

    assert other.submit_s.tolist() == plain.submit_s.tolist()
    assert other.dropped == ()


def test_a_packed_file_reads_as_the_plain_one(tmp_path: Path) -> None:
    path = tmp_path / "cluster01.csv.gz"
    path.write_bytes(gzip.compress(ITP.encode()))

    assert open_trace(path).jobs == 2


def test_a_folder_has_one_tenant_a_file(tmp_path: Path) -> None:
    written(tmp_path, "cluster01.csv", ITP)
    written(tmp_path, "cluster02.csv", ITP)
    trace = open_trace(tmp_path)

    assert trace.jobs == 4
    assert trace.tenant.tolist() == [0, 1, 0, 1]


def test_a_bad_row_is_counted_and_located(tmp_path: Path) -> None:
    rows = "".join(f"j{n},{n},600,1\n" for n in range(200))
    text = ITP.split("\n", 1)[0] + "\n" + rows + "x,soon,600,1\n"
    (dropped,) = open_trace(written(tmp_path, "cluster01.csv", text)).dropped

    assert (dropped.rows, dropped.first) == (1, "cluster01.csv:202")


def test_too_many_bad_rows_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableTrace, match="1 of 3 rows"):
        open_trace(written(tmp_path, "cluster01.csv", ITP + "x,soon,600,1\n"))


def test_swf_says_what_it_made_of_missing_values(tmp_path: Path) -> None:
    trace = open_trace(written(tmp_path, "toy.swf", SWF))

    assert trace.submit_s.tolist() == [0, 5, 10]
    assert trace.run_s.tolist() == [100, 50, 1]
    assert trace.requested_s.tolist() == [100, 50, 300]
    assert trace.gpus.tolist() == [4, 1, 2]
    assert trace.tenants == ("group 7", "group 8")
    assert [(dropped.rows, dropped.first) for dropped in trace.dropped] == [(1, "toy.swf:6")]
    assert "run times of 0 s count as 1 s: 1 rows" in trace.choices
    assert "rows out of order, sorted: 1" in trace.choices


def test_formats_are_recognized_by_content(tmp_path: Path) -> None:
    assert recognize(written(tmp_path, "a.csv", ITP))[0] == "itp"
    assert recognize(written(tmp_path, "b.txt", SWF))[0] == "swf"


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "\x00\x01\x02"])
def test_what_is_no_trace_is_refused_with_the_known_formats(tmp_path: Path, text: str) -> None:
    with pytest.raises(UnreadableTrace, match="itp, swf"):
        open_trace(written(tmp_path, "x.bin", text))


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableTrace, match="no format `csv`"):
        open_trace(written(tmp_path, "a.csv", ITP), "csv")


def test_a_named_format_that_does_not_fit_is_explained(tmp_path: Path) -> None:
    with pytest.raises(UnreadableTrace, match="no column"):
        open_trace(written(tmp_path, "a.swf", SWF), "itp")
    with pytest.raises(UnreadableTrace, match="not 18 numbers"):
        open_trace(written(tmp_path, "a.csv", ITP), "swf")


def test_a_mapping_names_the_purpose_of_each_tenant() -> None:
    text = "tenants: {b: research}\ndefault: training"

    assert purposes_of(text, "m.yaml", ("a", "b"), ("training", "research")) == (
        "training",
        "research",
    )


def test_a_tenant_with_two_purposes_in_a_mapping_is_named_with_both_lines() -> None:
    text = "tenants:\n  a: training\n  b: research\n  a: api\ndefault: api\ndefault: research\n"

    with pytest.raises(UnreadableTrace) as wrong:
        purposes_of(text, "m.yaml", ("a", "b"), ("training", "research", "api"))
    assert "`a` in line 4 is already in line 2" in wrong.value.says
    assert "`default` in line 6 is already in line 5" in wrong.value.says
    assert "keep that one" in wrong.value.remedy


def test_all_mistakes_of_a_mapping_are_named_at_once() -> None:
    with pytest.raises(UnreadableTrace) as caught:
        purposes_of("tenants: {c: play}", "m.yaml", ("a", "b"), ("training",))

    for part in ("no tenant `c`", "no purpose `play`", "no purpose for `a`", "no purpose for `b`"):
        assert part in str(caught.value)
