"""A trace whose columns are named plays as one whose format is known."""

import json
from pathlib import Path

import pytest

from offtake.cli.main import main

EXAMPLE = Path(__file__).resolve().parents[3] / "examples/cluster-three-regimes"
COLUMNS = "submit=submission_time,run=duration,gpus=num_gpu"


def played(words: list[str], capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    portfolio, trace = str(EXAMPLE / "portfolio.yaml"), str(EXAMPLE / "trace/cluster01.csv")
    code = main(["run", portfolio, "--trace", trace, "-o", "json", *words])

    assert code == 0
    result: dict[str, object] = json.loads(capsys.readouterr().out)
    return result


def test_named_columns_play_as_the_known_format(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    mapping = tmp_path / "purposes.yaml"
    mapping.write_text("tenants: {cluster01: training}\n")
    known = played(["--format", "itp"], capsys)
    named = played(["--columns", COLUMNS, "--mapping", str(mapping)], capsys)

    inputs = [result.pop("inputs") for result in (known, named)]
    assert known == named
    traces = [own["trace"] for own in inputs if isinstance(own, dict)]
    assert [trace["format"] for trace in traces] == ["itp", "columns"]
    assert "run is column duration, in s" in traces[1]["choices"]
