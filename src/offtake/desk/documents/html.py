"""A notice as a page that stands alone: nothing from other hosts, fit for a phone and for paper."""

from offtake.desk.documents.letter import letter
from offtake.desk.documents.notice import NoticeDocument
from offtake.desk.documents.page import rendered
from offtake.desk.words import Words


def html(notice: NoticeDocument, words: Words) -> str:
    """The notice as one HTML file. All that it says is escaped."""
    return rendered("letter.html.j2", letter=letter(notice, words))
