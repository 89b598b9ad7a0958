"""Real catalogs and histories of prices are read as they are, and looked up at a date."""

import pytest

from offtake.supply.price_files import read_book
from offtake.supply.prices import Asked, look_up
from offtake.units.time import parse_instant
from real.test_traces import folder

DAY_S = parse_instant("2024-06-13")
CATALOGS = {
    "aws": 2_208,
    "azure": 485,
    "cudo": 69,
    "fluidstack": 25,
    "gcp": None,
    "ibm": 9,
    "lambda": 182,
    "oci": 363,
    "ovhcloud": 42,
    "paperspace": 10,
    "runpod": 640,
    "scaleway": 4,
    "scp": 12,
}


@pytest.mark.parametrize("supplier", CATALOGS)
def test_a_catalog_of_any_supplier_is_read(supplier: str) -> None:
    path = folder("gpu_prices") / "skypilot_v5_2024-06-13" / f"{supplier}_vms.csv.gz"
    book = read_book(path, DAY_S)

    assert {entry.supplier for entry in book.entries} == {supplier}
    assert CATALOGS[supplier] in (None, len(book.entries))
    assert all(0 < entry.micros_per_gpu_h < 10**9 for entry in book.entries)


def test_the_price_of_a_machine_is_the_one_its_supplier_listed() -> None:
    path = folder("gpu_prices") / "skypilot_v5_2024-06-13"
    for name, accelerator, micros in (
        ("aws", "H100", 12_290_000),
        ("lambda", "H100", 2_490_000),
        ("oci", "A100-80GB", 4_000_000),
    ):
        found = look_up([read_book(path / f"{name}_vms.csv.gz", DAY_S)], Asked(DAY_S, accelerator))
        assert found is not None
        assert found.entry.micros_per_gpu_h == micros, name


def test_a_history_answers_for_every_day_of_its_time() -> None:
    path = folder("gpu_prices") / "price_history/aws_gpu_price_changes_2022-12_2024-06.csv.gz"
    book = read_book(path)

    assert len(book.entries) > 100_000
    for day, there in (("2022-06-01", False), ("2023-01-01", False), ("2024-01-01", True)):
        asked = Asked(parse_instant(day), "H100", "aws", "us-east-1", "spot")
        found = look_up([book], asked)
        assert (found is not None) is there
    assert found is not None
    assert found.entry.machine == "p5.48xlarge"
    assert 1_000_000 < found.entry.micros_per_gpu_h < 12_290_000
