"""offtake's own table: what is written reads back as the same jobs, CSV or Parquet."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from files import written
from offtake.cli.main import main
from offtake.demand.columns import JobTrace, UnreadableTrace
from offtake.demand.trace import open_trace, recognize
from offtake.demand.write import KINDS, file_of

NAMES = ("blue", "red team", "\u00fc\u4e2d")


@st.composite
def traces(draw: st.DrawFn) -> JobTrace:
    count = draw(st.integers(1, 12))

    def column(low: int, high: int) -> Any:
        return np.array(draw(st.lists(st.integers(low, high), min_size=count, max_size=count)))

    run_s = column(1, 50)
    tenant = np.unique(column(0, 2), return_inverse=True)[1].reshape(count)
    used = len(set(tenant.tolist()))
    return JobTrace(
        format="offtake",
        submit_s=np.sort(column(0, 99)),
        run_s=run_s,
        requested_s=run_s + column(0, 5),
        gpus=column(1, 64),
        tenant=tenant,
        tenants=NAMES[:used],
        priority=column(0, draw(st.sampled_from([0, 3]))),
        deadline_s=draw(st.sampled_from([None, column(-1, 200)])),
        share_milli=draw(st.sampled_from([None, column(1, 1_000)])),
        purposes=draw(st.sampled_from([(), ("training", "api", "training")[:used]])),
    )


def rows(trace: JobTrace) -> Counter[tuple[Any, ...]]:
    """Every job as what it is, whatever its tenant's number."""
    none = np.full(trace.jobs, -2)
    purposes = trace.purposes or ("",) * len(trace.tenants)
    columns = (
        trace.submit_s,
        trace.run_s,
        trace.requested_s,
        trace.gpus,
        trace.priority,
        none if trace.deadline_s is None else trace.deadline_s,
        none if trace.share_milli is None else trace.share_milli,
        [(trace.tenants[number], purposes[number]) for number in trace.tenant],
    )
    return Counter(zip(*columns, strict=True))


@given(traces(), st.sampled_from(KINDS))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_reads_back_as_the_same_jobs(
    tmp_path: Path, trace: JobTrace, kind: str
) -> None:
    path = tmp_path / f"jobs.{kind}"
    path.write_bytes(file_of(trace, (), kind))
    name, why = recognize(path)
    read = open_trace(path)

    assert (name, why) == ("offtake", f"jobs.{kind} has the columns of offtake")
    assert rows(read) == rows(trace)
    assert read.submit_s.tolist() == trace.submit_s.tolist()
    assert read.dropped == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("tenant,purpose\n0,5,1,a,training\n1,5,1,a,research\n", "two purposes"),
        ("tenant,purpose\n0,5,1,a,training\n1,5,1,a,\n", "without one"),
        ("share_milli\n0,5,1,0\n", "not a job"),
        ("deadline_s\n0,5,-1,3\n", "not a job"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(tmp_path: Path, text: str, says: str) -> None:
    path = written(tmp_path, "jobs.csv", f"submit_s,run_s,gpus,{text}")
    with pytest.raises(UnreadableTrace, match=says):
        open_trace(path)


def test_the_least_table_needs_three_columns(tmp_path: Path) -> None:
    trace = open_trace(written(tmp_path, "jobs.csv", "gpus,submit_s,run_s\n8,1,0\n"))
    assert (trace.tenants, trace.purposes) == (("jobs",), ())
    assert trace.run_s.tolist() == trace.requested_s.tolist() == [1]


def test_demand_and_synth_take_any_table_by_its_columns(tmp_path: Path, capsys) -> None:
    lines = "".join(f"{60 * n},{n + 1},2\n" for n in range(2_000))
    path = str(written(tmp_path, "mine.csv", f"at,mins,n\n{lines}"))
    columns = ("--columns", "submit=at,run=mins:min,gpus=n")

    assert main(["demand", path, *columns]) == 0
    assert "its columns were named" in capsys.readouterr().out
    out = str(tmp_path / "like.parquet")
    assert main(["demand", "synth", "--like", path, *columns, "--days", "2", "--out", out]) == 0
    assert f"wrote {out}" in capsys.readouterr().out
    assert main(["demand", out]) == 0
    assert "offtake, because" in capsys.readouterr().out
    assert main(["synth", "--jobs", "5", *columns, "--out", out]) == 3
    assert "needs --like" in capsys.readouterr().err
