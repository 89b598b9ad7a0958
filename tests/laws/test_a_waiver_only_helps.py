"""Law 7: adding a waiver never turns a PERMIT into a DENY."""

from random import Random
from typing import Any

from hypothesis import given, settings

from builders import build, clause_id
from laws.portfolios import SEEDS, cases, waiver


@settings(deadline=None, max_examples=300)
@given(cases(), SEEDS)
def test_adding_a_waiver_never_makes_a_verdict_worse(case: dict[str, Any], seed: int) -> None:
    known = list(dict.fromkeys(clause_id(row) for row in case["clause"]))
    added = {"kind": "waiver", "id": "added", "terms": waiver(Random(seed), known)}
    before, after = build(case), build({**case, "clause": [*case["clause"], added]})
    for ask, at in case["then"]:
        assert after.decision(ask, at).verdict <= before.decision(ask, at).verdict


@settings(deadline=None, max_examples=150)
@given(cases())
def test_what_is_waived_stays_visible(case: dict[str, Any]) -> None:
    built = build(case)
    bare = built._replace(
        clauses=tuple(clause for clause in built.clauses if clause.kind.lifts is None)
    )
    for ask, at in case["then"]:
        decision = built.decision(ask, at)
        seen = [*decision.findings, *(row.found for row in decision.waived)]
        objections = {(found.clause.clause_id, found.finding.code) for found in seen}
        for found in bare.decision(ask, at).findings:
            assert (found.clause.clause_id, found.finding.code) in objections
