"""What an option and a cap say in words, with their figures."""

import pytest

from offtake.contract.portfolio import Portfolio
from offtake.core.explain import lines

TEXT = """
parties: {lab: {roles: [buyer]}, azure: {name: Azure}, oracle: {}}
accelerators: {H100: {power: 1 kW}}
agreements:
  A:
    from: 2025-01-01
    until: 2027-01-01
    clauses:
      more: {kind: option, supplier: azure, price: $1.50, limit: 0.1 MW, opens: 2025-03-01}
      half: {kind: concentration_cap, at_most: 60%, held: [{supplier: azure, gpus: 100},
        {supplier: oracle, gpus: 100}]}
"""


def said(at: str, gpus: int) -> list[str]:
    portfolio = Portfolio.loads(TEXT)
    named = {"supplier": "azure", "purpose": "training", "accelerator": "H100"}
    asked = portfolio.ask("supply", at, **named, gpus=gpus, start=at)
    return lines(portfolio.decide(asked, at), portfolio.names)


@pytest.mark.parametrize(
    ("at", "gpus", "reason"),
    [
        ("2025-02-28", 50, "from 2025-03-01 to 2027-01-01 only (A/more, OP2, OptionClosed)"),
        ("2025-03-01", 50, "may be exercised until 2027-01-01 (A/more, OP1, OptionOpen)"),
        ("2025-03-01", 101, "of which 0 are ordered (A/more, OP3, OptionUsedUp)"),
    ],
)
def test_an_option_says_whether_it_may_be_exercised(at: str, gpus: int, reason: str) -> None:
    assert any(reason in line for line in said(at, gpus))


def test_a_cap_says_the_share_that_a_supplier_would_have() -> None:
    """With 101 more azure has 201 of 301, two thirds."""
    (line,) = [line for line in said("2025-03-01", 101) if "ShareTooLarge" in line]

    assert "Azure would have 201 of 301 GPUs in service, 66.7774%" in line
    assert "at most 60% are agreed" in line
