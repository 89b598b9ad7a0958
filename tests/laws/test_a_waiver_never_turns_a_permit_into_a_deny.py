"""Law 7: adding a waiver never turns a PERMIT into a DENY, nor makes any verdict worse."""

from random import Random
from typing import Any

from hypothesis import given, settings

from builders import build, clause_id
from laws.portfolios import SEEDS, cases, waiver
from offtake.core.vocabulary import Verdict


@settings(deadline=None, max_examples=200)
@given(cases(), SEEDS)
def test_adding_a_waiver_never_makes_a_verdict_worse(case: dict[str, Any], seed: int) -> None:
    known = list(dict.fromkeys(clause_id(row) for row in case["clause"]))
    added = {"kind": "waiver", "id": "added", "terms": waiver(Random(seed), known)}
    without, granted = build(case), build({**case, "clause": [*case["clause"], added]})
    for ask, at in case["then"]:
        before, after = without.decision(ask, at), granted.decision(ask, at)

        assert after.verdict <= before.verdict
        assert (before.verdict, after.verdict) != (Verdict.PERMIT, Verdict.DENY)


@settings(deadline=None, max_examples=200)
@given(cases(), SEEDS)
def test_a_waiver_lifts_findings_of_the_clause_it_names_and_hides_none(
    case: dict[str, Any], seed: int
) -> None:
    known = list(dict.fromkeys(clause_id(row) for row in case["clause"]))
    terms = waiver(Random(seed), known)
    added = {"kind": "waiver", "id": "added", "terms": terms}
    without, granted = build(case), build({**case, "clause": [*case["clause"], added]})
    for ask, at in case["then"]:
        before, after = without.decision(ask, at), granted.decision(ask, at)
        lifted = [row.found for row in after.waived if row.by.clause_id == "A/added"]
        visible = {(f.clause.clause_id, f.finding.code) for f in after.findings}
        visible |= {(w.found.clause.clause_id, w.found.finding.code) for w in after.waived}

        assert {found.clause.clause_id for found in lifted} <= {terms["of"]}
        assert {(f.clause.clause_id, f.finding.code) for f in before.findings} <= visible
