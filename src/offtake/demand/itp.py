"""Microsoft ITP: ten internal GPU clusters, March to May 2021, one file each.

Source: github.com/microsoft/elasticflow-traces (MIT), ``raw-traces/cluster01..10.csv`` with
``job_id, submission_time, duration, num_gpu``, and ``elasticflow-traces/*.csv`` with the same
jobs and generated deadlines. Cite: D. Gu et al., "ElasticFlow: An Elastic Serverless Training
Platform for Distributed Deep Learning", ASPLOS 2023.

What this reader decides, because the data does not:

- Times are seconds from the start of the collection, common to all clusters, and stay so.
- The tenant is the cluster: the file's name without its ending.
- Users asked for nothing that is recorded: the requested time is the run time.
- Deadlines of the generated layout are synthetic and are not read.
- Rows with a field that is no whole number, without GPUs or without duration are dropped and
  counted; more than one in a hundred, and the file is refused.
- Files ending in ``.gz`` are unpacked; CR LF, a byte-order mark and blank lines are accepted.
"""

import gzip
from pathlib import Path

import numpy as np

from offtake.demand.columns import (
    BAD_SHARE_MAX,
    Column,
    Dropped,
    JobTrace,
    UnreadableTrace,
    in_order,
)

NAME = "itp"
HEADER = ("job_id", "submission_time", "duration", "num_gpu")


def recognizes(path: Path) -> str:
    """Why a file or folder seems to be of this format; empty when it does not."""
    files = _files(path)
    if not files:
        return ""
    try:
        header = _text(files[0]).split("\n", 1)[0].strip().split(",")
    except (OSError, UnicodeDecodeError):
        return ""
    return f"{files[0].name} has the columns of ITP" if set(HEADER) <= set(header) else ""


def read(path: Path) -> JobTrace:
    """Read one cluster's file, or a folder of them.

    Raises:
        UnreadableTrace: No file, no such columns, no jobs, or too many bad rows.
    """
    files = _files(path)
    if not files:
        raise UnreadableTrace(str(path), "no .csv file here", "Name a trace or its folder.")
    parts = [_cluster(file) for file in files]
    columns = {
        name: np.concatenate([part[0][name] for part in parts])
        for name in ("submit_s", "run_s", "gpus")
    }
    lengths = [len(part[0]["gpus"]) for part in parts]
    columns["tenant"] = np.repeat(np.arange(len(files), dtype=np.int64), lengths)
    if not len(columns["gpus"]):
        raise UnreadableTrace(str(path), "no jobs", "Check that this is the right file.")
    columns, _ = in_order(columns)
    return JobTrace(
        format=NAME,
        submit_s=columns["submit_s"],
        run_s=columns["run_s"],
        gpus=columns["gpus"],
        tenant=columns["tenant"],
        requested_s=columns["run_s"],
        priority=np.zeros_like(columns["gpus"]),
        tenants=tuple(_tenant(file) for file in files),
        dropped=tuple(dropped for part in parts for dropped in part[1]),
        choices=(
            "times count from the start of the collection",
            "tenants are clusters: the names of the files",
            "requested times are the run times",
        ),
        files=tuple(files),
    )


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        names = sorted([*path.glob("*.csv"), *path.glob("*.csv.gz")])
        return [file for file in names if not file.name.startswith("195job")]
    return [path] if path.is_file() else []


def _tenant(file: Path) -> str:
    return file.name.removesuffix(".gz").removesuffix(".csv")


def _text(file: Path) -> str:
    data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    return data.decode("utf-8-sig").replace("\r\n", "\n")


def _cluster(file: Path) -> tuple[dict[str, Column], list[Dropped]]:
    """The three columns that count, and what was dropped."""
    try:
        lines = _text(file).split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableTrace(str(file), f"not text: {error}", "Give the CSV file.") from error
    header = [word.strip() for word in lines[0].split(",")]
    missing = [name for name in HEADER if name not in header]
    if missing:
        says = f"no column `{missing[0]}`"
        raise UnreadableTrace(f"{file}:1", says, f"An ITP trace has {', '.join(HEADER)}.")
    places = [header.index(name) for name in HEADER[1:]]
    rows, bad = [], []
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        row = _row(line.split(","), places)
        if row is None:
            bad.append(number)
        else:
            rows.append(row)
    if len(bad) > BAD_SHARE_MAX * (len(rows) + len(bad)):
        says = f"{len(bad)} of {len(rows) + len(bad)} rows are no jobs"
        raise UnreadableTrace(f"{file}:{bad[0]}", says, "Check the file and its columns.")
    dropped = [Dropped("not a job", len(bad), f"{file.name}:{bad[0]}")] if bad else []
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    names = ("submit_s", "run_s", "gpus")
    return {name: table[:, column] for column, name in enumerate(names)}, dropped


def _row(words: list[str], places: list[int]) -> tuple[int, int, int] | None:
    """Submission, duration and GPUs of a row; None when it is no job."""
    try:
        submit_s, run_s, gpus = (int(float(words[place])) for place in places)
    except (ValueError, IndexError, OverflowError):
        return None
    sane = 0 <= submit_s < 2**40 and 0 < run_s < 2**40 and 0 < gpus < 2**24
    return (submit_s, run_s, gpus) if sane else None
