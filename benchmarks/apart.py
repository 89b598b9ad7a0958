"""Work in a process of its own: its CPU, the most memory it held, and its answer."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from time import process_time
from typing import Any, NamedTuple

Way = Callable[[Path], Any]
"""Reads a file and answers with what JSON can say."""


class Measured(NamedTuple):
    """What a way took, start of the process included, and what it came to."""

    seconds: float  # Of CPU.
    peak_bytes: int
    answer: Any

    def within(self, seconds: float, memory: int) -> bool:
        """Whether it kept its limits."""
        return self.seconds < seconds and self.peak_bytes < memory

    def __str__(self) -> str:
        return f"{self.seconds:.2f} s of CPU, {self.peak_bytes / 1e6:.0f} MB"


def measured(module: str, way: str, path: Path) -> Measured:
    """Have a benchmark do its work in a way on a file, by its ``--way`` and ``--file``."""
    command = [sys.executable, "-m", module, "--way", way, "--file", str(path)]
    made = subprocess.run(command, capture_output=True, text=True, check=True)
    return Measured(*json.loads(made.stdout))


def work(ways: Mapping[str, Way], way: str, path: Path) -> None:
    """Do the work in this process, and print what it took."""
    answer = ways[way](path)
    print(json.dumps([process_time(), _peak_bytes(), answer]))


def _peak_bytes() -> int:
    """The high-water mark of resident memory since the program began (VmHWM of proc(5)).

    ``getrusage`` would count what its parent held when it started this process.
    """
    lines = Path("/proc/self/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1_024
