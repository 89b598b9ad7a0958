"""The t-interval against a table and a sum by hand."""

import math

import pytest

from offtake.study.interval import interval, t_below, t_quantile


@pytest.mark.parametrize(
    ("freedom", "value"),
    [
        (1, 12.7062047),
        (2, 4.3026527),
        (3, 3.1824463),
        (4, 2.7764451),
        (9, 2.2621572),
        (10, 2.2281389),
        (29, 2.0452296),
        (100, 1.9839715),
        (999, 1.9623415),
    ],
)
def test_the_quantile_is_that_of_printed_tables(freedom: int, value: float) -> None:
    assert t_quantile(0.975, freedom) == pytest.approx(value, abs=5e-8)


def test_half_of_all_lie_below_nothing() -> None:
    assert [t_below(0.0, freedom) for freedom in (1, 2, 3, 8)] == [0.5] * 4


def test_an_interval_by_hand() -> None:
    found = interval([1.0, 2.0, 3.0, 6.0])

    half = 3.18244630528 * math.sqrt(14 / 3 / 4)  # Squares 4 + 1 + 0 + 9, three degrees.
    assert found.mean == 3
    assert (found.low, found.high) == pytest.approx((3 - half, 3 + half), abs=1e-9)


def test_one_run_says_nothing_of_how_sure_it_is() -> None:
    assert interval([5.0]) == (5.0, -math.inf, math.inf)


def test_what_never_differs_is_certain() -> None:
    assert interval([0.0] * 5) == (0.0, 0.0, 0.0)
