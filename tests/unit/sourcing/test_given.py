"""A journal written by hand gets its deadlines from the clause and its calendar."""

import pytest

from offtake.contract.portfolio import Portfolio
from offtake.core.vocabulary import Act, Ask, Event, Verdict
from offtake.sourcing.given import dated, facts_of
from offtake.sourcing.journal import BadEntry, events_of
from offtake.units.time import NEVER, parse_instant

PORTFOLIO = Portfolio.loads(
    """
parties: {lab: {roles: [buyer]}, alpha: {}, beta: {}}
accelerators: {H100: {power: 1 kW}}
calendars: {new-york: {zone: America/New_York, country: US, close: "17:00"}}
agreements:
  A:
    from: 2025-01-01
    until: 2030-01-01
    clauses:
      first:
        kind: first_refusal
        holder: alpha
        window: 10 business days
        free_window: 30 business days
        negotiation: 2mo
        start_slack: 1mo
        partial: yes
        minimum_lot: 10
        rank: 2
        calendar: new-york
"""
)
NOTICE = {
    "event": "notice_given",
    "at": "2025-07-01T15:00:00Z",
    "clause": "A/first",
    "lot": "x",
    "purpose": "training",
    "gpus": "100",
    "start": "2026-01-31",
    "end": "2027-01-31",
}
ANSWER = {"at": "2025-07-03T12:00:00-04:00", "clause": "A/first", "lot": "x"}


def told(*lines: dict[str, str]) -> list[Event]:
    return dated(PORTFOLIO.clauses, events_of(lines, PORTFOLIO.names, "USD"), PORTFOLIO.names)


def test_a_notice_gets_the_deadlines_of_its_clause() -> None:
    (notice,) = told(NOTICE)

    # The fourth of July is no business day; deadlines fall at five in New York.
    assert notice.due_at_s == parse_instant("2025-07-16T17:00:00-04:00")
    assert notice.free_until_at_s == parse_instant("2025-08-27T17:00:00-04:00")
    assert notice.start_until_at_s == parse_instant("2026-02-28T00:00:00Z")
    assert notice.rank == 2


def test_a_refusal_frees_the_lot_until_a_day_of_the_calendar() -> None:
    _, refusal = told(NOTICE, {"event": "refused", **ANSWER})

    assert refusal.free_until_at_s == parse_instant("2025-08-15T17:00:00-04:00")
    assert refusal.order_due_at_s == NEVER


def test_an_acceptance_waits_for_its_order_until_a_day_of_the_calendar() -> None:
    _, acceptance = told(NOTICE, {"event": "accepted", **ANSWER})

    assert acceptance.gpus == 100  # No number: all of it.
    assert acceptance.order_due_at_s == parse_instant("2025-09-03T17:00:00-04:00")
    assert acceptance.fallen_until_at_s == parse_instant("2025-10-16T17:00:00-04:00")


def test_what_an_entry_states_is_not_worked_out() -> None:
    stated = {"event": "refused", **ANSWER, "free_until": "2025-12-01"}
    notice, refusal = told({**NOTICE, "due": "2025-07-20"}, stated)

    assert notice.due_at_s == parse_instant("2025-07-20")
    assert refusal.free_until_at_s == parse_instant("2025-12-01")


@pytest.mark.parametrize("gpus", ["9", "1"])
def test_an_acceptance_of_a_part_that_was_not_agreed_has_a_refusals_deadlines(gpus: str) -> None:
    _, acceptance = told(NOTICE, {"event": "accepted", **ANSWER, "gpus": gpus})

    assert acceptance.order_due_at_s == NEVER
    assert acceptance.free_until_at_s == parse_instant("2025-08-15T17:00:00-04:00")


def test_a_second_answer_and_one_too_late_have_none() -> None:
    late = {**ANSWER, "at": "2025-07-16T17:00:00-04:00"}
    _, _, second = told(NOTICE, {"event": "refused", **ANSWER}, {"event": "accepted", **late})
    _, only = told(NOTICE, {"event": "accepted", **late})

    assert second.order_due_at_s == only.order_due_at_s == NEVER


def test_an_answer_of_somebody_else_is_refused() -> None:
    with pytest.raises(BadEntry, match="beta does not hold A/first: alpha does"):
        told(NOTICE, {"event": "refused", "party": "beta", **ANSWER})


def test_the_facts_are_those_of_the_dated_journal() -> None:
    lines = [NOTICE, {"event": "refused", **ANSWER}]
    facts = facts_of(PORTFOLIO.clauses, events_of(lines, PORTFOLIO.names, "USD"), PORTFOLIO.names)

    def verdict(at: str) -> Verdict:
        asked = Ask(
            Act.SUPPLY,
            supplier=PORTFOLIO.names.parties.index("beta"),
            purpose=PORTFOLIO.names.purposes.index("training"),
            gpus=100,
            start_s=parse_instant("2026-01-31"),
            end_s=parse_instant("2027-01-31"),
        )
        return PORTFOLIO.decide(asked, parse_instant(at), facts).verdict

    assert verdict("2025-08-15T20:59:59Z") is Verdict.PERMIT
    assert verdict("2025-08-15T21:00:00Z") is Verdict.HOLD
