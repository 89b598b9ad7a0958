"""`offtake stress` says what breaks first, as a table, JSON and a page, and refuses the rest."""

import json
from pathlib import Path

import pytest

from offtake.cli.main import main

TEXT = """
parties: {lab: {roles: [buyer]}, alpha: {}, beta: {}}
accelerators: {H100: {power: 1 kW}}
pools:
  p: {supplier: alpha, accelerator: H100, capacity: 8, rate: $2}
  q: {supplier: beta, accelerator: H100, capacity: {2025-01-01: 4, 2025-01-20: 8}, rate: $1}
services: {chat: {purpose: inference, demand: 10}}
jobs: {a: {purpose: training, gpus: 2, submitted: 2025-01-02, run: 80d}}
simulation: {from: 2025-01-01, until: 2025-05-01}
"""


@pytest.fixture
def portfolio(tmp_path: Path) -> str:
    path = tmp_path / "portfolio.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return str(path)


def told(words: list[str], capsys: pytest.CaptureFixture[str]) -> dict[str, dict]:
    assert main(["stress", *words, "-o", "json"]) == 0
    return {row["scenario"]: row for row in json.loads(capsys.readouterr().out)["scenarios"]}


def test_without_a_choice_each_supplier_is_lost_in_turn_and_three_things_go_wrong(
    portfolio: str, capsys
) -> None:
    found = told([portfolio], capsys)

    assert list(found) == [
        "lose alpha",
        "lose beta",
        "late 90d",
        "inference 200%",
        "prices -30%",
    ]
    assert found["lose beta"]["title"] == "beta is gone, 2025-03-02 to 2025-05-31"
    assert found["lose beta"]["breaks"][0] == {
        "at": "2025-03-02",
        "who": "chat",
        "what": "lacks 4 GPUs more",
        "why": "q has 0 of 8 GPUs",
    }


def test_what_is_chosen_is_played_and_nothing_else(portfolio: str, capsys) -> None:
    words = ["--lose", "alpha", "--from", "2025-02-01", "--to", "2025-02-03", "--prices", "-12.5%"]
    found = told([portfolio, *words, "--together"], capsys)

    assert list(found) == ["lose alpha", "prices -12.5%", "together"]
    assert found["lose alpha"]["difference"]["unserved_gpu_h"] == 2 * 48


def test_a_page_and_data_are_written(portfolio: str, tmp_path: Path, capsys) -> None:
    out = tmp_path / "out"

    assert main(["stress", portfolio, "--inference", "200%", "--out", str(out)]) == 0
    assert "What breaks first" in capsys.readouterr().out
    assert json.loads((out / "stress.json").read_text())["scenarios"][0]["breaks"]
    assert "inference wants 200% of what was stated" in (out / "stress.html").read_text()


def test_runs_without_chance_have_intervals_without_width(portfolio: str, capsys) -> None:
    words = [portfolio, "--lose", "alpha", "--runs", "3", "--workers", "1"]
    found = told(words, capsys)["lose alpha"]

    assert found["intervals"]["cost"] == [found["difference"]["cost"]] * 3


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--lose", "alfa"], "unknown-name"),
        (["--lose", "alpha", "--from", "2025-02-01", "--to", "2025-02-01"], "empty-period"),
        (["--late", "90d", "--from", "2025-02-01"], "usage"),
        (["--late", "soon"], "bad-value"),
        (["--inference", "0%"], "bad-value"),
        (["--prices", "-101%"], "bad-value"),
        (["--prices", "cheap"], "bad-value"),
        (["--runs", "1"], "bad-value"),
        (["--runs", "many"], "bad-value"),
        (["--runs", "2", "--dask", "tcp://127.0.0.1:9"], "no-dask"),
    ],
)
def test_what_cannot_be_meant_is_said(portfolio: str, words, code, capsys, monkeypatch) -> None:
    if "--dask" in words:
        distributed = pytest.importorskip("distributed", reason="`dask` is not installed")
        monkeypatch.setattr(distributed, "Client", _nobody)

    assert main(["stress", portfolio, *words, "-o", "json"]) == 3
    assert json.loads(capsys.readouterr().err)["problems"][0]["code"] == code


def _nobody(address: str) -> None:
    raise OSError(f"Timed out trying to connect to {address}")
