"""Read what has happened so far: a journal, or a YAML list of the same entries.

A file that ends in .jsonl, or begins with ``{``, is a journal: one JSON object a line;
``-`` is what is piped in.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from offtake.cli.output import Invalid

if TYPE_CHECKING:
    from offtake.contract.portfolio import Portfolio
    from offtake.contract.problem import Problem
    from offtake.core.vocabulary import Facts

LIST = "Write `- {event: ..., at: ...}` lines: see docs/reference/journal.md."


def facts_given(path: str, portfolio: "Portfolio", at_s: int) -> "Facts":
    """The facts as of an instant: what comes later is not known yet."""
    from offtake.sourcing.given import facts_of
    from offtake.sourcing.journal import BadEntry, event_of

    lots: dict[str, int] = {}
    events, places = [], []
    for place, line in _lines(Path("/dev/stdin" if path == "-" else path)):
        try:
            event = event_of(line, portfolio.names, lots, portfolio.document.currency)
        except BadEntry as bad:
            raise Invalid("bad-entry", place, str(bad), bad.remedy) from bad
        if event.at_s <= at_s:
            events.append(event)
            places.append(place)
    try:
        return facts_of(portfolio.clauses, events, portfolio.names)
    except BadEntry as bad:
        raise Invalid("bad-entry", places[bad.number], str(bad), bad.remedy) from bad


def _lines(path: Path) -> list[tuple[str, Mapping[str, Any]]]:
    from offtake.contract.file import text_of
    from offtake.contract.problem import Unreadable

    try:
        text = text_of(path)
        if path.suffix == ".jsonl" or text.lstrip().startswith("{"):
            return [
                (f"{path}:{number}", _object(line, f"{path}:{number}"))
                for number, line in enumerate(text.splitlines(), start=1)
                if line.strip()
            ]
        return _yaml(text, str(path))
    except Unreadable as unreadable:
        raise Invalid.of(unreadable.problems) from unreadable


def _object(line: str, place: str) -> Mapping[str, Any]:
    try:
        value = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        raise Invalid("bad-entry", place, "this is not JSON", "One object a line.") from error
    if not isinstance(value, dict):
        raise Invalid("bad-entry", place, "this is not an object", "One object a line.")
    return value


def _for_journals(problem: "Problem") -> "Problem":
    """A problem of a file with the way out that fits a journal."""
    return problem._replace(remedy=LIST) if problem.code == "empty-file" else problem


def _yaml(text: str, file: str) -> list[tuple[str, Mapping[str, Any]]]:
    from offtake.contract.node import nodes_of
    from offtake.contract.problem import Unreadable

    try:
        root, problems = nodes_of(text, file)
    except Unreadable as unreadable:
        rows = unreadable.problems
        raise Invalid.of([_for_journals(row) for row in rows]) from unreadable
    if problems:
        raise Invalid.of(problems)
    if root.items is None:
        says = f"a list of events is expected, not {root.form}"
        raise Invalid("bad-entry", str(root.place), says, LIST)
    found: list[tuple[str, Mapping[str, Any]]] = []
    for item in root.items:
        if item.entries is None:
            raise Invalid("bad-entry", str(item.place), "this is not an event", "Add `event:`.")
        words = {key: entry.node.scalar for key, entry in item.entries.items()}
        nested = [key for key, word in words.items() if word is None]
        if nested:
            says = f"`{nested[0]}` must be one word"
            raise Invalid("bad-entry", str(item.place), says, "See docs/reference/journal.md.")
        found.append((str(item.place), words))
    return found
