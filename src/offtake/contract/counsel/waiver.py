"""A waiver that never helps anybody."""

from collections.abc import Iterator

from offtake.contract.counsel.case import Case, overlap
from offtake.contract.problem import Problem
from offtake.core.vocabulary import BoundClause


def flags(case: Case) -> Iterator[Problem]:
    """Waivers with the reason why they help nobody."""
    for waiver in case.of_kind("waiver"):
        why = _idle(case, waiver)
        if why:
            yield case.flag(
                "waiver-of-nothing",
                case.place(waiver),
                f"{waiver.clause_id} waives {case.names.clauses[waiver.terms.of]} for "
                f"{case.names.title(waiver.terms.grantee)}, but {why}",
                "Check `of:`, `grantee:`, `limit:`, the dates and the scope.",
            )


def _idle(case: Case, waiver: BoundClause) -> str:
    """Why a waiver has nothing to lift, or nothing."""
    terms = waiver.terms
    if terms.limit_gpus == 0:
        return "up to nothing at all"
    if terms.grantee not in case.suppliers():
        return "that is no supplier"
    if not terms.suppliers >> terms.grantee & 1:
        return "its own `suppliers:` leave that one out"
    waived = [clause for clause in case.clauses if clause.clause == terms.of]
    if all(clause.kind.rule is None for clause in waived):
        return f"a clause of kind {waived[0].kind.name} forbids nothing that could be waived"
    meets = [c for c in waived if c.kind.rule is not None and overlap(waiver, c) is not None]
    if not meets:
        return "the two never hold at the same time for the same matter"
    if any(getattr(c.terms, "holder", -1) == terms.grantee for c in meets):
        return "that is the holder, whom it does not bind"
    return ""
