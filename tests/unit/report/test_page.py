"""Pages stand alone, escape what they show, and are the same bytes for the same figures."""

import re
from xml.etree import ElementTree as ET

import pytest

from offtake.report import charts
from offtake.report.figures import (
    Bars,
    Capacity,
    Headline,
    Lane,
    RightsMap,
    Series,
    Span,
    Table,
)
from offtake.report.page import Chart, Page, Section, render

DAY = 86_400
HOSTILE = "<script>alert('x')</script>"
MAP = RightsMap(
    "Who may & may not",
    0,
    1_000 * DAY,
    (
        Lane("Alpha", "training", (Span(0, 500 * DAY, "deny", ("A/only",)),)),
        Lane("Beta", HOSTILE, (Span(0, 10 * DAY, "hold", ("B/first", "B/second")),)),
        Lane("Gamma", "api", ()),
    ),
)
SUPPLY = Capacity(0, 10 * DAY, (Series("a", ((0, 5.0), (DAY, 7.0))),), Series("want", ((0, 6.0),)))
DRAWN = {
    "rights": lambda kind: charts.rights_map(MAP, kind),
    "nothing": lambda kind: charts.rights_map(RightsMap("none", 0, DAY, ()), kind),
    "capacity": lambda kind: charts.capacity(SUPPLY, kind),
    "no supply": lambda kind: charts.capacity(Capacity(0, DAY, (), Series("w", ())), kind),
    "waits": lambda kind: charts.waits([0, 60, 3_600, 10**6], kind),
    "bars": lambda kind: charts.bars(Bars("cost", "USD", (("a", 2e9), ("b", 1.0))), kind),
    "no bars": lambda kind: charts.bars(Bars("cost", "USD", ()), kind),
}


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("kind", ["svg", "png"])
def test_a_chart_has_the_same_bytes_each_time(name: str, kind: str) -> None:
    drawn = DRAWN[name](kind)

    assert drawn == DRAWN[name](kind)
    if kind == "svg":
        ET.fromstring(drawn)
    else:
        assert drawn.startswith(b"\x89PNG")


def page() -> Page:
    table = Table(HOSTILE, ("a", "b"), ((HOSTILE, "2"),), right=(1,))
    return Page(
        title=HOSTILE,
        lead="What happened",
        headlines=(Headline("1", HOSTILE),),
        sections=(
            Section("Rights map", charts=(Chart(charts.rights_map(MAP), HOSTILE),)),
            Section("Numbers", tables=(table, Table("Nothing", ("a",), ()))),
        ),
    )


def test_text_is_escaped_and_nothing_comes_from_elsewhere() -> None:
    html = render(page())

    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert not re.search(r'(?:src|href)="(?!#)', html)
    assert "Nothing: none." in html


def test_ids_of_charts_do_not_clash() -> None:
    two = page()._replace(
        sections=(
            Section("One", charts=(Chart(charts.rights_map(MAP), "a"),) * 2),
            Section("Two", charts=(Chart(charts.rights_map(MAP), "b"),)),
        )
    )
    ids = re.findall(r'\bid="([^"]+)"', render(two))

    assert len(ids) == len(set(ids))


def test_the_same_page_has_the_same_text() -> None:
    assert render(page()) == render(page())
