"""A short letter: what happened, its terms, and where to look; as text and as a page."""

from typing import NamedTuple

from offtake.desk.documents.letter import Row
from offtake.desk.documents.page import rendered
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
    return rendered("brief.html.j2", page=page, language=words.language)
