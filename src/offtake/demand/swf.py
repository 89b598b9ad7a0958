"""The Standard Workload Format of the Parallel Workloads Archive.

Source: cs.huji.ac.il/labs/parallel/workload. Cite: D. Feitelson, D. Tsafrir, D. Krakov,
"Experience with using the Parallel Workloads Archive", JPDC 2014. Eighteen whole numbers a
row; ``-1`` is unknown; lines that start with ``;`` are the header.

What this reader decides, because the data does not:

- A processor counts as one GPU. Where the allocation is unknown the request counts.
- A job that ended in the second it started ran 1 s: quantities stay positive. It is counted.
- Rows whose run time or processors are unknown are dropped and counted.
- A request that is unknown, or shorter than the run, is raised to the run time and counted.
- The tenant is the queue where any row names one, else the group.
- Rows out of order of submission are sorted, and counted.
- More than one row in a hundred that is no row of numbers, and the file is refused.
"""

import gzip
from pathlib import Path

import numpy as np

from offtake.demand.columns import (
    BAD_SHARE_MAX,
    Dropped,
    JobTrace,
    UnreadableTrace,
    in_order,
)

NAME = "swf"
FIELDS = 18
SUBMIT, RUN, ALLOCATED, REQUESTED, REQUESTED_S, GROUP, QUEUE = 1, 3, 4, 7, 8, 12, 14


def recognizes(path: Path) -> str:
    """Why a file seems to be of this format; empty when it does not."""
    if not path.is_file():
        return ""
    try:
        lines = _text(path)[:20_000].split("\n")
    except (OSError, UnicodeDecodeError):
        return ""
    rows = [line.split() for line in lines[:-1] if line.strip() and not line.startswith(";")]
    if rows and all(len(row) == FIELDS for row in rows):
        return f"rows of {FIELDS} numbers, as in SWF"
    return "a header of `;` lines, as in SWF" if lines[0].startswith("; Version") else ""


def read(path: Path) -> JobTrace:
    """Read one log, plain or ending in ``.gz``.

    Raises:
        UnreadableTrace: Not text, no jobs, or too many bad rows.
    """
    rows, dropped = _rows(path)
    if not len(rows):
        raise UnreadableTrace(str(path), "no jobs", "Check that this is an SWF log.")
    run_s = np.where(rows[:, RUN] == 0, 1, rows[:, RUN])
    zero = int((rows[:, RUN] == 0).sum())
    gpus = np.where(rows[:, ALLOCATED] > 0, rows[:, ALLOCATED], rows[:, REQUESTED])
    held = (run_s > 0) & (gpus > 0)
    if not held.all():
        first = int(np.flatnonzero(~held)[0])
        place = f"{path.name}, job {rows[first, 0]}"
        dropped.append(Dropped("no run time or no processors", int((~held).sum()), place))
    rows, run_s, gpus = rows[held], run_s[held], gpus[held]
    by = QUEUE if (rows[:, QUEUE] != -1).any() else GROUP
    values, tenant = np.unique(rows[:, by], return_inverse=True)
    raised = int((rows[:, REQUESTED_S] < run_s).sum())
    columns, moved = in_order(
        {
            "submit_s": rows[:, SUBMIT],
            "run_s": run_s,
            "requested_s": np.maximum(rows[:, REQUESTED_S], run_s),
            "gpus": gpus,
            "tenant": tenant.astype(np.int64),
        }
    )
    word = "queue" if by == QUEUE else "group"
    return JobTrace(
        format=NAME,
        submit_s=columns["submit_s"],
        run_s=columns["run_s"],
        requested_s=columns["requested_s"],
        gpus=columns["gpus"],
        tenant=columns["tenant"],
        priority=np.zeros_like(gpus),
        tenants=tuple(f"{word} {value}" for value in values),
        dropped=tuple(dropped),
        choices=(
            "a processor counts as a GPU",
            f"tenants are {word}s",
            f"run times of 0 s count as 1 s: {zero} rows",
            f"requested times raised to the run time: {raised} rows",
            f"rows out of order, sorted: {moved}",
        ),
        files=(path,),
    )


def _text(path: Path) -> str:
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return data.decode("utf-8-sig")


def _rows(path: Path) -> tuple[np.ndarray, list[Dropped]]:
    try:
        lines = _text(path).splitlines()
    except (OSError, UnicodeDecodeError, EOFError) as error:
        raise UnreadableTrace(str(path), f"not text: {error}", "Give the SWF file.") from error
    rows, bad = [], []
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith(";"):
            continue
        try:
            row = [int(float(word)) for word in line.split()]
        except (ValueError, OverflowError):
            row = []
        if len(row) == FIELDS and all(-(2**40) < value < 2**40 for value in row):
            rows.append(row)
        else:
            bad.append(number)
    if len(bad) > BAD_SHARE_MAX * (len(rows) + len(bad)):
        says = f"{len(bad)} of {len(rows) + len(bad)} rows are not {FIELDS} numbers"
        raise UnreadableTrace(f"{path}:{bad[0]}", says, "Check that this is an SWF log.")
    dropped = [Dropped("not a row of numbers", len(bad), f"{path.name}:{bad[0]}")] if bad else []
    return np.array(rows, dtype=np.int64).reshape(-1, FIELDS), dropped
