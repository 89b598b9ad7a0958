"""Gavel: Philly's arrivals with models whose speed was measured on K80, P100 and V100.

Source: github.com/stanford-futuredata/gavel, ``scheduler/traces`` and
``scheduler/*_throughputs.json``. Licence: MIT. Cite: D. Narayanan et al.,
"Heterogeneity-Aware Cluster Scheduling Policies for Deep Learning Workloads", OSDI 2020.
Tab separated, no header: of 7 fields (MSR) or of 10 (physical cluster), in another order.

What this reader decides, because the data does not:

- A run time is steps by the throughput of the job's type alone on that many V100s, in whole
  seconds, rounded down. The throughputs are looked for beside the trace:
  ``simulation_throughputs.json`` for 7 fields, ``physical_cluster_throughputs.json`` for 10,
  the other where that is absent, plain or packed. Without them there is no run time, and the
  trace is refused.
- Other accelerators are as fast, against V100, as the throughputs say; 0 where the work does
  not fit. Co-located and unconsolidated throughputs are not read.
- Jobs whose type has no throughput for their number of GPUs, or 0 on V100, are dropped and
  counted.
- An SLO is a multiple of the run time, counted from arrival: the deadline; -1 is none.
- Priority weights are rounded down. The tenant is the file: one virtual cluster each.
- Commands are not read, let alone run.
- Rows without type, steps, GPUs or arrival are dropped and counted; more than one in a
  hundred, and the file is refused.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from offtake.demand.cells import whole_of
from offtake.demand.columns import LIMIT_RUN_S, Column, JobModel, JobTrace, UnreadableTrace
from offtake.demand.document import document_of, number_of
from offtake.demand.jobs import Found, one_tenant, sound, trace_of
from offtake.demand.lines import head_of, stem_of
from offtake.demand.table import Cell, Field, Table, read_table

NAME = "gavel"
BASE, OTHERS = "v100", ("p100", "k80")
SIMULATION, PHYSICAL = "simulation_throughputs.json", "physical_cluster_throughputs.json"
PPM = 1_000_000


class Layout(NamedTuple):
    """The fields of a row, in order, and whose throughputs come first."""

    fields: tuple[str, ...]
    tables: tuple[str, str]


MSR = Layout(
    ("job_type", "command", "steps_arg", "needs_data", "total_steps", "arrival", "gpus"),
    (SIMULATION, PHYSICAL),
)
CLUSTER = Layout(
    (
        *("job_type", "command", "directory", "steps_arg", "needs_data", "total_steps"),
        *("gpus", "priority", "slo", "arrival"),
    ),
    (PHYSICAL, SIMULATION),
)
LAYOUTS = {len(layout.fields): layout for layout in (MSR, CLUSTER)}
NUMBERS = ("needs_data", "total_steps", "arrival", "gpus", "priority", "slo")


def recognizes(path: Path) -> str:
    """Why a file seems to be of this format; empty when it does not."""
    layout = _layout(path) if path.is_file() else None
    return f"rows of {len(layout.fields)} fields, as Gavel's" if layout else ""


def _layout(path: Path) -> Layout | None:
    words = head_of(path).lstrip("\r\n").partition("\n")[0].strip("\r").split("\t")
    layout = LAYOUTS.get(len(words))
    if layout is None:
        return None
    numbers = [word for name, word in zip(layout.fields, words, strict=True) if name in NUMBERS]
    return layout if all(re.fullmatch(r"-?\d+(\.\d+)?", word) for word in numbers) else None


def read(path: Path) -> JobTrace:
    """Read a trace, with the throughputs that lie beside it.

    Raises:
        UnreadableTrace: Not such a file, no throughputs, no jobs, or too many bad rows.
    """
    layout = _layout(path)
    if layout is None:
        says = "rows are not Gavel's 7 or 10 fields, tab separated"
        raise UnreadableTrace(f"{path}:1", says, "Give the trace as it was published.")
    fields = [Field("job_type", Cell.WORD)]
    fields += [Field(name) for name in layout.fields if name in NUMBERS]
    table = read_table(path, fields, delimiter="\t", header=layout.fields)
    jobs = sound(table.whole("arrival"), table.whole("total_steps"), table.whole("gpus"))
    table = table.require(jobs & (table.words["job_type"] >= 0), "not a job")
    speeds, file = _throughputs(path, layout)
    return _trace(file, _timed(table, speeds))


def _throughputs(path: Path, layout: Layout) -> tuple[Mapping[str, Any], Path]:
    """Steps a second by accelerator and "('type', GPUs)", and the file that has them."""
    for name in (f"{name}{packed}" for name in layout.tables for packed in ("", ".gz")):
        file = path.parent / name
        if file.is_file():
            return document_of(file), file
    says = "the trace has steps and no run times, and no throughputs lie beside it"
    remedy = f"Put {layout.tables[0]} (or .gz) of the same source into {path.parent}."
    raise UnreadableTrace(str(path), says, remedy)


class Timed(NamedTuple):
    """Rows whose type has a speed, with what follows from it."""

    table: Table
    run_s: Column
    model: Column
    models: tuple[JobModel, ...]


def _timed(table: Table, speeds: Mapping[str, Any]) -> Timed:
    kinds = np.stack([table.words["job_type"], table.whole("gpus")], axis=1)
    unique, kind = np.unique(kinds, axis=0, return_inverse=True)
    names = table.known["job_type"]
    keys = [f"('{names[code]}', {gpus})" for code, gpus in unique.tolist()]
    per_s = {gpu: np.array([_alone(speeds, gpu, key) for key in keys]) for gpu in (BASE, *OTHERS)}
    base = per_s[BASE][kind.reshape(-1)]
    with np.errstate(divide="ignore", invalid="ignore"):
        run_s = np.floor(np.round(table.numbers["total_steps"] / base, 6))
    kept = np.isfinite(run_s) & (run_s < LIMIT_RUN_S)
    used, model = np.unique(kind.reshape(-1)[kept], return_inverse=True)
    models = tuple(JobModel(keys[n], _speed_ppm(per_s, int(n))) for n in used)
    table = table.drop(kept, "no throughput on V100 for that type and number of GPUs")
    return Timed(table, run_s[kept].astype(np.int64), model.astype(np.int64), models)


def _alone(speeds: Mapping[str, Any], gpu: str, key: str) -> float:
    """Steps a second of a type that has the GPUs to itself; nan where it is not known."""
    of_gpu = speeds.get(gpu)
    entry = of_gpu.get(key) if isinstance(of_gpu, dict) else None
    return number_of(entry.get("null")) if isinstance(entry, dict) else float("nan")


def _speed_ppm(per_s: Mapping[str, Any], kind: int) -> tuple[tuple[str, int], ...]:
    base = per_s[BASE][kind]
    ratios = {gpu: values[kind] / base for gpu, values in per_s.items()}
    return tuple(
        (gpu.upper(), round(ratio * PPM)) for gpu, ratio in ratios.items() if np.isfinite(ratio)
    )


def _trace(file: Path, timed: Timed) -> JobTrace:
    table, run_s, model, models = timed
    submit_s = table.whole("arrival")
    deadline_s = priority = None
    choices = [f"run times are on V100, by {file.name}"]
    if "slo" in table.numbers:
        slo = table.numbers["slo"]
        after_s = whole_of(np.where(slo > 0, slo * run_s, np.nan))
        deadline_s = np.where(after_s >= 0, submit_s + after_s, -1)
        priority = table.whole("priority", missing=0)
        choices.append("an SLO is a multiple of the run time, counted from arrival")
    tenant, tenants = one_tenant(stem_of(table.path), table.rows)
    return trace_of(
        NAME,
        Found(
            submit_s=submit_s,
            run_s=run_s,
            gpus=table.whole("gpus"),
            tenant=tenant,
            tenants=tenants,
            priority=priority,
            deadline_s=deadline_s,
            model=model,
            models=models,
            dropped=table.dropped,
            choices=tuple(choices),
            files=(table.path, file),
        ),
    )
