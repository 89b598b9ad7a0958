"""A document as one HTML file that asks no other host; all that it says is escaped."""

from functools import lru_cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined, select_autoescape
from markupsafe import Markup


def rendered(name: str, **values: Any) -> str:
    """The file of a template of this room, with the style that all letters have."""
    css = Markup(_read("letter.css"))  # noqa: S704 - our own file.
    return _templates().get_template(name).render(**values, css=css)


def _read(name: str) -> str:
    return (files("offtake.desk.documents") / "pages" / name).read_text("utf-8")


@lru_cache(maxsize=1)
def _templates() -> Environment:
    return Environment(
        loader=FunctionLoader(_read),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
