"""A portfolio under advice, and the questions that advice puts to its clauses."""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

from offtake.contract.in_force import versions
from offtake.contract.model import Document
from offtake.contract.problem import Place, Problem
from offtake.contract.read import Reading
from offtake.core.decide import decide
from offtake.core.evolve import NO_FACTS
from offtake.core.names import BUYER, UNSTATED, Names
from offtake.core.vocabulary import Act, Ask, BoundClause, Verdict
from offtake.units.time import DAY_S, FOREVER_S, instant_text

SCOPE = ("purposes", "accelerators", "regions", "assets", "capacity", "acts")
"""What two clauses must share to be about the same matter; whom they bind is asked apart."""
LIMIT_SPOTS = 64
"""Combinations of accelerator and region that are tried for one question."""


class Spot(NamedTuple):
    """An accelerator and a region, where clauses tell some of them apart."""

    accelerator: int = UNSTATED
    region: int = UNSTATED


class Case(NamedTuple):
    """A portfolio under advice."""

    reading: Reading
    names: Names
    clauses: tuple[BoundClause, ...]

    @property
    def document(self) -> Document:
        """What is written."""
        return self.reading.document

    def place(self, clause: BoundClause) -> Place:
        """Where a version of a clause is written."""
        for version in versions(self.document):
            if version.clause_id == clause.clause_id and version.from_s == clause.from_s:
                return self.reading.places[version.origin]
        raise AssertionError(clause.clause_id)

    def flag(self, code: str, place: Place, says: str, remedy: str) -> Problem:
        """A matter for a lawyer."""
        return Problem(code, place, says, remedy, grave=False)

    def of_kind(self, name: str) -> list[BoundClause]:
        """The versions of all clauses of a kind."""
        return [clause for clause in self.clauses if clause.kind.name == name]

    def distinct(self, name: str) -> list[BoundClause]:
        """Of versions of a kind that say the same at the same time the first."""
        found = {(c.terms, c.from_s, c.until_s): c for c in reversed(self.of_kind(name))}
        kept = {clause.clause_id for clause in found.values()}
        return [clause for clause in self.of_kind(name) if clause.clause_id in kept]

    def speaking(self) -> "Case":
        """The case with only the clauses that judge an ask; money has no say in that."""
        heard = tuple(c for c in self.clauses if c.kind.rule is not None or c.kind.lifts)
        return self._replace(clauses=heard)

    def at(self, at_s: int) -> "Case":
        """The case with only the clauses that an ask about the day from an instant on meets."""
        met = (c for c in self.clauses if c.from_s < at_s + DAY_S and at_s < c.until_s)
        return self._replace(clauses=tuple(met))

    def turns(self) -> list[int]:
        """The instants at which a clause enters or leaves force."""
        edges = {edge for clause in self.clauses for edge in (clause.from_s, clause.until_s)}
        return sorted(edge for edge in edges if edge < FOREVER_S)

    def suppliers(self) -> list[int]:
        """Who may supply: the buyer, which may build, and the parties that are suppliers."""
        roles = {party.id: party.roles for party in self.document.parties}
        return [
            number
            for number, name in enumerate(self.names.parties)
            if number == BUYER or "supplier" in roles.get(name, ())
        ]

    def spots(self) -> list[Spot]:
        """An accelerator and a region of each sort that clauses tell apart.

        Who states neither is asked last: an ask that leaves them open meets every restriction.
        """
        accelerators = _told_apart(self.clauses, "accelerators", len(self.names.accelerators))
        regions = _told_apart(self.clauses, "regions", len(self.names.regions))
        return [Spot(*pair) for pair in product(accelerators, regions)][:LIMIT_SPOTS]


def _told_apart(clauses: Sequence[BoundClause], field: str, count: int) -> list[int]:
    """One number of each set that no clause divides; UNSTATED where there is none."""
    scopes = [scope for clause in clauses for scope in [getattr(clause.terms, field, -1)]]
    sorts = {tuple(scope >> number & 1 for scope in scopes): number for number in range(count)}
    return sorted(sorts.values()) or [UNSTATED]


def overlap(one: BoundClause, other: BoundClause) -> tuple[int, int] | None:
    """When two clauses with scopes concern the same thing; None if they never do.

    Bits of what asks leave open do not count: two lists of accelerators without a common
    one are about different things.
    """
    period = max(one.from_s, other.from_s), min(one.until_s, other.until_s)
    if period[0] >= period[1]:
        return None
    shared = all(
        getattr(one.terms, field) & getattr(other.terms, field) & ~(1 << UNSTATED)
        for field in SCOPE
    )
    return period if shared else None


def period_text(period: tuple[int, int]) -> str:
    """A period in words."""
    until = f" until {instant_text(period[1])}" if period[1] < FOREVER_S else " on"
    return f"from {instant_text(period[0])}{until}"


def forbid(clauses: Sequence[str]) -> str:
    """Who forbids it."""
    return f"{' and '.join(clauses)} {'forbids' if len(clauses) == 1 else 'forbid'} it"


def question(act: Act, *, supplier: int, purpose: int, at_s: int, spot: Spot) -> Ask:
    """The plainest ask of a kind, for a day from an instant on."""
    return Ask(
        act,
        supplier=supplier,
        purpose=purpose,
        accelerator=spot.accelerator,
        region=spot.region,
        start_s=at_s,
        end_s=at_s + DAY_S,
        own=int(supplier == BUYER),
    )


def denied(case: Case, ask: Ask, at_s: int) -> tuple[str, ...]:
    """The clauses that deny an ask; none when it is not denied."""
    decision = decide(case.clauses, NO_FACTS, ask, at_s)
    if decision.verdict is not Verdict.DENY:
        return ()
    denying = [item for item in decision.findings if item.finding.verdict is Verdict.DENY]
    return tuple(item.clause.clause_id for item in denying)


def barring(case: Case, asks: Iterator[Ask], at_s: int) -> tuple[str, ...]:
    """The clauses that together deny all of some asks; none if one may be."""
    clauses: set[str] = set()
    for ask in asks:
        denying = denied(case, ask, at_s)
        if not denying:
            return ()
        clauses.update(denying)
    return tuple(sorted(clauses))
