"""Jobs as a file that the readers accept: CSV or Parquet, the same bytes for the same jobs.

The columns are ITP's (``job_id, submission_time, duration, num_gpu``; seconds and GPUs) with
``tenant``, and where they are known ``purpose`` and ``share_milli`` (of each GPU, thousandths).
"""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import numpy as np

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
        "job_id": pa.array(np.arange(1, trace.jobs + 1)),
        "submission_time": pa.array(trace.submit_s),
        "duration": pa.array(trace.run_s),
        "num_gpu": pa.array(trace.gpus),
        "tenant": _words(trace.tenant, trace.tenants),
    }
    if purposes:
        columns["purpose"] = _words(trace.tenant, purposes)
    if trace.share_milli is not None:
        columns["share_milli"] = pa.array(trace.share_milli)
    return pa.table(columns)


def _words(index: Column, words: Sequence[str]) -> Any:
    import pyarrow as pa

    plain = pa.array([word.translate(UNWRITTEN) for word in words], pa.string())
    return plain.take(pa.array(index))
