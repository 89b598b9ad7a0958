"""Bad input gets a located message and exit code 3, never a traceback, and changes nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from offtake.cli.main import main
from offtake.contract.portfolio import Portfolio
from offtake.contract.question import Unclear

GOOD = """
parties: {lab: {roles: [buyer]}, alpha: {}, beta: {}}
agreements:
  A:
    from: 2025-01-01
    until: 2027-01-01
    clauses:
      only: {kind: exclusivity, holder: alpha, until: 2026-01-01}
      first: {kind: first_refusal, holder: alpha, window: 30d, from: 2026-01-01}
pools:
  p: {supplier: alpha, accelerator: H100, capacity: 64, rate: $2}
assets: {model: {}}
simulation: {from: 2025-01-01, until: 2025-02-01}
regimes: {open: {without: [A/only, A/first]}}
"""


@pytest.fixture
def portfolio(tmp_path: Path) -> str:
    path = tmp_path / "portfolio.yaml"
    path.write_text(GOOD, encoding="utf-8")
    return str(path)


def ask(portfolio: str, *more: str) -> list[str]:
    return ["decide", portfolio, "--ask", "supply", "--supplier", "beta", *more]


@pytest.mark.parametrize(
    ("at", "code", "verdict"),
    [("2025-06-01", 2, "deny"), ("2026-06-01", 4, "hold"), ("2027-06-01", 0, "permit")],
)
def test_exit_codes_tell_the_verdict(
    portfolio: str, at: str, code: int, verdict: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ask(portfolio, "--purpose", "training", "--at", at, "-o", "json")

    assert main(words) == code
    shown = json.loads(capsys.readouterr().out)
    assert shown["verdict"] == verdict
    assert set(shown) == {"verdict", "findings", "waived", "at"}
    for finding in shown["findings"]:
        assert set(finding) == {
            "agreement",
            "clause",
            "kind",
            "rule",
            "reason",
            "verdict",
            "says",
            "obligation",
            "source",
        }


def test_a_hold_names_party_act_and_due_instant(
    portfolio: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(ask(portfolio, "--purpose", "training", "--at", "2026-06-01", "-o", "json"))
    (finding,) = json.loads(capsys.readouterr().out)["findings"]

    assert finding["obligation"] == {"party": "lab", "act": "give notice", "due": "2026-06-01"}


BAD = [
    (["decide"], "required"),
    (["decid"], "invalid choice"),
    (["decide", "{p}", "--ask", "buy", "--at", "2025-01-01"], "invalid choice"),
    (["decide", "{p}", "--ask", "supply", "--at", "2025-01-01"], "--supplier, --purpose"),
    (["decide", "{p}", "--ask", "use", "--at", "2025-01-01"], "--asset"),
    (["decide", "{p}", "--ask", "run", "--purpose", "api", "--at", "2025-01-01"], "--supplier"),
    (["run", "{p}", "--regime", "opne"], "Did you mean `open`"),
    (["run", "{p}", "--trace", "nowhere.csv"], "no such file"),
    (["run", "{p}", "--format", "itp"], "--trace"),
    (["run", "{p}", "--columns", "submit=a"], "--trace"),
    (["run", "{p}", "--trace", "{p}", "--columns", "submit=a,run=b"], "`gpus` is not named"),
    (["run", "{p}", "--trace", "{p}", "--columns", "submit=a,run=b,gpus=c"], "no column `a`"),
    (["compare", "{p}", "--trace", "{p}", "--format", "columns"], "Name them: --columns"),
    (["run", "{p}", "--from", "2026-01-01", "--to", "2025-01-01"], "not after"),
    (["run", "{p}", "--out", "{p}"], "is a file"),
    (["rights", "{p}", "--at", "soon"], "not a date"),
    (["rights", "{p}", "--chart", "map.gif"], "neither .svg nor .png"),
    (["rights", "{p}", "--chart", "/nowhere/map.svg"], "does not exist"),
    (["rights", "{p}", "--at", "2025-01-01", "--from", "2024-01-01"], "--at goes without"),
    (["check", "/nowhere.yaml"], "cannot be read"),
    (["check", "/"], "directory"),
    (["compare", "{p}", "--regime", "nothing"], "not in the portfolio"),
]


@pytest.mark.parametrize(("words", "says"), BAD)
def test_bad_words_are_explained(
    portfolio: str, words: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main([word.replace("{p}", portfolio) for word in words])
    shown = capsys.readouterr()

    assert code == 3
    assert says in shown.err
    assert shown.out == ""
    assert "Traceback" not in shown.err


FLAGS = [
    ("--supplier", "gamma", "not in the portfolio"),
    ("--purpose", "trainin", "Did you mean `training`"),
    ("--gpus", "-5", "not a number of GPUs"),
    ("--gpus", "0", "0 GPUs"),
    ("--gpus", "1e99", "not a number"),
    ("--accelerator", "H100:x", "not an accelerator"),
    ("--accelerator", "H900", "not in the portfolio"),
    ("--start", "2025-02-30", "not a date"),
    ("--end", "2020-01-01", "is not after the start"),
    ("--price", "NaN", "not an amount"),
    ("--price", "€2", "is in EUR"),
    ("--price", "$99999T", "above the limit"),
    ("--prepaid", "120%", "is above 100%"),
    ("--region", "mars", "not in the portfolio"),
    ("--given", "/nowhere.jsonl", "cannot be read"),
]


@pytest.mark.parametrize(("flag", "value", "says"), FLAGS)
def test_a_bad_value_of_a_flag_is_explained(
    portfolio: str, flag: str, value: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    stated = {"--supplier": "beta", "--purpose": "training", "--at": "2025-06-01", flag: value}
    words = [word for pair in stated.items() for word in pair]

    assert main(["decide", portfolio, "--ask", "supply", *words]) == 3
    assert says in capsys.readouterr().err


def test_errors_in_json_mode_are_json_on_stderr(
    portfolio: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["rights", portfolio, "--at", "soon", "-o", "json"])
    shown = capsys.readouterr()
    (problem,) = json.loads(shown.err)["problems"]

    assert (code, shown.out) == (3, "")
    assert set(problem) == {"code", "place", "says", "remedy", "severity"}


GIVEN = [
    ("not: a list", "a list of events"),
    ("- {event: refused}", "is missing"),
    ("- {event: refuse, at: 2026-01-01}", "is no event"),
    ("- {event: refused, at: 2026-01-01, clause: A/frist}", "not in the portfolio"),
    ("- {event: notice_given, at: 2026-01-01, gpus: many}", "not a number of GPUs"),
    ("- {event: notice_given, at: 2026-01-01, price: 2 EUR}", "is in EUR"),
    ("- [1, 2]", "not an event"),
    ("- {event: refused, at: {value: 1}}", "one word"),
]


@pytest.mark.parametrize(("text", "says"), GIVEN)
def test_a_bad_journal_is_explained_with_its_place(
    portfolio: str, tmp_path: Path, text: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "given.yaml"
    path.write_text(text, encoding="utf-8")
    code = main(ask(portfolio, "--purpose", "training", "--at", "2026-06-01", "--given", str(path)))
    shown = capsys.readouterr().err

    assert code == 3
    assert says in shown
    assert f"{path}:1:" in shown


def test_a_bad_line_of_a_json_journal_is_explained(
    portfolio: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text('{"event": "refused"\n', encoding="utf-8")
    code = main(ask(portfolio, "--purpose", "training", "--at", "2026-06-01", "--given", str(path)))

    assert code == 3
    assert f"{path}:1: this is not JSON" in capsys.readouterr().err


def test_what_was_given_moves_the_verdict(
    portfolio: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "given.yaml"
    path.write_text(
        "- {event: notice_given, at: 2026-05-01, clause: A/first, lot: x, purpose: training,\n"
        "   gpus: 64, start: 2026-09-01, end: 2027-09-01}\n"
        "- {event: refused, at: 2026-05-20, clause: A/first, lot: x}\n",
        encoding="utf-8",
    )
    words = ask(portfolio, "--purpose", "training", "--gpus", "64", "--start", "2026-09-01")
    words += ["--end", "2027-09-01", "--given", str(path)]

    assert main([*words, "--at", "2026-05-10"]) == 4  # The holder may still answer.
    assert "may answer until 2026-05-31" in capsys.readouterr().out
    assert main([*words, "--at", "2026-06-01"]) == 0
    assert main([*words, "--at", "2026-12-01"]) == 4  # The free window of 90 days is over.


def test_an_answer_of_somebody_else_is_explained_with_its_place(
    portfolio: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "given.yaml"
    path.write_text(
        "- {event: refused, at: 2026-05-20, clause: A/first, lot: x, party: beta}\n"
        "- {event: notice_given, at: 2026-05-01, clause: A/first, lot: x, gpus: 64}\n",
        encoding="utf-8",
    )
    code = main(ask(portfolio, "--purpose", "training", "--at", "2026-06-01", "--given", str(path)))
    shown = capsys.readouterr().err

    assert code == 3
    assert f"{path}:1:3: `party`: beta does not hold A/first: alpha does" in shown


def test_a_run_journal_can_be_given_back(portfolio: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert main(["run", portfolio, "--out", str(out)]) == 0
    words = ask(portfolio, "--purpose", "training", "--at", "2025-01-15")

    assert main([*words, "--given", str(out / "journal.jsonl")]) == 2


@pytest.mark.parametrize(
    ("words", "flag"),
    [
        (["--ask", "use", "--asset", "model", "--supplier", "beta"], "--supplier"),
        (["--ask", "supply", "--supplier", "beta", "--purpose", "api", "--pool", "p"], "--pool"),
        (["--ask", "run", "--pool", "p", "--supplier", "beta", "--purpose", "api"], "--pool"),
        (
            ["--ask", "run", "--pool", "p", "--purpose", "api", "--accelerator", "TPU"],
            "--accelerator",
        ),
        (["--ask", "run", "--supplier", "beta", "--purpose", "api", "--region", "x"], "--region"),
        (["--ask", "run", "--supplier", "beta"], "--purpose"),
        (
            ["--ask", "run", "--supplier", "a", "--supplier", "beta", "--purpose", "api"],
            "argument --supplier: given twice",
        ),
    ],
)
def test_a_flag_that_cannot_count_is_refused(
    portfolio: str, words: list[str], flag: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ignored, it would turn a denial into a permission."""
    assert main(["decide", portfolio, "--at", "2025-06-01", *words]) == 3

    shown = capsys.readouterr()
    assert flag in shown.err
    assert not shown.out


def test_a_run_ask_may_say_where_and_on_what(tmp_path: Path) -> None:
    text = GOOD.replace("holder: alpha, until", "holder: alpha, regions: [us], until")
    text += "regions: [us, eu]\n"
    (tmp_path / "p.yaml").write_text(text, encoding="utf-8")
    words = ["decide", str(tmp_path / "p.yaml"), "--ask", "run", "--supplier", "beta"]
    words += ["--purpose", "training", "--at", "2025-06-01"]

    assert main([*words, "--region", "us"]) == 2
    assert main([*words, "--region", "eu"]) == 0


def test_a_named_pipe_is_refused_and_does_not_hang(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(tmp_path / "f.yaml")
    pipe, portfolio = str(tmp_path / "f.yaml"), str(tmp_path / "portfolio.yaml")
    including = tmp_path / "including.yaml"
    including.write_text("include: f.yaml\nparties: {lab: {roles: [buyer]}}\n", encoding="utf-8")
    Path(portfolio).write_text(GOOD, encoding="utf-8")
    asked = ask(portfolio, "--purpose", "training", "--at", "2025-06-01", "--given", pipe)

    for words in (["check", pipe], ["check", str(including)], asked):
        assert main(words) == 3
        assert "named pipe" in capsys.readouterr().err


def test_an_output_that_cannot_be_written_is_one_line_and_a_failure() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full on this system")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "offtake.cli.main", "schema"],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )

    assert done.returncode == 1
    assert done.stderr == b"offtake: cannot write the output: No space left on device\n"


def test_a_journal_is_known_by_what_it_holds_not_by_its_name(
    portfolio: str, tmp_path: Path
) -> None:
    line = {"event": "refused", "at": "2026-02-10", "clause": "A/first", "lot": "x"}
    notice = {"event": "notice_given", "at": "2026-02-01", "clause": "A/first", "lot": "x"}
    notice |= {"purpose": "training", "gpus": 1, "start": "2026-03-01", "end": "2027-03-01"}
    journal = tmp_path / "told.txt"
    journal.write_text("\n".join(map(json.dumps, [notice, line])), encoding="utf-8")
    words = ask(portfolio, "--purpose", "training", "--at", "2026-02-20", "--start", "2026-03-01")

    assert main([*words, "--given", str(journal)]) == 0
    assert main(words) == 4


def test_a_program_asks_in_words() -> None:
    portfolio = Portfolio.loads(GOOD)
    asked = portfolio.ask("supply", "2025-06-01", supplier="beta", purpose="training", gpus=8)

    assert portfolio.decide(asked, "2025-06-01").verdict.name == "DENY"
    with pytest.raises(Unclear, match="supplier: `gamma` is not in the portfolio"):
        portfolio.ask("supply", "2025-06-01", supplier="gamma", purpose="training")
    with pytest.raises(Unclear, match="channel: does not go with a supply ask"):
        portfolio.ask("supply", "2025-06-01", supplier="beta", purpose="api", channel="x")
