"""Pictures as pages show them: without styles of their own, and in the reader's language.

Charts are drawn with their letters as text, so what we write in them is said here in another
language; what stands beside it are names, clauses and figures.
"""

import re
from html import unescape
from xml.sax.saxutils import escape

from litestar import Response

from offtake.desk.words import Words, later
from offtake.report.attributes import without_styles

LETTERS = {
    "free": later("picture|free"),
    "must ask first": later("picture|must ask first"),
    "forbidden": later("picture|forbidden"),
    "all purposes": later("picture|all purposes"),
    "wanted": later("picture|wanted"),
    "GPUs held, by supplier, and GPUs wanted": later("GPUs held, by supplier, and GPUs wanted"),
}
"""What stands alone in a chart."""
PARTS = {
    re.compile(r"all but (?P<purposes>.+)"): later("all but {purposes}"),
    re.compile(r"(?P<title>.+) \(own build\)"): later("{title} (own build)"),
    re.compile(r"(?P<title>.+): who may supply new capacity"): later(
        "{title}: who may supply new capacity"
    ),
}
"""What stands in a chart with a name in it."""
TEXT = re.compile(r"(<(?:text|title)\b[^>]*>)([^<]+)(</)")


def svg(body: bytes, words: Words) -> Response[bytes]:
    """A drawn chart as an answer, from which nothing else is loaded."""
    plain = without_styles(body).decode()
    said = TEXT.sub(lambda found: found[1] + _said(found[2], words) + found[3], plain)
    nothing = {"Content-Security-Policy": "default-src 'none'"}
    return Response(said.encode(), media_type="image/svg+xml", headers=nothing)


def _said(written: str, words: Words) -> str:
    text = unescape(written)
    if text in LETTERS:
        return escape(words(LETTERS[text]))
    for pattern, says in PARTS.items():
        if found := pattern.fullmatch(text):
            return escape(words(says, **found.groupdict()))
    return written
