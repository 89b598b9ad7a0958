"""Combine the findings of all clauses into one decision. Pure; knows no clause."""

from collections.abc import Iterator, Sequence
from typing import Any

from offtake.core.sought import recognized
from offtake.core.vocabulary import (
    NONE,
    SILENT,
    Act,
    AppliesTo,
    Ask,
    BoundClause,
    ClauseType,
    Decision,
    Facts,
    Finding,
    Found,
    Verdict,
    Waived,
)


def decide(clauses: Sequence[BoundClause], facts: Facts, ask: Ask, now_s: int) -> Decision:
    """Ask every clause in force, keep every finding, take the worst verdict (D1).

    Args:
        clauses: In portfolio order, which orders findings of equal severity.
        facts: What has happened so far.
        ask: Must be non-empty: ``start_s < end_s`` and ``gpus > 0``.
        now_s: The instant of the decision, seconds since the Unix epoch, UTC.

    Returns:
        The decision; ``PERMIT`` when no clause objects.
    """
    assert ask.start_s < ask.end_s, ask
    assert ask.gpus > 0, ask

    ask = recognized(ask, facts)
    concerned = [clause for clause in clauses if in_force(clause, ask, now_s)]
    lifting = [clause for clause in concerned if clause.kind.lifts is not None]
    found: list[Found] = []
    waived: list[Waived] = []
    for clause in concerned:
        finding = find(clause, facts, ask, now_s)
        if finding is None:
            continue
        by = _lifted_by(lifting, finding, facts, ask)
        if by is None:
            found.append(finding)
        else:
            waived.append(Waived(finding, by))

    found.sort(key=lambda item: -item.finding.verdict)  # Stable: ties keep portfolio order.
    verdict = found[0].finding.verdict if found else Verdict.PERMIT
    return Decision(verdict, tuple(found), tuple(waived), ask, now_s)


def in_force(clause: BoundClause, ask: Ask, now_s: int) -> bool:
    """Whether an ask meets this version of a clause (D2)."""
    signed = clause.from_s <= now_s < clause.until_s
    if ask.act != Act.SUPPLY or clause.applies_to == AppliesTo.SIGNATURE:
        return signed
    runs = clause.from_s < ask.end_s and ask.start_s < clause.until_s
    return runs if clause.applies_to == AppliesTo.SERVICE else signed or runs


def find(clause: BoundClause, facts: Facts, ask: Ask, now_s: int) -> Found | None:
    """What one clause in force says, with the obligation of a HOLD (D4)."""
    kind = clause.kind
    if kind.rule is None:
        return None
    terms, own = terms_of(clause, facts, ask), facts_of(clause, facts, ask.lot)
    code = kind.rule(terms, own, ask, now_s)
    if code == SILENT:
        return None
    finding = finding_of(kind, code)
    obligation = None
    if finding.verdict is Verdict.HOLD:
        assert kind.obligation is not None, f"{kind.name} holds without an obligation"
        obligation = kind.obligation(terms, own, ask, now_s, code)
    return Found(clause, finding, own, obligation)


def terms_of(clause: BoundClause, facts: Facts, ask: Ask) -> Any:
    """The terms an open round was noticed under, else those in force (S9)."""
    return facts.agreed.get((clause.clause, ask.lot), clause.terms)


def facts_of(clause: BoundClause, facts: Facts, lot: int) -> Any:
    """A clause's facts about a lot; those about no lot where none are kept for it."""
    own = facts.by_clause.get((clause.clause, lot))
    if own is None and lot != NONE:
        own = facts.by_clause.get((clause.clause, NONE))
    if own is None and clause.kind.facts is not None:
        own = clause.kind.facts()
    return own


def finding_of(kind: ClauseType, code: int) -> Finding:
    """The declared finding of a code."""
    for finding in kind.findings:
        if finding.code == code:
            return finding
    raise AssertionError(f"{kind.name} returned the undeclared finding {code}")


def _lifted_by(
    clauses: Sequence[BoundClause], found: Found, facts: Facts, ask: Ask
) -> BoundClause | None:
    """The first clause in force that sets the finding aside (D3); permissions need none."""
    if found.finding.verdict is Verdict.PERMIT:
        return None
    return next(_lifting(clauses, found, facts, ask), None)


def _lifting(
    clauses: Sequence[BoundClause], found: Found, facts: Facts, ask: Ask
) -> Iterator[BoundClause]:
    for clause in clauses:
        lifts = clause.kind.lifts
        if lifts is None:
            continue
        own = facts_of(clause, facts, ask.lot)
        if lifts(clause, own, ask, found):
            yield clause
