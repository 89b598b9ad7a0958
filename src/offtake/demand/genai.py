"""Alibaba GenTD26: requests for images to a diffusion model, November and December 2024.

Source: github.com/alibaba/clusterdata, ``cluster-trace-v2026-GenAI/lora_request_trace.csv`` (no
licence is stated for this folder: use it for research, with citation). Cite: Y. Lin et al.,
"Understanding Diffusion Model Serving in Production", SoCC 2025.

What this reader decides, because the data does not:

- A request keeps one GPU busy for ``exec_time_seconds`` from ``gmt_create`` on. GPUs in a step
  = ceil(busy seconds in it / its length); with steps of 1 s, the requests in service.
- Requests that failed are counted with the time they took. Rows without any GPU time
  (pending when the trace ended) are dropped and counted.
- All requests are one service. Tenants (``groupId``) are thousands: they are summarized.
- Only these columns are read; others are empty in some rows, which matters to nobody here.
"""

from pathlib import Path

import numpy as np

from offtake.demand.columns import Column, ServiceTrace, UnreadableTrace
from offtake.demand.steps import Rates, busy_gpus, in_steps, steps_within
from offtake.demand.table import Cell, Field, Table, header_of, read_table

NAME = "genai"
FIELDS = (
    Field("gmt_create", Cell.TIME),
    Field("exec_time_seconds"),
    Field("groupId", Cell.WORD),
)
BUSY_S_MAX = 10_000_000
LARGEST = 10


def recognizes(path: Path) -> str:
    """Why a file seems to be of this format; empty when it does not."""
    found = path.is_file() and {field.name for field in FIELDS} <= set(header_of(path))
    return f"{path.name} has the columns of GenTD26's requests" if found else ""


def read(path: Path, rates: Rates) -> ServiceTrace:
    """Read the table of requests, plain or compressed.

    Raises:
        UnreadableTrace: No such columns, no requests, or too many bad rows.
    """
    table = read_table(path, FIELDS)
    table = table.drop(~np.isnan(table.numbers["gmt_create"]), "no time")
    taken = np.clip(np.nan_to_num(table.numbers["exec_time_seconds"]), 0, BUSY_S_MAX)
    busy_s: Column = np.ceil(taken).astype(np.int64)
    held = (busy_s > 0) & (busy_s < BUSY_S_MAX)
    table, busy_s = table.drop(held, "no GPU time, as while pending"), busy_s[held]
    if not table.rows:
        raise UnreadableTrace(str(path), "no requests", "Check that this is the right file.")
    at_s = np.floor(table.numbers["gmt_create"]).astype(np.int64)
    at_s -= at_s.min()
    steps = steps_within(int((at_s + busy_s).max()), rates.step_s, str(path))
    gpus = busy_gpus(at_s, at_s + busy_s, rates.step_s, steps)
    return ServiceTrace(
        format=NAME,
        services=(in_steps("images", gpus, rates.step_s),),
        span_s=steps * rates.step_s,
        requests=table.rows,
        work_gpu_s=int(busy_s.sum()),
        arrivals_s=np.sort(at_s),
        dropped=table.dropped,
        choices=(
            "a request keeps one GPU busy from its creation for its execution time",
            f"GPUs in a step of {rates.step_s} s = ceil(busy seconds in it / {rates.step_s})",
            _tenants(table, busy_s),
            "times count from the first request",
        ),
        files=(path,),
    )


def _tenants(table: Table, busy_s: Column) -> str:
    """The tenants in one sentence."""
    known = table.known["groupId"]
    by_tenant = np.zeros(len(known) + 1, np.int64)
    np.add.at(by_tenant, table.words["groupId"], busy_s)  # -1, no tenant, is the last.
    largest = int(np.sort(by_tenant)[::-1][:LARGEST].sum())
    percent = 100 * largest / int(busy_s.sum())
    held = int((by_tenant > 0).sum())
    return f"one service for {held:,} tenants; the ten largest make {percent:.0f} % of busy time"
