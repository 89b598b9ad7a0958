"""The house keeps its rules: sizes, import contracts, formatting of names in the open."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from tools import sizes

ROOT = Path(__file__).resolve().parents[2]


def test_the_tree_keeps_its_sizes(capsys) -> None:
    assert sizes.main(ROOT) == 0, capsys.readouterr().out


def test_a_long_function_without_a_docstring_is_found() -> None:
    text = "def long():\n" + "    x = 1\n" * 61

    assert "without a docstring" in str(next(sizes.breaches(text, "a.py", "src")))


def test_six_parameters_are_found() -> None:
    text = "def many(a, b, c, d, e, f):\n    return a\n"

    assert "6 parameters" in str(next(sizes.breaches(text, "a.py", "src")))


def test_three_positional_integers_in_a_row_are_found() -> None:
    text = "def swap(a: int, b: int, c: int):\n    return a\n"

    assert "in a row" in str(next(sizes.breaches(text, "a.py", "src")))


def test_a_file_beyond_its_limit_is_found() -> None:
    assert "lines; the limit" in str(next(sizes.breaches("x = 1\n" * 401, "a.py", "src")))


def test_rooms_import_downwards_only_and_meaning_is_pure() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout[-3_000:]


def test_the_oracle_imports_nothing_of_offtake() -> None:
    for path in (ROOT / "tests/oracle").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in getattr(node, "names", ())]
            module = getattr(node, "module", None) or ""
            assert not any(name.startswith("offtake") for name in [module, *names]), path


@pytest.mark.parametrize("words", [["--help"], ["requirement", "submit", "--help"]])
def test_help_imports_no_heavy_library(words: list[str]) -> None:
    code = (
        "import sys; from offtake.cli.main import main\n"
        f"try:\n    main({words})\nexcept SystemExit:\n    pass\n"
        "heavy = {'numpy', 'pyarrow', 'matplotlib', 'jinja2', 'rich', 'yaml', 'holidays'}\n"
        "heavy |= {'httpx', 'sqlalchemy', 'msgspec', 'litestar', 'uvicorn', 'cryptography'}\n"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(ROOT / "src")},
    )

    assert done.returncode == 0, done.stderr
