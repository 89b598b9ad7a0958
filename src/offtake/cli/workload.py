"""The flags that say what is played, shared by the verbs that play: traces of jobs and services."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from offtake.cli.demand import columns, rates, rates_of
from offtake.cli.output import Invalid

if TYPE_CHECKING:
    from offtake.contract.portfolio import Portfolio
    from offtake.sim.world import Workload


def demand(parser: argparse.ArgumentParser) -> None:
    """The flags of traces and their purposes, the period, and the engine."""
    traces(parser)
    parser.add_argument("--from", dest="starts", metavar="DATE", help="start of the run")
    parser.add_argument("--to", dest="ends", metavar="DATE", help="end of the run")
    parser.add_argument(
        "--engine",
        choices=("reference", "compiled"),
        help="who places jobs; by the size of the run if absent, and the same schedule from both",
    )


def traces(parser: argparse.ArgumentParser) -> None:
    """The flags of traces and their purposes."""
    parser.add_argument("--trace", metavar="FILE", help="jobs from a trace (file or folder)")
    parser.add_argument("--format", metavar="NAME", help="its format; recognized if absent")
    columns(parser)
    parser.add_argument(
        "--services", metavar="FILE", help="inference demand from a trace; see offtake demand"
    )
    parser.add_argument(
        "--mapping",
        metavar="FILE",
        help="YAML: the purpose of each tenant and service; the trace's own, else training and "
        "inference",
    )
    rates(parser)


def workload_of(given: argparse.Namespace, portfolio: "Portfolio") -> "Workload | None":
    """The traces with their purposes, or nothing."""
    from offtake.contract.problem import Unreadable
    from offtake.demand.columns import UnreadableTrace

    if given.trace is None and (given.format or given.columns):
        raise Invalid("usage", "offtake run", "--format and --columns need --trace", "Add it.")
    if given.trace is None and given.services is None:
        if given.mapping:
            says = "--mapping needs --trace, or --services"
            raise Invalid("usage", "offtake run", says, "Add it.")
        return None
    try:
        return _opened(given, portfolio)
    except UnreadableTrace as wrong:
        raise Invalid("bad-trace", wrong.place, wrong.says, wrong.remedy) from wrong
    except Unreadable as unreadable:
        raise Invalid.of(unreadable.problems) from unreadable


def _opened(given: argparse.Namespace, portfolio: "Portfolio") -> "Workload":
    from offtake.contract.file import text_of
    from offtake.demand.mapping import purposes_of
    from offtake.demand.services import open_services
    from offtake.demand.trace import open_trace
    from offtake.sim.world import Workload

    jobs = services = None
    tenants: tuple[str, ...] = ()
    served: tuple[str, ...] = ()
    if given.trace is not None:
        jobs = open_trace(Path(given.trace), given.format, given.columns)
        tenants = jobs.tenants
    if given.services is not None:
        services = open_services(Path(given.services), None, rates_of(given))
        served = tuple(service.service for service in services.services)
    purposes = portfolio.names.purposes
    own = () if jobs is None or set(jobs.purposes) - set(purposes) else jobs.purposes
    words = (own or ("training",) * len(tenants)) + ("inference",) * len(served)
    if given.mapping is not None:
        text = text_of(Path(given.mapping))
        words = purposes_of(text, given.mapping, (*tenants, *served), purposes)
    numbers = tuple(purposes.index(word) for word in words)
    return Workload(jobs, numbers[: len(tenants)], services, numbers[len(tenants) :])
