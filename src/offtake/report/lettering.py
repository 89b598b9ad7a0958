"""Words that must fit: how wide text is, and how to set it in the room there is."""

from collections.abc import Sequence
from textwrap import wrap

NARROW, WIDE = frozenset("ijlftrI.,:;'|!()[]/- "), frozenset("mwMW@%")
"""Letters much narrower or wider than the rest, in the fonts that charts use."""


def width_pt(text: str, size_pt: float) -> float:
    """About how wide one line of text is in points: right within a tenth for usual words."""
    units = sum(0.36 if c in NARROW else 0.92 if c in WIDE else 0.6 for c in text)
    return units * size_pt


def widest_pt(texts: Sequence[str], size_pt: float) -> float:
    """The width of the widest line of several texts, in points."""
    lines = [line for text in texts for line in text.splitlines()]
    return max((width_pt(line, size_pt) for line in lines), default=0.0)


def lines_of(text: str, letters: int, most: int = 2) -> str:
    """A text in lines of about so many letters, at most so many lines, cut with an ellipsis."""
    lines = wrap(text, letters, break_long_words=True) or [""]
    if len(lines) > most:
        lines = [*lines[: most - 1], lines[most - 1][: letters - 1] + "…"]
    return "\n".join(lines)


def clause_words(clauses: Sequence[str], room_pt: float, size_pt: float) -> str:
    """The ids of clauses as they fit: whole, without agreement, in two lines, or not at all."""
    short = [clause.rpartition("/")[2] for clause in clauses]
    for text in (", ".join(clauses), ", ".join(short), _halved(", ".join(short))):
        if widest_pt([text], size_pt) <= room_pt:
            return text
    return ""


def _halved(text: str) -> str:
    """A text in two lines, broken after a comma or a hyphen nearest its middle."""
    places = [n + 1 for n, letter in enumerate(text) if letter in "-," and n + 1 < len(text)]
    if not places:
        return text
    place = min(places, key=lambda n: (abs(n - len(text) / 2), n))
    return f"{text[:place]}\n{text[place:].lstrip()}"
