"""Write the page that compares with published results, or some of its cases.

    python -m validation               # all, some minutes
    python -m validation batsim muri   # these, seconds; the others stay as they are

The data is not part of the project: OFFTAKE_DATA names its folder.
"""

import argparse
import sys

from validation.page import CASES, PAGE, tables, written


def main() -> None:
    """Write the cases that are named."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m validation")
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of {', '.join(CASES)}")
    cases = parser.parse_args().cases or list(CASES)
    if unknown := set(cases) - set(CASES):
        parser.error(f"no case {', '.join(sorted(unknown))}; there are {', '.join(CASES)}")
    anew = tables(cases, _say)
    page = written(PAGE.read_text(encoding="utf-8"), anew)
    PAGE.write_text(page, encoding="utf-8")


def _say(progress: str) -> None:
    print(progress, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
