"""Who may supply and run what: a table at a date, or the rights map over time.

examples:
  offtake rights portfolio.yaml --at 2025-05-10
  offtake rights portfolio.yaml --from 2019-01-01 --to 2031-01-01
  offtake rights portfolio.yaml --chart rights.svg       # or .png
  offtake rights portfolio.yaml --ask run --at 2025-05-10 -o json
"""

import argparse
from typing import TYPE_CHECKING, Any

from offtake.cli.output import Invalid, drawn_file, load, parsed, print_json

if TYPE_CHECKING:
    from offtake.contract.portfolio import Portfolio
    from offtake.report.figures import Lane, RightsMap, Span, Table

WORDS = {"permit": "free", "hold": "ask first", "deny": "forbidden"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of this verb."""
    parser.add_argument("portfolio", help="the portfolio file")
    parser.add_argument("--ask", choices=("supply", "run"), default="supply")
    parser.add_argument("--at", metavar="DATE", help="a table of this instant")
    parser.add_argument("--from", dest="starts", metavar="DATE", help="start of the map")
    parser.add_argument("--to", dest="ends", metavar="DATE", help="end of the map")
    parser.add_argument("--chart", metavar="FILE", help="draw the map as .svg or .png")


def run(given: argparse.Namespace) -> int:
    """Show rights."""
    from offtake.core.vocabulary import Act
    from offtake.study.rights import rights_map

    portfolio = load(given.portfolio)
    act = Act[given.ask.upper()]
    period = _period(given, portfolio)
    figure = rights_map(portfolio, act, period)
    at_s = None if given.at is None else period[0]
    if given.chart is not None:
        _draw(figure, given.chart)
        if given.output != "json":
            print(f"wrote {given.chart}")
            return 0
    if given.output == "json":
        print_json(_data(figure, at_s=at_s))
        return 0
    from offtake.report.tables import show

    show(_table(figure, at_s=at_s))
    return 0


def _period(given: argparse.Namespace, portfolio: "Portfolio") -> tuple[int, int]:
    from offtake.study.rights import horizon
    from offtake.units.time import DAY_S, parse_instant

    if given.at is not None:
        if given.starts or given.ends:
            raise Invalid(
                "usage", "offtake rights", "--at goes without --from and --to", "Drop one."
            )
        at_s = parsed(parse_instant, given.at, "--at")
        return at_s, at_s + DAY_S
    from_s, until_s = horizon(portfolio)
    if given.starts:
        from_s = parsed(parse_instant, given.starts, "--from")
    if given.ends:
        until_s = parsed(parse_instant, given.ends, "--to")
    if from_s >= until_s:
        raise Invalid("empty-period", "--to", "is not after --from", "Give a later --to.")
    return from_s, until_s


def _draw(figure: "RightsMap", path: str) -> None:
    from offtake.report import charts

    picture = drawn_file(path, "--chart")
    picture.path.write_bytes(charts.rights_map(figure, picture.kind))


def _rows(figure: "RightsMap", at_s: int | None) -> "list[tuple[Lane, Span]]":
    """The verdicts over time, or those of one instant."""
    return [
        (lane, span)
        for lane in figure.lanes
        for span in lane.spans
        if at_s is None or span.from_s <= at_s < span.until_s
    ]


def _data(figure: "RightsMap", *, at_s: int | None) -> list[dict[str, Any]]:
    """The rows in the documented JSON form (docs/reference/json.md)."""
    from offtake.units.time import instant_text

    return [
        {
            "supplier": lane.party,
            "title": lane.supplier,
            "purposes": list(lane.purposes),
            **(
                {"from": instant_text(span.from_s), "until": instant_text(span.until_s)}
                if at_s is None
                else {"at": instant_text(at_s)}
            ),
            "verdict": span.verdict,
            "clauses": list(span.clauses),
        }
        for lane, span in _rows(figure, at_s)
    ]


def _table(figure: "RightsMap", *, at_s: int | None) -> "Table":
    from offtake.report.figures import Table
    from offtake.units.time import instant_text

    rows = []
    for lane, span in _rows(figure, at_s):
        dates = (instant_text(span.from_s), instant_text(span.until_s)) if at_s is None else ()
        clauses = ", ".join(span.clauses)
        rows.append((lane.supplier, lane.purpose, *dates, WORDS[span.verdict], clauses))
    dates_of = ("from", "until") if at_s is None else ()
    title = figure.title if at_s is None else f"{figure.title}, {instant_text(at_s)}"
    return Table(title, ("supplier", "for", *dates_of, "is", "because of"), tuple(rows))
