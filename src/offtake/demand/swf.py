"""The Standard Workload Format of the Parallel Workloads Archive.

Source: cs.huji.ac.il/labs/parallel/workload. Licence: none stated; the archive asks for
acknowledgement of it and of who gave the log. Cite: D. Feitelson, D. Tsafrir, D. Krakov,
"Experience with using the Parallel Workloads Archive", JPDC 2014. Eighteen whole numbers a
row; ``-1`` is unknown; lines that start with ``;`` are the header.

What this reader decides, because the data does not:

- A processor counts as one GPU. Where the allocation is unknown the request counts.
- A job that ended in the second it started ran 1 s: quantities stay positive. It is counted.
- Rows whose run time or processors are unknown are dropped and counted.
- A request that is unknown, or shorter than the run, is raised to the run time and counted.
- The tenant is the queue where any row names one, else the group.
- Rows out of order of submission are sorted, and counted.
- Where jobs started at their submission would use more than the header's MaxProcs, that is
  said: in logs without waits (NASA iPSC) recorded use itself is above the machine's size.
- More than one row in a hundred that is no row of numbers, and the file is refused.
"""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from offtake.demand.columns import Column, JobTrace, UnreadableTrace, peak_gpus
from offtake.demand.jobs import Found, sound, trace_of
from offtake.demand.lines import BLANKS, head_of
from offtake.demand.table import Field, Table, header_of, read_table

NAME = "swf"
FIELDS = (
    *("job", "submit_s", "wait_s", "run_s", "allocated", "cpu_s", "memory", "requested"),
    *("requested_s", "requested_memory", "status", "user", "group", "executable", "queue"),
    *("partition", "preceding", "think_s"),
)
WANTED = ("submit_s", "run_s", "allocated", "requested", "requested_s", "group", "queue")
MAX_PROCS = re.compile(r"^;\s*MaxProcs:\s*(\d{1,12})\s*$", re.MULTILINE)


def recognizes(path: Path) -> str:
    """Why a file seems to be of this format; empty when it does not."""
    if not path.is_file():
        return ""
    first = header_of(path, BLANKS)
    if len(first) == len(FIELDS) and all(re.fullmatch(r"-?[\d.]+", word) for word in first):
        return f"rows of {len(FIELDS)} numbers, as in SWF"
    return "a header of `;` lines, as in SWF" if head_of(path).startswith("; Version") else ""


def read(path: Path) -> JobTrace:
    """Read one log, plain or ending in ``.gz``.

    Raises:
        UnreadableTrace: Not text, no jobs, or too many bad rows.
    """
    try:
        table = read_table(path, [Field(n) for n in WANTED], delimiter=BLANKS, header=FIELDS)
    except UnreadableTrace as wrong:
        says = wrong.says.replace("of this format", f"{len(FIELDS)} numbers")
        raise UnreadableTrace(wrong.place, says, "Check that this is an SWF log.") from wrong
    table = table.drop(
        sound(table.whole("submit_s"), table.whole("run_s"), _processors(table)),
        "no run time or no processors",
    )
    word = "queue" if (table.whole("queue") != -1).any() else "group"
    values, tenant = np.unique(table.whole(word), return_inverse=True)
    trace = trace_of(
        NAME,
        Found(
            submit_s=table.whole("submit_s"),
            run_s=table.whole("run_s"),
            gpus=_processors(table),
            tenant=tenant.astype(np.int64),
            tenants=tuple(f"{word} {value}" for value in values),
            requested_s=table.whole("requested_s"),
            dropped=table.dropped,
            choices=("a processor counts as a GPU", f"tenants are {word}s"),
            files=(path,),
        ),
    )
    return _with_size(trace, path)


def _processors(table: Table) -> Column:
    allocated = table.whole("allocated")
    return np.where(allocated > 0, allocated, table.whole("requested"))


def _with_size(trace: JobTrace, path: Path) -> JobTrace:
    """The trace, which says if it asks for more than the machine had."""
    machine = MAX_PROCS.search(head_of(path))
    peak = peak_gpus(trace)
    if machine is None or peak <= int(machine[1]):
        return trace
    says = f"more than the machine: {peak} of {machine[1]} if all started at submission"
    return replace(trace, choices=(*trace.choices, says))
