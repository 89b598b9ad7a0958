"""Late capacity: what the buyer may end, from when, and what that does to a commitment (DL)."""

import pytest

from offtake.contract.model import Regime
from offtake.contract.portfolio import Portfolio
from offtake.core.account import Thing
from offtake.study.run import play
from offtake.units.time import parse_instant

LATE = """
parties: {{lab: {{roles: [buyer]}}, beta: {{}}}}
accelerators: {{H100: {{power: 1 kW}}, GB200: {{power: 2 kW}}}}
agreements:
  A:
    from: 2025-01-01
    until: 2026-01-01
    clauses:
      c: {{kind: take_or_pay, supplier: beta, floor: 20000 GPU-h, per: year, rate: $4}}
      {delivery}
behaviors: [{{supplier: beta, accelerators: [H100], spare: 100, lead: 10d, rate: $4, late: 20d}}]
requirements:
  need: {{purpose: training, size: 16, submitted: 2025-01-01, from: 2025-02-01, until: 2025-03-01}}
simulation: {{from: 2025-01-01, until: 2026-01-01, tender: 5d}}
"""


DAY = 16 * 24 * 4.0
"""A day of the order, in dollars."""


@pytest.mark.parametrize(
    ("delivery", "paid_days"),
    [
        ("d: {kind: delivery, supplier: beta, grace: 10d}", 0),  # Ended: it never comes.
        ("d: {kind: delivery, supplier: beta, grace: 10d, remedy: none}", 8),
        ("d: {kind: delivery, supplier: beta, grace: 20d}", 8),  # At the end of the grace.
        ("d: {kind: delivery, supplier: beta, grace: 10d, accelerators: [GB200]}", 8),
        ("", 8),
    ],
)
def test_what_was_ended_is_not_paid_and_lowers_the_commitment(
    delivery: str, paid_days: int
) -> None:
    portfolio = Portfolio.loads(LATE.format(delivery=delivery))
    period = portfolio.document.simulation.starts, portfolio.document.simulation.ends
    summary = play(portfolio, Regime(id="x"), None, period).summary

    # Due for the 28 days of February, it comes on the 21st or not at all.
    assert summary["cost"]["by_charge"].get("order", 0) == paid_days * DAY
    assert summary["shortfall"] == 20_000 * 4.0 - paid_days * DAY - (28 - paid_days) * DAY


@pytest.mark.parametrize(
    ("grace", "since"),
    [("30d", "2025-03-02"), ("1mo", "2025-02-28"), ("10 business days", "2025-02-14")],
)
def test_a_grace_is_counted_on_the_calendar(grace: str, since: str) -> None:
    made = Portfolio.loads(
        LATE.format(delivery=f"d: {{kind: delivery, supplier: beta, grace: {grace}}}")
    )
    (clause,) = (item for item in made.clauses if item.clause_id == "A/d")
    assert clause.kind.remedy is not None
    found = clause.kind.remedy(clause.terms, 1, due_at_s=parse_instant("2025-01-31"), tranche=1)

    assert found.from_at_s == parse_instant(since)


def test_an_order_outside_the_scope_stays() -> None:
    scope = "d: {kind: delivery, supplier: beta, grace: 0d, accelerators: [GB200]}"
    made = Portfolio.loads(LATE.format(delivery=scope))
    (clause,) = (item for item in made.clauses if item.clause_id == "A/d")
    assert clause.kind.remedy is not None

    for number, name in enumerate(made.names.accelerators):
        thing = Thing(accelerator=number)
        found = clause.kind.remedy(clause.terms, 1, due_at_s=0, tranche=0, thing=thing)
        assert (found is None) is (name == "H100")
