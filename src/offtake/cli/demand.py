"""What is in a file of demand: jobs, or inference as services over time.

examples:
  offtake demand cluster01.csv
  offtake demand traces/ --format itp --mapping purposes.yaml
  offtake demand requests.csv --step 60 --prompt-rate 9212 --output-rate 1850
  offtake demand cluster01.csv cluster02.csv -o json
  offtake demand cluster01.csv --chart demand.svg        # or .png
  offtake demand jobs.parquet --columns submit=submitted:time,run=ms:ms,gpus=n,tenant=team

Formats of jobs and of services are recognized. Token rates are per GPU and second; those that
are not stated are assumptions (docs/reference/services.md).
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from offtake.cli.output import Invalid, drawn_file, print_json

if TYPE_CHECKING:
    from offtake.demand.columns import JobTrace, ServiceTrace
    from offtake.demand.describe import Description, Distribution
    from offtake.demand.given import Given
    from offtake.demand.steps import Rates
    from offtake.report.figures import Table


def arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of this verb."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="traces (files or folders)")
    parser.add_argument("--format", metavar="NAME", help="their format; recognized if absent")
    columns(parser)
    parser.add_argument("--mapping", metavar="FILE", help="YAML: the purpose of each tenant")
    parser.add_argument("--chart", metavar="FILE", help="draw demand over time, .svg or .png")
    rates(parser)


def columns(parser: argparse.ArgumentParser) -> None:
    """The flag that says which column holds what."""
    parser.add_argument(
        "--columns", metavar="MAPPING", help="of any table: submit=COL,run=COL:ms,gpus=COL[,...]"
    )


def rates(parser: argparse.ArgumentParser) -> None:
    """The flags that turn requests into GPUs."""
    parser.add_argument("--step", type=int, metavar="SECONDS", help="width of a step; 60")
    parser.add_argument(
        "--prompt-rate", type=int, metavar="TOKENS", help="prompt tokens per GPU and second"
    )
    parser.add_argument(
        "--output-rate", type=int, metavar="TOKENS", help="generated tokens per GPU and second"
    )
    parser.add_argument(
        "--gpus-per-node", type=int, metavar="GPUS", help="where a series counts nodes; 1"
    )


def rates_of(given: argparse.Namespace) -> "Rates":
    """The rates that were stated, the others as assumed."""
    from offtake.demand.steps import Rates

    stated = {
        "step_s": given.step,
        "prompt_tokens_per_gpu_s": given.prompt_rate,
        "output_tokens_per_gpu_s": given.output_rate,
        "gpus_per_node": given.gpus_per_node,
    }
    return Rates(**{name: value for name, value in stated.items() if value is not None})


def run(given: argparse.Namespace) -> int:
    """Describe each file."""
    from offtake.demand.describe import describe

    if given.chart is not None and len(given.files) > 1:
        raise Invalid("usage", "--chart", "draws one trace", "Name one file.")
    picture = drawn_file(given.chart, "--chart") if given.chart is not None else None
    found = []
    for file in given.files:
        one, words = opened(given, file)
        found.append((file, one, describe(one.trace, words)))
    if picture is not None:
        from offtake.report import charts, demand_figures

        file, one, description = found[0]
        figure = demand_figures.picture(Path(file).name, one.trace, description)
        picture.path.write_bytes(charts.panels(figure, picture.kind))
    if given.output == "json":
        print_json([data_of(file, one, description) for file, one, description in found])
        return 0
    for file, one, description in found:
        _show(file, one, description)
    if picture is not None:
        print(f"wrote {given.chart}")
    return 0


def opened(given: argparse.Namespace, file: str) -> tuple["Given", tuple[str, ...]]:
    """A trace, and the purposes of its tenants or services; or Invalid."""
    from offtake.contract.file import text_of
    from offtake.contract.problem import Unreadable
    from offtake.demand.columns import JobTrace, UnreadableTrace
    from offtake.demand.given import open_demand
    from offtake.demand.mapping import purposes_named, purposes_of

    try:
        one = open_demand(Path(file), given.format, rates_of(given), given.columns)
        if given.mapping is None:
            return one, getattr(one.trace, "purposes", ())
        text, trace = text_of(Path(given.mapping)), one.trace
        names = trace.tenants if isinstance(trace, JobTrace) else _names(trace)
        known = purposes_named(text, given.mapping)
        return one, purposes_of(text, given.mapping, names, known)
    except UnreadableTrace as wrong:
        raise Invalid("bad-trace", wrong.place, wrong.says, wrong.remedy) from wrong
    except Unreadable as unreadable:
        raise Invalid.of(unreadable.problems) from unreadable


def _names(trace: "ServiceTrace") -> tuple[str, ...]:
    return tuple(service.service for service in trace.services)


def _show(file: str, one: "Given", description: "Description") -> None:
    from offtake.core.explain import one_line
    from offtake.report.tables import show

    trace = one.trace
    print(f"{file}: {trace.format}, because {one.why}")
    for table in _tables(trace, description):
        show(table)
    if not trace.dropped:
        print("Nothing was dropped.")
    print("What the reader decided:")
    for choice in trace.choices:
        print(f"  - {one_line(choice)}")


def _tables(trace: "JobTrace | ServiceTrace", description: "Description") -> Sequence["Table"]:
    from offtake.demand.columns import JobTrace
    from offtake.report import demand_figures

    word = "tenant" if isinstance(trace, JobTrace) else "service"
    tables = [
        demand_figures.summary(trace, description),
        demand_figures.spreads(description),
        demand_figures.holders(description, word),
    ]
    if any(holder.purpose for holder in description.holders):
        tables.append(demand_figures.purposes(description))
    if trace.dropped:
        tables.append(demand_figures.losses(trace.dropped))
    return tables


def data_of(file: str, one: "Given", description: "Description") -> dict[str, Any]:
    """A description for programs: GPU-seconds and seconds, whole numbers."""
    from offtake.demand.describe import by_purpose
    from offtake.report.demand_figures import counted

    trace = one.trace
    holders = [
        {"name": one.name, "purpose": one.purpose, "jobs": one.jobs, "gpu_s": one.gpu_s}
        for one in description.holders
    ]
    purposes = {one.name: one.gpu_s for one in by_purpose(description.holders) if one.name}
    return {
        "file": file,
        "format": trace.format,
        "why": one.why,
        "counted": counted(trace),
        "count": description.entries,
        "span_s": description.span_s,
        "gpu_s": description.gpu_s,
        "work_gpu_s": description.work_gpu_s,
        "peak_gpus": description.spread.most,
        "spread": {
            "gpus_per_job": _spread(description.sizes),
            "run_s": _spread(description.run_s),
            "gpus_wanted": _spread(description.spread),
        },
        "holders": holders,
        "gpu_s_by_purpose": purposes,
        "dropped": [dropped._asdict() for dropped in trace.dropped],
        "choices": list(trace.choices),
    }


def _spread(found: "Distribution | None") -> dict[str, int] | None:
    return None if found is None else found._asdict()
