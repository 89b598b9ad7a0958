"""Law 8: removing an exclusivity never lengthens the list of denied suppliers."""

from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from builders import CAST, Built, build
from laws.portfolios import cases
from offtake.core.vocabulary import Verdict


def denied(built: Built, ask: dict[str, Any], at: Any) -> set[str]:
    """Whom the clauses deny what is asked."""
    asked = {key: value for key, value in ask.items() if key != "own"}
    answers = {
        supplier: built.decision(asked | {"supplier": supplier}, at) for supplier in CAST["parties"]
    }
    return {supplier for supplier, said in answers.items() if said.verdict is Verdict.DENY}


@settings(deadline=None, max_examples=200)
@given(cases(), st.integers(0, 9))
def test_removing_an_exclusivity_never_denies_more_suppliers(
    case: dict[str, Any], which: int
) -> None:
    built = build(case)
    exclusive = [c.clause_id for c in built.clauses if c.kind.name == "exclusivity"]
    assume(exclusive)
    gone = exclusive[which % len(exclusive)]
    kept = tuple(clause for clause in built.clauses if clause.clause_id != gone)
    for ask, at in case["then"]:
        assert denied(built._replace(clauses=kept), ask, at) <= denied(built, ask, at)


@settings(deadline=None)
@given(cases())
def test_without_any_clause_nobody_is_denied(case: dict[str, Any]) -> None:
    nothing = build(case)._replace(clauses=())
    for ask, at in case["then"]:
        assert denied(nothing, ask, at) == set()
