"""Mooncake's sample of requests to Kimi, 2025: long prompts, JSON lines, milliseconds.

Source: github.com/kvcache-ai/Mooncake (Apache-2.0), ``FAST25-release/traces/*.jsonl`` with
``timestamp`` (ms), ``input_length``, ``output_length`` (tokens) and ``hash_ids``. Cite: R. Qin
et al., "Mooncake: Trading More Storage for Less Computation", FAST 2025.

What this reader decides, because the data does not:

- Tokens become GPUs by stated rates, in steps (``steps.token_gpus``). All work of a request
  counts in the step in which the request comes.
- Every prompt token is computed: prefixes that requests share (``hash_ids``) save nothing.
- Milliseconds are cut to seconds. The service is named after the file.
- Lines that are no such object are dropped and counted; more than one in a hundred, and the
  file is refused.
"""

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from offtake.demand.columns import BAD_SHARE_MAX, Dropped, ServiceTrace, UnreadableTrace
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

NAME = "mooncake"
KEYS = ("timestamp", "input_length", "output_length")
TIME_MS_MAX = 2**50
UNREADABLE = (OSError, EOFError, UnicodeDecodeError, zlib.error)


def recognizes(path: Path) -> str:
    """Why a file seems to be of this format; empty when it does not."""
    if not path.is_file() or not path.name.removesuffix(".gz").endswith((".jsonl", ".json")):
        return ""
    try:
        first = next(_lines(path), "")
    except UNREADABLE:
        return ""
    found = _request(first) is not None
    return f"{path.name} has lines with {', '.join(KEYS)}" if found else ""


def read(path: Path, rates: Rates) -> ServiceTrace:
    """Read one file, plain or ending in ``.gz``.

    Raises:
        UnreadableTrace: Not text, no requests, or too many bad lines.
    """
    requests, dropped = _requests(path)
    if not len(requests.at_s):
        raise UnreadableTrace(str(path), "no requests", "Check that this is the right file.")
    arrivals_s = np.sort(requests.at_s)
    start_s = int(arrivals_s[0])
    requests = requests._replace(at_s=requests.at_s - start_s)
    steps = steps_within(int(arrivals_s[-1]) + 1 - start_s, rates.step_s, str(path))
    gpus = token_gpus(requests, rates, steps, str(path))
    name = path.name.removesuffix(".gz").rpartition(".")[0].removesuffix("_trace")
    return ServiceTrace(
        format=NAME,
        services=(in_steps(name, gpus, rates.step_s),),
        span_s=steps * rates.step_s,
        requests=len(arrivals_s),
        work_gpu_s=token_work_gpu_s(requests, rates),
        arrivals_s=arrivals_s - start_s,
        dropped=dropped,
        choices=(
            token_rates(rates),
            "all work of a request counts in the step in which it comes",
            "prefixes that requests share save nothing",
            "times count from the first request, cut to the second",
        ),
        files=(path,),
    )


def _lines(path: Path) -> Iterator[str]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8-sig") as stream:
        yield from stream


def _request(line: str) -> tuple[int, int, int] | None:
    """Milliseconds, prompt and generated tokens of a line; None when it is no request."""
    try:
        entry = json.loads(line)
        at_ms, prompt, output = (entry[key] for key in KEYS)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if not all(isinstance(value, int) for value in (at_ms, prompt, output)):
        return None
    sane = 0 <= at_ms < TIME_MS_MAX and 0 <= prompt <= TOKENS_MAX and 0 <= output <= TOKENS_MAX
    return (at_ms, prompt, output) if sane else None


def _requests(path: Path) -> tuple[Requests, tuple[Dropped, ...]]:
    """The requests in the file's order, and what was dropped."""
    rows, bad = [], []
    try:
        for number, line in enumerate(_lines(path), start=1):
            row = _request(line)
            if row is not None:
                rows.append(row)
            elif line.strip():
                bad.append(number)
    except UNREADABLE as error:
        raise UnreadableTrace(str(path), f"not text: {error}", "Give the JSON lines.") from error
    if len(bad) > BAD_SHARE_MAX * (len(rows) + len(bad)):
        says = f"{len(bad)} of {len(rows) + len(bad)} lines are no requests"
        remedy = f"Each line is an object with {', '.join(KEYS)}."
        raise UnreadableTrace(f"{path}:{bad[0]}", says, remedy)
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    found = (Dropped("not a request", len(bad), f"{path.name}:{bad[0]}"),) if bad else ()
    return Requests(table[:, 0] // 1_000, table[:, 1], table[:, 2]), found
