"""Pages stand alone, escape what they show, and are the same bytes for the same figures."""

import re
from xml.etree import ElementTree as ET

import pytest

from offtake.report import charts
from offtake.report.figures import (
    Bars,
    Capacity,
    Card,
    Headline,
    Lane,
    RightsMap,
    Series,
    Span,
    Stack,
    Table,
)
from offtake.report.page import Chart, Page, Points, Section, render

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
PARTS = Stack("cost", "USD", ("use", "share"), (("a", (2e9, -1e8)), ("b", (1.0, 0.0))))
DRAWN = {
    "rights": lambda kind: charts.rights_map(MAP, kind),
    "nothing": lambda kind: charts.rights_map(RightsMap("none", 0, DAY, ()), kind),
    "capacity": lambda kind: charts.capacity(SUPPLY, kind),
    "no supply": lambda kind: charts.capacity(Capacity(0, DAY, (), Series("w", ())), kind),
    "waits": lambda kind: charts.waits([0, 60, 3_600, 10**6], kind),
    "bars": lambda kind: charts.bars(Bars("cost", "USD", (("a", 2e9), ("b", 1.0))), kind),
    "rights on a phone": lambda kind: charts.rights_map(MAP, kind, charts.PHONE_IN),
    "capacity on a phone": lambda kind: charts.capacity(SUPPLY, kind, charts.PHONE_IN),
    "parts": lambda kind: charts.stack(PARTS, kind),
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


def texts_in(svg: bytes) -> list[tuple[str, float, float]]:
    """What is written on a drawing, with its place from the left and the top in points."""
    return [
        ("".join(text.itertext()).strip(), float(text.get("x", 0)), float(text.get("y", 0)))
        for text in ET.fromstring(svg).iter()
        if text.tag.endswith("text")
    ]


def words_in(svg: bytes) -> list[str]:
    return [word for word, _, _ in texts_in(svg)]


@pytest.mark.parametrize("width_in", [charts.WIDE_IN, charts.PHONE_IN])
def test_suppliers_stand_left_of_the_lanes_and_the_key_below_the_title(width_in: float) -> None:
    places = {
        word: (left, top) for word, left, top in texts_in(charts.rights_map(MAP, "svg", width_in))
    }
    first_mark = places["1970"][0]

    for supplier in ("Alpha", "Beta", "Gamma"):
        assert places[supplier][0] < 1
        assert places[supplier][0] < first_mark
    assert places["forbidden"][0] < width_in * 72 / 2
    title, key, lanes = (places[word][1] for word in ("Who may & may not", "free", "Alpha"))
    assert title < key < lanes


@pytest.mark.parametrize("width_in", [charts.WIDE_IN, charts.PHONE_IN])
def test_a_clause_is_written_whole_or_in_two_lines_or_not_at_all(width_in: float) -> None:
    seen = set()
    for days in range(5, 1_000, 35):
        span = Span(0, days * DAY, "hold", ("MSFT-1/oracle-waiver",))
        figure = RightsMap("t", 0, 1_000 * DAY, (Lane("a", "p", (span,)),))
        written = "".join(words_in(charts.rights_map(figure, width_in=width_in)))
        assert "…" not in written
        seen.add("oracle" in written)
        if "oracle" in written:
            assert "oracle-waiver" in written
    assert seen == {True, False}


def test_a_bar_of_many_rows_sums_the_smallest() -> None:
    rows = tuple((f"cause {n}", float(100 - n)) for n in range(30))
    written = words_in(charts.bars(Bars("delay", "GPU-hours", rows)))

    assert "cause 12" in written
    assert "17 others" in written
    assert "cause 13" not in written


def test_waits_are_marked_in_hours_and_days() -> None:
    written = words_in(charts.waits([0, 7_200, 5 * DAY, 40 * DAY]))

    assert {"1 min", "1 h", "1 d", "1 wk", "30 d"} <= set(written)
    assert not any("10^" in word or "10\n" in word for word in written)


def test_parts_of_a_figure_are_set_below_it() -> None:
    table = Table("", ("", "a"), (("cost", "3"), ("  use", "2"), ("  order", "1")), right=(1,))
    html = render(page()._replace(sections=(Section("Figures", tables=(table,)),)))

    assert html.count('<tr class="part">') == 2
    assert html.index("<td>  use</td>") > html.index('<td class="d">cost</td>')


def test_a_folded_table_is_shut_and_an_empty_one_is_not_there() -> None:
    full = Table("", ("a",), (("1",),), fold="Twelve figures")
    empty = Table("", ("a",), (), fold="No figures")
    html = render(page()._replace(sections=(Section("Assumed", tables=(full, empty)),)))

    assert "<details><summary>Twelve figures</summary>" in html
    assert "No figures" not in html


def test_a_row_of_headlines_is_full_where_it_can_be() -> None:
    rows = {1: 1, 2: 2, 4: 4, 5: 5, 6: 3, 8: 4, 9: 3, 10: 5, 12: 4}
    for count, across in rows.items():
        headlines = (Headline("1", "x"),) * count
        assert page()._replace(headlines=headlines).across == across


def test_cards_stand_three_abreast_at_most_and_four_in_two_rows() -> None:
    rows = {1: 1, 2: 2, 3: 3, 4: 2, 5: 3, 6: 3}
    for count, abreast in rows.items():
        assert page()._replace(cards=(Card("c", ()),) * count).abreast == abreast


def test_cards_and_findings_are_escaped() -> None:
    card = Card(HOSTILE, (Headline(HOSTILE, HOSTILE, HOSTILE),))
    findings = Section("Why", points=(Points(HOSTILE, (HOSTILE,)),))
    html = render(page()._replace(cards=(card,), sections=(findings,)))

    assert "<script" not in html
    assert html.count("&lt;script&gt;") >= 6


def test_a_wide_chart_has_a_drawing_for_phones_with_ids_of_its_own() -> None:
    drawn = charts.rights_map(MAP)
    narrow = charts.rights_map(MAP, width_in=charts.PHONE_IN)
    section = Section("Map", charts=(Chart(drawn, "m", narrow), Chart(drawn, "n", narrow)))
    html = render(page()._replace(sections=(section,)))
    ids = re.findall(r'\bid="([^"]+)"', html)

    assert html.count('<div class="phone">') == 2
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'(?:url\(#|href="#)(c[^)"]+)', html)) <= set(ids)
