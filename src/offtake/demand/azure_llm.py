"""Azure's traces of requests to large language models, 2023: code and conversation.

Source: github.com/Azure/AzurePublicDataset (CC-BY-4.0), ``AzureLLMInferenceTrace_code.csv`` and
``_conv.csv`` with ``TIMESTAMP, ContextTokens, GeneratedTokens``. Cite: P. Patel et al.,
"Splitwise: Efficient Generative LLM Inference Using Phase Splitting", ISCA 2024.

What this reader decides, because the data does not:

- Tokens become GPUs by stated rates, in steps (``steps.token_gpus``). All work of a request
  counts in the step in which the request comes.
- Instants have seven digits after the second and no zone: they are cut to the second.
- A file is one service, named by the end of its name: ``code``, ``conv``. Several files of
  one folder share the earliest request as their start.
- Rows without counts of tokens, or beyond 100 million of them, are dropped and counted.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from offtake.demand.columns import (
    Column,
    Dropped,
    ServiceDemand,
    ServiceTrace,
    UnreadableTrace,
)
from offtake.demand.steps import (
    TOKENS_MAX,
    Rates,
    Requests,
    in_steps,
    steps_within,
    token_gpus,
    token_rates,
    token_work_gpu_s,
)
from offtake.demand.table import Cell, Field, Table, header_of, read_table

NAME = "azure_llm"
FIELDS = (Field("TIMESTAMP", Cell.TIME), Field("ContextTokens"), Field("GeneratedTokens"))


class _Service(NamedTuple):
    name: str
    requests: Requests
    dropped: tuple[Dropped, ...]


def recognizes(path: Path) -> str:
    """Why a file or folder seems to be of this format; empty when it does not."""
    files = _files(path)
    wanted = [field.name for field in FIELDS]
    if files and all(header_of(file)[:3] == wanted for file in files):
        return f"{files[0].name} has the columns of Azure's LLM traces"
    return ""


def read(path: Path, rates: Rates) -> ServiceTrace:
    """Read one service's file, or a folder of them.

    Raises:
        UnreadableTrace: No file, no such columns, no requests, or too many bad rows.
    """
    files = _files(path)
    if not files:
        raise UnreadableTrace(str(path), "no .csv file here", "Name a trace or its folder.")
    services = [_service(file) for file in files]
    arrivals_s = np.sort(np.concatenate([service.requests.at_s for service in services]))
    if not len(arrivals_s):
        raise UnreadableTrace(str(path), "no requests", "Check that this is the right file.")
    start_s = int(arrivals_s[0])
    steps = steps_within(int(arrivals_s[-1]) + 1 - start_s, rates.step_s, str(path))
    found, work_gpu_s = [], 0
    for service in services:
        requests = service.requests._replace(at_s=service.requests.at_s - start_s)
        found.append(_demand(service.name, requests, rates, steps))
        work_gpu_s += token_work_gpu_s(requests, rates)
    return ServiceTrace(
        format=NAME,
        services=tuple(found),
        span_s=steps * rates.step_s,
        requests=len(arrivals_s),
        work_gpu_s=work_gpu_s,
        arrivals_s=arrivals_s - start_s,
        dropped=tuple(dropped for service in services for dropped in service.dropped),
        choices=(
            token_rates(rates),
            "all work of a request counts in the step in which it comes",
            "times count from the first request, cut to the second",
        ),
        files=tuple(files),
    )


def _demand(name: str, requests: Requests, rates: Rates, steps: int) -> ServiceDemand:
    return in_steps(name, token_gpus(requests, rates, steps, name), rates.step_s)


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted([*path.glob("*.csv"), *path.glob("*.csv.gz")])
    return [path] if path.is_file() else []


def _service(file: Path) -> _Service:
    table = read_table(file, FIELDS)
    table = table.drop(~np.isnan(table.numbers["TIMESTAMP"]), "no time")
    table = table.drop(_counted(table), "no plausible counts of tokens")
    at_s: Column = np.floor(table.numbers["TIMESTAMP"]).astype(np.int64)
    requests = Requests(at_s, table.whole("ContextTokens"), table.whole("GeneratedTokens"))
    name = file.name.removesuffix(".gz").removesuffix(".csv")
    return _Service(name.rpartition("_")[2], requests, table.dropped)


def _counted(table: Table) -> NDArray[np.bool_]:
    """Which rows have both counts, within the limit."""
    counts = np.stack([table.numbers["ContextTokens"], table.numbers["GeneratedTokens"]])
    fits: NDArray[np.bool_] = np.all((counts >= 0) & (counts <= TOKENS_MAX), axis=0)
    return fits
