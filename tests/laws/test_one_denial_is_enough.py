"""Law 1: one denial is enough to deny, one hold is enough to hold, whatever others say."""

from typing import Any

from hypothesis import given, settings

from builders import build
from laws.portfolios import SUPPLIERS, cases
from offtake.core.vocabulary import Verdict


@settings(deadline=None)
@given(cases())
def test_whatever_others_say_one_denial_is_enough(case: dict[str, Any]) -> None:
    for ask, at in case["then"]:
        if ask["act"] == "use" and "supplier" not in ask:
            continue  # Without a platform no exclusivity is concerned (EX1).
        holder = next(party for party in SUPPLIERS if party != ask.get("supplier"))
        alone = {"kind": "exclusivity", "agreement": "Z", "terms": {"holder": holder}}
        decision = build({**case, "clause": [*case["clause"], alone]}).decision(ask, at)

        assert decision.verdict is Verdict.DENY
        assert decision.findings[0].finding.verdict is Verdict.DENY


@settings(deadline=None)
@given(cases())
def test_whatever_permits_one_hold_keeps_the_ask_waiting(case: dict[str, Any]) -> None:
    for ask, at in case["then"]:
        if ask["act"] != "supply" or ask.get("own") or ask.get("capacity") == "existing":
            continue  # A first refusal is about capacity that others would supply (FR1).
        holder = next(party for party in SUPPLIERS if party != ask.get("supplier"))
        terms = {"holder": holder, "window": "1d", "rank": 0}
        first = {"kind": "first_refusal", "agreement": "Z", "terms": terms}
        before = build(case).decision(ask, at).verdict
        events = [row for row in case["event"] if not row["event"].startswith("default")]
        silent = {**case, "event": events}
        asked = build({**silent, "clause": [*case["clause"], first]}).decision(ask, at)

        assert asked.verdict >= Verdict.HOLD
        if before is Verdict.PERMIT and events == case["event"]:
            assert asked.verdict is Verdict.HOLD
