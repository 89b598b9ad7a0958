"""Tables of the user's own, by a mapping of columns: CSV and Parquet, with units."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from files import written
from offtake.demand.columns import UnreadableTrace
from offtake.demand.trace import open_trace

TABLE = (
    "name,at,ms,gpus,team,limit_h,prio,due\n"
    "a,2024-05-01 10:00:30,90500,8,blue,1,5,2024-05-01 11:00:00\n"
    "b,2024-05-01 10:00:00,250,1,,,,\n"
    "c,2024-05-01 10:00:10,1000,0,blue,1,1,\n"
)
ALL = (
    "submit=at:time,run=ms:ms,gpus=gpus,tenant=team,requested=limit_h:h,priority=prio,"
    "deadline=due:time"
)


def test_a_table_is_read_by_its_mapping(tmp_path: Path) -> None:
    trace = open_trace(written(tmp_path, "jobs.csv", TABLE), columns=ALL)

    assert trace.format == "columns"
    assert trace.submit_s.tolist() == [0, 30]
    assert trace.run_s.tolist() == [1, 90]
    assert trace.requested_s.tolist() == [1, 3_600]
    assert trace.priority.tolist() == [0, 5]
    assert trace.tenants == ("blue", "unknown")
    assert trace.tenant.tolist() == [1, 0]
    assert trace.deadline_s is not None
    assert trace.deadline_s.tolist() == [-1, 3_600]
    assert trace.gpu_s == 8 * 90 + 1
    assert trace.dropped == (("no GPUs", 1, "jobs.csv:4"),)
    for choice in ("run is column ms, in ms", "times count from 2024-05-01 10:00:00 UTC"):
        assert choice in trace.choices


@pytest.mark.parametrize(
    ("unit", "run_s"),
    [("", 7_200), (":s", 7_200), (":ms", 7), (":min", 432_000), (":h", 25_920_000), (":us", 1)],
)
def test_units_are_turned_to_seconds(tmp_path: Path, unit: str, run_s: int) -> None:
    path = written(tmp_path, "jobs.tsv", "s\tr\tg\n5\t7200\t1\n")
    trace = open_trace(path, "columns", f"submit=s,run=r{unit},gpus=g")

    assert trace.run_s.tolist() == [run_s]
    assert trace.submit_s.tolist() == [5]
    assert trace.tenants == ("jobs",)


def test_parquet_is_read_as_csv_is(tmp_path: Path) -> None:
    path = tmp_path / "jobs.parquet"
    at = [datetime(2024, 5, 1, 10, 0, second, tzinfo=UTC) for second in (30, 0)]
    columns = {"at": at, "ms": [90_500, 250], "gpus": [8, 1], "team": ["blue", None]}
    pq.write_table(pa.table(columns), path, row_group_size=1)
    trace = open_trace(path, columns="submit=at:time,run=ms:ms,gpus=gpus,tenant=team")

    assert trace.submit_s.tolist() == [0, 30]
    assert trace.run_s.tolist() == [1, 90]
    assert trace.tenants == ("blue", "unknown")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("submit=a,run=b", "`gpus` is not named"),
        ("submit=a,run=b,gpus=c,colour=d", "`colour=d` names none of submit, run, gpus"),
        ("submit=a,run=b:time,gpus=c", "`run` has no unit `time`"),
        ("submit=a,run=b,gpus=c:ms", "`gpus` has no unit `ms`"),
        ("submit=a,run=b,run=b,gpus=c", "`run` is named twice"),
        ("submit=a,run=a,gpus=c", "a column is named twice"),
        ("", "`submit` is not named"),
        ("submit=,run=b,gpus=c", "`submit=` names none"),
    ],
)
def test_mistakes_of_a_mapping_are_named(tmp_path: Path, text: str, says: str) -> None:
    path = written(tmp_path, "jobs.csv", "a,b,c\n1,2,3\n")

    with pytest.raises(UnreadableTrace, match=says) as caught:
        open_trace(path, columns=text)
    assert caught.value.place == "--columns"


def test_a_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableTrace, match="no column `c`"):
        open_trace(written(tmp_path, "a.csv", "a,b\n1,2\n"), columns="submit=a,run=b,gpus=c")


def test_columns_belong_to_tables_of_no_known_format(tmp_path: Path) -> None:
    path = written(tmp_path, "jobs.csv", TABLE)

    with pytest.raises(UnreadableTrace, match="itp has its own"):
        open_trace(path, "itp", ALL)
    with pytest.raises(UnreadableTrace, match="--columns"):
        open_trace(path, "columns")


def test_parts_of_gpus_are_counted_and_refused_past_a_share(tmp_path: Path) -> None:
    rows = "".join(f"{n},60,1\n" for n in range(200))
    mapping = "submit=s,run=r,gpus=g"
    few = written(tmp_path, "few.csv", "s,r,g\n" + rows + "7,60,0.5\n")
    many = written(tmp_path, "many.csv", "s,r,g\n" + rows + "7,60,0.5\n" * 9)

    assert open_trace(few, columns=mapping).dropped == (("parts of GPUs", 1, "few.csv:202"),)
    with pytest.raises(UnreadableTrace, match="9 of 209 rows: parts of GPUs"):
        open_trace(many, columns=mapping)
