"""What every verb shares: errors with a way out, JSON for programs, tables for people."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from offtake.contract.portfolio import Portfolio
    from offtake.contract.problem import Problem

INVALID = 3


class Invalid(Exception):
    """Input that cannot be used. Carries one problem, or all those of a file."""

    code = INVALID
    """The exit code of the command."""

    def __init__(self, code: str, place: str, says: str, remedy: str) -> None:
        self.rows = [problem_row(code, place, says=says, remedy=remedy)]
        super().__init__(says)

    @classmethod
    def of(cls, problems: Sequence["Problem"]) -> "Invalid":
        """The problems of a file."""
        return cls.with_rows([problem_data(problem) for problem in problems])

    @classmethod
    def with_rows(cls, rows: Sequence[dict[str, Any]]) -> "Invalid":
        """Several problems in the documented JSON form."""
        invalid = cls("", "", "", "")
        invalid.rows = list(rows)
        return invalid


def problem_row(code: str, place: str, *, says: str, remedy: str) -> dict[str, Any]:
    """An error in the documented JSON form (docs/reference/json.md)."""
    return {"code": code, "place": place, "says": says, "remedy": remedy, "severity": "error"}


def problem_data(problem: "Problem") -> dict[str, Any]:
    """A problem of a file in the same form; it may be a warning."""
    row = problem_row(problem.code, str(problem.place), says=problem.says, remedy=problem.remedy)
    return row if problem.grave else row | {"severity": "warning"}


def fail(invalid: Invalid, *, as_json: bool) -> int:
    """Report on stderr what went wrong; the exit code."""
    if as_json:
        print(json.dumps({"problems": invalid.rows}, indent=2), file=sys.stderr)
    else:
        print("\n".join(map(told, invalid.rows)), file=sys.stderr)
    return invalid.code


def told(row: dict[str, Any]) -> str:
    """A problem for people: where and what, and below it the way out."""
    from offtake.core.explain import one_line

    mark = "warning: " if row["severity"] == "warning" else ""
    says = one_line(f"{row['place']}: {mark}{row['says']} [{row['code']}]")
    return f"{says}\n    {one_line(row['remedy'])}"


def load(path: str) -> "Portfolio":
    """A portfolio, or Invalid with all its problems."""
    from offtake.contract.portfolio import Portfolio
    from offtake.contract.problem import Unreadable

    try:
        return _priced(Portfolio.load(path), Path(path).parent)
    except Unreadable as unreadable:
        raise Invalid.of(unreadable.problems) from unreadable


def _priced(portfolio: "Portfolio", folder: Path) -> "Portfolio":
    """The portfolio with the histories of prices that it names, read from a folder."""
    if not any(price.price_history for price in portfolio.document.prices):
        return portfolio
    from offtake.supply.price_history import with_histories

    return with_histories(portfolio, folder)


def print_json(value: Any) -> None:
    """A result for programs."""
    print(json.dumps(value, indent=2, ensure_ascii=False))


def chosen(word: str, known: Sequence[str], flag: str) -> int:
    """The index of a word of the portfolio, or Invalid with the nearest."""
    from offtake.contract.problem import nearest

    if word not in known:
        raise Invalid(
            "unknown-name", flag, f"`{word}` is not in the portfolio", nearest(word, known)
        )
    return list(known).index(word)


def parsed(parse: Any, text: str, flag: str) -> Any:
    """A value of the command line, or Invalid with the notation it is read in."""
    from offtake.contract.value import SCALARS

    try:
        return parse(text)
    except ValueError as error:
        written = {scalar.__name__: remedy for scalar, remedy in SCALARS.values()}
        remedy = written.get(parse.__name__, "Write it as `--help` of the command shows.")
        raise Invalid("bad-value", flag, str(error), remedy) from error


def written_file(path: str, flag: str) -> Path:
    """A file that may be written, or Invalid."""
    file = Path(path)
    if file.is_dir() or not file.parent.is_dir():
        says = "is a folder" if file.is_dir() else "is in a folder that does not exist"
        raise Invalid("bad-path", flag, f"`{path}` {says}", "Name a file in an existing folder.")
    return file


class Picture(NamedTuple):
    """Where a picture goes and what it is: ``svg`` or ``png``."""

    path: Path
    kind: str


def drawn_file(path: str, flag: str) -> Picture:
    """A picture that may be written, or Invalid."""
    kind = path.rpartition(".")[2].lower()
    if kind not in ("svg", "png"):
        raise Invalid("bad-path", flag, f"`{path}` is neither .svg nor .png", "Name one.")
    return Picture(written_file(path, flag), kind)
