"""The verbs that settle, as people and programs run them."""

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
    until: 2027-01-01
    clauses:
      rates: {kind: rate_card, supplier: alpha, lines: [{price: $2.00}]}
      floor: {kind: take_or_pay, supplier: alpha, floor: $100, per: month}
"""
USAGE = "start,end,supplier,accelerator,gpu_h\n2026-01-05,2026-02-01,alpha,H100,30\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.yaml").write_text(PORTFOLIO)
    (tmp_path / "u.csv").write_text(USAGE)
    return tmp_path


def test_a_statement_is_shown_with_its_total(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["settle", "p.yaml", "--usage", "u.csv", "--period", "2026-01", "--agreement", "A"]

    assert main(asked) == 0

    shown = capsys.readouterr().out
    assert "A/rates" in shown
    assert "TP2" in shown
    assert "100.00" in shown


def test_a_result_folder_holds_pages_lines_and_a_ledger(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["settle", "p.yaml", "--usage", "u.csv", "--period", "2026-01", "--out", "jan"]

    assert main(asked) == 0

    written = {path.name for path in (folder / "jan").iterdir() if not path.name.startswith(".")}
    assert written == {
        "index.html",
        "statements.json",
        "lines.csv",
        "lines.parquet",
        "ledger.beancount",
        "focus.csv",
        "focus.parquet",
        "focus-commitments.csv",
        "focus-commitments.parquet",
        "A-alpha.html",
        "A-alpha.pdf",
    }
    assert (folder / "jan/A-alpha.pdf").read_bytes().startswith(b"%PDF")
    assert json.loads((folder / "jan/statements.json").read_text())["net_micros"] == 100_000_000


def test_the_same_inputs_give_the_same_bytes(folder: Path) -> None:
    for name in ("one", "two"):
        asked = ["settle", "p.yaml", "--usage", "u.csv", "--period", "2026-01", "--out", name]
        assert main(asked) == 0

    for path in (folder / "one").iterdir():
        assert path.read_bytes() == (folder / "two" / path.name).read_bytes(), path.name


def test_a_later_statement_corrects_an_earlier_one(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = ["settle", "p.yaml", "--usage", "u.csv", "--period", "2026-01", "--out", "jan"]
    assert main(first) == 0
    (folder / "u.csv").write_text(USAGE + "2026-01-10,2026-01-11,alpha,H100,5\n")
    capsys.readouterr()
    again = ["settle", "p.yaml", "--usage", "u.csv", "--period", "2026-02", "--booked", "jan"]

    assert main([*again, "-o", "json"]) == 0

    lines = json.loads(capsys.readouterr().out)["statements"][0]["lines"]
    corrected = {line["rule"]: line["amount"] for line in lines if line["kind"] == "correction"}
    assert corrected == {"RC1": "10", "TP2": "-10"}

    assert main([*again, "--out", "feb"]) == 0
    march = ["settle", "p.yaml", "--usage", "u.csv", "--period", "2026-03", "--booked", "jan"]
    capsys.readouterr()
    assert main([*march, "--booked", "feb", "-o", "json"]) == 0
    told = json.loads(capsys.readouterr().out)["statements"]
    assert "correction" not in {line["kind"] for one in told for line in one["lines"]}

    assert main([*march, "--booked", "jan", "-o", "json"]) == 3
    (problem,) = json.loads(capsys.readouterr().err)["problems"]
    assert (problem["code"], problem["place"]) == ("bad-value", "--booked")
    assert "2026-01 and 2026-01 share time" in problem["says"]


@pytest.mark.parametrize(
    ("extra", "code", "place"),
    [
        (["--period", "March"], "bad-value", "--period"),
        (["--period", "2026-01", "--agreement", "B"], "unknown-name", "--agreement"),
        (["--period", "2026-01", "--regime", "B"], "unknown-name", "--regime"),
        (["--period", "2026-01", "--known-from", "soon"], "bad-value", "--known-from"),
        (["--period", "2026-01", "--booked", "nowhere"], "no-file", "nowhere/statements.json"),
        (["--period", "2026-01", "--out", "p.yaml"], "bad-path", "--out"),
    ],
)
def test_wrong_input_is_named_and_nothing_is_written(
    folder: Path, capsys: pytest.CaptureFixture[str], extra: list[str], code: str, place: str
) -> None:
    before = {path.name for path in folder.iterdir()}

    assert main(["settle", "p.yaml", "--usage", "u.csv", *extra, "-o", "json"]) == 3

    (problem,) = json.loads(capsys.readouterr().err)["problems"]
    assert (problem["code"], problem["place"]) == (code, place)
    assert {path.name for path in folder.iterdir()} == before


def test_an_agreement_under_which_nothing_is_due_says_so(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["settle", "p.yaml", "--usage", "u.csv", "--period", "2025-12", "--agreement", "A"]

    assert main([*asked, "--out", "none", "-o", "json"]) == 0

    assert json.loads(capsys.readouterr().out)["statements"] == []
    assert (folder / "none/index.html").is_file()


def test_the_address_of_a_desk_is_no_journal(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["settle", "p.yaml", "--usage", "http://127.0.0.1:8080", "--period", "2026-01"]

    assert main([*asked, "-o", "json"]) == 3
    (problem,) = json.loads(capsys.readouterr().err)["problems"]
    assert problem["place"] == "--usage"
    assert "journal export" in problem["remedy"]


def test_use_that_is_not_there_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["settle", "p.yaml", "--usage", "n.csv", "--period", "2026", "-o", "json"]) == 3
    assert json.loads(capsys.readouterr().err)["problems"][0]["place"] == "n.csv"


def test_what_is_no_earlier_result_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "odd").mkdir()
    (folder / "odd/statements.json").write_text('{"statements": [{"agreement": 1}]}')
    asked = ["settle", "p.yaml", "--usage", "u.csv", "--period", "2026-02", "--booked", "odd"]

    assert main([*asked, "-o", "json"]) == 3
    assert json.loads(capsys.readouterr().err)["problems"][0]["code"] == "bad-usage"


def test_a_bill_can_say_what_was_used(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bill = "start,end,supplier,accelerator,gpu_h,cost,currency\n"
    (folder / "b.csv").write_text(bill + "2026-01-05,2026-01-06,alpha,H100,30,70,USD\n")

    assert main(["settle", "p.yaml", "--usage", "b.csv", "--period", "2026-01", "-o", "json"]) == 0

    (one,) = json.loads(capsys.readouterr().out)["statements"]
    assert {line["rule"]: line["amount"] for line in one["lines"]} == {"RC1": "60", "TP2": "40"}
    assert one["lines"][1]["places"] == ["b.csv:2"]


def test_a_desks_journal_can_say_what_was_used(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from offtake.desk import command as say
    from offtake.desk.entry import entry_of, written
    from offtake.desk.state import By, Given
    from offtake.units.time import parse_instant

    act = say.Use(
        supplier="alpha", purpose="training", gpus=1, start="2026-01-05", end="2026-01-07"
    )
    event = {"at": "2026-01-07", "event": "usage_recorded", "party": "alpha", "gpus": 1}
    event |= {"accelerator": "H100", "purpose": "training"}
    event |= {"start": "2026-01-05", "end": "2026-01-07"}
    given = Given(act, By("ana", "Ana"), parse_instant("2026-01-07"))
    entry = entry_of(1, given, (event,), requirement="", recorded_at_s=given.at_s)
    body = written(entry).decode()
    line = json.dumps({"seq": 1, "hash": "00", "body": body})
    (folder / "journal.jsonl").write_text(line + "\n")
    asked = ["settle", "p.yaml", "--usage", "journal.jsonl", "--period", "2026-01", "-o", "json"]

    assert main([*asked, "--known-until", "2026-02-01"]) == 0

    (one,) = json.loads(capsys.readouterr().out)["statements"]
    assert {line["rule"]: line["amount"] for line in one["lines"]} == {"RC1": "96"}
    assert one["lines"][0]["places"] == ["journal:1"]
    (folder / "p.yaml").write_text(PORTFOLIO.replace("alpha", "beta"))
    assert main(asked) == 3
    assert json.loads(capsys.readouterr().err)["problems"][0]["code"] == "bad-entry"


def test_commitments_are_shown_and_written(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["commitments", "p.yaml", "--usage", "u.csv", "--at", "2026-01-20"]

    assert main([*asked, "--out", "seen"]) == 0
    assert "A/floor" in capsys.readouterr().out
    assert (folder / "seen/commitments.pdf").read_bytes().startswith(b"%PDF")
    assert main([*asked, "-o", "json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["commitments"]
    assert row["floor"] == 100_000_000


def test_commitments_before_any_use_cannot_be_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["commitments", "p.yaml", "--usage", "u.csv", "--at", "2025-01-20", "-o", "json"]

    assert main(asked) == 3
    assert json.loads(capsys.readouterr().err)["problems"][0]["place"] == "--at"
