"""The page: its tables stand between marks, so that one can be written without the others."""

import re
from collections.abc import Callable, Sequence

from validation import batsim, muri, openb
from validation.case import ROOT, table

PAGE = ROOT / "docs" / "reference" / "validation.md"
CASES = {"batsim": batsim.rows, "muri": muri.rows, "openb": openb.rows}


def tables(cases: Sequence[str], progress: Callable[[str], None]) -> dict[str, str]:
    """The tables of some cases, computed."""
    return {case: table(CASES[case](progress)) for case in cases}


def written(page: str, anew: dict[str, str]) -> str:
    """The page with other tables for some cases."""
    for case, text in anew.items():
        before, shown = split(page, case)
        page = before + text + page[len(before) + len(shown) :]
    return page


def split(page: str, case: str) -> tuple[str, str]:
    """The page up to the table of a case, and that table."""
    found = re.search(rf"(.*<!-- case: {case} -->\n\n)(.*?)\n\n<!-- end -->", page, re.DOTALL)
    assert found is not None, f"no table of {case} on {PAGE.name}"
    return found[1], found[2]
