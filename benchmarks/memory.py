"""The most memory that this process held, as Linux counts it."""

from pathlib import Path


def peak_bytes() -> int:
    """The high-water mark of resident memory since the program began (VmHWM of proc(5)).

    ``getrusage`` would count what its parent held when it started this process.
    """
    lines = Path("/proc/self/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1_024
