"""`offtake compare --runs` plays every regime on the same draws: how sure differences are."""

import json
from pathlib import Path

import pytest

from offtake.cli.main import main

TEXT = """
parties: {lab: {roles: [buyer]}, alpha: {}, beta: {}}
accelerators: {H100: {}}
agreements:
  A:
    from: 2024-01-01
    until: 2027-01-01
    clauses: {only: {kind: exclusivity, holder: alpha, asks: [run]}}
pools:
  p: {supplier: alpha, accelerator: H100, capacity: 4, rate: $3}
  q: {supplier: beta, accelerator: H100, capacity: 4, rate: $1}
simulation: {from: 2025-01-01, until: 2025-02-01}
regimes: {bound: {}, free: {without: [A/only]}, also: {}}
"""
JOBS = "job_id,submission_time,duration,num_gpu\n" + "".join(
    f"j{n},{n * 9_000},{3_000 + 700 * (n % 40)},{1 + n % 4}\n" for n in range(200)
)


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    (tmp_path / "portfolio.yaml").write_text(TEXT, encoding="utf-8")
    (tmp_path / "cluster01.csv").write_text(JOBS, encoding="utf-8")
    trace = str(tmp_path / "cluster01.csv")
    return ["compare", str(tmp_path / "portfolio.yaml"), "--trace", trace]


def test_differences_have_intervals_and_rules_that_are_alike_none(words, capsys) -> None:
    assert main([*words, "--runs", "4", "--workers", "1", "-o", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    free, also = (found[name]["against_first"] for name in ("free", "also"))

    mean, low, high = free["intervals"]["cost"]
    assert low <= mean <= high < 0  # Beta is cheaper whatever is drawn.
    assert free["runs"] == {"runs": 4, "demand": "weeks", "level": 0.95}
    assert also["intervals"]["cost"] == [0.0, 0.0, 0.0]


def test_the_page_and_the_table_say_how_sure_it_is(words, tmp_path: Path, capsys) -> None:
    out = tmp_path / "out"

    assert main([*words, "--runs", "3", "--workers", "1", "--out", str(out)]) == 0
    assert "Mean differences over 3 runs, with their 95 % intervals" in capsys.readouterr().out
    assert "How sure the differences are" in (out / "compare.html").read_text()


def test_any_number_of_workers_writes_the_same_bytes(words, tmp_path: Path, capsys) -> None:
    written = []
    for workers in ("1", "2"):
        out = tmp_path / workers
        assert main([*words, "--runs", "4", "--workers", workers, "--out", str(out)]) == 0
        written.append([(out / name).read_bytes() for name in ("compare.json", "compare.html")])

    assert written[0] == written[1]


def test_one_regime_has_nothing_to_differ_from(words, capsys) -> None:
    assert main([*words, "--regime", "bound", "--runs", "3", "-o", "json"]) == 3
    assert json.loads(capsys.readouterr().err)["problems"][0]["code"] == "usage"
