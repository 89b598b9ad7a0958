"""Law 1: a denial outranks a hold, a hold a permission."""

from random import Random
from typing import Any

from hypothesis import given, settings

from builders import build
from laws.portfolios import SEEDS, cases
from offtake.core.vocabulary import Verdict


@settings(deadline=None, max_examples=150)
@given(cases())
def test_the_verdict_is_the_worst_of_the_findings_which_come_worst_first(
    case: dict[str, Any],
) -> None:
    built = build(case)
    for ask, at in case["then"]:
        decision = built.decision(ask, at)
        verdicts = [found.finding.verdict for found in decision.findings]
        assert decision.verdict is max(verdicts, default=Verdict.PERMIT)
        assert verdicts == sorted(verdicts, reverse=True)


@settings(deadline=None, max_examples=150)
@given(cases(), SEEDS)
def test_the_order_of_the_clauses_changes_no_verdict(case: dict[str, Any], seed: int) -> None:
    built = build(case)
    other = built._replace(clauses=tuple(Random(seed).sample(built.clauses, len(built.clauses))))
    for ask, at in case["then"]:
        one, two = built.decision(ask, at), other.decision(ask, at)
        assert one.verdict is two.verdict
        assert sorted(found.finding for found in one.findings) == sorted(
            found.finding for found in two.findings
        )


@settings(deadline=None, max_examples=150)
@given(cases())
def test_every_hold_names_an_obligation_and_nothing_else_does(case: dict[str, Any]) -> None:
    built = build(case)
    for ask, at in case["then"]:
        for found in built.decision(ask, at).findings:
            assert (found.obligation is not None) == (found.finding.verdict is Verdict.HOLD)
