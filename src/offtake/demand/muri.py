"""Philly virtual clusters with model profiles, as generated for Muri.

Source: github.com/Rivendile/Muri, ``simulator/trace-data/trace1..4.csv``. Licence: Apache-2.0.
Cite: Y. Zhao et al., "Multi-Resource Interleaving for Deep Learning Training", SIGCOMM 2022.

What this reader decides, because the data does not:

- Times are milliseconds; a fraction of a second is rounded down.
- ``priority`` is 0 or 1, not explained by the source; jobs of 1 are taken to go first.
- There are no tenants: the one tenant is the file's name without its ending.
- Models and stage times are assigned by the authors and are not read. Jobs beyond 32 GPUs
  were removed by them.
- Rows without submission, duration or GPUs are dropped and counted; more than one in a
  hundred, and the file is refused.
"""

from pathlib import Path

from offtake.demand.columns import JobTrace
from offtake.demand.jobs import Found, one_tenant, sound, trace_of
from offtake.demand.lines import stem_of
from offtake.demand.table import Field, header_of, read_table

NAME = "muri"
MS = 1e-3
FIELDS = tuple(Field(name) for name in ("num_gpu", "submit_time", "duration", "priority"))
MARKS = ("iteration_time", "resource_time_0")


def recognizes(path: Path) -> str:
    """Why a file seems to be of this format; empty when it does not."""
    wanted = {*MARKS, *(field.name for field in FIELDS)}
    found = path.is_file() and wanted <= set(header_of(path))
    return f"{path.name} has the columns of Muri" if found else ""


def read(path: Path) -> JobTrace:
    """Read the file.

    Raises:
        UnreadableTrace: No such columns, no jobs, or too many bad rows.
    """
    table = read_table(path, FIELDS)
    submit_s, run_s = table.whole("submit_time", scale=MS), table.whole("duration", scale=MS)
    table = table.require(sound(submit_s, run_s, table.whole("num_gpu")), "not a job")
    tenant, tenants = one_tenant(stem_of(path), table.rows)
    return trace_of(
        NAME,
        Found(
            submit_s=table.whole("submit_time", scale=MS),
            run_s=table.whole("duration", scale=MS),
            gpus=table.whole("num_gpu"),
            tenant=tenant,
            tenants=tenants,
            priority=table.whole("priority", missing=0),
            dropped=table.dropped,
            choices=("times are milliseconds", "jobs of priority 1 go first"),
            files=(path,),
        ),
    )
