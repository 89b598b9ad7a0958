"""Philly, Microsoft's multi-tenant GPU cluster, autumn 2017, as converted for AdaptDL.

Source: github.com/petuum/adaptdl, branch osdi21-artifact, ``simulator/traces/philly.csv`` with
``timestamp, duration, num_gpus, gpu_time, cluster``; its origin is
github.com/msr-fiddle/philly-traces. Licence: Apache-2.0 (origin: CC-BY-4.0). Cite: M. Jeon et
al., "Analysis of Large-Scale Multi-Tenant GPU Clusters for DNN Training Workloads", ATC 2019;
A. Qiao et al., "Pollux", OSDI 2021.

What this reader decides, because the data does not:

- Timestamps have no zone: they are taken as they stand, and count from the earliest one.
- Durations are seconds, rounded down; the tenant is the virtual cluster.
- ``gpu_time`` is their product and is not read. There are no users, requests or outcomes.
- Rows are not in order: they are sorted, and those out of order counted.
- Rows without time, duration or GPUs are dropped and counted; more than one in a hundred, and
  the file is refused. Blank lines are none.
"""

from pathlib import Path

from offtake.demand.columns import JobTrace
from offtake.demand.jobs import Found, clock_from, sound, tenants_of, trace_of
from offtake.demand.table import Cell, Field, header_of, read_table

NAME = "philly"
HEADER = ("timestamp", "duration", "num_gpus", "cluster")
FIELDS = (
    Field("timestamp", Cell.TIME),
    Field("duration"),
    Field("num_gpus"),
    Field("cluster", Cell.WORD),
)


def recognizes(path: Path) -> str:
    """Why a file seems to be of this format; empty when it does not."""
    found = path.is_file() and set(HEADER) <= set(header_of(path))
    return f"{path.name} has the columns of Philly for AdaptDL" if found else ""


def read(path: Path) -> JobTrace:
    """Read the file.

    Raises:
        UnreadableTrace: No such columns, no jobs, or too many bad rows.
    """
    table = read_table(path, FIELDS)
    jobs = sound(table.whole("timestamp"), table.whole("duration"), table.whole("num_gpus"))
    table = table.require(jobs, "not a job")
    submit_s, starts = clock_from(table.whole("timestamp"))
    tenant, tenants = tenants_of(table, "cluster")
    return trace_of(
        NAME,
        Found(
            submit_s=submit_s,
            run_s=table.whole("duration"),
            gpus=table.whole("num_gpus"),
            tenant=tenant,
            tenants=tenants,
            dropped=table.dropped,
            choices=(f"times count from {starts}, of no stated zone", "tenants are clusters"),
            files=(path,),
        ),
    )
