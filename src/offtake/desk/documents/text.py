"""A notice as plain text, for the body of a message."""

from offtake.desk.documents.letter import Row, letter
from offtake.desk.documents.notice import NoticeDocument
from offtake.desk.words import Words


def text(notice: NoticeDocument, words: Words) -> str:
    """The notice line by line; a line is as long as what it says."""

    def line(row: Row) -> str:
        return words("{label}: {value}", label=row.label, value=row.value)

    page = letter(notice, words)
    lines = [page.title, "", *map(line, page.heads), "", page.lead, ""]
    lines += [line(page.call), *page.asides]
    for part in page.parts:
        lead = [part.lead] if part.lead else []
        lines += ["", part.title.upper(), *lead, *map(line, part.rows)]
    return "\n".join([*lines, "", page.foot, ""])
