"""An answer that could not be written is a failure, said in one line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

FULL = Path("/dev/full")
SAYS = "offtake: cannot write the output: "


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full on this system")
@pytest.mark.parametrize("buffered", [True, False])
@pytest.mark.parametrize(
    "words",
    [
        ["rights", "docs/examples/lab.yaml"],
        ["check", "docs/examples/lab.yaml"],
        ["--help"],
        ["rights", "--help"],
    ],
)
def test_a_full_disk_is_one_line_and_a_failure(words: list[str], buffered: bool) -> None:
    environment = {**os.environ, "PYTHONUNBUFFERED": "" if buffered else "1"}
    with FULL.open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "offtake.cli.main", *words],
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment,
            cwd=Path(__file__).parents[3],
            check=False,
            text=True,
        )

    assert (done.returncode, done.stderr) == (1, f"{SAYS}No space left on device\n")


def test_a_closed_output_is_one_line_and_a_failure() -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f"{sys.executable} -m offtake.cli.main schema >&-"],
        capture_output=True,
        check=False,
        text=True,
    )

    assert (done.returncode, done.stderr) == (1, f"{SAYS}it is closed\n")
