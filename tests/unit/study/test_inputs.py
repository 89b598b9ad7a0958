"""Two results that came from different things say so, and each row of a schedule has a source."""

import io
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from offtake.cli.main import main

PORTFOLIO = """
parties: {lab: {roles: [buyer]}, alpha: {}}
pools: {p: {supplier: alpha, accelerator: H100, capacity: 64, rate: $2}}
jobs:
  listed: {purpose: research, gpus: 4, submitted: 2025-01-01T00:05:00Z, run: 1h}
  early: {purpose: research, gpus: 4, submitted: 2024-12-01, run: 1h}
simulation: {from: 2025-01-01, until: 2025-02-01}
regimes:
  then: {title: As in June, as_of: 2024-06-01}
"""
HEAD = "job_id,submission_time,duration,num_gpu\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "portfolio.yaml").write_text(PORTFOLIO)
    trace = tmp_path / "trace"
    trace.mkdir()
    (trace / "cluster01.csv").write_text(f"{HEAD}a,0,600,8\nb,900,600,1\nc,9000000,600,1\n")
    (trace / "cluster02.csv").write_text(f"{HEAD}d,300,600,2\n")
    (tmp_path / "one.yaml").write_text("default: training\n")
    (tmp_path / "two.yaml").write_text("{default: training, tenants: {cluster02: research}}\n")
    return tmp_path


def inputs(folder: Path, capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, object]:
    words = ["run", str(folder / "portfolio.yaml"), *more, "-o", "json"]
    assert main(words) == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out)["inputs"]
    return found


def traced(folder: Path, *more: str) -> tuple[str, ...]:
    return ("--trace", str(folder / "trace"), "--format", "itp", *more)


def test_another_mapping_is_another_input(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = inputs(folder, capsys, *traced(folder, "--mapping", str(folder / "one.yaml")))
    two = inputs(folder, capsys, *traced(folder, "--mapping", str(folder / "two.yaml")))

    assert one["mapping"] != two["mapping"]
    assert list(one["mapping"]) == ["one.yaml"]
    assert one["purposes"] == {"training": {"tenants": 2, "jobs": 4}}
    assert two["purposes"] == {
        "research": {"tenants": 1, "jobs": 1},
        "training": {"tenants": 1, "jobs": 3},
    }


def test_without_a_mapping_all_jobs_train_and_the_page_says_it_is_assumed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = folder / "out"
    found = inputs(folder, capsys, *traced(folder), "--out", str(out))

    assert found["mapping"] == {}
    assert found["purposes"] == {"training": {"tenants": 2, "jobs": 4}}
    html = (out / "report.html").read_text()
    assert "What the traced work is for: assumed, because the trace does not say" in html
    assert "no mapping was given" in html


def test_the_period_and_what_the_regime_is_are_inputs(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = inputs(folder, capsys, "--regime", "then", "--to", "2025-01-20")

    assert found["period"] == {"from": "2025-01-01", "until": "2025-01-20"}
    assert found["regime"] == {
        "id": "then",
        "title": "As in June",
        "as_of": "2024-06-01",
        "without": [],
    }


def test_the_contracts_as_they_are_need_not_be_declared(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unnamed = inputs(folder, capsys)
    named = inputs(folder, capsys, "--regime", "as-amended")

    assert unnamed == named
    assert named["regime"]["id"] == "as-amended"  # type: ignore[index]
    assert main(["run", str(folder / "portfolio.yaml"), "--regime", "as-amend"]) == 3
    assert "as-amended" in capsys.readouterr().err


def test_a_declared_regime_of_that_name_is_the_one_meant(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = PORTFOLIO.replace("then:", "as-amended:")
    (folder / "portfolio.yaml").write_text(text)

    assert inputs(folder, capsys)["regime"]["title"] == "As in June"  # type: ignore[index]


def test_each_row_of_a_schedule_leads_back_to_its_job(folder: Path) -> None:
    out = folder / "out"
    words = [*traced(folder, "--mapping", str(folder / "two.yaml")), "--out", str(out)]
    assert main(["run", str(folder / "portfolio.yaml"), *words]) == 0

    rows = pq.read_table(io.BytesIO((out / "schedule.parquet").read_bytes())).to_pylist()
    keys = ("trace_row", "job", "tenant", "gpus", "purpose")
    assert [tuple(row[key] for key in keys) for row in rows] == [
        (0, None, "cluster01", 8, "training"),
        (None, "listed", None, 4, "research"),
        (1, None, "cluster02", 2, "research"),
        (2, None, "cluster01", 1, "training"),
    ]
    assert {row["pool"] for row in rows} == {"p"}
