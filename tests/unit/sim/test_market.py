"""Modelled holders and suppliers: what they sign, what they leave, and what an award looks at."""

import pytest

from offtake.contract.model import Regime
from offtake.contract.portfolio import Portfolio
from offtake.core.vocabulary import Event, EventKind
from offtake.sim.market import Market
from offtake.sim.world import world_of
from offtake.sourcing.command import Proceed
from offtake.units.time import parse_instant

HEAD = """
parties: {lab: {roles: [buyer]}, alpha: {}, beta: {}}
simulation: {from: 2025-01-01, until: 2027-01-01, tender: 7d}
agreements:
  A:
    from: 2024-01-01
    until: 2030-01-01
    clauses:
"""
NEED = """
requirements:
  r: {purpose: training, size: 10, submitted: 2025-01-02, from: 2025-10-01, until: 2026-10-01,
      price_limit: $3}
"""
RIGHT = "      f: {kind: first_refusal, holder: alpha, window: 20d%s}\n"
MATCH = RIGHT % ", form: matching"
BETA = "{supplier: beta, accelerators: [H100], spare: 20, lead: 1d, rate: $2}"
MICROS = 1_000_000


def played(clauses: str, *behaviors: str, below: str = NEED, head: str = HEAD) -> Market:
    """A market played to its end."""
    text = head + clauses + "behaviors:\n" + "".join(f"  - {row}\n" for row in behaviors) + below
    portfolio = Portfolio.loads(text)
    period = (parse_instant("2025-01-01"), parse_instant("2027-01-01"))
    market = Market(world_of(portfolio, portfolio.under(Regime(id="x")), None, period))
    while (at_s := market.next_s()) is not None and at_s < period[1]:
        market.play(at_s)
    return market


def kinds(market: Market) -> list[str]:
    """What happened, without what follows an order."""
    names = [EventKind(item.event.kind).name for item in market.journal]
    return [name for name in names if name not in ("DELIVERED", "TRANCHE_LATE")]


def orders(market: Market) -> list[Event]:
    return [item.event for item in market.journal if item.event.kind == EventKind.ORDERED]


def alpha(rate: str, more: str = "", answer: str = "answer: accept, ") -> str:
    answers = f"answers: [{{requirement: any, {answer}takes: 4d}}], " if answer else ""
    more = more or "lead: 1d"
    return f"{{supplier: alpha, accelerators: [H100], spare: 20, {answers}rate: {rate}, {more}}}"


@pytest.mark.parametrize(("rate", "paid"), [("$9", 2_000_000), ("$1", 1_000_000)])
def test_a_holder_that_matches_signs_at_no_more_than_it_was_shown(rate: str, paid: int) -> None:
    (order,) = orders(played(MATCH, alpha(rate), BETA))

    assert (order.party, order.price_micros_per_gpu_h) == (1, paid)


def test_a_holder_that_cannot_start_in_time_lets_its_match_fall() -> None:
    market = played(MATCH, alpha("$9", more="lead: 300d"), BETA)

    (order,) = orders(market)
    assert order.party == 2
    assert [item.why for item in market.journal if item.event.kind == EventKind.LAPSED] == [
        "no order was signed in time (FR10)"
    ]


def test_without_a_plan_a_holder_takes_nothing_below_its_rate() -> None:
    dear = played(RIGHT % "", alpha("$9", answer=""), BETA)
    cheap = played(RIGHT % "", alpha("$2", answer=""), BETA)

    assert "REFUSED" in kinds(dear)
    assert [order.party for order in orders(dear)] == [2]
    assert [order.party for order in orders(cheap)] == [1]


def test_an_answer_to_a_notice_that_is_over_is_not_given_to_the_next() -> None:
    """The right of beta, asked second, ends on the sixth day; gamma is asked then and thinks."""
    rights = RIGHT % "" + (
        "      g: {kind: first_refusal, holder: beta, window: 20d, rank: 2, until: 2025-01-08}\n"
        "      h: {kind: first_refusal, holder: gamma, window: 20d, rank: 3}\n"
    )
    answers = "answers: [{requirement: any, answer: %s, takes: 4d}]"
    refuses = alpha("$2", answer="").replace("rate", answers % "refuse" + ", rate")
    accepts = BETA.replace("rate", answers % "accept" + ", rate")
    other = accepts.replace("beta", "gamma")
    text = HEAD.replace("beta: {}", "beta: {}, gamma: {}")
    market = played(rights, refuses, accepts, other, head=text)

    accepted = [e for e in (i.event for i in market.journal) if e.kind == EventKind.ACCEPTED]
    assert [(event.at_s, event.party) for event in accepted] == [(parse_instant("2025-01-12"), 3)]


def test_an_award_fills_the_floor_of_a_commitment_before_what_is_cheaper() -> None:
    floor = "      c: {kind: take_or_pay, supplier: alpha, floor: %s, per: year}\n"
    suppliers = (alpha("$2.50", answer=""), BETA)
    without = played(floor % "$0", *suppliers)
    within = played(floor % "$1M", *suppliers)

    assert [(order.party, order.gpus) for order in orders(without)] == [(2, 10)]
    assert [(order.party, order.gpus) for order in orders(within)] == [(1, 10)]
    assert any("fills a commitment" in item.why for item in within.journal)


def floors_seen(market: Market) -> dict[int, int]:
    """What was left of floors when the first award was made."""
    commands = [given.command for given in market.given]
    seen = [c.worth.floor_left_micros for c in commands if isinstance(c, Proceed)]
    return dict(next((floors for floors in seen if floors), {}))


def test_what_is_held_already_fills_a_floor_before_an_award_does() -> None:
    floor = "      c: {kind: take_or_pay, supplier: alpha, floor: $1M, per: year}\n"
    pool = """
pools:
  p: {supplier: alpha, accelerator: H100, rate: $2, capacity: [{from: 2024-01-01, size: 40}]}
"""
    bare = floors_seen(played(floor, BETA))
    held = floors_seen(played(floor, BETA, below=NEED + pool))

    assert bare == {1: 1_000_000 * MICROS}  # A quarter of one year's, three of the next one's.
    assert held == {1: (1_000_000 - 40 * 365 * 24 * 2) * MICROS}


def test_a_floor_for_other_accelerators_is_not_filled_by_what_is_needed() -> None:
    scoped = "      c: {kind: take_or_pay, supplier: alpha, accelerators: [%s], floor: $1M}\n"
    need = NEED.replace("size: 10,", "size: 10, accelerators: [H100],")
    kinds = "accelerators: {H100: {}, A100: {}}\n"

    assert floors_seen(played(scoped % "H100", BETA, below=need + kinds)) == {1: 1_000_000 * MICROS}
    assert floors_seen(played(scoped % "A100", BETA, below=need + kinds)) == {}


def test_a_floor_in_gpu_hours_counts_at_the_price_of_what_is_needed() -> None:
    hours = (
        "      c: {kind: take_or_pay, supplier: alpha, floor: 1000 GPU-h, per: year, rate: $3}\n"
    )

    assert floors_seen(played(hours, BETA)) == {1: 3_000 * MICROS}


def test_money_paid_in_advance_costs_what_the_portfolio_says() -> None:
    said = NEED + "procurement: {policy: none}\n"
    stated = played("      d: {kind: delivery, supplier: beta}\n", BETA, below=said)
    text = HEAD.replace("tender: 7d", "tender: 7d, cost_of_capital: 12%")
    other = Portfolio.loads(text + "      d: {kind: delivery, supplier: beta}\n" + NEED)

    assert stated.worth.capital_ppm_per_year == 80_000
    assert other.document.simulation.cost_of_capital == 120_000
