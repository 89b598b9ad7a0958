"""YAML as nodes of text, each with its place. Types come later, from what a field expects.

Every scalar is kept as written (decision record 0001): ``no`` is a word and ``2025-01-21`` is
a date only where a date is expected.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import yaml

from offtake.contract.problem import Place, Problem, Unreadable

LIMIT_BYTES = 4_000_000
LIMIT_NODES = 200_000
LIMIT_DEPTH = 40
BOM = "\ufeff"
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NOTHING = ("", "~", "null", "Null", "NULL")


class Entry(NamedTuple):
    """One key of a mapping with its value."""

    place: Place
    node: "Node"


class Node(NamedTuple):
    """A scalar, a list or a mapping; exactly one of the three is not None.

    An empty value (``key:`` or ``null``) has all three None.
    """

    place: Place
    scalar: str | None = None
    items: "tuple[Node, ...] | None" = None
    entries: Mapping[str, Entry] | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing was written."""
        return self.scalar is None and self.items is None and self.entries is None

    @property
    def form(self) -> str:
        """What it is, in a user's words."""
        if self.items is not None:
            return "a list"
        if self.entries is not None:
            return "a mapping"
        return "nothing" if self.scalar is None else f"`{self.scalar[:60]}`"


def nodes_of(text: str, file: str) -> tuple[Node, list[Problem]]:
    """Parse YAML text.

    Raises:
        Unreadable: It is not YAML, is empty, or passes a limit of size or depth.
    """
    text = text.removeprefix(BOM)
    _encodable(text, file)
    _within_limits(text, file)
    try:
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        raise _not_yaml(error, text, file) from error
    problems: list[Problem] = []
    node = None if root is None else _node(root, file, problems)
    if node is None or node.empty:
        remedy = "Write a portfolio: see docs/start.md."
        raise Unreadable([Problem("empty-file", Place(file), "the file is empty", remedy)])
    return node, problems


def _encodable(text: str, file: str) -> None:
    """Refuse half of a surrogate pair: no file can hold it, and nothing could print it."""
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        place = _position(text, error.start, file)
        says = "half of a character (a lone surrogate) is not text"
        problem = Problem("not-utf8", place, says, "Write the character itself.")
        raise Unreadable([problem]) from error
    if size > LIMIT_BYTES:
        raise _limit(file, f"{size:,} bytes; the limit is {LIMIT_BYTES:,}", "Split it.")


def _position(text: str, index: int, file: str) -> Place:
    line = text.count("\n", 0, index) + 1
    return Place(file, line, index - (text.rfind("\n", 0, index) + 1) + 1)


def _within_limits(text: str, file: str) -> None:
    """Refuse what could exhaust memory or the stack before anything recursive sees it."""
    depth = seen = aliases = 0
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            seen += 1
            aliases += isinstance(event, yaml.AliasEvent)
            tag = getattr(event, "tag", None)
            if tag is not None and tag != "!":  # "!" is how quoted words are marked.
                raise _tagged(event, file)
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > LIMIT_DEPTH or seen > LIMIT_NODES:
                break
    except yaml.YAMLError as error:
        raise _not_yaml(error, text, file) from error
    if depth > LIMIT_DEPTH:
        raise _limit(file, f"nested deeper than {LIMIT_DEPTH} levels", "Flatten it.")
    if seen > LIMIT_NODES:
        raise _limit(file, f"more than {LIMIT_NODES:,} values", "Split it with `include:`.")
    if aliases:
        raise _limit(file, "YAML aliases (`*name`) are used", "Write the value out.")


def _tagged(event: Any, file: str) -> Unreadable:
    place = Place(file, event.start_mark.line + 1, event.start_mark.column + 1)
    says = f"a YAML tag (`{event.tag.replace('tag:yaml.org,2002:', '!!')}`) is used"
    return Unreadable([Problem("beyond-limit", place, says, "Remove it: terms have their types.")])


def _limit(file: str, says: str, remedy: str) -> Unreadable:
    return Unreadable([Problem("beyond-limit", Place(file), says, remedy)])


def _not_yaml(error: yaml.YAMLError, text: str, file: str) -> Unreadable:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    place = Place(file) if mark is None else Place(file, mark.line + 1, mark.column + 1)
    says = f"this is not YAML: {getattr(error, 'problem', None) or str(error).splitlines()[0]}"
    remedy = "Check indentation, colons and quotes here and in the line above."
    line = text.split("\n")[mark.line] if mark is not None and mark.line < text.count("\n") else ""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        says, remedy = "this is not YAML: a tab stands where spaces must", "Indent with spaces."
    if isinstance(error, yaml.reader.ReaderError):
        place = _position(text, max(text.find(chr(error.character)), 0), file)
        says = f"this is not text: character {error.character:#04x} is not allowed in YAML"
        remedy = "Remove it, or save the file as plain UTF-8 text."
    elif isinstance(error, yaml.composer.ComposerError):
        says = "a second YAML document starts here"
        remedy = "A file holds one portfolio: remove the `---`, or use `include:`."
    return Unreadable([Problem("not-yaml", place, says, remedy)])


def _node(node: Any, file: str, problems: list[Problem]) -> Node:
    place = Place(file, node.start_mark.line + 1, node.start_mark.column + 1)
    if isinstance(node, yaml.SequenceNode):
        return Node(place, items=tuple(_node(item, file, problems) for item in node.value))
    if isinstance(node, yaml.MappingNode):
        return Node(place, entries=dict(_entries(node, file, problems)))
    plain = not node.style  # None or "", by the loader.
    return Node(place, scalar=None if plain and node.value in _NOTHING else node.value)


def _entries(node: Any, file: str, problems: list[Problem]) -> Iterator[tuple[str, Entry]]:
    seen: set[str] = set()
    for key, value in node.value:
        place = Place(file, key.start_mark.line + 1, key.start_mark.column + 1)
        name = key.value if isinstance(key, yaml.ScalarNode) else "(a list or mapping)"
        if name in seen or not isinstance(key, yaml.ScalarNode):
            twice = name in seen
            says = f"`{name}` is written twice" if twice else "a key must be a word, not a list"
            remedy = "Keep one." if twice else "Write a word before the colon."
            problems.append(Problem("bad-key", place, says, remedy))
            continue
        seen.add(name)
        yield name, Entry(place, _node(value, file, problems))
