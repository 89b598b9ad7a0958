"""The award serves the most GPUs at the least total cost, and never a part that is too small."""

from fractions import Fraction
from itertools import pairwise, product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offtake.core.vocabulary import NONE, Verdict
from offtake.sourcing.award import Worth, choose, cost_micros, suitable
from offtake.sourcing.permitted import ranges
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


def test_prepayment_costs_what_the_money_would_have_earned() -> None:
    prepaid = offer(2, 10, 2_000_000)._replace(prepaid_ppm=1_000_000)
    later = offer(1, 10, 2_050_000)

    assert choose(need(10), 10, [later, prepaid], Worth())[0].offer == prepaid
    assert choose(need(10), 10, [later, prepaid], Worth(capital_ppm_per_year=80_000))[0].offer == (
        later
    )
    # A year of $2.00 an hour, paid half a year early on average, at 8 %: 4 % more.
    year = 365 * 24 * 2_000_000
    worth = Worth(capital_ppm_per_year=80_000)
    assert cost_micros(need(10), prepaid, 1, worth) == year + year * 4 // 100


def test_who_binds_the_buyer_for_longer_than_needed_costs_the_longer_rent() -> None:
    decade = offer(2, 10, 1_900_000)._replace(end_s=10 * YEAR_S)

    assert choose(need(10), 10, [decade, offer(1, 10, 2_000_000)], Worth())[0].offer.supplier == 1


def test_a_late_start_saves_no_rent() -> None:
    late = Offer(2, 10, 2_000_000, 100 * DAY_S, YEAR_S)

    assert choose(need(10), 10, [late, offer(1, 10, 1_999_999)], Worth())[0].offer.supplier == 1


UNFIT = [
    ({"end_s": YEAR_S - 1}, "no supply"),
    ({"start_s": YEAR_S + 1, "end_s": 3 * YEAR_S}, "too late"),
    ({"price_micros_per_gpu_h": NONE}, "no supply"),
    ({"price_micros_per_gpu_h": 3_000_001}, "price limit"),
    ({"gpus": 39}, "no supply"),
    ({"gpus": 40}, ""),
    ({"start_s": -DAY_S}, ""),
]


@pytest.mark.parametrize(("terms", "why"), UNFIT)
def test_an_offer_serves_the_need_or_is_unfit(terms: dict[str, int], why: str) -> None:
    wanted = need(64, smallest=50)._replace(price_limit_micros_per_gpu_h=3_000_000)

    assert suitable(wanted, offer(1, 64, 2_000_000)._replace(**terms), 40) == why


def test_a_floor_is_filled_before_what_is_cheaper_by_the_hour() -> None:
    rent = cost_micros(need(100), offer(1, 100, 3_000_000), 10, Worth())
    worth = Worth(floor_left_micros={1: rent})
    offers = [offer(1, 100, 3_000_000), offer(2, 100, 2_000_000)]

    awards = choose(need(100), 100, offers, worth)

    assert {award.offer.supplier: award.gpus for award in awards} == {1: 10, 2: 90}


def test_only_permitted_parts_are_awarded() -> None:
    def parts(one: Offer) -> list[tuple[int, int]]:
        return [(1, 4), (8, 9)] if one.supplier == 2 else [(1, one.gpus)]

    offers = [offer(1, 10, 3_000_000), offer(2, 10, 2_000_000)]
    awards = choose(need(10), 10, offers, Worth(), parts)

    assert {award.offer.supplier: award.gpus for award in awards} == {2: 9, 1: 1}


@st.composite
def bids(draw: st.DrawFn) -> tuple[list[Offer], dict[int, list[tuple[int, int]]]]:
    """Offers of unlike terms, and which parts of each are permitted."""
    made, permitted = [], {}
    for supplier in range(1, draw(st.integers(0, 4)) + 1):
        start_s = draw(st.sampled_from([0, 0, 10 * DAY_S, -5 * DAY_S]))
        made.append(
            Offer(
                supplier,
                draw(st.integers(1, 6)),
                draw(st.sampled_from([0, 1_000_001, 1_500_000, 2_333_333])),
                start_s,
                start_s + draw(st.sampled_from([YEAR_S, YEAR_S, 2 * YEAR_S])),
                prepaid_ppm=draw(st.sampled_from([0, 0, 250_000, 1_000_000])),
            )
        )
        low, high = draw(st.integers(1, 3)), draw(st.integers(1, 6))
        more = draw(st.sampled_from([[], [], [(high + 2, high + 3)]]))
        permitted[supplier] = [(low, high), *more] if low <= high else more
    return made, permitted


@st.composite
def worths(draw: st.DrawFn) -> Worth:
    rent = 365 * 24 * 1_500_000  # Of one GPU: floors that some GPUs, or parts of one, fill.
    floors = draw(st.dictionaries(st.integers(1, 4), st.integers(0, 6 * rent), max_size=3))
    delay = draw(st.sampled_from([0, 7, 30_000_000]))
    return Worth(delay, floors, draw(st.sampled_from([0, 80_000])))


def exact(lot: Need, one: Offer, part: int, worth: Worth) -> Fraction:
    """What a part costs, by the words of the reference page."""
    if part == 0:
        return Fraction(0)
    years = Fraction(max(lot.end_s - lot.start_s, one.end_s - one.start_s), YEAR_S)
    rent = part * one.price_micros_per_gpu_h * 24 * 365 * years
    money = rent * Fraction(one.prepaid_ppm * worth.capital_ppm_per_year, 10**12) * years / 2
    days = max(Fraction(one.start_s - lot.start_s, DAY_S), Fraction(0))
    floor = min(worth.floor_left_micros.get(one.supplier, 0), rent)
    return rent - floor + money + part * days * worth.delay_micros_per_gpu_day


@settings(deadline=None, max_examples=300)
@given(bids(), st.integers(1, 10), st.integers(1, 3), worths())
def test_nothing_else_serves_more_or_costs_less(
    rows: tuple[list[Offer], dict[int, list[tuple[int, int]]]],
    gpus: int,
    smallest: int,
    worth: Worth,
) -> None:
    made, permitted = rows
    lot = need(gpus, smallest)
    awards = choose(lot, gpus, made, worth, lambda one: permitted[one.supplier])

    def allowed(one: Offer) -> list[int]:
        ranges = [range(low, high + 1) for low, high in permitted[one.supplier]]
        parts = [part for part in range(1, one.gpus + 1) if any(part in r for r in ranges)]
        return [0, *(part for part in parts if part >= min(smallest, gpus))]

    best = (0, Fraction(0))
    for parts in product(*(allowed(one) for one in made)):
        if sum(parts) <= gpus:
            cost = sum((exact(lot, o, p, worth) for o, p in zip(made, parts, strict=True)), 0)
            best = max(best, (sum(parts), -Fraction(cost)))
    cost = sum((exact(lot, a.offer, a.gpus, worth) for a in awards), Fraction(0))
    assert (sum(award.gpus for award in awards), -cost) == best
    for award in awards:
        assert award.gpus in allowed(award.offer)
        assert abs(award.cost_micros - exact(lot, award.offer, award.gpus, worth)) <= 1


limits = st.lists(st.integers(1, 30), max_size=4)


@given(limits, st.integers(1, 30), st.booleans())
def test_permitted_parts_are_found_as_by_asking_about_each(
    turning: list[int], most: int, first: bool
) -> None:
    """What is permitted may turn where a clause says so, and stop once between."""
    dice = Random(f"{turning} {most} {first}")
    edges = sorted({1, *turning, *(turn + 1 for turn in turning), most + 1})
    good: set[int] = set()
    for start, end in pairwise(edges):
        good |= set(range(start, dice.randint(start, end)))

    class Said:
        def __init__(self, gpus: int) -> None:
            self.verdict = Verdict.PERMIT if gpus in good else Verdict.HOLD

    found = ranges(Said, Verdict.PERMIT, turning, most)

    assert {gpus for low, high in found for gpus in range(low, high + 1)} == {
        gpus for gpus in good if gpus <= most
    }
