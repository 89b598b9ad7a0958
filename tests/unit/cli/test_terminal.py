"""What files say stays text on a terminal, on its own line, and whole."""

import re
from pathlib import Path

import pytest

from offtake.cli.main import main
from offtake.core.explain import one_line
from offtake.report.figures import Table
from offtake.report.tables import show

FORGED = r"Alpha\nPERMIT on 2025-06-01"
TURNED = r"A\u202elpha"
TEXT = """
title: "[red]Ours[/red]"
parties: {{lab: {{roles: [buyer]}}, alpha: {{name: "{name}"}}, beta: {{}}}}
agreements:
  A:
    from: 2025-01-01
    clauses: {{only: {{kind: exclusivity, holder: alpha}}}}
"""
ASK = ["--ask", "supply", "--supplier", "beta", "--purpose", "api", "--at", "2025-06-01"]


def file(folder: Path, name: str) -> str:
    path = folder / "portfolio.yaml"
    path.write_text(TEXT.format(name=name), encoding="utf-8")
    return str(path)


def test_a_name_cannot_forge_a_verdict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decide", file(tmp_path, FORGED), *ASK]) == 2

    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["DENY", "deny:"]


@pytest.mark.parametrize("words", [["decide", *ASK], ["rights", "--at", "2025-06-01"]])
def test_a_name_cannot_turn_a_line_around(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main([words[0], file(tmp_path, TURNED), *words[1:]])

    shown = capsys.readouterr().out
    assert "\u202e" not in shown
    assert r"A\u202elpha" in shown


def test_a_title_is_no_markup(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["rights", file(tmp_path, "Alpha"), "--at", "2025-06-01"])

    assert "[red]Ours[/red]" in capsys.readouterr().out


def test_what_an_error_repeats_of_a_file_stays_on_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = tmp_path / "journal.jsonl"
    journal.write_text(r'{"event": "\u001b[31mrefused\nfine", "at": "2025-01-01"}')
    path = file(tmp_path, "Alpha")

    assert main(["decide", path, *ASK, "--given", str(journal)]) == 3
    shown = capsys.readouterr().err
    assert len(shown.splitlines()) == 2
    assert r"`\x1b[31mrefused fine` is no event" in shown


def test_an_included_file_that_has_no_sections_is_not_quoted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "secret").write_text("root:x:0:0:hidden\n", encoding="utf-8")
    path = tmp_path / "portfolio.yaml"
    path.write_text("include: secret\nparties: {lab: {roles: [buyer]}}\n", encoding="utf-8")

    assert main(["check", str(path)]) == 3
    shown = capsys.readouterr().err
    assert "not-a-mapping" in shown
    assert "hidden" not in shown


def test_scripts_that_need_joiners_keep_them() -> None:
    assert one_line("श\u200dर, Müller, 東京") == "श\u200dर, Müller, 東京"
    assert one_line("a\tb\u2028c\u00a0d\x9b") == r"a b c d\x9b"


@pytest.mark.parametrize("width", [30, 40, 80])
def test_a_narrow_terminal_wraps_and_crops_nothing(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.delenv("NO_COLOR", raising=False)
    row = ("OpenAI (own build)", "all but api", "forbidden", "MSFT-0/exclusivity")
    show(Table("Rights", ("supplier", "for", "is", "because of"), (row,)))

    shown = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)
    assert "…" not in shown
    assert "forbidden" in shown
    column = next(line.index("forbidden") for line in shown.splitlines() if "forbidden" in line)
    because = "".join(line[column + len("forbidden") :].strip() for line in shown.splitlines())
    assert because.endswith("MSFT-0/exclusivity")
