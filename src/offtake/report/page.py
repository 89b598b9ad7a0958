"""A page that stands alone: one HTML file with its charts inside, readable offline."""

import re
from importlib.resources import files
from typing import NamedTuple

from offtake.report.figures import Headline, Table


class Chart(NamedTuple):
    """A chart as SVG, and what it shows in words for those who cannot see it."""

    svg: bytes | str
    says: str


class Section(NamedTuple):
    """A part of a page. Tables without rows say that there is none."""

    title: str
    lead: str = ""
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()

    @property
    def anchor(self) -> str:
        """The name its heading is linked by."""
        return re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-")


class Page(NamedTuple):
    """A whole page."""

    title: str
    lead: str
    headlines: tuple[Headline, ...]
    sections: tuple[Section, ...]
    footer: str = ""


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
        sections=tuple(
            section._replace(
                charts=tuple(
                    chart._replace(svg=Markup(inline(chart.svg, n, m)))  # noqa: S704
                    for m, chart in enumerate(section.charts)
                )
            )
            for n, section in enumerate(page.sections)
        )
    )
    css = Markup((folder / "base.css").read_text("utf-8"))  # noqa: S704 - our own file.
    return environment.get_template("page.html.j2").render(page=drawn, css=css)


def inline(svg: bytes | str, section: int, number: int) -> str:
    """SVG for use inside HTML: no prolog, and ids that no other chart of the page has."""
    text = svg.decode("utf-8") if isinstance(svg, bytes) else svg
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    prefix = f"c{section}-{number}-"
    text = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}\1"', text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}\1)", text)
    return re.sub(r'href="#([^"]+)"', rf'href="#{prefix}\1"', text)
