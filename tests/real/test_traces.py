"""Real traces in their original layout give the totals that their sources state."""

import os
from pathlib import Path

import pytest

from offtake.demand.trace import open_trace, recognize

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("OFFTAKE_DATA", ROOT.parent / "shared" / "data"))


def folder(name: str) -> Path:
    """A folder of the data; a named skip where there is none, unless it must be there."""
    path = DATA / name
    if not path.exists():
        assert os.environ.get("OFFTAKE_REQUIRE_DATA", "0") != "1", f"{path} is missing"
        pytest.skip(f"no real data at {path}")
    return path


@pytest.mark.parametrize("layout", ["raw-traces", "elasticflow-traces"])
def test_itp_has_the_jobs_and_gpu_hours_its_authors_state(layout: str) -> None:
    trace = open_trace(folder("microsoft_itp_2021") / layout)

    assert trace.format == "itp"
    assert trace.jobs == 69_351
    assert round(trace.gpu_s / 3_600, 1) == 1_632_719.7
    assert trace.tenants == tuple(f"cluster{n:02}" for n in range(1, 11))
    assert trace.dropped == ()
    assert int(trace.gpus.max()) == 64


@pytest.mark.parametrize(
    ("file", "jobs", "tenants"),
    [("NASA-iPSC-1993-3.1-cln.swf.gz", 18_239, 2), ("LCG-2005-1.swf.gz", 188_041, 28)],
)
def test_swf_logs_have_the_rows_their_archive_states(file: str, jobs: int, tenants: int) -> None:
    path = folder("swf") / file
    trace = open_trace(path)

    assert recognize(path)[0] == "swf"
    assert trace.jobs + sum(dropped.rows for dropped in trace.dropped) == jobs
    assert len(trace.tenants) == tenants
