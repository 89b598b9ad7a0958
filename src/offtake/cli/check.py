"""Find what is wrong with a portfolio, all at once, each with its place and a way out.

Warnings are lawful but probably not meant: what a lawyer would want flagged before signing.

examples:
  offtake check portfolio.yaml
  offtake check portfolio.yaml --strict      # warnings fail too
  offtake check portfolio.yaml -o json

exit codes: 0 well-formed, 3 not (or warnings, with --strict)
"""

import argparse

from offtake.cli.output import INVALID, Invalid, print_json, problem_data, told


def arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of this verb."""
    parser.add_argument("portfolio", help="the portfolio file")
    parser.add_argument("--strict", action="store_true", help="fail on warnings too")


def run(given: argparse.Namespace) -> int:
    """Check a portfolio."""
    from offtake.contract.check import check
    from offtake.contract.problem import Unreadable
    from offtake.contract.read import read

    try:
        problems = check(read(given.portfolio))
    except Unreadable as unreadable:
        raise Invalid.of(unreadable.problems) from unreadable
    grave = [problem for problem in problems if problem.grave]
    failed = bool(grave or (given.strict and problems))
    if grave:
        raise Invalid.of(problems)
    rows = [problem_data(problem) for problem in problems]
    if given.output == "json":
        print_json({"ok": not failed, "problems": rows})
        return INVALID if failed else 0
    for row in rows:
        print(told(row))
    print(f"{given.portfolio}: well-formed, {len(problems)} warning(s)")
    return INVALID if failed else 0
