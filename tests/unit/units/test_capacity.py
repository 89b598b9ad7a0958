"""Capacity is whole GPUs or watts, shares are parts per million; both are read exactly."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offtake.units.capacity import (
    LIMIT_GPUS,
    LIMIT_WATTS,
    PPM,
    Accelerator,
    Size,
    parse_accelerator,
    parse_gpus,
    parse_power,
    parse_share,
    parse_size,
    power_text,
    share_text,
)


@pytest.mark.parametrize(
    ("text", "gpus"),
    [
        ("64000", 64_000),
        ("64,000", 64_000),
        ("64_000", 64_000),
        ("64k", 64_000),
        ("1.5k", 1_500),
        ("2M GPUs", 2_000_000),
        ("1 GPU", 1),
        ("0", 0),
        ("1000M", LIMIT_GPUS),
    ],
)
def test_gpus_are_read_whole(text: str, gpus: int) -> None:
    assert parse_gpus(text) == gpus


@pytest.mark.parametrize(
    ("text", "watts"),
    [
        ("1.2 GW", 1_200_000_000),
        ("300MW", 300_000_000),
        ("1.4 kW", 1_400),
        ("700 W", 700),
        ("0.001 kW", 1),
        ("10000 GW", LIMIT_WATTS),
    ],
)
def test_power_is_read_in_watts(text: str, watts: int) -> None:
    assert parse_power(text) == watts


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (parse_gpus, ""),
        (parse_gpus, "many"),
        (parse_gpus, "-1"),
        (parse_gpus, "0.5"),
        (parse_gpus, "1.0005k"),
        (parse_gpus, "1001M"),
        (parse_gpus, "64 TPUs"),
        (parse_gpus, ",1"),
        (parse_power, "300"),
        (parse_power, "300 mw"),
        (parse_power, "0.0001 kW"),
        (parse_power, "10001 GW"),
        (parse_power, "1 TW"),
        (parse_size, "300 horses"),
        (parse_accelerator, ""),
        (parse_accelerator, "8:H100"),
        (parse_accelerator, "H100:0"),
        (parse_accelerator, "H100:-1"),
        (parse_accelerator, "H100:1000000001"),
        (parse_accelerator, "H 100"),
        (parse_share, "20"),
        (parse_share, "0.2"),
        (parse_share, "-5%"),
        (parse_share, "100.0001%"),
        (parse_share, "0.00001%"),
        (parse_share, "%"),
    ],
)
def test_what_is_no_capacity_is_refused_with_the_text(
    parse: Callable[[str], object], text: str
) -> None:
    with pytest.raises(ValueError, match="`"):
        parse(text)


def test_a_size_keeps_the_form_it_was_written_in() -> None:
    assert parse_size("64k") == Size(gpus=64_000)
    assert parse_size("1.2 GW") == Size(watts=1_200_000_000)


@given(st.one_of(st.integers(0, LIMIT_GPUS), st.none()), st.integers(0, LIMIT_WATTS))
def test_a_size_is_read_back_as_it_was_written(gpus: int | None, watts: int) -> None:
    size = Size(watts=watts) if gpus is None else Size(gpus=gpus)
    assert parse_size(str(size)) == size


@given(st.integers(0, LIMIT_WATTS))
def test_power_is_written_exactly(watts: int) -> None:
    assert parse_power(power_text(watts)) == watts


@given(st.integers(0, PPM))
def test_a_share_is_written_exactly(ppm: int) -> None:
    assert parse_share(share_text(ppm)) == ppm


@pytest.mark.parametrize(
    ("ppm", "text"), [(0, "0%"), (200_000, "20%"), (125_000, "12.5%"), (1, "0.0001%")]
)
def test_a_share_is_written_without_trailing_zeros(ppm: int, text: str) -> None:
    assert share_text(ppm) == text


@pytest.mark.parametrize(
    ("text", "found"), [("H100", Accelerator("H100", 1)), ("GB200:72", Accelerator("GB200", 72))]
)
def test_an_accelerator_has_a_name_and_a_number(text: str, found: Accelerator) -> None:
    assert parse_accelerator(text) == found
    assert parse_accelerator(str(found)) == found


def test_a_part_of_a_gpu_that_the_power_would_not_feed_is_left_out() -> None:
    assert Size(watts=2_799).in_gpus(1_400) == 1
    assert Size(watts=2_800).in_gpus(1_400) == 2
    assert Size(watts=1_399).in_gpus(1_400) == 0


def test_gpus_are_gpus_whatever_their_power() -> None:
    assert Size(gpus=7).in_gpus(1_400) == 7
