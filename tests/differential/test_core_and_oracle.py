"""The core folds events and tests bits; the oracle scans and looks up names. One answer."""

from typing import Any

from hypothesis import HealthCheck, given, note, settings

from builders import build, instant
from laws.portfolios import cases
from oracle import reading, rules


@settings(deadline=None, max_examples=1000, suppress_health_check=list(HealthCheck))
@given(cases())
def test_core_and_oracle_decide_alike(case: dict[str, Any]) -> None:
    built, world = build(case), reading.world(case)
    for ask, at in case["then"]:
        decision = built.decision(ask, at)
        said = rules.decide(world, reading.ask(ask, instant(at)), instant(at))
        note(f"{at:%S}s {ask}\ncore {decision}\noracle {said}")
        assert decision.verdict.name.lower() == said["verdict"]
        assert [found.finding.rule for found in decision.findings] == said["findings"]
        waived = [(row.found.finding.rule, row.by.clause_id) for row in decision.waived]
        assert waived == said["waived"]
        duties = [found.obligation for found in decision.findings if found.obligation]
        assert [built.names.parties[duty.party] for duty in duties] == said["must"]
