"""What a case of the page is: rows that compare, and words that explain."""

import os
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("OFFTAKE_DATA", ROOT.parent / "shared" / "data"))
RESULTS = DATA / "reference_results"
NONE = "-"


class Row(NamedTuple):
    """One published value beside ours, as written on the page; NONE where there is none."""

    what: str
    published: str
    ours: str
    difference: str
    tolerance: str = NONE
    verdict: str = NONE

    def __str__(self) -> str:
        return f"| {' | '.join(self)} |"


HEAD = """| | published | ours | difference | tolerance | verdict |
| --- | --- | --- | --- | --- | --- |"""


def table(rows: list[Row]) -> str:
    """Rows under their head."""
    return "\n".join([HEAD, *map(str, rows)])


def relative(what: str, published: float, ours: float, percent: float | None = None) -> Row:
    """A row whose difference is a share of the published value; ``percent`` is tolerated."""
    difference = 100 * (ours - published) / published
    row = Row(what, f"{published:,.2f}", f"{ours:,.2f}", f"{difference:+.2f} %")
    if percent is None:
        return row
    return row._replace(
        tolerance=f"{percent:g} %", verdict=verdict(holds=abs(difference) <= percent)
    )


def points(what: str, published: float, ours: float, tolerance: float | None = None) -> Row:
    """A row of percentages whose difference is in points."""
    difference = ours - published
    row = Row(what, f"{published:.2f} %", f"{ours:.2f} %", f"{difference:+.2f} points")
    if tolerance is None:
        return row
    said = f"{tolerance:g} point{'s' * (tolerance != 1)}"
    return row._replace(tolerance=said, verdict=verdict(holds=abs(difference) <= tolerance))


def at_least(what: str, percent: float, least: float | None = None) -> Row:
    """A share in percent that has a lower bound."""
    row = Row(what, NONE, f"{percent:.2f} %", NONE)
    if least is None:
        return row
    return row._replace(tolerance=f"at least {least:g} %", verdict=verdict(holds=percent >= least))


def only_ours(what: str, ours: str) -> Row:
    """A row that explains: nothing of it was published."""
    return Row(what, NONE, ours, NONE)


def verdict(*, holds: bool) -> str:
    """Whether a comparison holds, in a word."""
    return "holds" if holds else "**does not hold**"
