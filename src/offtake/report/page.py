"""A page that stands alone: one HTML file with its charts inside, readable offline."""

import re
from importlib.resources import files
from typing import NamedTuple

from offtake.report.figures import Card, Headline, Table


class Chart(NamedTuple):
    """A chart as SVG, and what it shows in words for those who cannot see it.

    A chart as wide as the page comes with a ``narrow`` drawing of the same for phones.
    """

    svg: bytes | str
    says: str
    narrow: bytes | str = ""


class Points(NamedTuple):
    """Findings in sentences, under what they are about."""

    title: str
    says: tuple[str, ...]


class Section(NamedTuple):
    """A part of a page: words, findings, charts and tables.

    Tables without rows say that there is none, unless they are folded.
    """

    title: str
    lead: str = ""
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()
    points: tuple[Points, ...] = ()

    @property
    def anchor(self) -> str:
        """The name its heading is linked by."""
        return re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-")

    @property
    def wide(self) -> tuple[Chart, ...]:
        """The charts that take the page's width."""
        return tuple(chart for chart in self.charts if chart.narrow)

    @property
    def small(self) -> tuple[Chart, ...]:
        """The charts that stand two in a row, or one beside the first table."""
        return tuple(chart for chart in self.charts if not chart.narrow)

    @property
    def beside(self) -> int:
        """How many tables stand beside the one small chart."""
        return int(len(self.small) == 1 and bool(self.tables and self.tables[0].rows))


class Page(NamedTuple):
    """A whole page."""

    title: str
    lead: str
    headlines: tuple[Headline, ...]
    sections: tuple[Section, ...]
    footer: str = ""
    cards: tuple[Card, ...] = ()

    @property
    def across(self) -> int:
        """How many headlines stand in a row, so that the last row is full if it can be."""
        count = len(self.headlines)
        return next((n for n in (4, 3, 5) if count % n == 0), 4) if count > 5 else max(count, 1)

    @property
    def abreast(self) -> int:
        """How many cards stand in a row: three at most, so that their figures have room."""
        return {1: 1, 2: 2, 4: 2}.get(len(self.cards), 3)


def render(page: Page) -> str:
    """The page as HTML. All text is escaped; only our own charts enter as they are."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined, select_autoescape
    from markupsafe import Markup

    folder = files("offtake.report") / "pages"
    environment = Environment(
        loader=FunctionLoader(lambda name: (folder / name).read_text("utf-8")),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
    )
    drawn = page._replace(
        sections=tuple(_drawn(section, number) for number, section in enumerate(page.sections))
    )
    css = Markup((folder / "base.css").read_text("utf-8"))  # noqa: S704 - our own file.
    return environment.get_template("page.html.j2").render(page=drawn, css=css)


def _drawn(section: Section, number: int) -> Section:
    """A section with its charts as parts of the page."""
    from markupsafe import Markup

    charts = tuple(
        chart._replace(
            svg=Markup(inline(chart.svg, number, 2 * place)),  # noqa: S704 - our own drawing.
            narrow=Markup(inline(chart.narrow, number, 2 * place + 1)) if chart.narrow else "",  # noqa: S704
        )
        for place, chart in enumerate(section.charts)
    )
    return section._replace(charts=charts)


def inline(svg: bytes | str, section: int, number: int) -> str:
    """SVG for use inside HTML: no prolog, and ids that no other chart of the page has."""
    text = svg.decode("utf-8") if isinstance(svg, bytes) else svg
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    prefix = f"c{section}-{number}-"
    text = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}\1"', text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}\1)", text)
    return re.sub(r'href="#([^"]+)"', rf'href="#{prefix}\1"', text)
