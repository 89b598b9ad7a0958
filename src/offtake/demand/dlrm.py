"""Alibaba GPU trace v2025: instances that serve recommendation models, one month.

Source: github.com/alibaba/clusterdata, ``cluster-trace-gpu-v2025/disaggregated_DLRM_trace.csv``
(no licence is stated for this folder: use it for research, with citation). Cite: L. Yang et
al., "GPU-Disaggregated Serving for Deep Learning Recommendation Models at Scale", NSDI 2025.

What this reader decides, because the data does not:

- An app is a service; it wants the GPUs of its instances from their creation to their
  deletion, exactly, without steps.
- Nodes with GPUs count (role HN). Those of processors alone (CN) are dropped and counted.
- Without a creation the instance existed before the trace: it counts from 0. Without a
  deletion it is alive at the end: the latest instant that any row of the file names.
- Instances deleted at their creation, or before, are dropped and counted.
"""

from pathlib import Path

import numpy as np

from offtake.demand.columns import Column, ServiceDemand, ServiceTrace, UnreadableTrace
from offtake.demand.steps import Rates, levels
from offtake.demand.table import Cell, Field, Table, header_of, read_table

NAME = "dlrm"
FIELDS = (
    Field("role", Cell.WORD),
    Field("app_name", Cell.WORD),
    Field("gpu_request"),
    Field("creation_time"),
    Field("deletion_time"),
    Field("scheduled_time", required=False),
)
TIMES = ("creation_time", "scheduled_time", "deletion_time")
GPU_ROLE = "HN"
TIME_S_MAX = 2**40


def recognizes(path: Path) -> str:
    """Why a file seems to be of this format; empty when it does not."""
    wanted = {field.name for field in FIELDS if field.required}
    found = path.is_file() and wanted <= set(header_of(path))
    return f"{path.name} has the columns of the DLRM trace" if found else ""


def read(path: Path, rates: Rates) -> ServiceTrace:
    """Read the table of instances, plain or compressed; no rates are needed.

    Raises:
        UnreadableTrace: No such columns, no GPU instances, or too many bad rows.
    """
    table = read_table(path, FIELDS)
    for name in TIMES:
        later = np.abs(table.numbers.get(name, np.zeros(table.rows))) > TIME_S_MAX
        table = table.drop(~later, "a time that is no time of a trace")
    end_s = _end_s(table)
    roles = np.array([*table.known["role"], ""])[table.words["role"]]
    table = table.drop(roles == GPU_ROLE, "no GPU: a node of processors (CN)")
    wants = np.nan_to_num(table.numbers["gpu_request"])
    table = table.drop((wants > 0) & (wants < 2**16), "no GPU requested")
    table = table.drop(table.words["app_name"] >= 0, "no app")
    lives = table.whole("deletion_time", missing=end_s) > table.whole("creation_time", missing=0)
    table = table.drop(lives, "deleted at its creation, or before")
    if not table.rows:
        raise UnreadableTrace(str(path), "no GPU instances", "Check that this is the right file.")
    from_s = np.maximum(table.whole("creation_time", missing=0), 0)
    until_s = table.whole("deletion_time", missing=end_s)
    created = ~np.isnan(table.numbers["creation_time"])
    alive = int(np.isnan(table.numbers["deletion_time"]).sum())
    return ServiceTrace(
        format=NAME,
        services=_services(table, from_s, until_s),
        span_s=end_s,
        requests=table.rows,
        arrivals_s=np.sort(from_s[created]),
        dropped=table.dropped,
        choices=(
            "an app is a service, its instances want their GPUs from creation to deletion",
            f"without a creation, from the start: {int((~created).sum())} instances",
            f"without a deletion, to the end at {end_s} s: {alive} instances",
        ),
        files=(path,),
    )


def _end_s(table: Table) -> int:
    """The latest instant that any row names."""
    times = [table.numbers[name] for name in TIMES if name in table.numbers]
    found = np.concatenate(times)
    return int(np.max(found[~np.isnan(found)], initial=0))


def _services(table: Table, from_s: Column, until_s: Column) -> tuple[ServiceDemand, ...]:
    """One service an app, in the order in which the file names them."""
    gpus = np.ceil(table.numbers["gpu_request"]).astype(np.int64)
    app, found = table.words["app_name"], []
    order = np.argsort(app, kind="stable")
    bounds = np.flatnonzero(np.diff(app[order])) + 1
    for rows in np.split(order, bounds):
        name = table.known["app_name"][int(app[rows[0]])]
        found.append(ServiceDemand(name, *levels(from_s[rows], until_s[rows], gpus[rows])))
    return tuple(found)
