"""Any table of jobs, CSV or Parquet, whose columns the user names.

Source: the user's own data. Licence: the user's. Cite: whoever gave it. The mapping is a text
such as ``submit=submitted:time,run=duration_ms:ms,gpus=num_gpus,tenant=team``: what a column is,
its name, and its unit.

What this reader decides, because the data does not:

- ``submit``, ``run`` and ``gpus`` must be named; ``tenant``, ``requested``, ``priority`` and
  ``deadline`` may be.
- Units are s (where none is said), ms, us, ns, min, h and d; ``time`` is a date and time, UTC
  where it has no zone. Fractions of a second are rounded down.
- Where submissions are dates and times they count from the earliest one, else they stay as
  they are. A deadline is on the same clock as the submission; empty is none.
- Empty: a tenant is "unknown", a request the run time, a priority 0; higher goes first.
  Without a column for tenants, the one tenant is the file's name without its ending.
- Rows of 0 GPUs are dropped and counted. So are rows without submission or run time, or with
  parts of GPUs; more than one in a hundred, and the file is refused.
- CSV is separated by commas, by tabs where the name says .tsv; plain or packed.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from offtake.demand.columns import Column, JobTrace, UnreadableTrace
from offtake.demand.jobs import Found, clock_from, one_tenant, sound, tenants_of, trace_of
from offtake.demand.lines import stem_of
from offtake.demand.parquet import is_parquet, read_parquet
from offtake.demand.table import Cell, Field, Table, read_table

NAME = "columns"
REQUIRED = ("submit", "run", "gpus")
OPTIONAL = ("tenant", "requested", "priority", "deadline")
TIMES = ("submit", "run", "requested", "deadline")
UNITS_S = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "min": 60.0, "h": 3600.0, "d": 86400.0}
TIME = "time"
EXAMPLE = "submit=col,run=col:ms,gpus=col,tenant=col"


class Mapped(NamedTuple):
    """The column that holds something, and its unit; empty where it needs none."""

    column: str
    unit: str

    @property
    def scale(self) -> float:
        """Seconds a unit."""
        return UNITS_S.get(self.unit, 1.0)


def recognizes(path: Path) -> str:
    """Nothing: columns must be named to be known."""
    return ""


def read(path: Path) -> JobTrace:
    """Refuse: without a mapping there is nothing to go by.

    Raises:
        UnreadableTrace: Always.
    """
    says = "the columns of this table are not named"
    raise UnreadableTrace(str(path), says, f"Name them: --columns {EXAMPLE}.")


def mapping_of(text: str) -> dict[str, Mapped]:
    """Which column holds what.

    Raises:
        UnreadableTrace: An unknown key or unit, or a required key that is missing.
    """
    found: dict[str, Mapped] = {}
    wrong = []
    for part in text.split(","):
        key, _, column = (word.strip() for word in part.partition("="))
        name, _, unit = column.rpartition(":")
        named = name and (unit in UNITS_S or unit == TIME)
        mapped = Mapped(name, unit) if named else Mapped(column, "")
        if key not in (*REQUIRED, *OPTIONAL) or not column:
            wrong.append(f"`{part.strip()}` names none of {', '.join((*REQUIRED, *OPTIONAL))}")
        elif mapped.unit and not _has_unit(key, mapped.unit):
            wrong.append(f"`{key}` has no unit `{mapped.unit}`")
        elif key in found:
            wrong.append(f"`{key}` is named twice")
        found[key] = mapped
    wrong += [f"`{key}` is not named" for key in REQUIRED if key not in found]
    if wrong:
        raise UnreadableTrace("--columns", "; ".join(wrong), f"Write {EXAMPLE}.")
    return found


def _has_unit(key: str, unit: str) -> bool:
    return key in (("submit", "deadline") if unit == TIME else TIMES)


def read_columns(path: Path, text: str) -> JobTrace:
    """Read a table by a mapping of its columns.

    Raises:
        UnreadableTrace: A mistake in the mapping, no such file or column, no jobs, or too many
            bad rows.
    """
    mapping = mapping_of(text)
    return _trace(_jobs(path, mapping), mapping)


def _jobs(path: Path, mapping: dict[str, Mapped]) -> Table:
    """The rows that are jobs; what checks them is let go before a trace is made."""
    fields = [Field(mapped.column, _cell(key, mapped)) for key, mapped in mapping.items()]
    if len({field.name for field in fields}) < len(fields):
        raise UnreadableTrace("--columns", "a column is named twice", f"Write {EXAMPLE}.")
    if is_parquet(path):
        table = read_parquet(path, fields)
    else:
        tabs = ".tsv" in path.suffixes
        table = read_table(path, fields, delimiter="\t" if tabs else ",")
    exact = table.numbers[mapping["gpus"].column]
    table = table.require(np.isnan(exact) | (exact == np.floor(exact)), "parts of GPUs")
    submit_s, run_s, gpus = (_whole(table, mapping[key]) for key in REQUIRED)
    table = table.require(sound(submit_s, run_s, _some(gpus)), "not a job")
    return table.drop(_whole(table, mapping["gpus"]) > 0, "no GPUs")


def _cell(key: str, mapped: Mapped) -> Cell:
    if key == "tenant":
        return Cell.WORD
    return Cell.TIME if mapped.unit == TIME else Cell.NUMBER


def _some(gpus: Column) -> Column:
    """GPUs, with 1 for 0: those rows are dropped for another reason."""
    return np.where(gpus == 0, 1, gpus)


def _whole(table: Table, mapped: Mapped, missing: int = -1) -> Column:
    return table.whole(mapped.column, scale=mapped.scale, missing=missing)


def _trace(table: Table, mapping: dict[str, Mapped]) -> JobTrace:
    def column(key: str, missing: int = -1) -> Column | None:
        return _whole(table, mapping[key], missing) if key in mapping else None

    submit_s, deadline_s = _whole(table, mapping["submit"]), column("deadline")
    choices = [f"{key} is column {m.column}{_unit(key, m)}" for key, m in mapping.items()]
    if mapping["submit"].unit == TIME and table.rows:
        first_s = int(submit_s.min())
        submit_s, starts = clock_from(submit_s)
        choices.append(f"times count from {starts} UTC")
        if deadline_s is not None:
            deadline_s = np.where(deadline_s >= first_s, deadline_s - first_s, -1)
    if "tenant" in mapping:
        tenant, tenants = tenants_of(table, mapping["tenant"].column)
    else:
        tenant, tenants = one_tenant(stem_of(table.path), table.rows)
    return trace_of(
        NAME,
        Found(
            submit_s=submit_s,
            run_s=_whole(table, mapping["run"]),
            gpus=_whole(table, mapping["gpus"]),
            tenant=tenant,
            tenants=tenants,
            requested_s=column("requested"),
            priority=column("priority", 0),
            deadline_s=deadline_s,
            dropped=table.dropped,
            choices=tuple(choices),
            files=(table.path,),
        ),
    )


def _unit(key: str, mapped: Mapped) -> str:
    if mapped.unit == TIME:
        return ", a date and time"
    return f", in {mapped.unit or 's'}" if key in TIMES else ""
