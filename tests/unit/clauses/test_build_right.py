"""The share that a build must keep: how its measuring periods fall, and what is said of it."""

from typing import Any

import pytest

from builders import build
from offtake.core.explain import lines

RIGHT: dict[str, Any] = {
    "kind": "build_right",
    "from": "2025-01-31",
    "terms": {"grantee": "buyer", "purposes": ["training"], "primarily": "50%"},
}
ASK = {"act": "run", "supplier": "buyer", "own": True, "purpose": "inference", "gpus": 10}


def ran(at: str, gpus: int, *, hours: int = 1) -> dict[str, Any]:
    """Training on the build for some hours from an instant, recorded as it began."""
    day = at[:11] + f"{hours:02}:00:00Z"
    row = {"event": "usage_recorded", "at": at, "party": "buyer", "own": 1, "purpose": "training"}
    return row | {"gpus": gpus, "start": at, "end": day}


def case(over: str, *events: dict[str, Any]) -> dict[str, Any]:
    right = {**RIGHT, "terms": {**RIGHT["terms"], "measured_over": over}}
    return {"clause": [right], "event": list(events)}


@pytest.mark.parametrize(
    ("over", "last"),
    [
        ("1mo", "2025-02-27"),  # From the last of January to the last of February.
        ("3mo", "2025-04-29"),
        ("90d", "2025-04-30"),
        ("10 business days", "2025-02-13"),
    ],
)
def test_measuring_periods_are_counted_on_the_calendar(over: str, last: str) -> None:
    built = build(case(over, ran("2025-01-31T00:00:00Z", 10)))

    def verdict(day: str) -> str:
        ask = ASK | {"start": f"{day}T00:00:00Z", "end": f"{day}T01:00:00Z"}
        return built.decision(ask, f"{day}T00:00:00Z").verdict.name

    following = f"{last[:8]}{int(last[8:]) + 1:02}"
    following = {"2025-04-31": "2025-05-01"}.get(following, following)
    assert (verdict(last), verdict(following)) == ("PERMIT", "DENY")


def test_the_second_month_follows_the_first() -> None:
    events = [ran("2025-02-28T00:00:00Z", 10), ran("2025-03-30T00:00:00Z", 1)]
    built = build(case("1mo", *events))
    ask = ASK | {"gpus": 11, "start": "2025-03-30T00:00:00Z", "end": "2025-03-30T01:00:00Z"}

    assert built.decision(ask, "2025-03-30T00:00:00Z").verdict.name == "PERMIT"


def test_the_explanation_gives_the_hours_of_the_period_that_is_asked_about() -> None:
    built = build(case("30d", ran("2025-01-31T00:00:00Z", 90)))
    ask = ASK | {"gpus": 100, "start": "2025-02-01T00:00:00Z", "end": "2025-02-01T01:00:00Z"}
    told = " ".join(lines(built.decision(ask, "2025-02-01T00:00:00Z"), built.names))
    later = ASK | {"start": "2025-03-03T00:00:00Z", "end": "2025-03-03T01:00:00Z"}
    anew = " ".join(lines(built.decision(later, "2025-03-03T00:00:00Z"), built.names))

    assert "they have 90 of 90 GPU-hours" in told
    assert "they have 0 of 0 GPU-hours" in anew


def test_a_use_without_end_counts_in_a_thousand_periods_at_most() -> None:
    endless = ran("2025-01-31T00:00:00Z", 10) | {"end": "2099-01-01T00:00:00Z"}
    (row,) = build(case("1h", endless)).clauses
    assert row.kind.evolve is not None
    facts = row.kind.evolve(row.terms, row.kind.facts(), build(case("1h", endless)).events[0], 0)

    assert len(facts.ran) == 1_000
