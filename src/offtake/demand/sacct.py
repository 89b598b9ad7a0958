"""Slurm's accounting, as ``sacct --parsable2`` prints it.

Source: the user's own clusters: ``sacct -a -X --parsable2 -o
JobID,Account,Partition,QOS,Submit,Start,End,ElapsedRaw,TimelimitRaw,State,ReqTRES,AllocTRES``;
slurm.schedmd.com/sacct.html explains the fields. Licence: the data is the user's. Cite: A. Yoo,
M. Jette, M. Grondona, "SLURM: Simple Linux Utility for Resource Management", JSSPP 2003.

What this reader decides, because the data does not:

- Steps (a dot in the JobID) are no jobs and are skipped, counted.
- GPUs are ``gres/gpu`` of AllocTRES, or of ReqTRES where nothing was allocated; without a
  total, those of all types together. Types, where named, are the accelerators that will do.
  Jobs without GPUs are dropped and counted.
- Jobs that never started (no Start, or nothing allocated) are dropped and counted.
- A run time is ElapsedRaw, else Elapsed, else from Start to End. Jobs that still run count as
  long as they had run when sacct was asked; they are counted. Where no column says how long,
  they are dropped and counted.
- A time limit is in minutes (TimelimitRaw) or written out; UNLIMITED and Partition_Limit ask
  for nothing, and the request is the run time.
- Times have no zone: they are taken as they stand, and count from the earliest submission.
- The tenant is the account, else the partition, else the QOS: the first that has a column.
- Rows without submission are dropped and counted; more than one in a hundred, and the file is
  refused.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from offtake.demand.cells import Numbers, numbers_of, whole_of
from offtake.demand.columns import Column, JobTrace, UnreadableTrace
from offtake.demand.jobs import Found, clock_from, one_tenant, sound, tenants_of, trace_of
from offtake.demand.lines import stem_of
from offtake.demand.table import Cell, Field, Table, header_of, read_table

NAME = "sacct"
BAR = "|"
MISSING = ("Unknown", "None", "None assigned", "INVALID")
MINUTE_S = 60
ALLOCATED, REQUESTED = "AllocTRES", "ReqTRES"
TENANTS = ("Account", "Partition", "QOS")
RUN_TIMES = ("ElapsedRaw", "Elapsed", "End")
OPTIONAL = (
    *(Field(name, Cell.WORD, required=False) for name in TENANTS),
    Field("ElapsedRaw", required=False),
    *(Field(name, Cell.TIME, required=False) for name in ("Start", "End")),
    *(
        Field(name, Cell.TEXT, required=False)
        for name in ("Elapsed", "Timelimit", "TimelimitRaw", "State", ALLOCATED, REQUESTED)
    ),
)
# [days-]hours:minutes:seconds, as sacct(1) gives times; hours are absent below an hour.
SPAN = r"^(?:(?P<d>\d+)-)?(?:(?P<h>\d+):)?(?P<m>\d+):(?P<s>\d+)(?:\.\d+)?$"


class Gpus(NamedTuple):
    """GPUs of each row, and the index of their types in ``types``; -1 for any type."""

    gpus: Column
    wants: Column
    types: tuple[tuple[str, ...], ...]


def recognizes(path: Path) -> str:
    """Why a file seems to be of this format; empty when it does not."""
    names = set(header_of(path, BAR)) if path.is_file() else set()
    found = _job(names) and "Submit" in names and names & {ALLOCATED, REQUESTED}
    return f"{path.name} has the columns of sacct" if found else ""


def _job(names: Any) -> str:
    return next((name for name in ("JobID", "JobIDRaw") if name in names), "")


def read(path: Path) -> JobTrace:
    """Read what sacct printed.

    Raises:
        UnreadableTrace: No such columns, no jobs, or too many bad rows.
    """
    names = header_of(path, BAR)
    _check(path, names)
    job = Field(_job(names) or "JobID", Cell.TEXT)
    fields = (job, Field("Submit", Cell.TIME), *OPTIONAL)
    table = read_table(path, fields, delimiter=BAR, missing=MISSING)
    steps = _where(table.texts[job.name], r"\.")
    table = table.drop(~steps, "steps of jobs")
    table = table.require(~np.isnan(table.numbers["Submit"]), "no submission")
    table = table.drop(_gpus(table).gpus > 0, "no GPUs")
    table = table.drop(_started(table), "never started")
    table = table.drop(_run_s(table) >= 0, "no run time")
    table = table.require(
        sound(table.whole("Submit"), _run_s(table), _gpus(table).gpus), "not a job"
    )
    return _trace(path, table)


def _check(path: Path, names: Sequence[str]) -> None:
    """Refuse a file without a column for GPUs or for run times."""
    for wanted in ((ALLOCATED, REQUESTED), RUN_TIMES):
        if not set(wanted) & set(names):
            says = f"none of the columns {', '.join(wanted)}"
            remedy = "Ask sacct for them: sacct --parsable2 -o JobID,Submit,ElapsedRaw,AllocTRES."
            raise UnreadableTrace(f"{path}:1", says, remedy)


def _trace(path: Path, table: Table) -> JobTrace:
    submit_s, starts = clock_from(table.whole("Submit"))
    by = next((name for name in TENANTS if name in table.words), "")
    tenant, tenants = tenants_of(table, by) if by else one_tenant(stem_of(path), table.rows)
    gpus = _gpus(table)
    choices = [f"times count from {starts}, of no stated zone"]
    choices.append(f"tenants: {by or 'one, the file'}")
    running = int(_where(table.texts["State"], "^RUNNING").sum()) if "State" in table.texts else 0
    if running:
        choices.append(f"still running, counted as long as they had run: {running} rows")
    return trace_of(
        NAME,
        Found(
            submit_s=submit_s,
            run_s=_run_s(table),
            gpus=gpus.gpus,
            tenant=tenant,
            tenants=tenants,
            requested_s=_limit_s(table),
            wants=gpus.wants if gpus.types else None,
            accelerators=gpus.types,
            dropped=table.dropped,
            choices=tuple(choices),
            files=(path,),
        ),
    )


def _where(texts: Any, pattern: str) -> NDArray[np.bool_]:
    import pyarrow.compute as pc

    found: NDArray[np.bool_] = pc.fill_null(
        pc.match_substring_regex(texts.combine_chunks(), pattern), False
    ).to_numpy(zero_copy_only=False)
    return found


def _given(table: Table, name: str) -> NDArray[np.bool_]:
    given: NDArray[np.bool_] = np.asarray(table.texts[name].is_valid())
    return given


def _started(table: Table) -> NDArray[np.bool_]:
    started = np.ones(table.rows, bool)
    if ALLOCATED in table.texts:
        started &= _given(table, ALLOCATED)
    if "Start" in table.numbers:
        return started & ~np.isnan(table.numbers["Start"])
    return started & (_run_s(table) > 0)


def _run_s(table: Table) -> Column:
    """Seconds that each job ran; -1 where no column says it."""
    run_s = np.full(table.rows, np.nan)
    if "ElapsedRaw" in table.numbers:
        run_s = table.numbers["ElapsedRaw"]
    if "Elapsed" in table.texts:
        run_s = np.where(np.isnan(run_s), _span_s(table.texts["Elapsed"]), run_s)
    if {"Start", "End"} <= set(table.numbers):
        measured = table.numbers["End"] - table.numbers["Start"]
        run_s = np.where(np.isnan(run_s), measured, run_s)
    return whole_of(run_s)


def _limit_s(table: Table) -> Column | None:
    """Seconds asked for, -1 where nothing was; None without such a column."""
    if "TimelimitRaw" in table.texts:
        minutes = numbers_of(table.texts["TimelimitRaw"].combine_chunks()).values
        limit_s = minutes * MINUTE_S
    elif "Timelimit" in table.texts:
        limit_s = _span_s(table.texts["Timelimit"])
    else:
        return None
    return whole_of(limit_s)


def _span_s(texts: Any) -> Numbers:
    """Texts such as 1-02:03:04 as seconds; nan where they are none."""
    import pyarrow.compute as pc

    parts = pc.extract_regex(texts.combine_chunks(), pattern=SPAN)
    found = np.zeros(len(parts))
    for name, unit_s in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        values = numbers_of(pc.struct_field(parts, name)).values
        found += np.nan_to_num(values) * unit_s
    found[np.asarray(parts.is_null())] = np.nan
    return found


def _gpus(table: Table) -> Gpus:
    """GPUs and their types, parsed once for each distinct text."""
    import pyarrow.compute as pc

    texts = [table.texts[name] for name in (ALLOCATED, REQUESTED) if name in table.texts]
    tres = pc.coalesce(*(text.combine_chunks() for text in texts))
    # Only what speaks of GPUs: there are few such texts, but many of memory and CPUs.
    marked = pc.replace_substring(pc.fill_null(tres, ""), "gres/gpu", "\x01")
    coded = pc.replace_substring_regex(marked, r"(^|,)[^\x01,][^,]*", "").dictionary_encode()
    parsed = [_of(text) for text in coded.dictionary.to_pylist()]
    types = tuple(sorted({kinds for _, kinds in parsed if kinds}))
    codes = coded.indices.to_numpy(zero_copy_only=False)
    count = np.array([gpus for gpus, _ in parsed] or [0], np.int64)
    wants = np.array([types.index(k) if k else -1 for _, k in parsed] or [-1], np.int64)
    return Gpus(count[codes], wants[codes], types)


def _of(text: str) -> tuple[int, tuple[str, ...]]:
    """GPUs and types of a text such as "=8,:h100=8", a mark before each part."""
    total = re.findall(r"\x01=(\d{1,7})", text)
    typed = re.findall(r"\x01:([^=,]+)=(\d{1,7})", text)
    count = int(total[0]) if total else sum(int(gpus) for _, gpus in typed)
    return count, tuple(sorted({kind for kind, _ in typed}))
