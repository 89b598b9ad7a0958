"""SWF logs: blanks, remarks, unknowns, and use beyond the machine."""

from pathlib import Path

from files import written
from offtake.demand.trace import open_trace, recognize

HEADER = "; Version: 2.2\n; MaxProcs: 128\n;\n; Note: times are start times\n;\n"
TAIL = "-1 -1 -1 -1 -1 -1 1 1 -1 -1 -1 -1 -1"


def log(*rows: str) -> str:
    return HEADER + "".join(f"  {row} {TAIL}\n" for row in rows)


def test_columns_may_be_padded_with_any_blanks(tmp_path: Path) -> None:
    text = log("1   0  -1\t 1451  128", "2 1460 -1 3726   64")
    path = written(tmp_path, "a.swf.gz", text)
    trace = open_trace(path)

    assert recognize(path)[0] == "swf"
    assert trace.gpu_s == 1_451 * 128 + 3_726 * 64
    assert trace.tenants == ("group 1",)


def test_queues_are_tenants_where_any_row_names_one(tmp_path: Path) -> None:
    rows = "1 0 -1 9 1 -1 -1 -1 -1 -1 1 1 7 -1 4 -1 -1 -1\n2 1 -1 9 1" + f" {TAIL}\n"

    assert open_trace(written(tmp_path, "a.swf", rows)).tenants == ("queue -1", "queue 4")


def test_use_beyond_the_machine_is_said(tmp_path: Path) -> None:
    over = open_trace(written(tmp_path, "a.swf", log("1 0 -1 100 128", "2 99 -1 10 48")))
    under = open_trace(written(tmp_path, "b.swf", log("1 0 -1 100 128", "2 100 -1 10 48")))

    assert "more than the machine: 176 of 128 if all started at submission" in over.choices
    assert not any("machine" in choice for choice in under.choices)


def test_unknown_processors_and_run_times_are_dropped_with_their_lines(tmp_path: Path) -> None:
    trace = open_trace(written(tmp_path, "a.swf", log("1 0 -1 5 1", "2 1 -1 -1 1", "3 2 -1 5 -1")))

    assert trace.jobs == 1
    assert trace.dropped == (("no run time or no processors", 2, "a.swf:7"),)


def test_a_row_of_another_width_is_counted(tmp_path: Path) -> None:
    rows = [f"{n} {n} -1 5 1" for n in range(150)]
    trace = open_trace(written(tmp_path, "a.swf", log(*rows) + "1 2 3\n"))

    assert trace.dropped == (("not a row of this format", 1, "a.swf:156"),)
