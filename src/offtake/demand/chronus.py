"""Philly jobs with deadlines and values, as generated for Chronus.

Source: github.com/S-Lab-System-Group/ChronusArtifact, ``code/data/exp/trace_job_Philly_*.csv``;
its origin is github.com/msr-fiddle/philly-traces. Licence: MIT (origin: CC-BY-4.0). Cite: W. Gao
et al., "Chronus: A Novel Deadline-Aware Scheduler for Deep Learning Training Jobs", SoCC 2021.

What this reader decides, because the data does not:

- Times are minutes, by inference: the code of the source counts 60 of them an hour.
- The tenant is the user, which is Philly's virtual cluster.
- ``expect_time_list`` holds one deadline or several, joined by ``-``, after submission. The
  first counts: only it earns the full value. Best-effort jobs have none.
- Deadlines, values and models are generated; values, models and iterations are not read.
- Rows are not in order: they are sorted, and those out of order counted.
- Rows of 0 GPUs are dropped and counted.
- So are rows without submission or duration; more than one in a hundred, and the file is
  refused.
"""

from pathlib import Path

import numpy as np

from offtake.demand.cells import numbers_of, whole_of
from offtake.demand.columns import Column, JobTrace
from offtake.demand.jobs import Found, sound, tenants_of, trace_of
from offtake.demand.table import Cell, Field, Table, header_of, read_table

NAME = "chronus"
MINUTE_S = 60
FIELDS = (
    Field("user", Cell.WORD),
    Field("num_gpu"),
    Field("submit_time"),
    Field("duration"),
    Field("expect_time_list", Cell.TEXT),
    Field("best_effort"),
)


def recognizes(path: Path) -> str:
    """Why a file seems to be of this format; empty when it does not."""
    found = path.is_file() and {field.name for field in FIELDS} <= set(header_of(path))
    return f"{path.name} has the columns of Chronus" if found else ""


def read(path: Path) -> JobTrace:
    """Read the file.

    Raises:
        UnreadableTrace: No such columns, no jobs, or too many bad rows.
    """
    table = read_table(path, FIELDS)
    gpus = table.whole("num_gpu")
    table = table.require(sound(*_times(table), np.where(gpus == 0, 1, gpus)), "not a job")
    table = table.drop(table.whole("num_gpu") > 0, "no GPUs")
    submit_s, run_s = _times(table)
    after_s, several = _deadlines(table)
    tenant, tenants = tenants_of(table, "user")
    choices = ["times are minutes, by inference", "tenants are users: virtual clusters"]
    choices.append("deadlines are generated; of several the first counts")
    if several:
        choices.append(f"jobs with several deadlines: {several}")
    return trace_of(
        NAME,
        Found(
            submit_s=submit_s,
            run_s=run_s,
            gpus=table.whole("num_gpu"),
            tenant=tenant,
            tenants=tenants,
            deadline_s=np.where(after_s >= 0, submit_s + after_s, -1),
            dropped=table.dropped,
            choices=tuple(choices),
            files=(path,),
        ),
    )


def _times(table: Table) -> tuple[Column, Column]:
    """Submission and run time, in seconds."""
    return (
        table.whole("submit_time", scale=MINUTE_S),
        table.whole("duration", scale=MINUTE_S),
    )


def _deadlines(table: Table) -> tuple[Column, int]:
    """Seconds from submission to the first deadline, -1 for none; and how many have several."""
    import pyarrow.compute as pc

    texts = table.texts["expect_time_list"].combine_chunks()
    first = numbers_of(pc.replace_substring_regex(texts, "-.*", "")).values
    strict = ~np.isnan(first) & (table.whole("best_effort") <= 0)
    several = pc.fill_null(pc.match_substring(texts, "-"), False).to_numpy(zero_copy_only=False)
    after_s = whole_of(np.where(strict, first * MINUTE_S, np.nan))
    return after_s, int((several & strict).sum())
