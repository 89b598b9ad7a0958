"""The award serves the most GPUs at the least total cost, and never a part that is too small."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from offtake.sourcing.award import Worth, choose, cost_micros
from offtake.sourcing.requirement import Need, Offer
from offtake.units.time import DAY_S

YEAR_S = 365 * DAY_S


def need(gpus: int, smallest: int = 1) -> Need:
    return Need("r", 0, gpus, 0, YEAR_S, YEAR_S, smallest_lot_gpus=smallest)


def offer(supplier: int, gpus: int, price: int, start_s: int = 0) -> Offer:
    return Offer(supplier, gpus, price, start_s, start_s + YEAR_S)


def test_the_cheaper_offer_goes_first_and_the_dearer_fills_the_rest() -> None:
    awards = choose(need(10), 10, [offer(1, 10, 3_000_000), offer(2, 6, 2_000_000)], Worth())

    assert [(award.offer.supplier, award.gpus) for award in awards] == [(2, 6), (1, 4)]


def test_a_floor_that_would_be_paid_anyway_makes_an_offer_cheap() -> None:
    worth = Worth(floor_left_micros={1: 10**15})
    awards = choose(need(10), 10, [offer(1, 10, 3_000_000), offer(2, 10, 2_000_000)], worth)

    assert [award.offer.supplier for award in awards] == [1]
    assert "commitment" in awards[0].why


def test_delay_has_a_price() -> None:
    late = offer(2, 10, 2_000_000, start_s=100 * DAY_S)
    early = offer(1, 10, 2_100_000)

    assert choose(need(10), 10, [early, late], Worth())[0].offer == late
    assert choose(need(10), 10, [early, late], Worth(10_000_000))[0].offer == early


def test_no_part_is_below_the_smallest_useful_lot() -> None:
    awards = choose(
        need(10, smallest=4), 10, [offer(1, 9, 1_000_000), offer(2, 9, 2_000_000)], Worth()
    )

    assert [award.gpus for award in awards] == [6, 4]


def test_no_offers_no_award() -> None:
    assert choose(need(10), 10, [], Worth()) == ()


offers = st.lists(st.tuples(st.integers(1, 6), st.integers(1, 5)), max_size=4)


@given(offers, st.integers(1, 10), st.integers(1, 3))
def test_nothing_else_serves_more_or_costs_less(rows: list, gpus: int, smallest: int) -> None:
    made = [offer(n + 1, size, price * 1_000_000) for n, (size, price) in enumerate(rows)]
    lot = need(gpus, smallest)
    awards = choose(lot, gpus, made, Worth())
    served = sum(award.gpus for award in awards)
    cost = sum(award.cost_micros for award in awards)

    least = min(smallest, gpus)
    for parts in product(*(range(one.gpus + 1) for one in made)):
        if sum(parts) > gpus or any(0 < part < least for part in parts):
            continue
        total = sum(
            cost_micros(lot, one, part, Worth()) for one, part in zip(made, parts, strict=True)
        )
        assert (sum(parts), -total) <= (served, -cost)
    assert all(award.gpus <= award.offer.gpus for award in awards)
