"""Price books: the most specific and most recent price at a date counts, and is named."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offtake.contract.problem import Unreadable
from offtake.supply.accelerator import (
    Assumed,
    Unknown,
    accelerators,
    known_as,
    of_flop,
    of_gpu_h,
    of_power,
)
from offtake.supply.machine import machine_of
from offtake.supply.price_files import built_in, read_book
from offtake.supply.prices import Asked, Book, Entry, fits, look_up, standing
from offtake.units.capacity import parse_power
from offtake.units.time import FOREVER_S, parse_instant

MAY, JUNE, JULY = (parse_instant(f"2025-0{month}-01") for month in (5, 6, 7))
HEAD = "accelerator,price,currency,from,supplier,region,market,gpus,source\n"


def entry(micros: int, from_s: int = MAY, supplier: str = "aws", region: str = "") -> Entry:
    return Entry(supplier, "H100", region, "on_demand", "", 8, micros, "USD", from_s)


def book(*entries: Entry, name: str = "ours") -> Book:
    return Book(name, entries)


def written(tmp_path: Path, text: str, name: str = "ours.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def told(path: Path) -> list[str]:
    with pytest.raises(Unreadable) as caught:
        read_book(path)
    return [f"{problem.place} {problem.code}: {problem.says}" for problem in caught.value.problems]


def test_the_most_specific_price_counts_before_the_most_recent() -> None:
    books = [book(entry(5, JULY), entry(7, MAY, region="us-east-1"), entry(9, MAY, supplier=""))]
    found = look_up(books, Asked(JULY, "H100", "AWS", "us-east-1"))

    assert found is not None
    assert found.entry.micros_per_gpu_h == 7
    assert [other.micros_per_gpu_h for other in found.others] == [5, 9]


def test_of_equally_specific_prices_the_most_recent_at_the_day_counts() -> None:
    books = [book(entry(5, MAY), entry(6, JUNE), entry(7, JULY))]

    for at_s, micros in ((MAY, 5), (JUNE, 6), (JULY - 1, 6), (JULY, 7)):
        found = look_up(books, Asked(at_s, "H100"))
        assert found is not None
        assert found.entry.micros_per_gpu_h == micros
    assert look_up(books, Asked(MAY - 1, "H100")) is None


def test_a_later_book_counts_before_an_earlier_one() -> None:
    found = look_up([book(entry(5)), book(entry(6), name="mine")], Asked(MAY, "H100"))

    assert found is not None
    assert found.entry.micros_per_gpu_h == 6


def test_another_market_region_or_supplier_does_not_fit() -> None:
    price = entry(5, region="us-east-1")

    assert fits(price, Asked(MAY, "h100-sxm"))
    assert not fits(price, Asked(MAY, "H100", market="spot"))
    assert not fits(price, Asked(MAY, "H100", region="us-west-2"))
    assert not fits(price, Asked(MAY, "H100", "oci"))
    assert not fits(price._replace(until_s=MAY + 1), Asked(MAY + 1, "H100"))


@given(st.permutations(range(12)))
def test_the_answer_does_not_depend_on_the_order_of_rows(order: list[int]) -> None:
    rows = [
        entry(5 + n % 3, (MAY, JUNE)[n % 2], region=("", "eu")[n // 6])._replace(place=f"p:{n}")
        for n in range(12)
    ]
    asked = Asked(JULY, "H100", "aws")
    shuffled = look_up([book(*(rows[n] for n in order))], asked)

    assert shuffled is not None
    assert shuffled == look_up([book(*rows)], asked)


def test_every_supplier_has_one_price_and_the_cheapest_comes_first() -> None:
    books = [book(entry(9), entry(5, supplier="oci"), entry(7, supplier="oci", from_s=JUNE))]

    found = standing(books, Asked(JUNE))
    assert [(one.entry.supplier, one.entry.micros_per_gpu_h) for one in found] == [
        ("oci", 7),
        ("aws", 9),
    ]


def test_a_plain_book_states_prices_of_gpus_or_of_machines(tmp_path: Path) -> None:
    text = HEAD + "H100,98.32,USD,2025-05-01,aws,us-east-1,,8,https://a.example\n"
    text += "H100,1.5,EUR,2025-05-01,,,spot,,\n"
    machine, gpu = read_book(written(tmp_path, text)).entries

    assert machine.micros_per_gpu_h == 12_290_000
    assert (machine.market, machine.source) == ("on_demand", "https://a.example")
    assert machine.place == "ours.csv:2"
    assert (gpu.micros_per_gpu_h, gpu.market, gpu.currency) == (1_500_000, "spot", "EUR")


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("H100,-1,USD,2025-05-01,,,,,", "ours.csv:2 bad-prices: a price below 0"),
        ("H100,1e30,USD,2025-05-01,,,,,", "ours.csv:2 bad-prices: a price below 0 or above 1,000"),
        ("H100,,USD,2025-05-01,,,,,", "ours.csv:2 bad-prices: no price or no date"),
        ("H100,2,USD,,,,,,", "ours.csv:2 bad-prices: no price or no date"),
        ("H100,2,dollars,2025-05-01,,,,,", "ours.csv:2 bad-prices: no currency"),
        ("H100,2,USD,2025-05-01,,,lent,,", "ours.csv:2 bad-prices: market is none of"),
        ("H100,2,USD,2025-05-01,,,,0.5,", "ours.csv:2 bad-prices: no whole number of GPUs"),
        (",2,USD,2025-05-01,aws,,,,", "ours.csv:2 bad-prices: no accelerator"),
    ],
)
def test_a_row_that_is_no_price_is_told_with_its_line(tmp_path: Path, row: str, says: str) -> None:
    assert any(says in line for line in told(written(tmp_path, HEAD + row + "\n")))


def test_a_catalog_is_read_in_any_order_of_columns_and_needs_its_day(tmp_path: Path) -> None:
    zoned = "InstanceType,AcceleratorName,AcceleratorCount,Price,SpotPrice,Region,AvailabilityZone"
    zoned += "\np5.48xlarge,H100,8.0,98.32,49.16,us-east-1,a\n"
    zoned += "p5.48xlarge,H100,8.0,98.32,,us-east-1,b\nm5.large,,,0.1,,us-east-1,a\n"
    other = "Region,SpotPrice,Price,AcceleratorCount,AcceleratorName,InstanceType\n"
    other += "us-east-1,49.16,98.32,8,H100,p5.48xlarge\nus-east-1,,0.1,,,m5.large\n"
    orders = (zoned, other)
    for number, text in enumerate(orders):
        path = written(tmp_path, text, "aws_vms.csv")
        found = read_book(path, JUNE)
        assert [(e.market, e.micros_per_gpu_h, e.supplier) for e in found.entries] == [
            ("on_demand", 12_290_000, "aws"),
            ("spot", 6_145_000, "aws"),
        ], number
        assert "of no accelerator" in found.choices[1]
    assert "does not say of which day" in told(path)[0]


def test_a_price_of_a_history_stands_until_the_next_change(tmp_path: Path) -> None:
    head = "commit_time_utc,instance_type,accelerator,accelerator_count,region,"
    head += "availability_zone,price_usd_hour,spot_price_usd_hour\n"
    rows = [
        "2025-05-01T00:00:00+00:00,p5.48xlarge,H100,8,us-east-1,a,98.32,40\n",
        "2025-06-01T00:00:00+00:00,p5.48xlarge,H100,8,us-east-1,a,55.04,\n",
        "2025-07-01T00:00:00+00:00,p5.48xlarge,H100,8,us-east-1,a,,\n",
    ]
    path = tmp_path / "aws_changes.csv.gz"
    path.write_bytes(gzip.compress((head + "".join(rows)).encode()))
    found = read_book(path)
    periods = [(e.market, e.from_s, e.until_s) for e in found.entries]

    assert sorted(periods) == [
        ("on_demand", MAY, JUNE),
        ("on_demand", JUNE, JULY),
        ("spot", MAY, JUNE),
    ]
    assert look_up([found], Asked(JULY, "H100")) is None


def test_every_built_in_price_has_a_source_a_day_and_an_accelerator_that_is_known() -> None:
    for price in built_in().entries:
        assert price.source.startswith("https://")
        assert price.from_s > parse_instant("2020-01-01")
        assert price.currency == "USD"
        assert known_as(price.accelerator).lower() in accelerators() or price.accelerator == "A10G"
        machine = machine_of(price.machine)
        if machine is not None:
            assert (machine.accelerator, machine.gpus) == (price.accelerator, price.gpus)
    assert {price.until_s for price in built_in().entries} > {FOREVER_S}


def test_a_gigawatt_a_training_run_and_gpu_hours_convert_with_their_assumptions_shown() -> None:
    """The derived figures of docs/reference/prices.md, by hand."""
    h100 = accelerators()["h100"]
    assumed = Assumed(mfu_ppm=400_000, pue_milli=1_200)

    power = of_power(h100, parse_power("1 GW"), assumed)
    assert power.gpus == 10**9 * 1_000 // (1_275 * 1_200) == 653_594
    assert "PUE 1.2" in power.says
    run = of_flop(h100, 38 * 10**24, assumed)
    assert run.gpu_h == 1 + 38 * 10**24 // (3_956 * 10**11 * 3_600) == 26_682_396
    assert "MFU 40%" in run.says
    assert of_gpu_h(h100, 1, assumed).flop == 3_956 * 10**11 * 3_600
    with pytest.raises(Unknown):
        of_flop(accelerators()["v100"], 10**20, assumed)


@given(st.integers(1, 10**12), st.integers(1, 1_000_000))
def test_gpu_hours_and_computation_are_inverse(gpu_h: int, mfu_ppm: int) -> None:
    assumed = Assumed(mfu_ppm=mfu_ppm)
    kind = accelerators()["b200"]

    assert of_flop(kind, of_gpu_h(kind, gpu_h, assumed).flop, assumed).gpu_h == gpu_h


def test_facts_have_sources_and_names_of_price_lists_mean_one_kind() -> None:
    for kind in set(accelerators().values()):
        assert kind.source.startswith("https://")
        assert kind.memory_gb > 0
        assert kind.watts > 0 or kind.name == "Trainium2"
    assert known_as("H100_SXM5") == known_as("h100-sxm") == "H100"
    assert known_as("tpu-v4-8") == "tpu-v4-8"
