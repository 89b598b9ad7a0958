"""Read records: mappings whose keys are the declared terms of a dataclass."""

from collections.abc import Iterable
from dataclasses import MISSING, fields
from typing import Any, NamedTuple

from offtake.contract.model import Note
from offtake.contract.node import Entry, Node
from offtake.contract.problem import Place, Problem, nearest
from offtake.contract.value import SCALARS
from offtake.core.text import Term, Value, terms_of_text

KEYS = {"starts": "from", "ends": "until"}
"""Fields whose key in a file is a word that Python keeps for itself, or reads better."""
LISTS = (
    Value.PARTIES,
    Value.PURPOSES,
    Value.ACCELERATORS,
    Value.REGIONS,
    Value.ASSETS,
    Value.PRODUCTS,
    Value.CLAUSES,
    Value.TEXTS,
    Value.CHOICES,
)
SINGLE = {
    Value.PARTIES: Value.PARTY,
    Value.PURPOSES: Value.PURPOSE,
    Value.ACCELERATORS: Value.ACCELERATOR,
    Value.REGIONS: Value.REGION,
    Value.ASSETS: Value.ASSET,
    Value.PRODUCTS: Value.PRODUCT,
    Value.CLAUSES: Value.CLAUSE,
}
"""What each word of a list names."""
PROVENANCE = ("source", "assumed")


class Reference(NamedTuple):
    """A name that must be declared somewhere else."""

    value: Value
    name: str
    place: Place


class Reader:
    """What reading has found so far: problems, references to resolve, notes, places."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.references: list[Reference] = []
        self.notes: list[Note] = []
        self.places: dict[str, Place] = {}
        self.inline_sources: dict[str, Node] = {}

    def problem(self, code: str, place: Place, says: str, remedy: str) -> None:
        """Note a mistake and go on."""
        self.problems.append(Problem(code, place, says, remedy))

    def entries(self, node: Node, what: str) -> dict[str, Entry]:
        """The entries of what must be a mapping; none, with a problem, if it is not one."""
        if node.empty:
            return {}
        if node.entries is None:
            self.problem(
                "not-a-mapping",
                node.place,
                f"{what} must be a mapping, not {node.form}",
                "Write `key: value` lines, indented below it.",
            )
            return {}
        return dict(node.entries)

    def known_keys(self, entries: dict[str, Entry], known: Iterable[str], what: str) -> None:
        """Report keys that mean nothing here, with the nearest that does."""
        names = list(known)
        for key, entry in entries.items():
            if key not in names:
                self.problem(
                    "unknown-key",
                    entry.place,
                    f"{what} has no `{key}`",
                    nearest(key, names),
                )

    def record(self, kind: type, node: Node, path: str, **given: Any) -> Any:
        """An instance of a dataclass of terms, or None when something in it is wrong.

        ``given`` are fields that stand elsewhere, such as the id.
        """
        before = len(self.problems)
        entries = self.entries(node, path)
        self.known_keys(entries, [KEYS.get(name, name) for name in terms_of_text(kind)], path)
        values = self.terms(kind, entries, node.place, path)
        if len(self.problems) > before:
            return None
        return kind(**given, **values)

    def terms(
        self, kind: type, entries: dict[str, Entry], place: Place, path: str
    ) -> dict[str, Any]:
        """The values of the declared terms that are written; missing ones are problems."""
        values: dict[str, Any] = {}
        required = {
            item.name
            for item in fields(kind)
            if item.default is MISSING and item.default_factory is MISSING
        }
        for name, term in terms_of_text(kind).items():
            key = KEYS.get(name, name)
            entry = entries.get(key)
            if entry is not None and not entry.node.empty:
                value = self.value(term, entry.node, f"{path}.{key}")
                if value is not None:
                    values[name] = value
            elif name in required:
                self.problem(
                    "missing-key",
                    place if entry is None else entry.place,
                    f"{path} does not say `{key}`",
                    f"Add `{key}:` ({term.value.value}): {term.says}",
                )
        return values

    def value(self, term: Term, node: Node, path: str) -> Any:
        """One value, or None with a problem. Its source or assumption becomes a note."""
        node = self.figure(node, path)
        if term.value is Value.LINES:
            assert term.of is not None
            return self.lines(term.of, node, path)
        if term.value in LISTS:
            return self.words(term, node, path)
        if node.scalar is None:
            self.problem(
                "wrong-type",
                node.place,
                f"{path} must be {_article(term.value.value)}, not {node.form}",
                _remedy(term),
            )
            return None
        return self.scalar(term, node.scalar.strip(), node.place, path)

    def figure(self, node: Node, path: str) -> Node:
        """The value of ``{value: ..., source: ...}``; its provenance becomes a note."""
        if node.entries is None or "value" not in node.entries:
            return node
        entries = dict(node.entries)
        self.known_keys(entries, ("value", *PROVENANCE), path)
        for kind in PROVENANCE:
            if kind in entries:
                text = self.provenance(kind, entries[kind].node, path)
                self.notes.append(Note(path, kind, text))
        return entries["value"].node

    def provenance(self, kind: str, node: Node, path: str) -> str:
        """The key of a source, or the reason for an assumption."""
        if node.scalar is not None:
            if kind == "source":
                self.references.append(Reference(Value.SOURCE, node.scalar, node.place))
            return node.scalar
        if kind == "source" and node.entries is not None and "title" in node.entries:
            key = f"{path}.source"
            self.inline_sources[key] = node
            return key
        what = "a key or a title" if kind == "source" else "a reason"
        self.problem(
            "bad-source",
            node.place,
            f"the {kind} of {path} must be {what}",
            "Write the key of an entry under `sources:`, or `{title: ..., link: ...}`."
            if kind == "source"
            else "Say in words why this figure is assumed.",
        )
        return ""

    def lines(self, kind: type, node: Node, path: str) -> tuple[Any, ...] | None:
        """A list of records. A step may be written ``date: value``, a single step as value."""
        names = list(terms_of_text(kind))
        stepwise = len(names) == 2 and names[0] == "starts"
        if stepwise and node.items is None:
            return self.steps(kind, names[1], node, path)
        if node.items is None:
            self.problem(
                "not-a-list",
                node.place,
                f"{path} must be a list, not {node.form}",
                "Write one `- key: value` block for each.",
            )
            return None
        rows = [
            self.record(kind, item, f"{path}[{number}]") for number, item in enumerate(node.items)
        ]
        return None if None in rows else tuple(rows)

    def steps(self, kind: type, name: str, node: Node, path: str) -> tuple[Any, ...] | None:
        """A mapping of dates to quantities, or one quantity for all time."""
        term = terms_of_text(kind)[name]
        if node.entries is None:
            value = self.value(term, node, path)
            return None if value is None else (kind(starts=0, **{name: value}),)
        rows = []
        for key, entry in node.entries.items():
            at = self.scalar(Term(Value.INSTANT, ""), key, entry.place, path)
            value = self.value(term, entry.node, f"{path}.{key}")
            if at is None or value is None:
                return None
            rows.append(kind(starts=at, **{name: value}))
        return tuple(sorted(rows, key=lambda row: int(row.starts)))

    def words(self, term: Term, node: Node, path: str) -> tuple[str, ...] | None:
        """A list of words; one word alone is a list of one."""
        items = (node,) if node.scalar is not None else node.items
        if items is None or any(item.scalar is None for item in items):
            self.problem(
                "not-a-list",
                node.place,
                f"{path} must be a list of words, not {node.form}",
                f"Write `[one, two]` ({term.value.value}).",
            )
            return None
        texts = [(item.scalar or "", item.place) for item in items]
        kind = SINGLE.get(term.value, term.value)
        if term.value is Value.CHOICES:
            for text, place in texts:
                self.choice(term, text, place, path)
        elif term.value is not Value.TEXTS:
            self.references += [Reference(kind, text, place) for text, place in texts]
        return tuple(text for text, _ in texts)

    def choice(self, term: Term, text: str, place: Place, path: str) -> str | None:
        """One of the words that are allowed here."""
        if text in term.choices:
            return text
        self.problem(
            "unknown-choice",
            place,
            f"{path} cannot be `{text}`",
            nearest(text, term.choices),
        )
        return None

    def scalar(self, term: Term, text: str, place: Place, path: str) -> Any:
        """A value of one word."""
        if term.value is Value.CHOICE:
            return self.choice(term, text, place, path)
        if term.value not in SCALARS:
            if term.value is not Value.TEXT:
                self.references.append(Reference(term.value, text, place))
            return text
        parse, remedy = SCALARS[term.value]
        try:
            return parse(text)
        except ValueError as error:
            self.problem(f"not-{term.value.name.lower()}", place, f"{path}: {error}", remedy)
            return None


def _article(words: str) -> str:
    if words in ("money", "GPUs or power", "GPUs", "text", "money, GPU-hours or power"):
        return words
    return f"a {words}" if words[0] not in "aeiou" else f"an {words}"


def _remedy(term: Term) -> str:
    if term.choices:
        return f"Use one of: {', '.join(term.choices)}."
    return SCALARS[term.value][1] if term.value in SCALARS else f"Write {_article('word')}."
