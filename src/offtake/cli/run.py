"""Play the portfolio on a simulated clock: first refusals, tenders, orders, inference and jobs.

examples:
  offtake run portfolio.yaml
  offtake run portfolio.yaml --out result/                 # journal, schedule, use, summary, report
  offtake run portfolio.yaml --regime exclusive-for-ever
  offtake run portfolio.yaml --trace cluster.csv --format itp --mapping purposes.yaml
  offtake run portfolio.yaml --trace jobs.parquet --columns submit=at:time,run=ms:ms,gpus=gpus
  offtake run portfolio.yaml --services requests.csv --step 60 --output-rate 1850

The result is the same, byte for byte, for the same inputs. Exit codes: 0 done, 3 invalid input.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from offtake.cli.output import Invalid, chosen, load, parsed, print_json
from offtake.cli.workload import demand, workload_of

if TYPE_CHECKING:
    from offtake.contract.model import Regime
    from offtake.contract.portfolio import Portfolio
    from offtake.sim.world import Workload
    from offtake.study.run import Result

FILES = ("report.html", "summary.json", "journal.jsonl", "schedule.parquet", "usage.parquet")
AS_AMENDED = "as-amended"
"""The regime of the contracts as they are, in every portfolio."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of this verb."""
    parser.add_argument("portfolio", help="the portfolio file")
    demand(parser)
    parser.add_argument(
        "--regime", metavar="NAME", help="a regime of the portfolio; as-amended if absent"
    )
    parser.add_argument(
        "--out", metavar="DIR", help="where to write the result, whole or not at all"
    )


def run(given: argparse.Namespace) -> int:
    """Run and report."""
    from offtake.study.run import Playing, files_of, play, told

    check_out(given.out)
    portfolio = load(given.portfolio)
    workload = workload_of(given, portfolio)
    regime = regime_of(given.regime, portfolio)
    period = period_of(given, portfolio, workload)
    how = Playing(progress_to(sys.stderr), given.engine or "")
    result = play(portfolio, regime, workload, period, how)
    summary = told(result, inputs_given(given, result))
    if given.out is not None:
        write_files(given.out, files_of(result, summary))
    if given.output == "json":
        print_json(summary)
        return 0
    from offtake.report.tables import show
    from offtake.study.run import table_of

    show(table_of(result, summary))
    if given.out is not None:
        print(f"wrote {given.out}: {', '.join(FILES)}")
    return 0


def check_out(folder: str | None) -> None:
    """Whether a result may go there, asked before anything is played; or Invalid."""
    from offtake.report.write import NotOurs, place_of

    try:
        if folder is not None:
            place_of(Path(folder))
    except (NotOurs, OSError) as error:
        raise Invalid("bad-path", "--out", str(error), "Name a new or empty folder.") from error


def write_files(folder: str, files: Mapping[str, bytes]) -> None:
    """Write a result folder, or Invalid."""
    from offtake.report.write import NotOurs, write_whole

    try:
        write_whole(Path(folder), files)
    except (NotOurs, OSError) as error:
        raise Invalid("bad-path", "--out", str(error), "Name a new or empty folder.") from error


def inputs_given(given: argparse.Namespace, result: "Result") -> dict[str, Any]:
    """What a result came from, for its summary."""
    from offtake.study.inputs import inputs_of

    world = result.measured.played.world
    return inputs_of(
        result.portfolio,
        result.regime,
        result.workload,
        period=(world.from_s, world.until_s),
        mapping=None if given.mapping is None else Path(given.mapping),
    )


def progress_to(stream: Any) -> Any:
    """A progress line for people at a terminal; nothing elsewhere."""
    from offtake.sim.simulate import silently

    if not stream.isatty():
        return silently
    shown = [-1]

    def tell(done_s: int, total_s: int) -> None:
        percent = 100 * done_s // max(total_s, 1)
        if percent != shown[0]:
            shown[0] = percent
            end = "\n" if percent == 100 else ""
            print(f"\rplayed {percent} %", end=end, file=stream, flush=True)

    return tell


def regime_of(name: str | None, portfolio: "Portfolio") -> "Regime":
    """A regime by name; as amended if none is named. That one is there without being declared."""
    from offtake.contract.model import Regime

    regimes = {AS_AMENDED: Regime(id=AS_AMENDED, title="As amended")}
    regimes |= {regime.id: regime for regime in portfolio.document.regimes}
    return tuple(regimes.values())[chosen(name or AS_AMENDED, tuple(regimes), "--regime")]


def period_of(
    given: argparse.Namespace, portfolio: "Portfolio", workload: "Workload | None"
) -> tuple[int, int]:
    """From when to when to play: told, or as the portfolio says."""
    from offtake.units.time import parse_instant

    simulation = portfolio.document.simulation
    from_s, until_s = simulation.starts, simulation.ends
    if given.starts:
        from_s = parsed(parse_instant, given.starts, "--from")
    if given.ends:
        until_s = parsed(parse_instant, given.ends, "--to")
    if from_s < 0 or until_s < 0:
        remedy = "Add `simulation: {from: ..., until: ...}`, or give --from and --to."
        raise Invalid("missing-key", given.portfolio, "says no period to simulate", remedy)
    if from_s >= until_s:
        raise Invalid("empty-period", "--to", "is not after --from", "Give a later --to.")
    return from_s, until_s
