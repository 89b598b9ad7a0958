"""Kinds of supplier: which notices each takes, what it bids, and that chance is common."""

import numpy as np
import pytest

from offtake.contract.market import Behavior
from offtake.contract.model import Regime
from offtake.contract.portfolio import Portfolio
from offtake.core.text import terms_of_text
from offtake.core.vocabulary import EventKind
from offtake.study.run import play
from offtake.supply.suppliers import SUPPLIERS
from offtake.supply.suppliers.probabilistic import drawn_ppm

HEAD = """
parties: {lab: {roles: [buyer]}, alpha: {}, beta: {}}
accelerators: {H100: {power: 1 kW}}
simulation: {from: 2025-01-01, until: 2025-06-01, tender: 5d, seed: %d}
agreements:
  A: {from: 2024-01-01, until: 2027-01-01, clauses: {%s}}
"""
RIGHT = "f: {kind: first_refusal, holder: alpha, window: 20d}"
NEED = """
requirements:
  r: {purpose: training, size: 16, submitted: 2025-01-01, from: 2025-02-01, until: %s,
      price_limit: $5}
"""


def played(behaviors: str, *, right: str = "", until: str = "2026-02-01", seed: int = 1):
    other = f", {behavior('rate: $4.90', 'beta')}" if right else ""  # Of whom to ask about.
    text = HEAD % (seed, right) + f"behaviors: [{behaviors}{other}]\n" + NEED % until
    return run(text)


def run(text: str):
    portfolio = Portfolio.loads(text)
    simulation = portfolio.document.simulation
    result = play(portfolio, Regime(id="all"), None, (simulation.starts, simulation.ends))
    return [recorded.event for recorded in result.measured.played.market.journal]


def behavior(terms: str, supplier: str = "alpha") -> str:
    return f"{{supplier: {supplier}, accelerators: [H100], spare: 20, lead: 10d, {terms}}}"


def answers(events) -> list[str]:
    kinds = (EventKind.ACCEPTED, EventKind.REFUSED, EventKind.LAPSED)
    return [EventKind(event.kind).name for event in events if event.kind in kinds]


def orders(events) -> list[tuple[int, int, int]]:
    return [
        (event.party, event.gpus, event.price_micros_per_gpu_h)
        for event in events
        if event.kind == EventKind.ORDERED
    ]


def test_every_kind_a_portfolio_may_name_is_registered() -> None:
    assert terms_of_text(Behavior)["decides"].choices == tuple(SUPPLIERS)


@pytest.mark.parametrize(
    ("terms", "until", "answer"),
    [
        ("rate: $2, decides: threshold, lowest_price: $5", "2026-02-01", "ACCEPTED"),
        ("rate: $2, decides: threshold, lowest_price: $5.01", "2026-02-01", "REFUSED"),
        ("rate: $2, decides: threshold, shortest: 1y", "2026-02-01", "ACCEPTED"),
        ("rate: $2, decides: threshold, shortest: 1y", "2026-01-31", "REFUSED"),
        ("rate: $6, decides: threshold, shortest: 1y", "2026-02-01", "REFUSED"),
        ("rate: $2, decides: probabilistic, chance: 100%", "2026-02-01", "ACCEPTED"),
        ("rate: $2, decides: probabilistic, chance: 0%", "2026-02-01", "REFUSED"),
        ("rate: $2, decides: scripted", "2026-02-01", "LAPSED"),
        ("rate: $2", "2026-02-01", "ACCEPTED"),
    ],
)
def test_a_holder_answers_as_its_kind_decides(terms: str, until: str, answer: str) -> None:
    assert answers(played(behavior(terms), right=RIGHT, until=until))[0] == answer


def test_a_planned_answer_comes_before_what_its_kind_would_say() -> None:
    terms = (
        "rate: $2, decides: probabilistic, chance: 0%, answers: [{requirement: r, answer: accept}]"
    )
    events = played(behavior(terms), right=RIGHT)

    assert answers(events) == ["ACCEPTED"]
    assert orders(events) == [(1, 16, 2_000_000)]  # It is bound, though it would not bid.


def test_a_holder_thinks_as_long_as_it_states() -> None:
    events = played(behavior("rate: $2, takes: 3d"), right=RIGHT)
    (answered,) = [event for event in events if event.kind == EventKind.ACCEPTED]
    (noticed,) = [event for event in events if event.kind == EventKind.NOTICE_GIVEN]

    assert answered.at_s - noticed.at_s == 3 * 86_400


@pytest.mark.parametrize(
    ("terms", "until", "order"),
    [
        ("rate: $2, decides: threshold, lowest_price: $3", "2026-02-01", [(1, 16, 3_000_000)]),
        ("rate: $4, decides: threshold, lowest_price: $3", "2026-02-01", [(1, 16, 4_000_000)]),
        ("rate: $2, decides: threshold, shortest: 13mo", "2026-02-01", []),
        ("rate: $2, decides: probabilistic, chance: 100%", "2026-02-01", [(1, 16, 2_000_000)]),
        ("rate: $2, decides: probabilistic, chance: 0%", "2026-02-01", []),
        ("rate: $2, decides: scripted", "2026-02-01", [(1, 16, 2_000_000)]),
    ],
)
def test_a_supplier_bids_as_its_kind_decides(terms: str, until: str, order: list) -> None:
    assert orders(played(behavior(terms), until=until)) == order


def test_a_holder_works_for_no_less_than_its_lowest_price_even_where_it_asks_less() -> None:
    terms = "rate: $2, decides: threshold, lowest_price: $3"

    assert orders(played(behavior(terms), right=RIGHT)) == [(1, 16, 3_000_000)]


def test_draws_are_even_and_those_of_two_suppliers_have_nothing_in_common() -> None:
    names = [f"r{number}" for number in range(2_000)]
    alpha = np.array([drawn_ppm(1, "alpha", name) for name in names])
    beta = np.array([drawn_ppm(1, "beta", name) for name in names])
    again = np.array([drawn_ppm(2, "alpha", name) for name in names])

    for drawn in (alpha, beta, again):  # 200 of 2,000 in each tenth, deviation 13.4.
        tenths = np.bincount(drawn // 100_000, minlength=10)
        assert 140 < tenths.min() <= tenths.max() < 260
    assert abs(np.corrcoef(alpha, beta)[0, 1]) < 0.09  # Four deviations of 1 / sqrt(2,000).
    assert abs(np.corrcoef(alpha, again)[0, 1]) < 0.09


def test_a_draw_is_the_same_in_every_process() -> None:
    assert drawn_ppm(1, "alpha", "training-2025-01-08") == 658_742


def test_other_rules_and_other_requirements_leave_chance_as_it_was() -> None:
    """The same requirements are wanted with and without another before them, and a right."""
    chance = "rate: $2, decides: probabilistic, chance: 50%"
    row = (
        "  {name}: {{purpose: {purpose}, size: 1, submitted: 2025-01-0{day}, from: 2025-02-01, "
        "until: 2026-02-01, price_limit: $5}}\n"
    )
    needs = [row.format(name=f"r{day}", purpose="training", day=day) for day in range(2, 10)]
    extra = row.format(name="extra", purpose="research", day=1)
    right = "f: {kind: first_refusal, holder: beta, window: 20d, purposes: [training]}"
    wanted = []
    for clauses, more in (("", ""), (right, ""), ("", extra)):
        text = HEAD % (3, clauses) + f"behaviors: [{behavior(chance)}]\n"
        events = run(text + "requirements:\n" + more + "".join(needs))
        lots = {e.lot: e.gpus for e in events if e.kind == EventKind.REQUIREMENT_SUBMITTED}
        served = {e.lot for e in events if e.kind == EventKind.ORDERED}
        first = 1 if more else 0
        wanted.append([lot - first for lot in lots if lot in served and lot > first])

    assert wanted[0] == wanted[1] == wanted[2]
    assert 0 < len(wanted[0]) < 8


def test_a_greater_chance_wants_all_that_a_smaller_wants() -> None:
    served = []
    for percent in (20, 60):
        chance = behavior(f"rate: $2, decides: probabilistic, chance: {percent}%")
        served.append({seed for seed in range(12) if orders(played(chance, seed=seed))})

    assert served[0] < served[1]
