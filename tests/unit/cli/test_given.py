"""Journals that people write by hand are read kindly, and what is wrong with them is explained."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from offtake.cli.main import main

ROOT = Path(__file__).parents[3]
LAB = str(ROOT / "docs/examples/lab.yaml")
RECORD = str(ROOT / "examples/openai-2019-2030/portfolio.yaml")
PAGE = (ROOT / "docs/reference/journal.md").read_text(encoding="utf-8")
ASK = ["decide", LAB, "--ask", "supply", "--supplier", "beta", "--purpose", "training"]
ASK += ["--at", "2025-06-10"]
NOTICE = "event: notice_given, at: 2025-04-01, clause: ALPHA-1/first-refusal, lot: x, gpus: 1"

WRONG = [
    ("- {event: refuse, at: 2025-01-02}", "Did you mean `refused`?"),
    ("- {event: lapsed, at: 2025-01-02, clause: ALPHA-1/first-refusl}", "Did you mean `ALPHA-1/f"),
    ("- {event: ordered, at: 2025-01-02, party: alpa}", "Did you mean `alpha`?"),
    ("- {event: ordered, at: soon}", "Write `2025-01-21` or"),
    ("- {event: ordered, at: 2025-01-02, price: 2}", "Write an amount such as"),
    ("- {event: ordered, at: 2025-01-02, price: 2 EUR}", "EUR; the portfolio is in USD"),
    ("- {event: ordered, at: 2025-01-02, prepaid: 0.2}", "Write a percentage"),
    ("- {event: ordered, at: 2025-01-02, rank: first}", "`first` is not a whole number"),
    ("- {event: ordered, at: 2025-01-02, rank: -1}", "Write a whole number."),
    ("", "`- {event: ..., at: ...}` lines"),
    ("# nothing yet", "`- {event: ..., at: ...}` lines"),
]


@pytest.mark.parametrize(("text", "says"), WRONG)
def test_what_is_wrong_with_an_entry_comes_with_a_way_out(
    text: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "given.yaml"
    path.write_text(text, encoding="utf-8")

    assert main([*ASK, "--given", str(path)]) == 3
    shown = capsys.readouterr().err
    assert says in shown
    assert "invalid literal" not in shown
    assert "Write a portfolio" not in shown


def test_own_may_be_said_in_words(tmp_path: Path) -> None:
    """And 1 as runs write it; another word is a mistake."""
    path = tmp_path / "given.yaml"
    for word, code in (("yes", 4), ("1", 4), ("no", 4), ("perhaps", 3)):
        path.write_text(f"- {{{NOTICE}, own: {word}}}", encoding="utf-8")

        assert main([*ASK[:-1], "2025-04-10", "--given", str(path)]) == code


def test_a_journal_may_be_piped_in() -> None:
    about = {"clause": "ALPHA-1/first-refusal", "lot": "x", "gpus": 1, "purpose": "training"}
    when = {"start": "2025-06-10", "end": "2026-06-10"}
    lines = [
        {"event": "notice_given", "at": "2025-04-01"} | about | when,
        {"event": "refused", "at": "2025-04-20"} | about,
    ]
    done = subprocess.run(
        [sys.executable, "-m", "offtake.cli.main", *ASK, "--given", "-"],
        input="\n".join(map(json.dumps, lines)).encode(),
        capture_output=True,
        check=False,
    )

    assert main(ASK) == 4
    assert (done.returncode, done.stderr) == (0, b"")


def test_the_share_of_a_build_is_told_as_the_page_shows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (block,) = (
        text for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL) if "usage" in text
    )
    path = tmp_path / "used.yaml"
    path.write_text(block, encoding="utf-8")
    words = ["decide", RECORD, "--ask", "run", "--supplier", "openai", "--purpose", "inference"]
    words += ["--at", "2025-03-01"]

    assert main(words) == 2
    assert "they have 0 of 0 GPU-hours" in capsys.readouterr().out
    assert main([*words, "--given", str(path)]) == 0
