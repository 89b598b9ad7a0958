"""offtake's own table of jobs, as ``offtake synth`` writes it: CSV or Parquet, seconds and GPUs.

Source: drawn by this project or written by hand. Licence: yours. Cite: whoever it was fitted to.
Columns ``submit_s, run_s, gpus``, and where they are there ``requested_s``, ``tenant``,
``purpose`` (one a tenant), ``priority``, ``deadline_s`` and ``share_milli`` (of each GPU, in
thousandths).

What this reader decides, because the data does not:

- Times are seconds from the trace's own start and stay so; fractions are rounded down.
- Without tenants the one tenant is the file's name without its ending; a row without one is
  of ``unknown``.
- A tenant's purpose is that of its first row; another one later is refused.
- Rows that are no jobs, or share no part of a GPU, are dropped and counted; more than one in a
  hundred, and the file is refused.
"""

from pathlib import Path

import numpy as np

from offtake.demand.columns import WHOLE_MILLI, Column, JobTrace, UnreadableTrace
from offtake.demand.jobs import Found, one_tenant, sound, tenants_of, trace_of
from offtake.demand.lines import stem_of
from offtake.demand.parquet import is_parquet, names_of, read_parquet
from offtake.demand.table import Cell, Field, Table, header_of, read_table

NAME = "offtake"
NEEDED = ("submit_s", "run_s", "gpus")
WORDS = ("tenant", "purpose")
NUMBERS = ("requested_s", "priority", "deadline_s", "share_milli")


def recognizes(path: Path) -> str:
    """Why a file seems to be of this format; empty when it does not."""
    if not path.is_file():
        return ""
    names = names_of(path) if is_parquet(path) else header_of(path)
    return f"{path.name} has the columns of offtake" if set(NEEDED) <= set(names) else ""


def read(path: Path) -> JobTrace:
    """Read one file.

    Raises:
        UnreadableTrace: No such columns, no jobs, too many bad rows, or two purposes of a tenant.
    """
    fields = [Field(name) for name in NEEDED]
    fields += [Field(name, Cell.WORD, required=False) for name in WORDS]
    fields += [Field(name, required=False) for name in NUMBERS]
    table = read_parquet(path, fields) if is_parquet(path) else read_table(path, fields)
    jobs = sound(*(table.whole(name) for name in NEEDED))
    if "share_milli" in table.numbers:
        share = table.whole("share_milli", missing=WHOLE_MILLI)
        jobs &= (share > 0) & (share <= WHOLE_MILLI)
    return _trace(table.require(jobs, "not a job"))


def _trace(table: Table) -> JobTrace:
    def column(name: str, missing: int) -> Column | None:
        return table.whole(name, missing=missing) if name in table.numbers else None

    if "tenant" in table.words:
        tenant, tenants = tenants_of(table, "tenant")
    else:
        tenant, tenants = one_tenant(stem_of(table.path), table.rows)
    return trace_of(
        NAME,
        Found(
            submit_s=table.whole("submit_s"),
            run_s=table.whole("run_s"),
            gpus=table.whole("gpus"),
            tenant=tenant,
            tenants=tenants,
            purposes=_purposes(table, tenant, len(tenants)),
            requested_s=column("requested_s", -1),
            priority=column("priority", 0),
            deadline_s=column("deadline_s", -1),
            share_milli=column("share_milli", WHOLE_MILLI),
            dropped=table.dropped,
            files=(table.path,),
        ),
    )


def _purposes(table: Table, tenant: Column, count: int) -> tuple[str, ...]:
    """The purpose of each tenant; none where the file has no such column."""
    if "purpose" not in table.words or not table.rows:
        return ()
    code, known = table.words["purpose"], table.known["purpose"]
    _, first = np.unique(tenant, return_index=True)
    assert len(first) == count, (first, count)
    wrong = np.flatnonzero((code != code[first][tenant]) | (code < 0))
    if len(wrong):
        says = "a tenant with two purposes, or a row without one"
        remedy = "Give every row of a tenant one purpose, or leave the column out."
        raise UnreadableTrace(table.place(int(wrong[0])), says, remedy)
    return tuple(known[place] for place in code[first])
