"""A short letter: what happened, its terms, and where to look; as text and as a page."""

from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template, select_autoescape
from markupsafe import Markup

from offtake.desk.documents.letter import Row
from offtake.desk.words import Words


class Brief(NamedTuple):
    """A short letter in words. ``link`` is its last row: where to look."""

    title: str
    lead: str
    rows: tuple[Row, ...]
    link: Row


def brief_text(page: Brief, words: Words) -> str:
    """The letter line by line."""
    rows = (words("{label}: {value}", label=row.label, value=row.value) for row in page.rows)
    link = words("{label}: {value}", label=page.link.label, value=page.link.value)
    return "\n".join([page.title, "", page.lead, "", *rows, "", link, ""])


def brief_html(page: Brief, words: Words) -> str:
    """The letter as one HTML file that asks no other host. All that it says is escaped."""
    return _template().render(page=page, language=words.language, css=_css())


def _read(name: str) -> str:
    return (files("offtake.desk.documents") / "pages" / name).read_text("utf-8")


def _css() -> Markup:
    return Markup(_read("letter.css"))  # noqa: S704 - our own file.


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(
        loader=FunctionLoader(_read),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("brief.html.j2")
