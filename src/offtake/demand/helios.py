"""Helios and Philly as series: GPUs in use and waiting, quotas, nodes in use.

Source: github.com/S-Lab-System-Group/HeliosArtifact (MIT; Helios data CC-BY-4.0). Cite: Q. Hu
et al., "Characterization and Prediction of Deep Learning Workloads in Large-Scale GPU
Datacenters", SC 2021 (Helios); M. Jeon et al., "Analysis of Large-Scale Multi-Tenant GPU
Clusters for DNN Training Workloads", ATC 2019 (Philly).

Three layouts, told apart by their columns:

- ``<cluster>_<vc>_cluster_sequence_vc.csv``, a row a minute: demand is ``running_gpu_num +
  pending_gpu_num``, because what waits is wanted too. The service is the virtual cluster.
- ``Earth_gpu_number.csv``, a row a day: each virtual cluster's quota is its demand, a service
  each; ``total`` is their sum and not read.
- ``philly_node_sequence.csv``, a row a minute: ``active`` nodes times a stated number of GPUs a
  node. The file does not say how many: unstated, a node counts as 1.

What this reader decides, because the data does not:

- A level holds until the next row, in gaps too; the last one as long as rows usually lie
  apart (their median). Local times are taken as they stand.
- Rows without a time, or with an empty or negative level, are dropped and counted.
"""

import re
from pathlib import Path

import numpy as np

from offtake.demand.columns import Column, ServiceDemand, ServiceTrace, UnreadableTrace
from offtake.demand.steps import Rates, without_repeats
from offtake.demand.table import Cell, Field, Table, header_of, read_table

NAME = "helios"
USE, NODES, TOTAL = ("running_gpu_num", "pending_gpu_num"), "active", "total"
LEVEL_MAX = 2**40


def recognizes(path: Path) -> str:
    """Why a file seems to be of this format; empty when it does not."""
    layout = _layout(header_of(path)) if path.is_file() else ""
    return f"{path.name} has the columns of {layout}" if layout else ""


def read(path: Path, rates: Rates) -> ServiceTrace:
    """Read one series, plain or compressed.

    Raises:
        UnreadableTrace: Of none of the three layouts, without rows, or too many bad ones.
    """
    header = header_of(path)
    layout = _layout(header)
    if not layout:
        says = "the columns are of none of the three layouts"
        remedy = f"A series has time, {', '.join(USE)}; or time, {NODES}, {TOTAL}; or date, total."
        raise UnreadableTrace(f"{path}:1", says, remedy)
    time, names = header[0], _names(header)
    table = read_table(path, [Field(time, Cell.TIME), *map(Field, names)])
    held = ~np.isnan(table.numbers[time])
    for name in names:
        level = table.numbers[name]
        held &= (np.nan_to_num(level, nan=-1) >= 0) & (level < LEVEL_MAX)
    table = table.drop(held, "no time, or an empty or negative level")
    if not table.rows:
        raise UnreadableTrace(str(path), "no rows", "Check that this is the right file.")
    at_s = table.whole(time)
    at_s -= at_s.min()
    apart_s, gaps = _spacing(at_s)
    return ServiceTrace(
        format=NAME,
        services=_services(path, table, at_s, rates),
        span_s=int(at_s.max()) + apart_s,
        requests=table.rows,
        dropped=table.dropped,
        choices=(
            f"read as {layout}",
            _meaning(header, rates),
            f"a level holds until the next row, {apart_s} s at the end; longer gaps: {gaps}",
        ),
        files=(path,),
    )


def _layout(header: list[str]) -> str:
    if header[:1] == ["time"] and set(USE) <= set(header):
        return "a virtual cluster's use by the minute"
    if header == ["time", NODES, TOTAL]:
        return "Philly's nodes in use by the minute"
    if header[:1] == ["date"] and header[-1:] == [TOTAL] and len(header) > 2:
        return "quotas of virtual clusters by the day"
    return ""


def _names(header: list[str]) -> tuple[str, ...]:
    """The columns that hold levels."""
    if set(USE) <= set(header):
        return USE
    return (NODES,) if NODES in header else tuple(header[1:-1])


def _meaning(header: list[str], rates: Rates) -> str:
    if set(USE) <= set(header):
        return "demand is GPUs in use and GPUs waited for"
    if NODES in header:
        return f"a node in use counts as {rates.gpus_per_node} GPU(s)"
    return "a quota counts as demand; the total is not read"


def _spacing(at_s: Column) -> tuple[int, int]:
    """How far apart rows usually are, in seconds, and how many lie further."""
    apart = np.diff(np.unique(at_s))
    usual = int(np.median(apart)) if len(apart) else 60
    return usual, int((apart > usual).sum())


def _services(path: Path, table: Table, at_s: Column, rates: Rates) -> tuple[ServiceDemand, ...]:
    names = tuple(name for name in header_of(path)[1:] if name in table.numbers)
    names = USE if set(USE) <= set(names) else names
    if names == USE:
        wanted = table.whole(USE[0]) + table.whole(USE[1])
        return (ServiceDemand(_cluster(path), *without_repeats(at_s, wanted)),)
    if names == (NODES,):
        nodes = table.whole(NODES) * rates.gpus_per_node
        return (ServiceDemand("philly", *without_repeats(at_s, nodes)),)
    return tuple(ServiceDemand(name, *without_repeats(at_s, table.whole(name))) for name in names)


def _cluster(path: Path) -> str:
    """The virtual cluster in a file's name, or the name."""
    stem = path.name.removesuffix(".gz").removesuffix(".csv")
    found = re.search(r"_(vc\w+?)_", stem)
    return found[1] if found else stem
