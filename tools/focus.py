"""The FinOps Foundation's validator of FOCUS files, in an environment of its own.

``python tools/focus.py make`` makes ``.focus`` (Python 3.12, because the validator pins numpy 1 and
pyarrow 17); ``python tools/focus.py FILE.parquet`` checks a file of cost and usage. The validator's
exit code says nothing, so its totals are read; a rule that fails makes those above it fail, so
only leaf rules count.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".focus"
PINS = Path(__file__).with_name("focus-constraints.txt")
VERSION = "1.2"
TIMEOUT_S = 120
_TOTALS = re.compile(r"Total: (\d+) \| Pass: (\d+) \| Fail: (\d+) \| Skipped: (\d+)")
_FAILED = re.compile(r"^\S+ ([A-Za-z]+-[ACD]-\d+-[CMO]): FAIL\s+\((.*)$", re.MULTILINE)


class Verdict(NamedTuple):
    """What the validator says of a file; ``leaves`` are rules that fail by themselves."""

    total: int
    passed: int
    failed: int
    skipped: int
    leaves: tuple[str, ...]


class Missing(RuntimeError):
    """There is no validator here; says what makes one."""


def make() -> None:
    """Make the environment.

    Raises:
        Missing: No Python 3.12, or the packages cannot be had.
    """
    python = next(_pythons(), None)
    if python is None:
        raise Missing("no Python 3.12 is installed; name one in OFFTAKE_PYTHON312")
    commands = (
        (python, "-m", "venv", str(HOME)),
        (str(HOME / "bin/pip"), "install", "-q", "-c", str(PINS), "focus-validator"),
    )
    for command in commands:
        made = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if made.returncode:
            raise Missing(f"{command[0]} failed: {made.stderr[-300:]}")


def _pythons() -> Iterator[str]:
    """Interpreters of Python 3.12 that run, the named one first."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    named = (os.environ.get("OFFTAKE_PYTHON312"), shutil.which("python3.12"))
    for path in (*named, *map(str, sorted(root.glob("versions/3.12*/bin/python")))):
        if path is None:
            continue
        says = subprocess.run(  # noqa: S603
            (path, "--version"), capture_output=True, text=True, check=False
        )
        if says.stdout.startswith("Python 3.12"):
            yield path


def validate(path: Path) -> Verdict:
    """The verdict on a Parquet file of cost and usage.

    Raises:
        Missing: There is no environment, or the validator gives no totals.
    """
    program = HOME / "bin/focus-validator"
    if not program.exists():
        raise Missing("no FOCUS validator: `make focus` makes its environment")
    options = ("--validate-version", VERSION, "--block-download", "--applicability-criteria", "ALL")
    packages = next(HOME.glob("lib/python3.12/site-packages"))  # It reads a file relative to here.
    told = subprocess.run(  # noqa: S603
        (str(program), "--data-file", str(path.resolve()), *options, "--show-violations"),
        cwd=packages,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )
    return verdict_of(told.stdout + told.stderr)


def verdict_of(text: str) -> Verdict:
    """What the validator printed, as a verdict.

    Raises:
        Missing: It gives no totals.
    """
    totals = _TOTALS.search(text)
    if totals is None:
        raise Missing(f"the validator gives no totals: {text[-300:]}")
    leaves = {rule for rule, says in _FAILED.findall(text) if "failed child rules" not in says}
    total, passed, failed, skipped = map(int, totals.groups())
    return Verdict(total, passed, failed, skipped, tuple(sorted(leaves)))


if __name__ == "__main__":
    try:
        if sys.argv[1:] == ["make"]:
            make()
        else:
            print(validate(Path(sys.argv[1])))
    except Missing as missing:
        sys.exit(str(missing))
