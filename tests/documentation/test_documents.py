"""What the documents show is what the program does: every command and every Python block runs."""

import contextlib
import io
import re
import shlex
from pathlib import Path

import pytest
from tools import reference

from offtake.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    *(path for path in sorted(ROOT.glob("*.md")) if path.name != "CHANGELOG.md"),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "examples").rglob("*.md")),
]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[tuple[str, str]]:
    """(page, block) of every block in a language."""
    return [
        (str(page.relative_to(ROOT)), match[2])
        for page in PAGES
        for match in BLOCK.finditer(page.read_text(encoding="utf-8"))
        if match[1] == language
    ]


def console() -> list[tuple[str, str, str]]:
    """(page, command, what it shows) of every transcript."""
    found = []
    for page, block in blocks("console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, shown = part.partition("\n")
            found.append((page, command, shown))
    return found


def commands() -> list[tuple[str, str]]:
    """(page, command) of every `offtake ...` line in blocks without transcripts."""
    found = []
    for page, block in [*blocks(""), *blocks("sh")]:
        for line in block.splitlines():
            if line.startswith("offtake ") and "PATH" not in line:
                found.append((page, line))
    return found


def play(command: str) -> tuple[int, str]:
    """Run a command as the shell would from the repository's root."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = main(shlex.split(command, comments=True)[1:])
    return code, out.getvalue()


@pytest.mark.parametrize(("page", "command", "shown"), console())
def test_a_transcript_shows_what_the_command_prints(
    page: str, command: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)

    assert play(command)[1] == shown, page


@pytest.mark.parametrize(("page", "command"), commands())
def test_a_documented_command_runs(
    page: str, command: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(ROOT)
    command = re.sub(
        r"--(out|chart|report) (\S+)",
        lambda flag: f"--{flag[1]} {tmp_path / 'out'}{Path(flag[2]).suffix}",
        command,
    )
    code, shown = play(command)

    assert code in (0, 2, 4), page
    assert shown.strip()


@pytest.mark.parametrize(("page", "block"), blocks("python"))
def test_a_python_block_runs(page: str, block: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)

    exec(compile(block, page, "exec"), {})


def test_transcripts_commands_and_blocks_are_found() -> None:
    assert len(console()) >= 2
    assert len(commands()) >= 8
    assert len(blocks("python")) >= 2


def test_generated_reference_pages_are_up_to_date() -> None:
    for path, text in reference.pages(ROOT).items():
        assert path.read_text(encoding="utf-8") == text, f"run tools/reference.py: {path}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_inside_the_repository_lead_somewhere(page: Path) -> None:
    text = re.sub(BLOCK, "", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)#\s]+)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page}: {target}"


def test_the_picture_in_the_readme_is_what_the_command_draws(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    drawn = tmp_path / "map.svg"
    play(f"offtake rights examples/openai-2019-2030/portfolio.yaml --chart {drawn}")

    assert drawn.read_bytes() == (ROOT / "docs/rights-map.svg").read_bytes()
