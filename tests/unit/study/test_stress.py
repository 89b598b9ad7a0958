"""Scenarios are portfolios: what each changes in one, by hand; and what then breaks first."""

from dataclasses import replace

import numpy as np
import pytest

from offtake.contract.model import Regime
from offtake.contract.portfolio import Portfolio
from offtake.demand.columns import JobTrace
from offtake.sim.world import Workload
from offtake.study import stress
from offtake.study.inputs import inputs_of
from offtake.study.run import play
from offtake.study.stressed import Asked, Stress, data_of, firsts, page_of, table_of
from offtake.study.stressed import stress as put_under
from offtake.study.sweep import Runs
from offtake.units.time import Duration, parse_instant

HEAD = """
parties: {lab: {roles: [buyer]}, alpha: {}, beta: {}}
accelerators: {H100: {power: 1 kW}}
"""
TEXT = (
    HEAD
    + """
pools:
  p: {supplier: alpha, accelerator: H100, capacity: {2024-01-01: 8, 2025-02-01: 16}, rate: $2}
  q: {supplier: beta, accelerator: H100, capacity: 4, rate: $1}
prices: [{supplier: alpha, price: $5}]
behaviors: [{supplier: beta, accelerators: [H100], spare: {2025-01-01: 10, 2025-03-15: 30},
             lead: 10d, rate: $4, late: 1w}]
services:
  chat: {purpose: inference, demand: 3}
  digest: {purpose: training, demand: 1}
jobs:
  a: {purpose: training, gpus: 8, submitted: 2025-01-02, run: 30d}
  b: {purpose: api, gpus: 2, submitted: 2025-01-03, run: 1d}
simulation: {from: 2025-01-01, until: 2025-04-01}
"""
)
CAME_FROM = inputs_of(Portfolio.loads(TEXT), Regime(id="all"))
FROM, FEB, MARCH = (parse_instant(f"2025-{day}") for day in ("01-01", "02-01", "03-01"))


def loaded(text: str = TEXT) -> Portfolio:
    return Portfolio.loads(text)


def stressed(scenario: stress.Scenario, text: str = TEXT, together: bool = False) -> Stress:
    portfolio = loaded(text)
    simulation = portfolio.document.simulation
    asked = Asked(portfolio, Regime(id="all"), None, (simulation.starts, simulation.ends))
    return put_under(asked, [scenario], runs=Runs(0), together=together)


def steps(capacity) -> list[tuple[int, int]]:
    return [(step.starts, step.size.gpus) for step in capacity]


def test_a_lost_supplier_is_an_outage_in_which_it_sells_nothing() -> None:
    document = loaded().document
    found = stress.lose("beta", FEB, MARCH).change(document)

    assert [(row.supplier, row.starts, row.ends) for row in found.outages] == [("beta", FEB, MARCH)]
    assert steps(found.behaviors[0].spare) == [
        (FROM, 10),
        (FEB, 0),
        (MARCH, 10),
        (parse_instant("2025-03-15"), 30),
    ]
    assert stress.suppliers_of(document) == ["alpha", "beta"]


def test_late_deliveries_are_later_by_as_much_and_pools_grow_later() -> None:
    found = stress.late(Duration(20, "d"), FROM).change(loaded().document)

    assert found.behaviors[0].late == Duration(27, "d")  # A week, and 20 days.
    assert steps(found.pools[0].capacity) == [(FROM, 8), (parse_instant("2025-02-21"), 16)]
    assert steps(found.pools[1].capacity) == [(FROM, 4)]


def test_capacity_that_was_to_end_ends_on_its_day_and_what_was_to_be_short_never_comes() -> None:
    pool = "{2024-01-01: 8, 2025-02-01: 16, 2025-02-10: 12, 2025-03-01: 2}"
    text = TEXT.replace("{2024-01-01: 8, 2025-02-01: 16}", pool)
    found = stress.late(Duration(20, "d"), FROM).change(loaded(text).document)

    # 16 for nine days is never there for 20; 12 comes with the first 20 days above 8; 2 in time.
    assert steps(found.pools[0].capacity) == [
        (FROM, 8),
        (parse_instant("2025-02-21"), 12),
        (MARCH, 2),
    ]


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        (Duration(0, "d"), Duration(2, "mo"), Duration(2, "mo")),
        (Duration(1, "mo"), Duration(2, "mo"), Duration(3, "mo")),
        (Duration(1, "w"), Duration(12, "h"), Duration(180, "h")),
        (Duration(1, "mo"), Duration(1, "d"), Duration(32 * 86_400, "s")),
    ],
)
def test_a_delay_adds_to_the_delay_that_was_stated(one, other, both) -> None:
    text = TEXT.replace("late: 1w", f"late: {one}")
    found = stress.late(other, FROM).change(loaded(text).document)

    assert found.behaviors[0].late == both


def test_a_surge_multiplies_services_and_jobs_of_inference_alone() -> None:
    found = stress.surge(2_500_000).change(loaded().document)

    assert [steps(service.demand) for service in found.services] == [[(0, 8)], [(0, 1)]]
    assert [job.id for job in found.jobs] == ["a", "b", "b (2)"]  # Of one job, 2.5 are two.


def test_of_many_jobs_exactly_the_share_is_submitted() -> None:
    assert stress.copies(4, 1_500_000).tolist() == [1, 2, 1, 2]
    assert stress.copies(10, 300_000).sum() == 3
    zero = np.zeros(4, np.int64)
    trace = JobTrace(
        format="x",
        submit_s=np.arange(4),
        run_s=np.full(4, 9),
        requested_s=np.full(4, 9),
        gpus=np.array([1, 2, 3, 4]),
        tenant=np.array([0, 1, 0, 1]),
        priority=zero,
        tenants=("train", "serve"),
    )
    names = loaded().names
    purposes = (names.purposes.index("training"), names.purposes.index("api"))
    found = stress.surge(2_000_000).workload(Workload(trace, purposes), names)

    assert found is not None
    assert found.trace is not None
    assert found.trace.gpus.tolist() == [1, 2, 2, 3, 4, 4]
    assert found.trace.submit_s.tolist() == [0, 1, 1, 2, 3, 3]


def test_prices_that_fall_leave_what_was_agreed() -> None:
    found = stress.prices(-300_000).change(loaded().document)

    assert found.prices[0].price.micros == 3_500_000
    assert found.behaviors[0].rate is not None
    assert found.behaviors[0].rate.micros == 2_800_000
    assert found.pools == loaded().document.pools


def test_a_scenario_is_a_portfolio_that_could_have_been_written() -> None:
    everything = stress.together(
        [
            stress.lose("beta", FEB, MARCH),
            stress.late(Duration(20, "d"), FROM),
            stress.surge(2_000_000),
            stress.prices(-300_000),
        ]
    )
    from offtake.contract.write import write

    document = everything.change(loaded().document)

    assert Portfolio.loads(write(document)).document == document


def test_what_an_outage_ends_breaks_first_and_the_pool_that_is_gone_is_the_reason() -> None:
    found = stressed(stress.lose("alpha", parse_instant("2025-01-10"), FEB))
    broken = [(item.who, item.what, item.why) for item in found.rows[0].broken]

    # Eight of p's GPUs run the job; chat and digest have q's four.
    assert broken == [("jobs: training", "a job of 8 GPUs was ended", "p has 0 of 8 GPUs")]
    assert found.rows[0].broken[0].at_s == parse_instant("2025-01-10")
    assert found.rows[0].outcome.delay_gpu_s - found.base.delay_gpu_s == 8 * 22 * 86_400


def test_a_service_breaks_when_it_lacks_more_than_in_the_base() -> None:
    found = stressed(stress.lose("beta", parse_instant("2025-01-10"), FEB))
    broken = [(item.who, item.what, item.why) for item in found.rows[0].broken]

    assert ("chat", "lacks 3 GPUs more", "q has 0 of 4 GPUs") in broken
    assert found.rows[0].outcome.unserved_gpu_s == 4 * 22 * 86_400


def test_a_surge_takes_the_room_of_jobs_and_what_there_is_is_full() -> None:
    found = stressed(stress.surge(2_000_000))
    first = found.rows[0].broken[0]

    assert (first.at_s, first.who) == (parse_instant("2025-01-02"), "jobs: training")
    assert first.why == "what there is, is full"


def test_nothing_breaks_where_only_money_changes() -> None:
    found = stressed(stress.prices(-300_000))

    assert found.rows[0].broken == ()
    assert firsts(found).rows[0][2] == "nothing"
    assert found.rows[0].outcome == found.base  # Pools state rates: nothing is bought at a list.


def test_a_list_price_that_falls_makes_use_cheaper() -> None:
    text = TEXT.replace(", 2025-02-01: 16}, rate: $2}", ", 2025-02-01: 16}}")
    found = stressed(stress.prices(-300_000), text)
    used = 8 * 30 * 24 + 2 * 24  # Both jobs run on alpha's pool at its list price.

    saved = found.base.cost_micros - found.rows[0].outcome.cost_micros
    assert saved == used * 1_500_000


def test_of_suppliers_lost_in_turn_the_largest_is_lost_when_all_happens_together() -> None:
    portfolio = loaded()
    period = (portfolio.document.simulation.starts, portfolio.document.simulation.ends)
    asked = Asked(portfolio, Regime(id="all"), None, period)
    lost = [stress.lose(name, FEB, MARCH) for name in ("beta", "alpha")]
    found = put_under(asked, [*lost, stress.prices(-300_000)], runs=Runs(0), together=True)

    assert [row.scenario.id for row in found.rows] == [
        "lose beta",
        "lose alpha",
        "prices -30%",
        "together",
    ]
    title = found.rows[-1].scenario.title
    assert title == "together: lose beta, prices -30%"  # 4 GPUs for 90 days; alpha's 8 ran for 31.


def test_table_data_and_page_say_the_same() -> None:
    found = stressed(stress.lose("beta", parse_instant("2025-01-10"), FEB))
    data = data_of(found, CAME_FROM)
    row = data["scenarios"][0]

    assert row["difference"]["unserved_gpu_h"] == 4 * 22 * 24
    assert table_of(found).rows[1][3] == "+2.11k GPU-h"
    assert row["breaks"][0]["at"] == "2025-01-10"
    assert page_of(found, data).headlines[1].value == "2025-01-10"


def test_a_scenario_that_changes_nothing_costs_nothing() -> None:
    result = play(loaded(), Regime(id="all"), None, (FROM, parse_instant("2025-04-01")))
    same = stress.portfolio_of(replace(loaded().document))
    again = play(same, Regime(id="all"), None, (FROM, parse_instant("2025-04-01")))

    assert again.summary == result.summary
