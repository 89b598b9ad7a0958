"""Policies at reviews: what they see, what they ask for, counted by hand (J6)."""

from fractions import Fraction

import pytest

from offtake.contract.market import Procurement
from offtake.contract.model import Regime
from offtake.contract.portfolio import Portfolio
from offtake.core.text import terms_of_text
from offtake.sim.procurement import POLICIES
from offtake.sim.procurement.forecast import forecast_gpus, unplaced_gpus
from offtake.sim.procurement.sight import Room
from offtake.sourcing.requirement import Need
from offtake.study.run import play
from offtake.units.time import parse_instant

HEAD = """
parties: {lab: {roles: [buyer]}, alpha: {}, beta: {}}
accelerators: {H100: {power: 1 kW}}
pools: {p: {supplier: alpha, accelerator: H100, capacity: 8, rate: $2}}
behaviors: [{supplier: beta, accelerators: [H100], spare: 1000, lead: 7d, rate: $4}]
simulation: {from: 2025-01-01, until: 2025-03-01, tender: 1d}
"""


def needs(text: str) -> list[Need]:
    portfolio = Portfolio.loads(HEAD + text)
    simulation = portfolio.document.simulation
    result = play(portfolio, Regime(id="all"), None, (simulation.starts, simulation.ends))
    return [lot.need for lot in result.measured.played.market.state.lots.values()]


def rows(text: str) -> list[tuple[str, int]]:
    return [(need.requirement, need.gpus) for need in needs(text)]


def test_every_policy_a_portfolio_may_name_is_registered() -> None:
    assert terms_of_text(Procurement)["policy"].choices == ("none", *POLICIES)


def test_a_fixed_quantity_is_asked_for_at_every_review() -> None:
    found = needs("procurement: {policy: fixed, review: 1mo, quantity: 100, purpose: inference}")

    assert [(need.requirement, need.gpus) for need in found] == [
        ("inference-2025-01-01", 100),
        ("inference-2025-02-01", 100),
    ]
    assert found[0].start_s == parse_instant("2025-04-01")  # 90 days of lead, by default.
    assert found[0].smallest_lot_gpus == 64  # A useful part is a lot; the quantity is as stated.


def test_a_dated_quantity_is_asked_for_once_at_the_first_review_from_its_date_on() -> None:
    dated = "{2024-12-01: 10, 2025-01-02: 20, 2025-01-03: 5, 2025-01-15: 30, 2026-01-01: 40}"

    assert rows("procurement: {policy: fixed, review: 7d, quantities: " + dated + "}") == [
        ("training-2025-01-01", 10),
        ("training-2025-01-08", 25),
        ("training-2025-01-15", 30),
    ]


def test_a_level_demand_for_inference_beyond_capacity_is_forecast_once() -> None:
    found = rows(
        "services: {chat: {purpose: inference, demand: 30}}\n"
        "procurement: {policy: forecast, review: 7d, lead: 14d, lot: 4}"
    )

    # 30 wanted at every period, 8 there: 22, that is five lots of 4. Then they are on their way.
    assert found == [("inference-2025-01-08", 20)]


def test_growing_demand_is_met_before_it_comes() -> None:
    grows = "{2025-01-01: 8, 2025-01-08: 12, 2025-01-15: 16, 2025-01-22: 20}"
    found = rows(
        "services: {chat: {purpose: inference, demand: " + grows + "}}\n"
        "procurement: {policy: forecast, review: 7d, lead: 14d, lot: 4}"
    )

    # One period, 8: enough. Two, 8 and 12: two periods on it is 20, so 12 more. Then 16 + 8 is 24,
    # of which 20 are there or coming: 4 more. Then 20 + 8 is 28: 4 more, though only 20 come.
    assert found[:3] == [
        ("inference-2025-01-15", 12),
        ("inference-2025-01-22", 4),
        ("inference-2025-01-29", 4),
    ]


def test_a_job_counts_whole_where_it_was_submitted_and_by_its_run_time_once_it_has_ended() -> None:
    found = rows(
        "jobs: {j: {purpose: training, gpus: 7, submitted: 2025-01-02, run: 14d}}\n"
        "procurement: {policy: forecast, review: 7d, lead: 7d, lot: 1, window: 1}"
    )

    # 7 GPUs for 14 days over a period of 7 are 14 GPUs; 8 are there. One period later: nothing.
    assert found == [("training-2025-01-08", 6)]


def test_capacity_that_a_clause_forbids_is_not_there() -> None:
    closed = """
agreements:
  A:
    from: 2024-01-01
    until: 2027-01-01
    clauses: {only: {kind: exclusivity, holder: beta, purposes: [inference], asks: [run]}}
services: {chat: {purpose: inference, demand: 8}}
procurement: {policy: forecast, review: 7d, lead: 14d, lot: 4}
"""

    assert rows(closed) == [("inference-2025-01-08", 8)]


def test_orders_that_end_by_the_lead_time_are_replaced() -> None:
    found = rows(
        "services: {chat: {purpose: inference, demand: 12}}\n"
        "procurement: {policy: forecast, review: 7d, lead: 14d, lot: 4, length: 28d}"
    )

    # From 01-22 to 02-19 the first four are there; at the review of 02-05 they no longer will be.
    assert found == [
        ("inference-2025-01-08", 4),
        ("inference-2025-02-05", 4),
    ]


@pytest.mark.parametrize(
    ("means", "ahead", "season", "gpus"),
    [
        ([5], 3, 0, 5),
        ([2, 4], 1, 0, 6),
        ([4, 2], 3, 0, 0),  # The line is below nothing.
        ([1, 2, 6], 1, 0, 8),  # 3 + 5/2 * 2.
        ([Fraction(1, 3)], 1, 0, 1),  # Up to whole GPUs.
        ([0, 10, 0, 10], 1, 2, 6),  # The line says 10; the even ones lie 2 and 6 below it.
        ([0, 10, 0, 10], 2, 2, 16),  # 12, and the odd ones lie 6 and 2 above.
        ([0, 10], 1, 5, 20),  # No such period yet: the line alone.
    ],
)
def test_a_forecast_is_the_line_and_its_season(means, ahead: int, season: int, gpus: int) -> None:
    assert forecast_gpus([Fraction(mean) for mean in means], ahead, season) == gpus


def test_rooms_go_first_to_who_has_no_other() -> None:
    rooms = [Room(10, frozenset({0, 1})), Room(4, frozenset({1}))]

    assert unplaced_gpus({0: 8, 1: 8}, rooms) == {0: 0, 1: 2}
