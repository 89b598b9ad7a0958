"""Check the sizes of the house: functions, files, parameters. Prints every breach; exits 1.

A function has at most 60 lines (more only with a docstring), nine in ten have under 30; a
source file has at most 400 lines, a test file 600; a function takes at most five parameters,
and three of one built-in type in a row only by keyword (two are told apart by their units).
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

FILE_LINES_MAX = {"src": 400, "tests": 600, "tools": 400, "benchmarks": 400, "validation": 400}
FUNCTION_LINES_MAX = 60
SHORT_LINES = 30
SHORT_SHARE_MIN = 0.9
PARAMETERS_MAX = 5
BUILT_IN = ("int", "str", "float", "bool")

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Breach(NamedTuple):
    """One place that is too large, and what to do."""

    place: str
    says: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.place}: {self.says}\n    {self.remedy}"


def breaches(text: str, file: str, room: str) -> Iterator[Breach]:
    """All breaches in one file's text."""
    lines = text.count("\n")
    if lines > FILE_LINES_MAX[room]:
        says = f"{lines} lines; the limit is {FILE_LINES_MAX[room]}"
        yield Breach(file, says, "Give a part of it its own name and file.")
    for function in functions(text):
        place = f"{file}:{function.lineno} {function.name}"
        if length(function) > FUNCTION_LINES_MAX and not ast.get_docstring(function):
            says = f"{length(function)} lines without a docstring"
            yield Breach(place, says, "Split it, or say what the caller gets.")
        if room == "src":
            yield from _parameters(function, place)


def functions(text: str) -> list[Function]:
    """Every function of a source text, methods and inner ones included."""
    return [node for node in ast.walk(ast.parse(text)) if isinstance(node, Function)]


def length(function: Function) -> int:
    """The lines of a function, its docstring included, its decorators not."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _parameters(function: Function, place: str) -> Iterator[Breach]:
    own = [a for a in function.args.posonlyargs + function.args.args if a.arg not in _SELF]
    count = len(own) + len(function.args.kwonlyargs)
    if count > PARAMETERS_MAX:
        says = f"{count} parameters; the limit is {PARAMETERS_MAX}"
        yield Breach(place, says, "Group those that belong together under a name.")
    if function.name.startswith("_"):
        return
    kinds = [ast.unparse(a.annotation) if a.annotation else "" for a in own]
    for kind in BUILT_IN:
        if any(kinds[n : n + 3] == [kind] * 3 for n in range(len(kinds))):
            says = f"three positional parameters of type {kind} in a row"
            yield Breach(place, says, "Make them keyword-only: they are easily swapped.")


_SELF = ("self", "cls")


def main(root: Path) -> int:
    """Check the tree below a folder."""
    found: list[Breach] = []
    lengths: list[int] = []
    for room in FILE_LINES_MAX:
        for path in sorted((root / room).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            found += breaches(text, str(path.relative_to(root)), room)
            if room == "src":
                lengths += [length(function) for function in functions(text)]
    short = sum(1 for lines in lengths if lines < SHORT_LINES) / max(len(lengths), 1)
    if short < SHORT_SHARE_MIN:
        says = f"{short:.0%} of functions have under {SHORT_LINES} lines"
        found.append(Breach("src", says, f"At least {SHORT_SHARE_MIN:.0%} should."))
    for breach in found:
        print(breach)
    print(f"sizes: {len(lengths)} functions, {short:.0%} under {SHORT_LINES} lines, ", end="")
    print(f"{len(found)} breach(es)")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parent.parent))
