"""What is played from traces: jobs and services, by either engine."""

import json
from pathlib import Path

import pytest

from offtake.cli.main import main

ROOT = Path(__file__).parents[3]
CLUSTER = ROOT / "examples" / "cluster-three-regimes"
REQUESTS = ROOT / "docs" / "examples" / "requests.csv"


def summary(capsys: pytest.CaptureFixture[str], *words: str) -> dict:
    assert main(["run", str(CLUSTER / "portfolio.yaml"), "-o", "json", *words]) == 0
    return json.loads(capsys.readouterr().out)


def test_both_engines_give_the_same_summary(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--trace", str(CLUSTER / "trace"), "--mapping", str(CLUSTER / "mapping.yaml")]

    plain = summary(capsys, *words, "--engine", "reference")

    assert summary(capsys, *words, "--engine", "compiled") == plain
    assert plain["jobs"]["started"] > 1_000


def test_requests_become_inference_that_is_served_or_lost(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = summary(capsys, "--services", str(REQUESTS), "--output-rate", "1")

    served = found["gpu_h"]["by_purpose"].get("inference", 0)
    assert served + found["gpu_h"]["unserved"] > 0
    assert found["inputs"]["requests"]["format"] == "azure_llm"


def test_flags_of_a_trace_need_one(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--mapping", "x"], ["--format", "itp"], ["--columns", "submit=a"]):
        assert main(["run", str(CLUSTER / "portfolio.yaml"), *words]) == 3
        assert "--trace" in capsys.readouterr().err
