"""A user's mistake as data: where, what, the way out, and a permanent code."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import NamedTuple


class Place(NamedTuple):
    """A position in a file; line and column count from 1, and are 0 for the file as a whole."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


class Problem(NamedTuple):
    """One thing wrong with a file, in words for the person who wrote it."""

    code: str  # Permanent; has a section in docs/reference/problems.md.
    place: Place
    says: str
    remedy: str
    grave: bool = True  # False: lawful, but worth a lawyer's look before signing.

    def __str__(self) -> str:
        mark = "" if self.grave else "warning: "
        return f"{self.place}: {mark}{self.says} [{self.code}]\n    {self.remedy}"


class Unreadable(ValueError):
    """A file that cannot be used; carries all its problems."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def nearest(word: str, known: Iterable[str]) -> str:
    """A remedy that names the closest known word, or lists what there is (20 at most)."""
    choices = sorted(set(known))
    close = get_close_matches(word, choices, n=1, cutoff=0.6)
    if close:
        return f"Did you mean `{close[0]}`?"
    if not choices:
        return "None is declared here."
    more = f" and {len(choices) - 20} more" if len(choices) > 20 else ""
    return f"Use one of: {', '.join(choices[:20])}{more}."
