"""The import contracts catch what they forbid: each test plants one breach in a small tree."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")


def linted(tree: Path) -> subprocess.CompletedProcess[str]:
    """What the import linter says of the package below a tree, under this project's contracts."""
    return subprocess.run(
        [LINT_IMPORTS, "--no-cache"],
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(tree / "src")},
    )


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the package, with the project's contracts, that a test may spoil."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(
        ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
    )
    return tmp_path


def add(tree: Path, file: str, line: str) -> None:
    path = tree / "src/offtake" / file
    path.write_text(path.read_text(encoding="utf-8") + f"\n{line}\n", encoding="utf-8")


def test_an_unspoiled_copy_keeps_every_contract(tree: Path) -> None:
    done = linted(tree)

    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("core/decide.py", "import offtake.sim.reference", "Rooms import downwards only"),
        ("clauses/waiver.py", "import offtake.clauses.delivery", "Clause kinds know nothing"),
        ("sourcing/notice.py", "import random", "Meaning is pure"),
        ("core/evolve.py", "import pathlib", "Only contract.read opens files"),
        ("report/tables.py", "import matplotlib.pyplot", "The plotting library has one door"),
    ],
)
def test_a_forbidden_import_breaks_its_contract(
    tree: Path, file: str, line: str, contract: str
) -> None:
    add(tree, file, line)

    done = linted(tree)

    assert done.returncode == 1, done.stdout[-3_000:] + done.stderr
    broken = [row for row in done.stdout.splitlines() if " BROKEN" in row]
    assert [row for row in broken if row.startswith(contract)], broken
