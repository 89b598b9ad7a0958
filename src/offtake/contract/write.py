"""Write a portfolio as YAML, in canonical order, so that reading it gives the portfolio again.

Law 11: ``read_text(write(document)).document == document``. The order is the reference's; terms
at their default are left out; every figure keeps its source or assumption. Comments are no part
of a document, and includes are written out.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields
from typing import Any, TypeAlias

import yaml

from offtake.contract.model import Agreement, Amendment, Clause, Document
from offtake.contract.record import KEYS, stepwise
from offtake.contract.value import written
from offtake.core.text import Term, Value, terms_of_text
from offtake.units.capacity import share_text
from offtake.units.time import FOREVER_S, instant_text

Tree: TypeAlias = "str | list[Tree] | dict[str, Tree]"
"""YAML to be: a scalar or flow collection as text, a list, or a mapping of keys as text."""

_PLAIN = re.compile(r"[A-Za-z0-9_$€£(/](?:[A-Za-z0-9_$€£(/).%+ '&;@-]*[A-Za-z0-9_$€£(/).%+'&;@-])?")
_WORD = "tag:yaml.org,2002:str"
_RESOLVER = yaml.resolver.Resolver()


def write(document: Document) -> str:
    """The YAML text of a whole portfolio.

    The document must be one that can be read: steps ascend, and every note is of a figure.
    """
    sections = ["\n".join(_lines({key: below}, "")) for key, below in tree_of(document).items()]
    return "\n\n".join(sections) + "\n" if sections else "{}\n"


def tree_of(document: Document) -> dict[str, Tree]:
    """What ``write`` writes, section by section, before it is text: for two to be compared."""
    writer = _Writer(document)
    tree = writer.document(document)
    assert not writer.notes, f"notes of no figure: {list(writer.notes)}"
    return tree


def noted(document: Document) -> dict[str, Tree]:
    """Every figure with a source or an assumption, by its path (``Note.path``), as written."""
    writer = _Writer(document)
    writer.document(document)
    return writer.noted


class _Writer:
    """Turns values into trees; each note is taken out where its figure is written."""

    def __init__(self, document: Document) -> None:
        self.notes: dict[str, dict[str, str]] = {}
        self.noted: dict[str, Tree] = {}
        for note in document.notes:
            self.notes.setdefault(note.path, {})[note.kind] = note.text

    def document(self, document: Document) -> dict[str, Tree]:
        """The sections that say anything, in the order of the reference."""
        tree: dict[str, Tree] = {}
        for item in fields(document):
            section, value = item.name, getattr(document, item.name)
            below = self.section(section, value)
            if below:
                tree[section] = self.figure(section, below)
        return tree

    def section(self, name: str, value: Any) -> Tree:
        """One section; empty when it says nothing but defaults."""
        if isinstance(value, str):
            default = Document.__dataclass_fields__[name].default
            return scalar(value) if value != default or name in self.notes else ""
        if not isinstance(value, tuple):
            return self.record(value, name)
        if not value or name == "notes":
            return ""
        if isinstance(value[0], str):
            return _words(value)
        if isinstance(value[0], Agreement):
            return {scalar(item.id): self.agreement(item) for item in value}
        if hasattr(value[0], "id"):
            return {scalar(item.id): self.row(item, f"{name}.{item.id}") for item in value}
        return [self.row(item, f"{name}[{number}]") for number, item in enumerate(value)]

    def row(self, item: Any, path: str) -> dict[str, Tree]:
        """A record, with the source of all its figures."""
        tree = self.record(item, path)
        if path in self.notes:
            self.noted[path] = tree
        return tree | self.provenance(path)

    def provenance(self, path: str) -> dict[str, Tree]:
        """Where what stands at a path comes from."""
        return {kind: scalar(text) for kind, text in self.notes.pop(path, {}).items()}

    def figure(self, path: str, value: Tree) -> Tree:
        """A value with where it comes from, if that is noted."""
        notes = self.provenance(path)
        if not notes:
            return value
        self.noted[path] = value
        whole = {"value": value} | notes
        return _flow(whole) if isinstance(value, str) else whole

    def record(self, item: Any, path: str) -> dict[str, Tree]:
        """The terms of a record that are not at their default, or whose default is sourced."""
        tree: dict[str, Tree] = {}
        defaults = {each.name: each.default for each in fields(item)}
        for name, term in terms_of_text(type(item)).items():
            key, value = KEYS.get(name, name), getattr(item, name)
            below = f"{path}.{key}"
            if defaults[name] is MISSING or value != defaults[name] or below in self.notes:
                tree[key] = self.figure(below, self.value(term, value, below))
        return tree

    def value(self, term: Term, value: Any, path: str) -> Tree:
        """One value in the notation of its type."""
        if term.value is Value.LINES:
            assert term.of is not None
            return self.steps(value, path) if stepwise(term.of) else self.rows(value, path)
        if term.value is Value.INSTANT:
            return instant_text(value)
        if term.value in (Value.SHARE, Value.SPEED):
            return share_text(value)
        if isinstance(value, str):
            return scalar(value)
        if type(value) is tuple:
            return _words(value)
        return written(value)

    def rows(self, items: tuple[Any, ...], path: str) -> Tree:
        """A list of records."""
        rows = [self.record(item, f"{path}[{number}]") for number, item in enumerate(items)]
        return list(rows) or "[]"

    def steps(self, items: tuple[Any, ...], path: str) -> Tree:
        """Steps as dates, as one value for all time, or as records where those carry notes."""
        if not items or any(noted.startswith(f"{path}[") for noted in self.notes):
            return self.rows(items, path)
        (_, (name, term)) = terms_of_text(type(items[0])).items()
        days = [instant_text(item.starts) for item in items]
        if len(items) == 1 and items[0].starts == 0 and f"{path}.{days[0]}" not in self.notes:
            return self.value(term, getattr(items[0], name), path)
        tree: dict[str, Tree] = {}
        for day, item in zip(days, items, strict=True):
            below = f"{path}.{day}"
            tree[day] = self.figure(below, self.value(term, getattr(item, name), below))
        return tree

    def agreement(self, item: Agreement) -> dict[str, Tree]:
        """An agreement with its clauses and amendments."""
        path = f"agreements.{item.id}"
        tree = self.optional(path, title=item.title, parties=item.parties)
        tree |= self.period(path, item.starts, None if item.ends == FOREVER_S else item.ends)
        tree |= {"source": scalar(item.source)} if item.source else {}
        tree |= self.clauses("clauses", item.clauses, path)
        if item.amendments:
            tree["amendments"] = {
                scalar(each.id): self.amendment(each, f"{path}.amendments.{each.id}")
                for each in item.amendments
            }
        return tree

    def amendment(self, item: Amendment, path: str) -> dict[str, Tree]:
        """A dated change."""
        tree = self.period(path, item.starts, None)
        tree |= {"source": scalar(item.source)} if item.source else {}
        tree |= {"remove": _words(item.removes)} if item.removes else {}
        tree |= self.clauses("replace", item.replaces, path)
        return tree | self.clauses("add", item.adds, path)

    def clauses(self, section: str, items: tuple[Clause, ...], path: str) -> dict[str, Tree]:
        """A section of clauses, if it has any."""
        below = f"{path}.{section}"
        clauses = {scalar(item.id): self.clause(item, f"{below}.{item.id}") for item in items}
        return {section: dict(clauses)} if clauses else {}

    def clause(self, item: Clause, path: str) -> dict[str, Tree]:
        """A clause: what it is, in words, its terms, when it holds, where it comes from."""
        tree: dict[str, Tree] = {"kind": scalar(item.kind)}
        tree |= self.optional(path, says=item.says)
        tree |= self.record(item.text, path)
        tree |= self.period(path, item.starts, item.ends)
        if item.applies_to != "signature" or f"{path}.applies_to" in self.notes:
            tree |= self.optional(path, applies_to=item.applies_to)
        tree |= {"source": scalar(item.source)} if item.source else {}
        return tree | self.provenance(path)

    def period(self, path: str, starts: int | None, ends: int | None) -> dict[str, Tree]:
        """``from`` and ``until``, as far as they are stated."""
        stated = {"from": starts, "until": ends}
        return {
            key: self.figure(f"{path}.{key}", instant_text(at_s))
            for key, at_s in stated.items()
            if at_s is not None
        }

    def optional(self, path: str, **values: Any) -> dict[str, Tree]:
        """Words that are stated."""
        return {
            key: self.figure(f"{path}.{key}", _text(value))
            for key, value in values.items()
            if value or f"{path}.{key}" in self.notes
        }


def _text(value: str | tuple[str, ...]) -> str:
    return scalar(value) if isinstance(value, str) else _words(value)


def _words(words: tuple[str, ...]) -> str:
    return f"[{', '.join(scalar(word) for word in words)}]"


def _flow(entries: Mapping[str, Tree]) -> str:
    return "{" + ", ".join(f"{key}: {value}" for key, value in entries.items()) + "}"


def _tag(text: str) -> str:
    """What a reader that guesses would take a plain word for."""
    resolve: Any = _RESOLVER.resolve
    return str(resolve(yaml.ScalarNode, text, (True, False)))


def scalar(text: str) -> str:
    """A text as YAML that every reader takes for that text: plain where that is safe."""
    if _PLAIN.fullmatch(text) and _tag(text) == _WORD:
        return text
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(letter: str) -> str:
    if letter in '"\\':
        return f"\\{letter}"
    if letter.isprintable():
        return letter
    code = ord(letter)
    if code < 0x100:
        return "\\n" if letter == "\n" else f"\\x{code:02X}"
    return f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"


def _lines(tree: Mapping[str, Tree] | list[Tree], pad: str) -> Iterator[str]:
    """A tree as lines of YAML, indented by two more at each level."""
    if isinstance(tree, list):
        for item in tree:
            assert not isinstance(item, str), item
            first, *rest = _lines(item, f"{pad}  ") if item else [f"{pad}  {{}}"]
            yield f"{pad}- {first.removeprefix(pad).lstrip()}"
            yield from rest
        return
    for key, below in tree.items():
        if isinstance(below, str):
            yield f"{pad}{key}: {below}"
        elif not below:
            yield f"{pad}{key}: {{}}"
        else:
            yield f"{pad}{key}:"
            yield from _lines(below, f"{pad}  ")
