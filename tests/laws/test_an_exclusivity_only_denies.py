"""Law 8: removing an exclusivity never lengthens the list of denied suppliers."""

from typing import Any

from hypothesis import given, settings

from builders import CAST, Built, build
from laws.portfolios import cases
from offtake.core.vocabulary import Verdict


@settings(deadline=None, max_examples=200)
@given(cases(asks=2))
def test_removing_an_exclusivity_never_lengthens_the_list_of_denied_suppliers(
    case: dict[str, Any],
) -> None:
    built = build(case)
    exclusive = {clause.clause for clause in built.clauses if clause.kind.name == "exclusivity"}
    for removed in exclusive:
        rest = tuple(clause for clause in built.clauses if clause.clause != removed)
        for ask, at in case["then"]:
            assert denied(built._replace(clauses=rest), ask, at) <= denied(built, ask, at)


def denied(built: Built, ask: dict[str, Any], at: Any) -> set[str]:
    """The suppliers who may not be contracted on these terms."""
    return {
        supplier
        for supplier in CAST["parties"]
        if built.decision({**ask, "act": "supply", "supplier": supplier}, at).verdict
        is Verdict.DENY
    }
