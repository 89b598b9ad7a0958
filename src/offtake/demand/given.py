"""Demand that somebody gives: jobs or services, whichever the file holds."""

from pathlib import Path
from typing import NamedTuple

from offtake.demand import READERS
from offtake.demand.columns import JobTrace, ServiceTrace, UnreadableTrace
from offtake.demand.services import SERVICES, STATED, open_services, recognize_services
from offtake.demand.steps import Rates
from offtake.demand.trace import open_trace, recognize


class Given(NamedTuple):
    """A trace, and why it was read as what it is."""

    trace: JobTrace | ServiceTrace
    why: str


def open_demand(
    path: Path, name: str | None = None, rates: Rates = STATED, columns: str | None = None
) -> Given:
    """Read jobs or services; the format is recognized when it is not named.

    The layouts of services are exact, so they are tried first. ``columns`` says which column
    holds what, in a table of jobs of no known format.

    Raises:
        UnreadableTrace: It cannot be used; the place, what and the way out are said.
    """
    if not path.exists():
        raise UnreadableTrace(str(path), "no such file or folder", "Check the path.")
    if columns is not None and name not in SERVICES:
        return Given(open_trace(path, name, columns), "its columns were named")
    if name is not None and name not in {*SERVICES, *READERS}:
        raise UnreadableTrace(str(path), f"no format `{name}`", f"Use one of: {_known()}.")
    if name is not None:
        why = "the format was named"
    else:
        name, why = _recognized(path)
    if name in SERVICES:
        return Given(open_services(path, name, rates), why)
    return Given(open_trace(path, name), why)


def _known() -> str:
    return f"{', '.join(READERS)} (jobs), {', '.join(SERVICES)} (services)"


def _recognized(path: Path) -> tuple[str, str]:
    """The format and why, of services or of jobs."""
    try:
        return recognize_services(path)
    except UnreadableTrace:
        pass
    try:
        return recognize(path)
    except UnreadableTrace as error:
        remedy = f"Name one with --format: {_known()}."
        raise UnreadableTrace(error.place, error.says, remedy) from error
