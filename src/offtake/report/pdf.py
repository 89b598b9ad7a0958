"""A page as a PDF file: A4, its text selectable, the same bytes for the same page.

Charts stay on the page; a PDF holds its words, findings and tables. The typeface is DejaVu Sans,
which comes with matplotlib and is embedded.
"""

from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from fpdf import FPDF, FontFace
from fpdf.enums import Align, TableBordersLayout, XPos, YPos

from offtake.report.figures import Headline, Table
from offtake.report.page import Page, Section

MARGIN_MM = 16
LINE_MM = 4.6
INK, PALE, LINE, SOFT = (34, 48, 60), (91, 105, 115), (221, 228, 234), (245, 247, 249)
PAGES = "\u2042\u2042\u2042"
"""Stands for the number of pages until it is known."""
WIDE_COLUMNS = 6
"""A table with more columns turns the whole file to landscape."""


def pdf(page: Page, at_s: int) -> bytes:
    """The page as a PDF file, dated ``at_s`` (UTC seconds)."""
    tables = [table for section in page.sections for table in section.tables]
    wide = any(len(table.columns) > WIDE_COLUMNS for table in tables)
    sheet = _Sheet(page.title, "landscape" if wide else "portrait", at_s)
    sheet.add_page()
    sheet.words(page.title, "B", 17, INK)
    sheet.words(page.lead, "", 9.5, PALE)
    sheet.headlines(page.headlines)
    for section in page.sections:
        if section.tables or section.points or not section.charts:
            sheet.section(section)
    sheet.ln(4)
    sheet.words(page.footer, "", 8, PALE)
    return bytes(sheet.output())


def typefaces() -> Path:
    """Where matplotlib keeps its typefaces, found without importing it."""
    spec = find_spec("matplotlib")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"


class _Sheet(FPDF):
    """A4 with its title and number on every page."""

    def __init__(
        self, title: str, orientation: Literal["portrait", "landscape"], at_s: int
    ) -> None:
        super().__init__(orientation, format="A4")
        self._foot = title
        self.set_title(title)
        self.set_lang("en")
        self.set_creation_date(datetime.fromtimestamp(at_s, UTC))
        self.add_font("sans", "", typefaces() / "DejaVuSans.ttf")
        self.add_font("sans", "B", typefaces() / "DejaVuSans-Bold.ttf")
        self.set_margin(MARGIN_MM)
        self.set_auto_page_break(auto=True, margin=MARGIN_MM)
        self.alias_nb_pages(PAGES)
        self.c_margin = 0

    def footer(self) -> None:
        """The title, and which page of how many."""
        self.set_y(-12)
        self._pen("", 8, PALE)
        self.cell(self.epw / 2, LINE_MM, self._foot)
        self.cell(self.epw / 2, LINE_MM, f"{self.page_no()} of {PAGES}", align=Align.R)

    def _pen(self, style: Literal["", "B"], size_pt: float, color: tuple[int, int, int]) -> None:
        self.set_font("sans", style, size_pt)
        self.set_text_color(*color)

    def words(
        self, text: str, style: Literal["", "B"], size_pt: float, color: tuple[int, int, int]
    ) -> None:
        """A paragraph, if there is anything to say."""
        if not text:
            return
        self._pen(style, size_pt, color)
        height_mm = size_pt * 0.5
        self.multi_cell(
            self.epw, height_mm, text, align=Align.L, new_x=XPos.LMARGIN, new_y=YPos.NEXT
        )
        self.ln(1.2)

    def headlines(self, lines: tuple[Headline, ...]) -> None:
        """Numbers worth a glance, one below the other."""
        self.ln(2)
        for line in lines:
            self._pen("B", 11, INK)
            self.cell(60, 6, line.value)
            self._pen("", 9.5, PALE)
            self.cell(0, 6, line.says, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def section(self, section: Section) -> None:
        """A part of the page: words, tables, findings."""
        if self.will_page_break(34):
            self.add_page()
        self.ln(5)
        self.start_section(section.title)
        self.words(section.title, "B", 12, INK)
        self.words(section.lead, "", 9, INK)
        for table in section.tables:
            self._table(table, section.title)
        for points in section.points:
            self.words(points.title, "B", 9, INK)
            for says in points.says:
                self.words(f"\u2022 {says}", "", 8.5, INK)

    def _table(self, table: Table, title: str) -> None:
        self.words(table.title or table.fold, "B", 9, INK)
        if not table.rows:
            self.words(f"{table.title or title}: none.", "", 9, PALE)
            return
        self._pen("", 7.5, INK)
        self.set_draw_color(*LINE)
        sides = tuple(
            Align.R if number in table.right else Align.L for number in range(len(table.columns))
        )
        with self.table(
            col_widths=self._widths(table),
            text_align=sides,
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            headings_style=FontFace(emphasis="BOLD", color=PALE, fill_color=SOFT),
            line_height=LINE_MM,
            padding=(0.8, 1),
        ) as grid:
            for cells in (table.columns, *table.rows):
                row = grid.row()
                for cell in cells:
                    row.cell(cell)
        self.ln(2)

    def _widths(self, table: Table) -> tuple[float, ...]:
        """Columns as wide as their words ask for; figures are never broken."""
        asked = []
        for number, column in enumerate(table.columns):
            cells = [column, *(row[number] for row in table.rows)]
            whole = max(self.get_string_width(cell) for cell in cells) + 4
            word = max(self.get_string_width(w) for cell in cells for w in cell.split() or [""]) + 4
            asked.append((whole, whole if number in table.right else min(max(word, 18), whole)))
        least = sum(low for _, low in asked)
        spare = max(self.epw - least, 0)
        wanted = sum(high - low for high, low in asked) or 1
        return tuple(low + (high - low) * min(spare / wanted, 1) for high, low in asked)
