"""Read records: mappings whose keys are the declared terms of a dataclass."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any, NamedTuple

from offtake.contract.model import Note
from offtake.contract.node import Entry, Node
from offtake.contract.problem import Place, Problem, nearest
from offtake.contract.value import LIMIT_TEXT, SCALARS, parse_instant
from offtake.core.text import Term, Value, required, terms_of_text
from offtake.units.time import instant_text

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
_WORDS = "Write `[one, two]` ({})."


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
        needed = required(kind)
        for name, term in terms_of_text(kind).items():
            key = KEYS.get(name, name)
            entry = entries.get(key)
            if entry is not None and not entry.node.empty:
                value = self.value(term, entry.node, f"{path}.{key}")
                if value is not None:
                    values[name] = value
            elif name in needed:
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
        self.places[path] = node.place
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
        if node.entries is None or "value" not in node.entries or path.startswith("sources."):
            return node  # A source needs none itself.
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
        steps = stepwise(kind)
        if steps and node.items is None:
            return self.steps(kind, node, path)
        if node.items is None:
            self.problem(
                "not-a-list",
                node.place,
                f"{path} must be a list, not {node.form}",
                "Write one `- key: value` block for each.",
            )
            return None
        items = sorted(node.items, key=_start) if steps else node.items
        rows = [self.record(kind, item, f"{path}[{number}]") for number, item in enumerate(items)]
        if None in rows or (steps and not self.ascending(rows, node.place, path)):
            return None
        return tuple(rows)

    def steps(self, kind: type, node: Node, path: str) -> tuple[Any, ...] | None:
        """A mapping of dates to quantities, or one quantity for all time."""
        (_, when), (name, term) = terms_of_text(kind).items()
        if node.entries is None:
            value = self.value(term, node, path)
            return None if value is None else (kind(starts=0, **{name: value}),)
        before, rows = len(self.problems), []
        for key, entry in sorted(node.entries.items(), key=lambda item: _instant(item[0])):
            at_s = self.scalar(when, key, entry.place, path)
            day = key if at_s is None else instant_text(at_s)
            value = self.value(term, entry.node, f"{path}.{day}")
            if at_s is not None and value is not None:
                rows.append(kind(starts=at_s, **{name: value}))
        if len(self.problems) > before or not self.ascending(rows, node.place, path):
            return None
        return tuple(rows)

    def ascending(self, rows: list[Any], place: Place, path: str) -> bool:
        """Whether no two steps begin at once; a problem if they do."""
        for one, other in pairwise(rows):
            if one.starts == other.starts:
                says = f"{path} has two steps from {instant_text(one.starts)} on"
                self.problem("bad-key", place, says, "Keep one.")
                return False
        return True

    def words(self, term: Term, node: Node, path: str) -> tuple[str, ...] | None:
        """A list of words; one word alone is a list of one."""
        items = (node,) if node.scalar is not None else node.items
        if items is None:
            says = f"{path} must be a list of words, not {node.form}"
            self.problem("not-a-list", node.place, says, _WORDS.format(term.value.value))
            return None
        wrong = [item for item in items if item.scalar is None]
        for item in wrong:
            says = f"{path} must be a list of words; this one is {item.form}"
            self.problem("not-a-list", item.place, says, _WORDS.format(term.value.value))
        if wrong:
            return None
        texts = [((item.scalar or "").strip(), item.place) for item in items]
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
        code = f"not-{term.value.name.lower()}"
        if len(text) > LIMIT_TEXT:
            says = f"{path}: `{text[:20]}...` is {len(text):,} characters long"
            self.problem(code, place, says, remedy)
            return None
        try:
            return parse(text)
        except ValueError as error:
            self.problem(code, place, f"{path}: {error}", remedy)
            return None


def stepwise(kind: type) -> bool:
    """Whether records of this type are steps: an instant, and what holds from then on."""
    names = list(terms_of_text(kind))
    return len(names) == 2 and names[0] == "starts"


def _start(node: Node) -> int:
    """The instant of a step that is written as a mapping, to put steps in order."""
    entry = (node.entries or {}).get("from")
    if entry is not None and entry.node.entries is not None:
        entry = entry.node.entries.get("value")
    return _instant((entry.node.scalar or "") if entry is not None else "")


def _instant(text: str) -> int:
    """The instant that a text names; the first of all if none."""
    try:
        return parse_instant(text) if len(text) <= LIMIT_TEXT else 0
    except ValueError:
        return 0


def _article(words: str) -> str:
    if words in ("money", "GPUs or power", "GPUs", "text", "money, GPU-hours or power"):
        return words
    return f"a {words}" if words[0] not in "aeiou" else f"an {words}"


def _remedy(term: Term) -> str:
    if term.choices:
        return f"Use one of: {', '.join(term.choices)}."
    return SCALARS[term.value][1] if term.value in SCALARS else f"Write {_article('word')}."
