"""What commands answer in JSON is what its page says, by ids."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from offtake.cli.main import main

PAGE = (Path(__file__).parents[3] / "docs/reference/json.md").read_text(encoding="utf-8")
EXAMPLES = Path(__file__).parents[3] / "examples"
TEXT = """
title: The Lab
parties:
  lab: {name: The Lab, roles: [buyer]}
  alpha: {name: Alpha Cloud}
  beta: {name: Beta Compute}
agreements:
  A:
    from: 2025-01-01T12:00:00Z
    until: 2027-01-01
    clauses:
      only: {kind: exclusivity, holder: alpha, purposes: [training], until: 2026-01-01}
      free: {kind: waiver, of: A/only, grantee: beta, from: 2025-07-01}
"""


@pytest.fixture
def portfolio(tmp_path: Path) -> str:
    path = tmp_path / "portfolio.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return str(path)


def documented(section: str) -> set[str]:
    """The keys in the first column of a section's table; those of a key's value stand apart."""
    part = PAGE.partition(f"## {section}\n")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| (`.*?) \|", part, re.MULTILINE)
    return {key for cell in cells for key in re.findall(r"`(\w+)`", cell)}


def answer(words: list[str], capsys: pytest.CaptureFixture[str]) -> Any:
    assert main([*words, "-o", "json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_rights_over_time_come_by_id(portfolio: str, capsys: pytest.CaptureFixture[str]) -> None:
    rows = answer(["rights", portfolio, "--to", "2026-06-01"], capsys)

    for row in rows:
        assert set(row) == documented("rights") - {"at"}
    of_beta = [row for row in rows if row["supplier"] == "beta" and "training" in row["purposes"]]
    assert [(row["from"], row["until"], row["verdict"], row["clauses"]) for row in of_beta] == [
        ("2025-01-01T12:00:00Z", "2025-07-01", "deny", ["A/only"]),
        ("2025-07-01", "2026-01-01", "permit", ["A/free"]),
        ("2026-01-01", "2026-06-01", "permit", []),
    ]
    assert of_beta[0]["title"] == "Beta Compute"
    assert of_beta[0]["purposes"] == ["training"]


def test_rights_at_an_instant_are_one_row_a_supplier_and_purpose(
    portfolio: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also on a day on which, later, a clause comes into force."""
    rows = answer(["rights", portfolio, "--at", "2025-01-01"], capsys)

    for row in rows:
        assert set(row) == documented("rights") - {"from", "until"}
        assert (row["at"], row["verdict"]) == ("2025-01-01", "permit")
    asked = [(row["supplier"], purpose) for row in rows for purpose in row["purposes"]]
    assert len(asked) == len(set(asked)) == 3 * 4
    main(["rights", portfolio, "--at", "2025-01-01"])
    assert "forbidden" not in capsys.readouterr().out


def test_check_and_errors_have_the_documented_keys(
    portfolio: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = answer(["check", portfolio], capsys)
    assert set(found) == documented("check")
    assert found["ok"]

    Path(portfolio).write_text(TEXT + "pools: {p: {supplier: gamma}}\n", encoding="utf-8")
    assert main(["check", portfolio, "-o", "json"]) == 3
    shown = capsys.readouterr()
    assert not shown.out
    problems = json.loads(shown.err)["problems"]
    assert len(problems) > 1
    for problem in problems:
        assert set(problem) == documented("Errors")


def test_a_comparison_has_the_documented_keys(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["compare", str(EXAMPLES / "cluster-three-regimes/portfolio.yaml")]
    first, *others = answer(words, capsys).values()

    assert set(first) & documented("compare") == {"unserved_gpus_by_reason"}
    for other in others:
        own = set(other) - set(first) | {"unserved_gpus_by_reason"}
        assert own == documented("compare")
        assert set(other["against_first"]) == {
            "regime",
            "delay_gpu_h",
            "unserved_gpus",
            "time_to_capacity_s",
        }


def test_demand_and_synthetic_jobs_have_the_documented_keys(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "jobs.csv"
    drawn = answer(["synth", "--jobs", "20", "--days", "2", "--out", str(out)], capsys)
    assert set(drawn) == documented("synth") - {"rates", "distances"}

    (described,) = answer(["demand", str(out)], capsys)
    assert set(described) == documented("demand")
    assert set(described["spread"]) == {"gpus_per_job", "run_s", "gpus_wanted"}


def test_prices_answers_with_the_documented_keys(capsys: pytest.CaptureFixture[str]) -> None:
    told = answer(["prices", "--accelerator", "H100", "--at", "2024-06-13"], capsys)

    assert set(told) == documented("prices")
    assert all(f"`{key}`" in PAGE for key in told["prices"][0])
    assert [row["supplier"] for row in told["prices"]][-1] == "aws"
    converted = answer(["prices", "--accelerator", "H100", "--convert", "1 GW"], capsys)
    assert converted["converted"]["gpus"] == 653_594


def test_bills_answers_with_the_documented_keys(capsys: pytest.CaptureFixture[str]) -> None:
    (told,) = answer(["bills", str(EXAMPLES.parent / "docs/examples/bill.csv")], capsys)

    assert set(told) == documented("bills")
