"""The flags of many runs, shared by the verbs that say how sure a difference is."""

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from offtake.cli.output import Invalid, parsed

if TYPE_CHECKING:
    from offtake.study.sweep import Runs

RUNS_MAX = 10_000


def run_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of many runs."""
    runs = parser.add_argument_group("intervals")
    runs.add_argument("--runs", metavar="N", help="draw demand N times; differences get intervals")
    runs.add_argument(
        "--demand", choices=("weeks", "synthetic"), default="weeks", help="how it is drawn"
    )
    runs.add_argument("--workers", metavar="N", help="processes that play; one a core if absent")
    runs.add_argument("--dask", metavar="ADDRESS", help="play on a Dask cluster instead")


def runs_of(given: argparse.Namespace) -> "Runs | None":
    """How many runs, drawn how, played by whom; None where none are asked for."""
    from offtake.study.sweep import Runs, Workers

    if given.runs is None:
        return None
    runs = parsed(_count, given.runs, "--runs")
    if not 2 <= runs <= RUNS_MAX:
        says = f"{runs:,} is not from 2 to {RUNS_MAX:,}"
        raise Invalid("bad-value", "--runs", says, "An interval needs at least two runs.")
    workers = parsed(_count, given.workers, "--workers") if given.workers else os.cpu_count()
    return Runs(runs, given.demand, Workers(max(workers or 1, 1), given.dask or ""))


def _count(text: str) -> int:
    from offtake.contract.value import parse_count

    return parse_count(text)


@contextmanager
def reached(address: str | None) -> Iterator[None]:
    """What goes wrong on the way to a Dask cluster is invalid input."""
    try:
        yield
    except ModuleNotFoundError as error:
        if address is None or error.name not in ("distributed", "dask"):
            raise
        remedy = "Install it with `pip install 'offtake[dask]'`."
        raise Invalid("no-dask", "--dask", "distributed is not installed", remedy) from error
    except OSError as error:
        if address is None:
            raise
        says = f"no scheduler answers at {address}"
        raise Invalid("no-dask", "--dask", says, "Start `dask scheduler`, then workers.") from error
