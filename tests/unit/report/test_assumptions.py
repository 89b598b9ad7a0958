"""The list of assumptions says what was assumed, not only why, and is short enough to be read."""

from offtake.contract.portfolio import Portfolio
from offtake.report.assumptions import assumptions

TEXT = """
parties: {lab: {roles: [buyer]}, alpha: {name: Alpha Cloud}}
accelerators: {H100: {power: {value: 1.4 kW, assumed: "a server of eight"}}}
agreements:
  A:
    title: Master
    from: 2025-01-01
    until: {value: 2027-01-01, assumed: "two years"}
    clauses:
      home: {kind: exclusivity, holder: alpha, says: Alpha alone., assumed: "not public"}
      rates:
        kind: rate_card
        supplier: alpha
        lines: [{price: {value: $2.50, assumed: "list"}}]
      floor:
        kind: take_or_pay
        supplier: alpha
        per: month
        floor: {value: $3.2B, assumed: "a share"}
pools:
  p: {supplier: alpha, accelerator: H100, rate: $2,
      capacity: {assumed: "guessed",
                 value: {2025-01-01: 8, 2025-02-01: 16, 2025-03-01: 24, 2025-04-01: 25000}}}
requirements:
  big-4.5gw: {purpose: training, size: {value: 1 GW, assumed: "one site"}, submitted: 2025-01-01,
              from: 2025-02-01, until: 2026-01-01, accelerators: [H100]}
jobs:
  a: {purpose: research, gpus: {value: 8, assumed: "part"}, submitted: 2025-01-02, run: 1d}
  b: {purpose: research, gpus: {value: 16, assumed: "part"}, submitted: 2025-01-02, run: 1d}
  c: {purpose: research, gpus: {value: 24, assumed: "part"}, submitted: 2025-01-02, run: 1d}
  d: {purpose: research, gpus: {value: 32, assumed: "part"}, submitted: 2025-01-02, run: 1d}
behaviors:
  - {supplier: alpha, accelerators: [H100], spare: {value: 64, assumed: "idle"}, rate: $2, lead: 1d}
"""


def test_each_assumed_figure_is_listed_with_its_value_in_its_group() -> None:
    found = assumptions(Portfolio.loads(TEXT).document)
    tables = {table.fold: {row[0]: row[1:] for row in table.rows} for table in found}

    assert tables["Accelerators: 1 figure"] == {"H100: power": ("1.4 kW", "a server of eight")}
    assert tables["A, Master: 4 figures"] == {
        "until": ("2027-01-01", "two years"),
        "home": ("Alpha alone.", "not public"),
        "rates, line 1: price": ("2.50 USD", "list"),
        "floor: floor": ("3.2B USD", "a share"),
    }
    steps = "8 from 2025-01-01, in 4 steps to 25,000 from 2025-04-01"
    assert tables["Pools: 1 figure"] == {"p: capacity": (steps, "guessed")}
    assert tables["Requirements: 1 figure"] == {"big-4.5gw: size": ("1 GW", "one site")}
    assert list(tables["Behaviors: 1 figure"]) == ["Alpha Cloud: spare"]


def test_many_figures_with_one_reason_are_one_row() -> None:
    tables = assumptions(Portfolio.loads(TEXT).document)
    (jobs,) = [table for table in tables if table.fold.startswith("Jobs")]

    assert jobs.fold == "Jobs: 4 figures"
    assert jobs.rows == (("gpus, 4 times: a to d", "8 to 32", "part"),)


def test_a_portfolio_without_assumptions_has_no_list() -> None:
    assert assumptions(Portfolio.loads("parties: {lab: {roles: [buyer]}}\n").document) == ()
