"""A portfolio's decisions as a table: which suppliers may serve this, in which order, and why.

Between the finitely many instants at which a verdict can change, what most clauses say of an
ask depends only on its named parts: act, purpose, accelerator, region and the like. So the
answers are looked up by these and by the stretch of time, and filled in by the plain rules the
first time somebody asks. Where more matters (quantities, prices, a lot with a history) the
plain rules answer every time: the table never changes an answer, only when it is worked out.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import NamedTuple

from offtake.core.decide import decide
from offtake.core.evolve import NO_FACTS
from offtake.core.names import BUYER
from offtake.core.sought import recognized
from offtake.core.vocabulary import (
    NONE,
    Act,
    AppliesTo,
    Ask,
    BoundClause,
    Decision,
    Facts,
    Finding,
    Verdict,
)

LIMIT_ENTRIES = 65_536
"""Over all stretches; a full table starts anew: asks repeat themselves, memory stays bounded."""
EVERYTHING = (7, -1)
"""Of what a clause kind that declares nothing is assumed to depend on more than names."""

_NAMED = "act purpose accelerator region capacity lot user asset product"
_key = itemgetter(*(Ask._fields.index(name) for name in _NAMED.split()))
"""The named parts of an ask. Picked out in one call: this is the path that must be short."""


class Answer(NamedTuple):
    """What the contracts say of one supplier: the verdict, and the clauses behind it."""

    supplier: int
    verdict: Verdict
    findings: tuple[tuple[BoundClause, Finding], ...]
    waived: tuple[tuple[BoundClause, Finding, BoundClause], ...]  # (said it, what, lifted by).


class Compiled:
    """Clauses and facts, ready to be asked about many suppliers at once.

    Answers come permitted first, then held, then denied; within one verdict in the order of
    ``suppliers``. New facts need a new one.
    """

    __slots__ = (
        "_clauses",
        "_edges",
        "_entries",
        "_facts",
        "_suppliers",
        "_tables",
        "_varying",
    )

    def __init__(
        self, clauses: Sequence[BoundClause], suppliers: tuple[int, ...], facts: Facts
    ) -> None:
        self._clauses = tuple(clauses)
        self._suppliers = suppliers
        self._facts = facts
        self._edges = sorted(set(instants(self._clauses)))
        self._varying = tuple(_varying(self._clauses))
        if any((clause.clause, NONE) in facts.agreed for clause in self._clauses):
            self._varying = (EVERYTHING,)  # Terms of a round on no lot replace those read here.
        self._tables: list[dict[tuple[int, ...], tuple[Answer, ...]]]
        self._tables = [{} for _ in range(len(self._edges) + 1)]
        self._entries = 0

    def suppliers(self, ask: Ask, now_s: int) -> tuple[Answer, ...]:
        """What the contracts say of every supplier; the ask's own supplier is ignored.

        Equal to asking ``decide`` about each of them.
        """
        table = self._tables[bisect_right(self._edges, now_s)]
        found = table.get(_key(ask))
        return self._worked_out(table, ask, now_s) if found is None else found

    def decide(self, ask: Ask, now_s: int) -> Decision:
        """The whole decision on one supplier, with obligations, which depend on the ask."""
        return decide(self._clauses, self._facts, ask, now_s)

    def _worked_out(
        self, table: dict[tuple[int, ...], tuple[Answer, ...]], ask: Ask, now_s: int
    ) -> tuple[Answer, ...]:
        answers = [self._answer(ask, supplier, now_s) for supplier in self._suppliers]
        ordered = tuple(sorted(answers, key=lambda answer: answer.verdict))  # Stable.
        if not self._depends_on_more(ask):
            if self._entries >= LIMIT_ENTRIES:
                self._entries = 0
                for full in self._tables:
                    full.clear()
            self._entries += 1
            table[_key(ask)] = ordered
        return ordered

    def _answer(self, ask: Ask, supplier: int, now_s: int) -> Answer:
        asked = ask._replace(supplier=supplier, own=int(supplier == BUYER))
        decision = decide(self._clauses, self._facts, asked, now_s)
        return Answer(
            supplier,
            decision.verdict,
            tuple((found.clause, found.finding) for found in decision.findings),
            tuple((w.found.clause, w.found.finding, w.by) for w in decision.waived),
        )

    def _depends_on_more(self, ask: Ask) -> bool:
        """Whether some clause may look at quantities, prices, periods, use so far or a round.

        What happened to a lot concerns only asks for it; which lot an ask means depends on its
        named parts alone. A lot nobody has heard of has the facts of none.
        """
        if self._has_a_past(recognized(ask, self._facts).lot):
            return True
        return any(
            acts & ask.act and purposes >> ask.purpose & 1 for acts, purposes in self._varying
        )

    def _has_a_past(self, lot: int) -> bool:
        """Whether anything is known of a lot: that it was noticed, or what a clause keeps."""
        facts = self._facts
        if lot == NONE or lot in facts.lots:
            return lot != NONE
        own = ((clause.clause, lot) for clause in self._clauses)
        return any(key in facts.by_clause or key in facts.agreed for key in own)


def compile_asks(
    clauses: Sequence[BoundClause], suppliers: tuple[int, ...], facts: Facts = NO_FACTS
) -> Compiled:
    """Compile clauses and facts for asks about these suppliers, in order of preference."""
    return Compiled(clauses, suppliers, facts)


def instants(clauses: Sequence[BoundClause]) -> Iterator[int]:
    """Every instant at which a clause's answer can change without anything happening."""
    for clause in clauses:
        yield from (clause.from_s, clause.until_s)
        if clause.kind.instants is not None:
            yield from clause.kind.instants(clause.terms)


def _varying(clauses: Sequence[BoundClause]) -> Iterator[tuple[int, int]]:
    """(acts, purposes) for which a clause may depend on more than the ask's named parts."""
    for clause in clauses:
        if clause.kind.rule is None and clause.kind.lifts is None:
            continue
        if clause.applies_to != AppliesTo.SIGNATURE:
            yield int(Act.SUPPLY), -1  # When the capacity runs matters.
        yield EVERYTHING if clause.kind.varies is None else clause.kind.varies(clause.terms)
