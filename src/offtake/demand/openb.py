"""Alibaba's GPU cluster of 2023 ("openb"): pods with parts of GPUs, and the list of nodes.

Source: github.com/alibaba/clusterdata, ``cluster-trace-gpu-v2023/csv``. Licence: none stated
for this folder: research use with citation. Cite: Q. Weng et al., "Beware of Fragmentation:
Scheduling GPU-Sharing Workloads with Fragmentation Gradient Descent", USENIX ATC 2023.

What this reader decides, because the data does not:

- A pod runs from ``scheduled_time`` to ``deletion_time`` and is submitted at
  ``creation_time``; seconds from an origin that is not told, and stay so.
- Pods that were never scheduled (no ``scheduled_time``) ran for no time that is known: they
  are dropped and counted. So are pods without GPUs.
- ``gpu_milli`` is the part of a GPU that a pod of one GPU wants; pods of several have whole
  ones.
- ``gpu_spec`` lists the types that will do, joined by ``|``; where empty, any will. A type
  that is listed twice counts once.
- The tenant is the class of service, ``qos``: LS, BE, Burstable or Guaranteed.
- The list is made for packing: replayed by its times it never uses more than 66 of the 6,212
  GPUs. Variants of 5 columns have no times: they are read as pods, not as a trace.
- Rows without GPUs or parts as numbers are dropped and counted; more than one in a hundred,
  and the file is refused.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from offtake.demand.columns import LIMIT_GPUS, WHOLE_MILLI, Column, JobTrace, UnreadableTrace
from offtake.demand.jobs import Found, one_tenant, sound, tenants_of, trace_of
from offtake.demand.lines import stem_of
from offtake.demand.table import Cell, Field, Table, header_of, read_table

NAME = "openb"
DEMAND = ("cpu_milli", "memory_mib", "num_gpu", "gpu_milli")
TIMES = ("creation_time", "deletion_time", "scheduled_time")
FIELDS = (
    *(Field(name) for name in DEMAND),
    Field("gpu_spec", Cell.WORD, required=False),
    Field("qos", Cell.WORD, required=False),
    *(Field(name, required=False) for name in TIMES),
)
Types = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Nodes:
    """Machines with GPUs, one entry a node; every column is int64 of shape (nodes,)."""

    names: tuple[str, ...]
    gpus: Column
    model: Column  # Index into ``models``.
    models: tuple[str, ...]
    cpu_milli: Column  # Thousandths of a virtual CPU.
    memory_mib: Column


@dataclass(frozen=True, slots=True, kw_only=True)
class Pods:
    """What pods ask of a node, CPU-only ones included; every column is int64 of shape (pods,).

    Times are -1 where the file has none. ``wants`` indexes ``accelerators``, -1 for any.
    """

    gpus: Column
    share_milli: Column  # The part of each GPU, in thousandths.
    cpu_milli: Column
    memory_mib: Column
    wants: Column
    accelerators: Types
    created_s: Column
    scheduled_s: Column
    deleted_s: Column

    @property
    def gpu_milli(self) -> int:
        """GPUs that all pods ask for together, in thousandths."""
        return int((self.gpus * self.share_milli).sum())


def recognizes(path: Path) -> str:
    """Why a file seems to be of this format; empty when it does not."""
    found = path.is_file() and set(DEMAND) <= set(header_of(path))
    return f"{path.name} has the columns of openb's pods" if found else ""


def read(path: Path) -> JobTrace:
    """Read a list of pods that has times.

    Raises:
        UnreadableTrace: No such columns, no times, no jobs, or too many bad rows.
    """
    table = _table(path)
    if not set(TIMES) <= set(table.numbers):
        says = "pods without times: they can be packed, not played"
        raise UnreadableTrace(f"{path}:1", says, "Give a variant with creation_time.")
    table = table.drop(table.whole("num_gpu") > 0, "no GPUs")
    table = table.drop(table.whole("scheduled_time") >= 0, "never scheduled")
    submit_s, run_s = table.whole("creation_time"), _run_s(table)
    table = table.require(sound(submit_s, run_s, table.whole("num_gpu")), "not a job")
    wants, accelerators = _wants(table)
    if "qos" in table.words:
        tenant, tenants = tenants_of(table, "qos")
    else:
        tenant, tenants = one_tenant(stem_of(path), table.rows)
    return trace_of(
        NAME,
        Found(
            submit_s=table.whole("creation_time"),
            run_s=_run_s(table),
            gpus=table.whole("num_gpu"),
            tenant=tenant,
            tenants=tenants,
            share_milli=_share_milli(table),
            wants=wants if accelerators else None,
            accelerators=accelerators,
            dropped=table.dropped,
            choices=(
                "pods run from when they were scheduled to when they were deleted",
                "tenants are classes of service",
                "made for packing: replayed by time it never fills its cluster",
            ),
            files=(path,),
        ),
    )


def pods_of(path: Path) -> Pods:
    """All pods of a list, with times or without, in the order of the file.

    Raises:
        UnreadableTrace: No such columns, or too many bad rows.
    """
    table = _table(path)
    wants, accelerators = _wants(table)
    none = np.full(table.rows, -1, np.int64)
    created_s, deleted_s, scheduled_s = (
        table.whole(name) if name in table.numbers else none for name in TIMES
    )
    return Pods(
        gpus=table.whole("num_gpu"),
        share_milli=_share_milli(table),
        cpu_milli=table.whole("cpu_milli"),
        memory_mib=table.whole("memory_mib"),
        wants=wants,
        accelerators=accelerators,
        created_s=created_s,
        scheduled_s=scheduled_s,
        deleted_s=deleted_s,
    )


def nodes_of(path: Path) -> Nodes:
    """The nodes with GPUs of a list of nodes, in the order of the file.

    Raises:
        UnreadableTrace: No such columns, no node with GPUs, or too many bad rows.
    """
    numbers = ("cpu_milli", "memory_mib", "gpu")
    fields = [Field("sn", Cell.TEXT), Field("model", Cell.WORD), *map(Field, numbers)]
    table = read_table(path, fields)
    table = table.drop(table.whole("gpu") > 0, "no GPUs")
    table = table.require(table.words["model"] >= 0, "no model")
    if not table.rows:
        raise UnreadableTrace(str(path), "no node with GPUs", "Give openb_node_list_gpu_node.")
    model, models = tenants_of(table, "model")
    return Nodes(
        names=tuple(table.texts["sn"].to_pylist()),
        gpus=table.whole("gpu"),
        model=model,
        models=models,
        cpu_milli=table.whole("cpu_milli"),
        memory_mib=table.whole("memory_mib"),
    )


def _table(path: Path) -> Table:
    table = read_table(path, FIELDS)
    gpus, milli = table.whole("num_gpu"), table.whole("gpu_milli")
    part = (gpus != 1) | ((milli > 0) & (milli <= WHOLE_MILLI))
    return table.require((gpus >= 0) & (gpus < LIMIT_GPUS) & part, "not a pod")


def _run_s(table: Table) -> Column:
    deleted_s = table.whole("deletion_time", missing=-(2**40))
    return deleted_s - table.whole("scheduled_time")


def _share_milli(table: Table) -> Column:
    return np.where(table.whole("num_gpu") == 1, table.whole("gpu_milli"), WHOLE_MILLI)


def _wants(table: Table) -> tuple[Column, Types]:
    """An index into sets of types for each pod, and the sets that are wanted."""
    if "gpu_spec" not in table.words:
        return np.full(table.rows, -1, np.int64), ()
    known: list[Any] = [tuple(sorted(set(w.split("|")))) for w in table.known["gpu_spec"]]
    types = sorted(set(known))
    place = np.array([*(types.index(own) for own in known), -1], np.int64)
    return place[table.words["gpu_spec"]], tuple(types)
