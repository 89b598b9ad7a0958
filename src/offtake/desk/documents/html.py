"""A notice as a page that stands alone: nothing from other hosts, fit for a phone and for paper."""

from functools import lru_cache
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template, select_autoescape
from markupsafe import Markup

from offtake.desk.documents.letter import letter
from offtake.desk.documents.notice import NoticeDocument
from offtake.desk.words import Words


def html(notice: NoticeDocument, words: Words) -> str:
    """The notice as one HTML file. All that it says is escaped."""
    return _template().render(letter=letter(notice, words), css=_css())


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
    return environment.get_template("letter.html.j2")
