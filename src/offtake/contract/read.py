"""Read a portfolio file and what it includes. The only module of meaning that opens files."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from offtake.clauses import KINDS
from offtake.contract import market, model
from offtake.contract.file import text_of
from offtake.contract.node import Entry, Node, nodes_of
from offtake.contract.problem import Place, Problem, Unreadable, nearest
from offtake.contract.record import KEYS, Reader, Reference
from offtake.core.text import Term, Value, terms_of_text

LIMIT_INCLUDES = 16
LIMIT_NAME = 100
LIMIT_SOURCE_NAME = 500
"""A source written in place is named after the figure it stands at."""
BY_ID: dict[str, tuple[type, str]] = {
    "parties": (model.Party, "id"),
    "purposes": (model.Purpose, "id"),
    "accelerators": (model.AcceleratorKind, "id"),
    "assets": (model.Asset, "id"),
    "calendars": (model.CalendarText, "id"),
    "sources": (model.Source, "id"),
    "pools": (model.Pool, "id"),
    "requirements": (model.Requirement, "id"),
    "services": (model.ServiceText, "id"),
    "jobs": (model.JobText, "id"),
    "regimes": (model.Regime, "id"),
}
"""Sections that map an id to a record."""
LISTED = {
    "prices": model.ListPrice,
    "behaviors": market.Behavior,
    "reports": model.Reported,
    "outages": model.Outage,
}
"""Sections that list records."""
SINGLE = {"procurement": market.Procurement, "simulation": model.Simulation}
WORDS = ("regions", "products")
HEAD = ("title", "currency", "buyer", "include")
SECTIONS = (*HEAD, *BY_ID, *WORDS, "agreements", *LISTED, *SINGLE)
CLAUSE_KEYS = ("kind", "from", "until", "applies_to", "source", "assumed", "says")
AGREEMENT_KEYS = ("title", "parties", "from", "until", "source", "clauses", "amendments")
AMENDMENT_KEYS = ("from", "source", "remove", "replace", "add")


class Reading(NamedTuple):
    """A portfolio as written, with what is needed to judge it and to say where."""

    document: model.Document
    problems: tuple[Problem, ...]
    references: tuple[Reference, ...]
    places: Mapping[str, Place]
    texts: Mapping[str, bytes]  # The files that were read, by name.

    def place(self, path: str) -> Place:
        """Where something is written; the first file if it is not."""
        return self.places.get(path) or Place(next(iter(self.texts), "portfolio"))

    def nearest_place(self, path: str) -> Place:
        """Where something is written, or what it is a part of."""
        while path not in self.places and ("." in path or "[" in path):
            path = re.sub(r"(\.[^.\[]*|\[[^\[]*)$", "", path)
        return self.place(path)


def read(path: str | Path) -> Reading:
    """Read a portfolio file and its includes.

    Raises:
        Unreadable: A file is missing, too large, not UTF-8, not YAML, or empty.
    """
    reader = Reader()
    texts: dict[str, bytes] = {}
    entries = _load(Path(path), reader, texts, ())
    document = _document(entries, reader)
    return Reading(document, tuple(reader.problems), tuple(reader.references), reader.places, texts)


def read_text(text: str, file: str = "portfolio.yaml") -> Reading:
    """Read a portfolio from text; an ``include:`` in it is a problem."""
    reader = Reader()
    root, problems = nodes_of(text, file)
    reader.problems += problems
    sections = reader.entries(root, "a portfolio")
    if "include" in sections:
        place = sections.pop("include").place
        reader.problem("bad-include", place, "text has no folder to include from", "Use a file.")
    document = _document({key: [entry] for key, entry in sections.items()}, reader)
    return Reading(
        document,
        tuple(reader.problems),
        tuple(reader.references),
        reader.places,
        {file: text.encode()},
    )


def _load(
    path: Path, reader: Reader, texts: dict[str, bytes], above: tuple[Path, ...]
) -> dict[str, list[Entry]]:
    """The sections of a file and of its includes, in order; each section may come from many."""
    text = text_of(path)
    texts[str(path)] = text.encode()
    root, problems = nodes_of(text, str(path))
    reader.problems += problems
    if above and root.entries is None:  # Any file may be named: what it holds is not repeated.
        says = "what is included must be a portfolio, with sections"
        reader.problem("not-a-mapping", Place(str(path)), says, "Remove the include.")
        return {}
    sections = reader.entries(root, "a portfolio")
    found: dict[str, list[Entry]] = {}
    include = sections.pop("include", None)
    line = (*above, _real(path))
    for target, place in _includes(include, reader):
        wrong = _wrong_include(path.parent / target, texts, line)
        if wrong:
            reader.problem("bad-include", place, f"`{target}` {wrong}", "Remove the include.")
            continue
        try:
            included = _load(path.parent / target, reader, texts, line)
        except Unreadable as unreadable:
            reader.problems += [_at_include(row, target, place) for row in unreadable.problems]
            continue
        for key, entries in included.items():
            found.setdefault(key, []).extend(entries)
    for key, entry in sections.items():
        found.setdefault(key, []).append(entry)
    return found


def _wrong_include(path: Path, texts: Mapping[str, bytes], line: tuple[Path, ...]) -> str:
    """Why a file may not be included, or nothing."""
    if _real(path) in line:
        return "includes itself"
    if _real(path) in [_real(Path(name)) for name in texts]:
        return "is included twice"
    return f"is one too many: the limit is {LIMIT_INCLUDES}" if len(texts) >= LIMIT_INCLUDES else ""


def _real(path: Path) -> Path:
    """The file behind links, as far as there is one."""
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):  # A loop of links, or not a name at all.
        return path


def _at_include(problem: Problem, target: str, place: Place) -> Problem:
    """A problem of a file as a whole stands where it was included."""
    if problem.code not in ("no-file", "not-a-file"):
        return problem
    return problem._replace(place=place, says=f"`{target}`: {problem.says}")


def _includes(entry: Entry | None, reader: Reader) -> list[tuple[str, Place]]:
    if entry is None:
        return []
    words = reader.words(Term(Value.TEXTS, ""), entry.node, "include")
    return [(word, entry.place) for word in words or ()]


def _document(sections: dict[str, list[Entry]], reader: Reader) -> model.Document:
    for key, entries in sections.items():
        if key not in SECTIONS:
            says = f"a portfolio has no section `{key}`"
            reader.problem("unknown-key", entries[0].place, says, nearest(key, SECTIONS))
    values: dict[str, Any] = {}
    reader.places.update({key: entries[-1].place for key, entries in sections.items()})
    for key in HEAD[:3]:
        for entry in sections.get(key, ()):
            _forget_notes(reader, key)
            values[key] = reader.value(Term(Value.TEXT, ""), entry.node, key) or ""
    for key, (kind, _) in BY_ID.items():
        values[key] = _each(sections.get(key, []), reader, key, _by_id(kind))
    values["agreements"] = _each(sections.get("agreements", []), reader, "agreements", _agreement)
    for key, kind in LISTED.items():
        values[key] = _listed(kind, sections.get(key, []), reader, key)
    for key in WORDS:
        lists = [reader.words(Term(Value.TEXTS, ""), e.node, key) for e in sections.get(key, ())]
        values[key] = tuple(word for words in lists if words for word in words)
    for key, kind in SINGLE.items():
        for entry in sections.get(key, ()):
            _forget_notes(reader, key)
            record = reader.record(kind, entry.node, key)
            if record is not None:
                values[key] = record
    for key, node in sorted(reader.inline_sources.items()):
        source = reader.record(model.Source, node, f"sources.{key}", id=key)
        values["sources"] += (source,) if source is not None else ()
    return model.Document(**values, notes=tuple(reader.notes))


def _forget_notes(reader: Reader, section: str) -> None:
    """Drop the notes of a section of one value that a later file writes again."""
    reader.notes = [note for note in reader.notes if note.path.partition(".")[0] != section]


Read = Callable[[str, Node, Reader, str], Any]


def _each(entries: list[Entry], reader: Reader, section: str, read_one: Read) -> tuple[Any, ...]:
    """The records of a section by id; an id that two files declare is a problem."""
    found: dict[str, Any] = {}
    for whole in entries:
        for name, entry in reader.entries(whole.node, section).items():
            path = f"{section}.{name}"
            wrong = _wrong_name(name, section)
            if wrong:
                reader.problem("bad-name", entry.place, wrong, "Use letters, digits, `-` and `_`.")
                continue
            if path in reader.places:
                first = reader.places[path]
                says = f"`{name}` is already declared at {first}"
                reader.problem("declared-twice", entry.place, says, "Rename or remove one.")
                continue
            reader.places[path] = entry.place
            found[name] = read_one(name, entry.node, reader, path)
    return tuple(record for record in found.values() if record is not None)


def _wrong_name(name: str, section: str) -> str:
    """Why what is declared may not have this name, or nothing."""
    limit = LIMIT_SOURCE_NAME if section == "sources" else LIMIT_NAME
    if not name.strip():
        return f"a name under {section} is empty"
    if len(name) > limit:
        return f"a name under {section} has {len(name):,} characters; the limit is {limit}"
    if not name.isprintable() or name != name.strip():
        return f"a name under {section} has spaces around it or characters that do not print"
    if section == "agreements" and "/" in name:
        return f"`{name}` has a `/`, which ends an agreement's name in `MSFT-1/exclusivity`"
    return ""


def _by_id(kind: type) -> Read:
    def read_one(name: str, node: Node, reader: Reader, path: str) -> Any:
        if kind is model.Source:  # It needs no source itself.
            return reader.record(kind, node, path, id=name)
        return _sourced(kind, node, reader, path, id=name)

    return read_one


def _listed(kind: type, entries: list[Entry], reader: Reader, section: str) -> tuple[Any, ...]:
    rows: list[Any] = []
    for whole in entries:
        if whole.node.items is None and not whole.node.empty:
            reader.lines(kind, whole.node, section)
    items = [item for whole in entries for item in whole.node.items or ()]
    for number, item in enumerate(items):
        row = _sourced(kind, item, reader, f"{section}[{number}]")
        if row is not None:
            reader.places[f"{section}[{len(rows)}]"] = item.place
            rows.append(row)
    return tuple(rows)


def _sourced(kind: type, node: Node, reader: Reader, path: str, **given: Any) -> Any:
    """A record, which may carry one source, or one assumption, for all its other figures."""
    entries = dict(node.entries or {})
    for key in ("source", "assumed"):
        if key in entries:
            text = reader.provenance(key, entries.pop(key).node, path)
            reader.notes.append(model.Note(path, key, text))
    whole = node._replace(entries=entries) if node.entries else node
    return reader.record(kind, whole, path, **given)


def _agreement(name: str, node: Node, reader: Reader, path: str) -> model.Agreement | None:
    entries = reader.entries(node, path)
    reader.known_keys(entries, AGREEMENT_KEYS, path)
    values = _optional(entries, reader, path, starts=Value.INSTANT, ends=Value.INSTANT)
    values |= _optional(entries, reader, path, title=Value.TEXT, parties=Value.PARTIES)
    if "from" not in entries or entries["from"].node.empty:
        says = f"{path} does not say from when it holds"
        reader.problem("missing-key", node.place, says, "Add `from: 2025-01-21`.")
    for key, read_one in (("clauses", _clause), ("amendments", _amendment)):
        below = [entries[key]] if key in entries else []
        values[key] = _each(below, reader, f"{path}.{key}", read_one)
    return model.Agreement(id=name, source=_source(entries, reader, path), **values)


def _amendment(name: str, node: Node, reader: Reader, path: str) -> model.Amendment | None:
    entries = reader.entries(node, path)
    reader.known_keys(entries, AMENDMENT_KEYS, path)
    values = _optional(entries, reader, path, starts=Value.INSTANT)
    if "from" not in entries or entries["from"].node.empty:
        says = f"{path} does not say from when it holds"
        reader.problem("missing-key", node.place, says, "Add `from: 2025-10-28`.")
    if "remove" in entries:
        values["removes"] = reader.words(
            Term(Value.TEXTS, ""), entries["remove"].node, f"{path}.remove"
        )
    for key, field in (("replace", "replaces"), ("add", "adds")):
        below = [entries[key]] if key in entries else []
        values[field] = _each(below, reader, f"{path}.{key}", _clause)
    values["removes"] = values.get("removes") or ()
    if "starts" not in values:
        return None
    return model.Amendment(id=name, source=_source(entries, reader, path), **values)


def _clause(name: str, node: Node, reader: Reader, path: str) -> model.Clause | None:
    """A clause: its kind decides which terms it may state."""
    entries = reader.entries(node, path)
    kind = _kind(entries, reader, node.place, path)
    if kind is None:
        return None
    text = KINDS[kind].text
    terms = [KEYS.get(term, term) for term in terms_of_text(text)]
    reader.known_keys(entries, [*CLAUSE_KEYS, *terms], f"a {kind} clause")
    before = len(reader.problems)
    written = reader.terms(text, entries, node.place, path)
    values = _optional(entries, reader, path, starts=Value.INSTANT, ends=Value.INSTANT)
    values |= _optional(entries, reader, path, says=Value.TEXT)
    if "applies_to" in entries:
        term = Term(Value.CHOICE, "", ("signature", "service", "both"))
        applies = reader.value(term, entries["applies_to"].node, f"{path}.applies_to")
        values["applies_to"] = applies or "signature"
    source = _source(entries, reader, path)
    if "assumed" in entries:
        reason = reader.provenance("assumed", entries["assumed"].node, path)
        reader.notes.append(model.Note(path, "assumed", reason))
    if len(reader.problems) > before:
        return None
    return model.Clause(id=name, kind=kind, text=text(**written), source=source, **values)


def _kind(entries: dict[str, Entry], reader: Reader, place: Place, path: str) -> str | None:
    entry = entries.get("kind")
    kinds = ", ".join(KINDS)
    if entry is None or entry.node.scalar is None:
        says = f"{path} does not say its `kind`"
        reader.problem("missing-key", place, says, f"Add `kind:`, one of: {kinds}.")
        return None
    if entry.node.scalar not in KINDS:
        says = f"there is no clause kind `{entry.node.scalar}`"
        reader.problem("unknown-kind", entry.node.place, says, nearest(entry.node.scalar, KINDS))
        return None
    return entry.node.scalar


def _optional(
    entries: dict[str, Entry], reader: Reader, path: str, **fields: Value
) -> dict[str, Any]:
    """The fields that are written and right."""
    found = {}
    for name, kind in fields.items():
        key = KEYS.get(name, name)
        if key in entries and not entries[key].node.empty:
            value = reader.value(Term(kind, ""), entries[key].node, f"{path}.{key}")
            if value is not None:
                found[name] = value
    return found


def _source(entries: dict[str, Entry], reader: Reader, path: str) -> str:
    """The key of the source of a clause or agreement, or nothing."""
    if "source" not in entries:
        return ""
    return reader.provenance("source", entries["source"].node, path)
