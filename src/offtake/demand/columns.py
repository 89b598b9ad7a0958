"""Jobs as columns of integers, and what a reader says about the file they came from."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.int64]
BAD_SHARE_MAX = 0.01
"""A file with more bad rows than this is refused: it is probably not what it seems."""


class Dropped(NamedTuple):
    """Rows that were left out, why, and where the first one is."""

    reason: str
    rows: int
    first: str  # "cluster01.csv:17"


class UnreadableTrace(ValueError):
    """A file that cannot be used as a trace: where, what, and the way out."""

    def __init__(self, place: str, says: str, remedy: str) -> None:
        self.place, self.says, self.remedy = place, says, remedy
        super().__init__(f"{place}: {says}\n    {remedy}")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobTrace:
    """Jobs in order of submission; every column is int64 of shape (jobs,).

    ``submit_s`` counts from the trace's own start, ``requested_s`` is what the user asked for
    (the run time where unknown), ``tenant`` indexes ``tenants``.
    """

    format: str
    submit_s: Column
    run_s: Column
    requested_s: Column
    gpus: Column
    tenant: Column
    priority: Column
    tenants: tuple[str, ...]
    dropped: tuple[Dropped, ...] = ()
    choices: tuple[str, ...] = ()  # What the reader decided, as sentences.
    files: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        assert bool(np.all(np.diff(self.submit_s) >= 0)), "in order of submission"
        assert not self.jobs or int(self.run_s.min()) > 0, "run times are positive"
        assert not self.jobs or int(self.gpus.min()) > 0, "jobs have GPUs"
        assert bool(np.all(self.requested_s >= self.run_s)), "a request covers the run"

    @property
    def jobs(self) -> int:
        """How many jobs there are."""
        return len(self.submit_s)

    @property
    def gpu_s(self) -> int:
        """GPU-seconds of all jobs."""
        return int((self.gpus * self.run_s).sum())


def in_order(columns: dict[str, Any]) -> tuple[dict[str, Column], int]:
    """Columns sorted by submission (stably), and how many jobs were out of order."""
    submit_s = columns["submit_s"]
    out_of_order = int((np.diff(submit_s) < 0).sum())
    if out_of_order:
        order = np.argsort(submit_s, kind="stable")
        columns = {name: column[order] for name, column in columns.items()}
    return columns, out_of_order
