"""sacct's bars: steps, TRES in all their forms, times that are Unknown, limits that are words."""

from pathlib import Path

import pytest

from files import written
from offtake.demand.columns import UnreadableTrace
from offtake.demand.trace import open_trace, recognize

HEADER = "JobID|Account|QOS|Submit|Start|End|Elapsed|Timelimit|State|ReqTRES|AllocTRES"
TRES = "billing=16,cpu=16,{gpus},mem=64G,node=2"
AT = "2024-05-01T10:00:{:02}"


def row(job: str, gpus: str = "gres/gpu=8", **given: str) -> str:
    cells = {
        "account": "lab",
        "qos": "normal",
        "submit": AT.format(0),
        "start": AT.format(30),
        "end": "2024-05-02T12:03:34",
        "elapsed": "1-02:03:04",
        "limit": "2-00:00:00",
        "state": "COMPLETED",
        "asked": TRES.format(gpus=gpus),
        "had": TRES.format(gpus=gpus),
        **given,
    }
    return "|".join([job, *cells.values()])


def listing(folder: Path, *rows: str, header: str = HEADER) -> Path:
    return written(folder, "sacct.txt", "\n".join([header, *rows]) + "\n")


def test_a_job_has_its_gpus_its_times_and_its_account(tmp_path: Path) -> None:
    path = listing(
        tmp_path,
        row("7", submit=AT.format(20), account="other", limit="UNLIMITED"),
        row("6_1", elapsed="00:10:00", limit="01:30:00"),
    )
    trace = open_trace(path)

    assert recognize(path)[0] == "sacct"
    assert trace.submit_s.tolist() == [0, 20]
    assert trace.run_s.tolist() == [600, 93_784]
    assert trace.requested_s.tolist() == [5_400, 93_784]
    assert trace.gpus.tolist() == [8, 8]
    assert trace.tenants == ("lab", "other")
    assert trace.gpu_s == 8 * (600 + 93_784)
    assert "times count from 2024-05-01 10:00:00, of no stated zone" in trace.choices


@pytest.mark.parametrize(
    ("text", "gpus", "types"),
    [
        ("gres/gpu=16", 16, ()),
        ("gres/gpu:h100=16,gres/gpu=16", 16, ("h100",)),
        ("gres/gpu:h100=8,gres/gpu:b200=4", 12, ("b200", "h100")),
        ("gres/gpumem=40G,gres/gpu=2", 2, ()),
    ],
)
def test_gpus_are_read_from_tres(
    tmp_path: Path, text: str, gpus: int, types: tuple[str, ...]
) -> None:
    trace = open_trace(listing(tmp_path, row("1", text), row("2", "gres/gpu=1")))

    assert trace.gpus.tolist() == [gpus, 1]
    wants = [-1, -1] if trace.wants is None else trace.wants.tolist()
    assert [trace.accelerators[n] if n >= 0 else () for n in wants] == [types, ()]


def test_steps_cpu_jobs_and_jobs_that_never_started_are_counted(tmp_path: Path) -> None:
    trace = open_trace(
        listing(
            tmp_path,
            row("1"),
            row("1.batch"),
            row("1.0"),
            row("2", "fs/disk=1"),
            row("3", start="Unknown", end="Unknown", elapsed="00:00:00", state="PENDING", had=""),
            row("4", start="None", elapsed="00:00:00", state="CANCELLED by 1000", had=""),
        )
    )

    assert trace.jobs == 1
    assert trace.dropped == (
        ("steps of jobs", 2, "sacct.txt:3"),
        ("no GPUs", 1, "sacct.txt:5"),
        ("never started", 2, "sacct.txt:6"),
    )


def test_jobs_that_still_run_count_as_long_as_they_had_run(tmp_path: Path) -> None:
    rows = (row("1"), row("2", end="Unknown", elapsed="00:00:05", state="RUNNING"))
    trace = open_trace(listing(tmp_path, *rows))

    assert trace.run_s.tolist() == [93_784, 5]
    assert "still running, counted as long as they had run: 1 rows" in trace.choices


def test_raw_times_and_limits_need_no_words(tmp_path: Path) -> None:
    header = "JobIDRaw|Partition|Submit|ElapsedRaw|TimelimitRaw|AllocTRES"
    rows = ("1|gpu|2024-05-01T10:00:00|90|5|gres/gpu=2", "2|gpu|2024-05-01T10:00:01|0|5|gres/gpu=2")
    limits = "3|big|2024-05-01T10:00:02|90|Partition_Limit|gres/gpu=1"
    trace = open_trace(listing(tmp_path, *rows, limits, header=header))

    assert trace.run_s.tolist() == [90, 90]
    assert trace.requested_s.tolist() == [300, 90]
    assert trace.tenants == ("big", "gpu")
    assert trace.dropped == (("never started", 1, "sacct.txt:3"),)


def test_without_elapsed_the_run_is_from_start_to_end(tmp_path: Path) -> None:
    header = "JobID|Submit|Start|End|AllocTRES"
    rows = (
        "1|2024-05-01T10:00:00|2024-05-01T10:00:10|2024-05-01T10:01:00|gres/gpu=2",
        "2|2024-05-01T10:00:00|2024-05-01T10:00:10|Unknown|gres/gpu=2",
    )
    trace = open_trace(listing(tmp_path, *rows, header=header))

    assert trace.run_s.tolist() == [50]
    assert trace.tenants == ("sacct",)
    assert trace.dropped == (("no run time", 1, "sacct.txt:3"),)


def test_columns_that_are_missing_are_named_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(UnreadableTrace, match="AllocTRES, ReqTRES"):
        open_trace(listing(tmp_path, header="JobID|Submit|Elapsed"), "sacct")
    with pytest.raises(UnreadableTrace, match="ElapsedRaw, Elapsed, End"):
        open_trace(listing(tmp_path, header="JobID|Submit|AllocTRES"), "sacct")
    with pytest.raises(UnreadableTrace, match="no column `Submit`"):
        open_trace(listing(tmp_path, header="JobID|Elapsed|AllocTRES"), "sacct")
    with pytest.raises(UnreadableTrace, match="no jobs; 1 rows: no GPUs"):
        open_trace(listing(tmp_path, row("1", "node=1")))
