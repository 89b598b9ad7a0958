"""Pictures without styles: what they were styled by is said by attributes."""

import xml.etree.ElementTree as ET

from offtake.report import charts
from offtake.report.attributes import without_styles
from offtake.report.figures import Capacity, Series

FIGURE = Capacity(0, 86_400 * 90, (Series("Alpha", ((0, 64.0),)),), Series("wanted", ((0, 32.0),)))


def test_every_style_becomes_attributes_and_what_held_for_all_stands_at_the_root() -> None:
    plain = (
        b'<svg width="2pt"><defs><style type="text/css">*{stroke-linejoin: round}</style></defs>'
        b'<path d="M 0 0" style="fill: none; stroke: #333"/>'
        b"<text style=\"font-family: 'DejaVu Sans', sans-serif\">a</text></svg>"
    )

    assert without_styles(plain) == (
        b'<svg stroke-linejoin="round" width="2pt"><defs></defs>'
        b'<path d="M 0 0" fill="none" stroke="#333"/>'
        b"<text font-family=\"'DejaVu Sans', sans-serif\">a</text></svg>"
    )


def test_a_drawn_picture_keeps_its_elements_and_has_no_style_left() -> None:
    drawn = charts.capacity(FIGURE)
    made = without_styles(drawn)

    assert b"style" not in made
    assert made.count(b"<path") == drawn.count(b"<path")
    assert ET.fromstring(made).get("stroke-linecap") == "butt"
