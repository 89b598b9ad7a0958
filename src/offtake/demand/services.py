"""Inference demand: one reader a format, all as the same services over time."""

from pathlib import Path

from offtake.demand import azure_llm, dlrm, genai, helios, mooncake
from offtake.demand.columns import ServiceTrace, UnreadableTrace
from offtake.demand.steps import Rates, check_rates

SERVICES = {reader.NAME: reader for reader in (azure_llm, mooncake, genai, dlrm, helios)}
STATED = Rates()
"""The rates where none are stated."""


def recognize_services(path: Path) -> tuple[str, str]:
    """The format of a file or folder of inference demand, and why.

    Raises:
        UnreadableTrace: Missing, or of no known format.
    """
    if not path.exists():
        raise UnreadableTrace(str(path), "no such file or folder", "Check the path.")
    for name, reader in SERVICES.items():
        why = reader.recognizes(path)
        if why:
            return name, why
    known = ", ".join(SERVICES)
    raise UnreadableTrace(
        str(path), "of no format that is known here", f"Name one with --format: {known}."
    )


def open_services(path: Path, name: str | None = None, rates: Rates = STATED) -> ServiceTrace:
    """Read inference demand; its format is recognized when it is not named.

    Raises:
        UnreadableTrace: It cannot be used; the place, what and the way out are said.
    """
    if name is not None and name not in SERVICES:
        known = ", ".join(SERVICES)
        raise UnreadableTrace(str(path), f"no format `{name}`", f"Use one of: {known}.")
    check_rates(rates)
    if not path.exists():
        raise UnreadableTrace(str(path), "no such file or folder", "Check the path.")
    found: ServiceTrace = SERVICES[name or recognize_services(path)[0]].read(path, rates)
    return found
