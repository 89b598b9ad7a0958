"""A portfolio ready for use: what is written, its names, and its clauses in numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from offtake.clauses import KINDS
from offtake.contract.check import check
from offtake.contract.in_force import Version, as_it_stood, versions
from offtake.contract.lower import bind, list_prices, lower, names_of, together
from offtake.contract.model import Document, Regime
from offtake.contract.problem import Problem, Unreadable
from offtake.contract.question import ask_of, known
from offtake.contract.read import Reading, read, read_text
from offtake.core.decide import decide
from offtake.core.evolve import NO_FACTS
from offtake.core.names import Names
from offtake.core.vocabulary import Ask, BoundClause, Decision, Facts
from offtake.units.time import FOREVER_S, parse_instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """What a buyer has agreed, ready to be asked."""

    document: Document
    names: Names
    clauses: tuple[BoundClause, ...]
    prices: tuple[BoundClause, ...] = ()  # The price list, for what no agreement prices.
    warnings: tuple[Problem, ...] = ()
    hashes: Mapping[str, str] = field(default_factory=dict)  # SHA-256 by file name.

    @classmethod
    def load(cls, path: str | Path) -> "Portfolio":
        """Read, check and lower a portfolio file.

        Raises:
            Unreadable: The file has problems; all of them are listed.
        """
        return cls.of(read(path))

    @classmethod
    def loads(cls, text: str) -> "Portfolio":
        """The same from text.

        Raises:
            Unreadable: The text has problems; all of them are listed.
        """
        return cls.of(read_text(text))

    @classmethod
    def of(cls, reading: Reading) -> "Portfolio":
        """The same from a reading.

        Raises:
            Unreadable: It has problems; all of them are listed.
        """
        problems = check(reading)
        grave = [problem for problem in problems if problem.grave]
        if grave:
            raise Unreadable(grave)
        names = names_of(reading.document)
        return cls(
            document=reading.document,
            names=names,
            clauses=lower(reading.document, names),
            prices=list_prices(reading.document, names),
            warnings=tuple(problems),
            hashes={
                Path(file).name: sha256(text).hexdigest() for file, text in reading.texts.items()
            },
        )

    def ask(self, act: str, at: int | str, **words: str | int) -> Ask:
        """An ask in words: ``ask("supply", "2025-05-10", supplier="google", purpose="api")``.

        Args:
            act: ``supply``, ``run`` or ``use``.
            at: The instant of the decision, as UTC seconds or a date.
            words: As the flags of ``offtake decide``, such as ``gpus=1_000``, ``start="..."``.

        Raises:
            offtake.contract.question.Unclear: A word does not belong here, or names nothing.
        """
        return ask_of(act, words, self.document, self.names, _instant(at))

    def decide(self, ask: Ask, at: int | str, facts: Facts = NO_FACTS) -> Decision:
        """The verdict on an ask with its reasons, as of an instant (UTC seconds, or a date).

        Raises:
            ValueError: An index of the ask names nothing here, or the instant is no date.
        """
        return decide(self.clauses, facts, known(ask, self.names), _instant(at))

    def under(self, regime: Regime) -> tuple[BoundClause, ...]:
        """The clauses of a regime: as they stood at a date for ever, or without some.

        As it stood: later agreements and amendments never came, and rights in force then do
        not end. Commitments keep their term: their sums were agreed for it.
        """
        clauses = self.clauses
        if regime.as_of is not None:
            stood = as_it_stood(self.document, regime.as_of)
            clauses = tuple(
                bind(_for_ever(version, regime.as_of), self.names) for version in versions(stood)
            )
        return together(clause for clause in clauses if clause.clause_id not in regime.without)


def _instant(at: int | str) -> int:
    return at if isinstance(at, int) else parse_instant(at)


def _for_ever(version: Version, at_s: int) -> Version:
    kind = KINDS[version.clause.kind]
    if not version.from_s <= at_s < version.until_s or not (kind.rule or kind.lifts):
        return version
    return version._replace(until_s=FOREVER_S, agreed_until_s=FOREVER_S)
