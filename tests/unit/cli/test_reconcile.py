"""The verb that reconciles bills."""

import json
from pathlib import Path

import pytest

from offtake.cli.main import main

PORTFOLIO = """
title: A lab
parties: {lab: {roles: [buyer]}, alpha: {}}
accelerators: {H100: {}}
agreements:
  A:
    from: 2026-01-01
    clauses: {rates: {kind: rate_card, supplier: alpha, lines: [{price: $2.00}]}}
"""
BILL = """start,end,supplier,accelerator,gpu_h,cost,currency
2026-03-05,2026-03-06,alpha,H100,30,{cost},USD
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.yaml").write_text(PORTFOLIO)
    (tmp_path / "b.csv").write_text(BILL.format(cost="60.00"))
    return tmp_path


def test_a_bill_as_agreed_needs_no_look(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reconcile", "p.yaml", "--bill", "b.csv"]) == 0
    assert "matched" in capsys.readouterr().out


def test_a_difference_is_an_exit_code_and_a_page(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "b.csv").write_text(BILL.format(cost="75.00"))

    assert main(["reconcile", "p.yaml", "--bill", "b.csv", "--out", "r", "-o", "json"]) == 4

    found = json.loads(capsys.readouterr().out)
    assert found["difference_micros"] == 15_000_000
    assert found["lines"][0]["verdict"] == "price differs"
    assert (folder / "r/reconciliation.pdf").read_bytes().startswith(b"%PDF")
    assert "price differs" in (folder / "r/index.html").read_text()


@pytest.mark.parametrize(
    ("extra", "code"),
    [
        (["--supplier", "beta"], "unknown-name"),
        (["--period", "soon"], "bad-value"),
        (["--tolerance", "much"], "bad-value"),
        (["--usage", "none.csv"], "no-file"),
    ],
)
def test_wrong_flags_are_named(
    folder: Path, capsys: pytest.CaptureFixture[str], extra: list[str], code: str
) -> None:
    assert main(["reconcile", "p.yaml", "--bill", "b.csv", *extra, "-o", "json"]) == 3
    assert json.loads(capsys.readouterr().err)["problems"][0]["code"] == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (BILL.format(cost="1e30"), "beyond-limit"),
        (BILL.format(cost="-5"), "negative-charge"),
        (BILL.format(cost="5") + "2026-03-05,2026-03-06,alpha,H100,1,1,EUR\n", "mixed-currencies"),
        (BILL.format(cost="5").replace("USD", "EUR"), "mixed-currencies"),
        (BILL.format(cost="5")[:-20], "bad-bill"),
        ("a,b\n1,2\n", "unknown-bill"),
    ],
)
def test_a_bad_bill_is_refused_with_its_place(
    folder: Path, capsys: pytest.CaptureFixture[str], text: str, code: str
) -> None:
    (folder / "b.csv").write_text(text)

    assert main(["reconcile", "p.yaml", "--bill", "b.csv", "--out", "r", "-o", "json"]) == 3

    (problem, *_) = json.loads(capsys.readouterr().err)["problems"]
    assert problem["code"] == code
    assert "b.csv" in problem["place"]
    assert not (folder / "r").exists()
