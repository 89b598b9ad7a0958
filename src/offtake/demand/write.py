"""Jobs as a file that reads back as the same jobs: CSV or Parquet, the same bytes each time.

The columns are those of ``own``. What only some formats know (accelerators that will do, models
of work) is not written.
"""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from offtake.demand.columns import Column, JobTrace

KINDS = ("csv", "parquet")
UNWRITTEN = str.maketrans({",": " ", '"': " ", "\n": " ", "\r": " "})
"""A name in a CSV file needs no quotes: what would need them becomes a blank."""


def file_of(trace: JobTrace, purposes: Sequence[str], kind: str) -> bytes:
    """The file, of one of KINDS; ``purposes`` of each tenant, or none."""
    table = _table(trace, purposes)
    out = BytesIO()
    if kind == "parquet":
        from pyarrow import parquet

        parquet.write_table(table, out, compression="zstd")
        return out.getvalue()
    from pyarrow import csv

    out.write(f"{','.join(table.column_names)}\n".encode())
    plain = csv.WriteOptions(include_header=False, quoting_style="none")
    csv.write_csv(table, out, write_options=plain)
    return out.getvalue()


def _table(trace: JobTrace, purposes: Sequence[str]) -> Any:
    import pyarrow as pa

    columns = {
        "submit_s": pa.array(trace.submit_s),
        "run_s": pa.array(trace.run_s),
        "requested_s": pa.array(trace.requested_s),
        "gpus": pa.array(trace.gpus),
        "tenant": _words(trace.tenant, trace.tenants),
    }
    if purposes or trace.purposes:
        columns["purpose"] = _words(trace.tenant, purposes or trace.purposes)
    if trace.priority.any():
        columns["priority"] = pa.array(trace.priority)
    for name in ("deadline_s", "share_milli"):
        if getattr(trace, name) is not None:
            columns[name] = pa.array(getattr(trace, name))
    return pa.table(columns)


def _words(index: Column, words: Sequence[str]) -> Any:
    import pyarrow as pa

    plain = pa.array([word.translate(UNWRITTEN) for word in words], pa.string())
    return plain.take(pa.array(index))
