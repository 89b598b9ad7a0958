"""Run the built-in example, OpenAI's suppliers from 2019 to 2030, and say what to look at.

examples:
  offtake demo
  offtake demo --out my-result
"""

import argparse
from pathlib import Path

from offtake.cli import run as run_verb
from offtake.cli.output import Invalid, load, print_json

EXAMPLE = "openai-2019-2030"
QUESTIONS = (
    ("Google, December 2024", "--supplier google --purpose inference --at 2024-12-10"),
    (
        "Google, May 2025, Microsoft not asked",
        "--supplier google --purpose inference --at 2025-05-10",
    ),
    ("Oracle, inference, July 2024", "--supplier oracle --purpose inference --at 2024-07-15"),
)


def example() -> Path:
    """The example's folder: in the package, or in the checkout it runs from.

    Raises:
        Invalid: Neither is there.
    """
    here = Path(__file__).resolve().parent.parent
    for folder in (here / "examples" / EXAMPLE, here.parent.parent / "examples" / EXAMPLE):
        if (folder / "portfolio.yaml").is_file():
            return folder
    raise Invalid("no-file", str(here), "the built-in example is missing", "Install offtake anew.")


def arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of this verb."""
    parser.add_argument("--out", metavar="DIR", default="demo-result", help="where to write")


def run(given: argparse.Namespace) -> int:
    """Decide, run, and point at the result."""
    from offtake.cli.decide import arguments as decide_arguments
    from offtake.cli.decide import run as decide
    from offtake.core.vocabulary import Act
    from offtake.report import charts
    from offtake.study.inputs import inputs_of
    from offtake.study.rights import horizon, rights_map
    from offtake.study.run import files_of, play, table_of, told

    run_verb.check_out(given.out)
    file = str(example() / "portfolio.yaml")
    for title, flags in QUESTIONS if given.output == "table" else ():
        print(f"\n# {title}\n$ offtake decide {file} --ask supply {flags}")
        parser = argparse.ArgumentParser()
        decide_arguments(parser)
        words = parser.parse_args([file, "--ask", "supply", *flags.split()])
        words.output = "table"
        decide(words)
    portfolio = load(file)
    regime = run_verb.regime_of(None, portfolio)
    simulation = portfolio.document.simulation
    period = (simulation.starts, simulation.ends)
    result = play(portfolio, regime, None, period)
    summary = told(result, inputs_of(portfolio, regime, period=period))
    figure = rights_map(portfolio, Act.SUPPLY, horizon(portfolio))
    files = {**files_of(result, summary), "rights.svg": charts.rights_map(figure)}
    run_verb.write_files(given.out, files)
    if given.output == "json":
        print_json(summary)
        return 0
    from offtake.report.tables import show

    print(f"\n# The run\n$ offtake run {file} --out {given.out}")
    show(table_of(result, summary))
    print(f"Open {given.out}/report.html and {given.out}/rights.svg in a browser.")
    print(f"See where commitments stand: offtake commitments {file} --usage {given.out} \\")
    print(f"    --at 2027-02-10 --plan {given.out}")
    print(f"What is owed for 2027: offtake settle {file} --usage {given.out} --period 2027")
    print(f"Then change a date in {file} and run it again: verdicts and delays move.")
    return 0
