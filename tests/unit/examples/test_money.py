"""The built-in example settles: years sum to the run's cost, and every figure leads back."""

import json
from collections import defaultdict
from functools import cache
from pathlib import Path

import offtake
from offtake.contract.model import Regime
from offtake.contract.portfolio import Portfolio
from offtake.settle.period import parse_period
from offtake.sim.measure import Measured
from offtake.study.commitments import data_of, seen_of
from offtake.study.run import play
from offtake.study.settled import Settled, settled_of
from offtake.units.time import parse_instant

EXAMPLE = Path(__file__).parents[3] / "examples" / "openai-2019-2030" / "portfolio.yaml"
YEARS = range(2023, 2030)
COMMITTED = {"microsoft", "oracle", "coreweave", "aws", "cerebras"}


@cache
def portfolio() -> Portfolio:
    return offtake.load(EXAMPLE)


@cache
def measured() -> Measured:
    simulation = portfolio().document.simulation
    period = simulation.starts, simulation.ends
    return play(portfolio(), Regime(id="as-amended"), None, period).measured


@cache
def year(number: int) -> Settled:
    own = portfolio()
    return settled_of(own, own.clauses, measured().used, parse_period(str(number)))


def test_the_statements_of_the_years_sum_to_what_the_run_costs() -> None:
    net = sum(one.net_micros for number in YEARS for one in year(number).statements)

    assert net == measured().cost.total


def test_every_line_names_a_clause_and_a_rule_and_leads_to_a_source_or_an_assumption() -> None:
    for number in YEARS:
        found = year(number)
        provenance = found.told.provenance
        for line in (line for one in found.statements for line in one.lines):
            assert line.clause, line
            assert line.rule, line
            assert provenance.of(line).known, line


def test_shortfalls_are_those_of_the_run_by_clause() -> None:
    stated: dict[str, int] = defaultdict(int)
    for number in YEARS:
        for one in year(number).statements:
            for line in one.lines:
                if line.rule == "TP2":
                    stated[line.clause] += line.amount_micros
    run: dict[str, int] = defaultdict(int)
    for line in measured().settlement.lines:
        if line.charge.rule == "TP2":
            run[line.clause_id] += line.charge.amount_micros

    assert stated == run
    assert len(stated) >= 2


def test_commitments_of_every_supplier_are_shown_with_what_they_rest_on() -> None:
    own, used = portfolio(), measured().used
    seen = seen_of(own, own.clauses, (used, used), parse_instant("2027-02-10"))
    rows = data_of(seen)["commitments"]

    assert {row["supplier"] for row in rows} == COMMITTED
    assert all(row["sources"] or row["assumed"] for row in rows)
    assert json.dumps(rows)
