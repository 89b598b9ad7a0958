"""Where the figures of a line come from: the clause's words, its source, what is assumed in it."""

from collections.abc import Iterable
from typing import NamedTuple

from offtake.contract.in_force import Version, versions
from offtake.contract.model import Document, Source
from offtake.settle.statement import Line
from offtake.units.time import instant_text

PRICED = ("", "rate", "prepaid")
"""What a modelled supplier's offer costs; its other figures are no money."""


class Origin(NamedTuple):
    """What a charge rests on: sentences, each a source with its link or an assumption."""

    key: str  # The clause, the line of the price list, or the pool of an order.
    says: str
    sources: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()

    @property
    def known(self) -> bool:
        """Whether anything says where the figures come from."""
        return bool(self.sources or self.assumed)


class Provenance:
    """Looks up what lines rest on, for one portfolio."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._versions = versions(document)
        self._sources = {source.id: source for source in document.sources}

    def of(self, line: Line) -> Origin:
        """What a line rests on, in the version of its clause that was in force."""
        if self._version(line.clause, line.end_s) is not None:
            return self.of_clause(line.clause, line.end_s)
        path = line.clause.partition("@")[0]
        if line.agreement == "orders":
            return self._of_order(line)
        if line.agreement == "pools":
            says = f"The pool `{line.pool}` states its own price."
            return self._origin(line.pool, says, f"pools.{line.pool}", ())
        if line.agreement == "builds":
            says = "The buyer's own capacity is paid as it is built."
            return self._origin(line.pool, says, f"pools.{line.pool}", ())
        return self._origin(path, f"{path} of the portfolio's price list.", path, ())

    def of_clause(self, clause_id: str, until_s: int) -> Origin:
        """What a clause rests on, as it read just before an instant."""
        version = self._version(clause_id, until_s)
        if version is None:
            return Origin(clause_id, "No version was in force.")
        source = (version.source,) if version.source else ()
        says = version.clause.says or version.clause.kind.replace("_", " ")
        return self._origin(clause_id, says, version.origin, source)

    def _version(self, clause_id: str, until_s: int) -> Version | None:
        """The version in force just before an instant, else the last before it."""
        found = None
        for version in self._versions:
            if version.clause_id == clause_id and version.from_s < max(until_s, 1):
                found = version
        return found

    def _of_order(self, line: Line) -> Origin:
        """An order costs what was offered: by a model of the supplier, or at the desk."""
        says = f"What `{line.pool}` delivers is paid at its price, used or not."
        notes = [
            note
            for number, behavior in enumerate(self._document.behaviors)
            if behavior.supplier in (line.party, None)
            for note in self._notes(f"behaviors[{number}]")
            if note[1].split("[")[0].split(".")[0] in PRICED
        ]
        return self._told(line.pool, says, notes, ())

    def _origin(self, key: str, says: str, path: str, sources: Iterable[str]) -> Origin:
        return self._told(key, says, self._notes(path), sources)

    def _notes(self, path: str) -> list[tuple[str, str, str]]:
        """What is noted of a figure below a path: (kind, which figure, text)."""
        return [
            (note.kind, note.path.removeprefix(path).lstrip("."), note.text)
            for note in self._document.notes
            if note.path == path or note.path.startswith((f"{path}.", f"{path}["))
        ]

    def _told(
        self, key: str, says: str, notes: list[tuple[str, str, str]], sources: Iterable[str]
    ) -> Origin:
        cited = [*sources, *(text for kind, _, text in notes if kind == "source")]
        assumed = [_assumed(figure, text) for kind, figure, text in notes if kind == "assumed"]
        told = (self._source(name) for name in dict.fromkeys(cited))
        return Origin(key, says, tuple(told), tuple(dict.fromkeys(assumed)))

    def _source(self, name: str) -> str:
        source = self._sources.get(name)
        return name if source is None else _cited(source)


def _cited(source: Source) -> str:
    """A source as it is cited: key, title, date, link."""
    day = instant_text(source.date) if source.date >= 0 else ""
    return f"[{source.id}] {', '.join(filter(None, (source.title, day, source.link)))}"


def _assumed(figure: str, why: str) -> str:
    return f"{figure.replace('_', ' ')}: {why}" if figure else why
