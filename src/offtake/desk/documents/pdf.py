"""A notice as a PDF file: A4, its text selectable, the same bytes for the same notice.

The typeface is DejaVu Sans, which comes with matplotlib and is embedded: Latin, Greek, Cyrillic,
Hebrew, Arabic, Armenian, Georgian and signs of currency. What it lacks (Chinese, Japanese, Korean,
the scripts of India and Thai, above all) is drawn as a box that shows the script, from the Last
Resort typeface of the Unicode Consortium, copies as the sign it is, and is told of at the end.
Arabic letters are not joined.
"""

from datetime import UTC, datetime
from typing import Literal
from unicodedata import bidirectional

from fpdf import FPDF, ViewerPreferences
from fpdf.bidi import BidiParagraph
from fpdf.enums import MethodReturnValue, TextDirection, XPos, YPos
from fpdf.fonts import TTFFont

from offtake.desk.documents.letter import Letter, Part, Row, letter
from offtake.desk.documents.notice import NoticeDocument
from offtake.desk.words import Words
from offtake.report.pdf import typefaces

MARGIN_MM = 20
LABELS_MM = 52
LINE_MM = 5.2
INK, PALE, LINE = (34, 48, 60), (91, 105, 115), (221, 228, 234)
SOFT, MARK = (245, 247, 249), (138, 75, 8)
PAGES = "\u2042\u2042\u2042"
"""Stands for the number of pages until it is known."""


def pdf(notice: NoticeDocument, words: Words) -> bytes:
    """The notice as a PDF file, dated with the notice."""
    page = letter(notice, words)
    sheet = _Sheet(page, words)
    sheet.add_page()
    sheet.heading(page.title)
    for row in page.heads:
        sheet.row(row)
    sheet.paragraph(page.lead, before_mm=3)
    sheet.call(page)
    for part in page.parts:
        sheet.part(part)
    if sheet.lacks:
        sheet.paragraph(
            words(
                "Boxes stand for signs that the typeface of this file lacks. They can be copied "
                "from it; the message and the page show them."
            ),
            before_mm=4,
        )
    return bytes(sheet.output())


def _signs(page: Letter) -> set[str]:
    """Every sign that a letter is written with."""
    rows = [*page.heads, page.call, *(row for part in page.parts for row in part.rows)]
    texts = [page.title, page.lead, page.foot, *page.asides]
    texts += [text for part in page.parts for text in (part.title, part.lead)]
    texts += [text for row in rows for text in (row.label, row.value)]
    return set("".join(texts))


def _drawn(line: str) -> str:
    """A line in the order its signs are drawn from left to right."""
    if any(bidirectional(sign) in ("R", "AL", "AN") for sign in line):
        return BidiParagraph(line, base_direction=TextDirection.LTR).get_reordered_string()
    return line


class _Sheet(FPDF):
    """A4 with the typefaces of a letter, and its foot on every page."""

    def __init__(self, page: Letter, words: Words) -> None:
        super().__init__(format="A4")
        self._foot, self._words = page.foot, words
        self.set_creation_date(datetime.fromtimestamp(page.at_s, UTC))
        self.set_title(page.foot)
        self.set_author(page.heads[0].value)
        self.set_lang(page.language)
        self.viewer_preferences = ViewerPreferences(display_doc_title=True)
        self.alias_nb_pages(PAGES)
        self.set_margin(MARGIN_MM)
        self.set_auto_page_break(auto=True, margin=MARGIN_MM + 4)
        self.c_margin = 0
        self.lacks = self._typefaces(_signs(page))

    def _typefaces(self, signs: set[str]) -> set[int]:
        """Embed what the letter needs; returns the signs that are drawn as boxes."""
        folder = typefaces()
        self.add_font("sans", "", folder / "DejaVuSans.ttf")
        self.add_font("sans", "B", folder / "DejaVuSans-Bold.ttf")
        plain = self.fonts["sans"]
        assert isinstance(plain, TTFFont)
        lacks = {ord(sign) for sign in signs} - plain.cmap.keys()
        if lacks:
            last = folder / "LastResortHE-Regular.ttf"
            self.add_font("last", "", last, unicode_range=sorted(lacks))
            self.set_fallback_fonts(["last"], exact_match=False)
        return lacks

    def footer(self) -> None:
        """The number of the page, and which letter it is of."""
        self.set_y(-MARGIN_MM + 2)
        self._pen("", 8, PALE)
        numbers = self._words("Page {page} of {pages}", page=self.page_no(), pages=PAGES)
        self.cell(30, LINE_MM, numbers, new_x=XPos.RIGHT, new_y=YPos.TOP)
        room_mm = self.epw - 30
        self.set_font_size(min(8, 8 * room_mm / (self.get_string_width(self._foot) + 1)))
        self.cell(room_mm, LINE_MM, _drawn(self._foot), align="R")

    def _pen(self, style: Literal["", "B"], size_pt: float, color: tuple[int, int, int]) -> None:
        """Write so from here on."""
        self.set_font("sans", style, size_pt)
        self.set_text_color(*color)

    def _lines(self, text: str, line_mm: float, *, link: str = "") -> None:
        """Write lines from here to the right margin, each in the order it is read."""
        left_mm, room_mm = self.x, self.w - self.r_margin - self.x
        for line in self._wrapped(text, room_mm):
            self.set_x(left_mm)
            self.cell(
                room_mm, line_mm, _drawn(line), link=link, new_x=XPos.LMARGIN, new_y=YPos.NEXT
            )

    def _wrapped(self, text: str, width_mm: float) -> list[str]:
        """The lines that a text takes at this width."""
        lines = self.multi_cell(
            width_mm, LINE_MM, text, align="L", dry_run=True, output=MethodReturnValue.LINES
        )
        assert isinstance(lines, list)
        return lines

    def heading(self, title: str) -> None:
        """The title of the letter."""
        self._pen("B", 17, INK)
        self._lines(title, 8)
        self.ln(2)

    def paragraph(self, text: str, *, before_mm: float = 0) -> None:
        """Some sentences."""
        self.ln(before_mm)
        self._pen("", 9.5, INK)
        self._lines(text, LINE_MM)
        self.ln(1.5)

    def row(self, row: Row) -> None:
        """A label and its value, on one page unless they are long."""
        room_mm = self.epw - LABELS_MM
        self._pen("", 9.5, PALE)
        labels = self._wrapped(row.label, LABELS_MM - 4)
        lines = max(len(labels), len(self._wrapped(row.value, room_mm)))
        height_mm = lines * LINE_MM + 1.6
        if height_mm < self.eph / 4 and self.will_page_break(height_mm):
            self.add_page()
        top_mm, page = self.get_y(), self.page
        self.set_draw_color(*LINE)
        self.line(self.l_margin, top_mm, self.w - self.r_margin, top_mm)
        self.set_y(top_mm + 0.8)
        for label in labels:
            self.cell(LABELS_MM, LINE_MM, label, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        ends_mm = self.get_y() if self.page == page else top_mm
        self.set_xy(self.l_margin + LABELS_MM, top_mm + 0.8)
        self._pen("", 9.5, INK)
        self._lines(row.value, LINE_MM, link=row.value if row.is_link else "")
        if self.page == page:
            self.set_y(max(self.get_y(), ends_mm))
        self.ln(0.8)

    def call(self, page: Letter) -> None:
        """What the reader must not miss, on a ground of its own."""
        top_mm, pad_mm = self.get_y() + 2, 3
        self._pen("", 9.5, INK)
        asides = sum(len(self._wrapped(aside, self.epw - 2 * pad_mm)) for aside in page.asides)
        self._pen("B", 13, INK)
        lines = len(self._wrapped(page.call.value, self.epw - 2 * pad_mm))
        height_mm = (asides + 1) * LINE_MM + lines * 7 + 2 * pad_mm
        self.set_fill_color(*SOFT)
        self.rect(self.l_margin, top_mm, self.epw, height_mm, style="F")
        self.set_fill_color(*MARK)
        self.rect(self.l_margin, top_mm, 1, height_mm, style="F")
        self.set_y(top_mm + pad_mm)
        self.set_left_margin(MARGIN_MM + pad_mm)
        self._pen("B", 9.5, MARK)
        self._lines(page.call.label, LINE_MM)
        self._pen("B", 13, INK)
        self._lines(page.call.value, 7)
        self._pen("", 9.5, INK)
        for aside in page.asides:
            self._lines(aside, LINE_MM)
        self.set_left_margin(MARGIN_MM)
        self.set_y(top_mm + height_mm)

    def part(self, part: Part) -> None:
        """Rows under a title, which stays with the first of them."""
        if self.will_page_break(30):
            self.add_page()
        self.ln(4)
        self.start_section(part.title)
        self._pen("B", 11.5, INK)
        self._lines(part.title, 7)
        if part.lead:
            self.paragraph(part.lead)
        for row in part.rows:
            self.row(row)
