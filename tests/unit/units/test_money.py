"""Money is whole millionths of a named currency, read and written exactly."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offtake.units.money import (
    LIMIT_MICROS,
    MICROS,
    Money,
    Rounding,
    divide,
    parse,
    plain,
    price_of,
    short,
)

amounts = st.integers(0, LIMIT_MICROS)


@pytest.mark.parametrize(
    ("text", "micros", "currency"),
    [
        ("$2.50", 2_500_000, "USD"),
        ("$30B", 30_000_000_000 * MICROS, "USD"),
        ("$2.50/GPU-h", 2_500_000, "USD"),
        ("$2.50 per GPU-hour", 2_500_000, "USD"),
        ("2.50 USD", 2_500_000, "USD"),
        ("2.50USD", 2_500_000, "USD"),
        ("EUR 1.2M", 1_200_000 * MICROS, "EUR"),
        ("€10k", 10_000 * MICROS, "EUR"),
        ("£1,000", 1_000 * MICROS, "GBP"),
        ("1_000 CHF", 1_000 * MICROS, "CHF"),
        ("¥5 JPY", 5 * MICROS, "JPY"),
        ("$0.000001", 1, "USD"),
        ("$0", 0, "USD"),
        (" $1 ", MICROS, "USD"),
        ("$9T", LIMIT_MICROS, "USD"),
    ],
)
def test_an_amount_is_read_exactly(text: str, micros: int, currency: str) -> None:
    assert parse(text) == Money(micros, currency)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "money",
        "$",
        "2.50",
        "$-1",
        "-$1",
        "$1.2.3",
        "$.50",
        "$1.",
        "$1e9",
        "$1Q",
        "1 usd",
        "$1 EUR",
        "USD 1 EUR",
        "$0.0000001",
        "$9.000001T",
        "$99999999999999999999",
        "$1/month",
        "$ 1\n$ 2",
    ],
)
def test_what_is_no_amount_is_refused_with_the_text(text: str) -> None:
    with pytest.raises(ValueError, match="`"):
        parse(text)


@given(amounts, st.sampled_from(["USD", "EUR", "XYZ"]))
def test_what_is_written_is_read_back_as_the_same_amount(micros: int, currency: str) -> None:
    money = Money(micros, currency)
    assert parse(str(money)) == money


@pytest.mark.parametrize(
    ("micros", "text"),
    [
        (1_250_000, "1.25"),
        (30_000_000_000 * MICROS, "30000000000"),
        (0, "0"),
        (1, "0.000001"),
        (-1_500_000, "-1.5"),
        (-1, "-0.000001"),
    ],
)
def test_plain_text_has_all_digits_and_no_trailing_zeros(micros: int, text: str) -> None:
    assert plain(micros) == text


@pytest.mark.parametrize(
    ("micros", "text"),
    [
        (2_500_000, "2.50 USD"),
        (1_234_000_000, "1.23k USD"),
        (30_000_000_000 * MICROS, "30.00B USD"),
        (-1_500_000 * MICROS, "-1.50M USD"),
        (9 * 10**18, "9.00T USD"),
        (0, "0.00 USD"),
    ],
)
def test_text_for_eyes_keeps_the_leading_digits(micros: int, text: str) -> None:
    assert short(micros, "USD") == text


@pytest.mark.parametrize(
    ("numerator", "denominator", "half_even", "to_payer"),
    [
        (5, 2, 2, 2),
        (7, 2, 4, 3),
        (1, 2, 0, 0),
        (3, 2, 2, 1),
        (10, 4, 2, 2),
        (9, 4, 2, 2),
        (11, 4, 3, 2),
        (0, 7, 0, 0),
        (14, 7, 2, 2),
    ],
)
def test_half_goes_to_the_even_neighbour_and_the_payer_keeps_the_rest(
    numerator: int, denominator: int, half_even: int, to_payer: int
) -> None:
    assert divide(numerator, denominator, Rounding.HALF_EVEN) == half_even
    assert divide(numerator, denominator, Rounding.TO_PAYER) == to_payer


@given(st.integers(0, 10**30), st.integers(1, 10**12))
def test_a_quotient_is_the_fraction_rounded_as_named(numerator: int, denominator: int) -> None:
    exact = Fraction(numerator, denominator)
    assert divide(numerator, denominator, Rounding.HALF_EVEN) == round(exact)
    assert divide(numerator, denominator, Rounding.TO_PAYER) == exact.__floor__()


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=20), st.integers(0, 10**9))
def test_pricing_lines_or_their_total_differs_by_less_than_a_micro_a_line(
    quantities: list[int], rate: int
) -> None:
    whole = price_of(sum(quantities), rate, Rounding.HALF_EVEN)
    parts = sum(price_of(quantity, rate, Rounding.HALF_EVEN) for quantity in quantities)
    assert abs(whole - parts) < len(quantities) + 1


@given(st.integers(0, 10**18), st.integers(0, 10**12))
def test_a_dropped_rest_never_costs_the_payer_more(quantity: int, rate: int) -> None:
    exact = Fraction(quantity * rate, 3_600)
    charged = price_of(quantity, rate, Rounding.TO_PAYER)
    assert charged <= exact < charged + 1


def test_an_hour_costs_the_rate() -> None:
    assert price_of(3_600, 2_500_000, Rounding.HALF_EVEN) == 2_500_000
