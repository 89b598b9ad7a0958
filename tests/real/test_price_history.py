"""105,582 real changes of AWS prices, 2022-12 to 2024-06, as list prices."""

import gzip

import numpy as np

from offtake.contract.model import ListPrice
from offtake.contract.portfolio import Portfolio
from offtake.supply.price_history import GONE, lines_of, read_changes, series
from offtake.units.time import Duration
from real.test_traces import folder

KINDS = ("A10G", "A100", "A100-80GB", "H100", "V100", "V100-32GB")
TEXT = """
parties: {lab: {roles: [buyer]}, aws: {}}
accelerators: {A10G: {}, A100: {}, A100-80GB: {}, H100: {}, V100: {}, V100-32GB: {}}
"""


def path():
    name = "aws_gpu_price_changes_2022-12_2024-06.csv.gz"
    return folder("gpu_prices") / "price_history" / name


def test_every_change_is_read_and_prices_lie_within_what_the_record_says() -> None:
    changes = read_changes(path(), "spot", (KINDS, None))
    spot = changes.micros_per_gpu_h[changes.accelerator == KINDS.index("A100")]
    told = spot[spot != GONE] / 1e6 * 8  # As machines: p4d.24xlarge has eight.

    assert (len(changes.at_s), len(changes.dropped)) == (105_582, 0)
    assert (round(told.min(), 2), round(told.max(), 2)) == (3.28, 45.39)
    assert round(float(told.mean()), 2) == 11.45


def test_daily_means_are_those_of_a_slow_sum() -> None:
    changes = read_changes(path(), "spot", (("H100",), None))
    (found,) = series(changes, Duration(1, "d"), apart=False)
    start_s, _ = found.steps[0]
    seconds = np.zeros((len(found.steps), 2), object)
    for offer in np.unique(changes.offer):
        mine = np.flatnonzero(changes.offer == offer)
        mine = mine[np.argsort(changes.at_s[mine], kind="stable")]
        ends = [*changes.at_s[mine][1:].tolist(), start_s + 86_400 * len(found.steps)]
        for row, end_s in zip(mine.tolist(), ends, strict=True):
            at_s, micros = int(changes.at_s[row]), int(changes.micros_per_gpu_h[row])
            while micros != GONE and at_s < end_s:
                day = (at_s - start_s) // 86_400
                next_s = min(end_s, start_s + 86_400 * (day + 1))
                seconds[day] += np.array([micros * (next_s - at_s), next_s - at_s], object)
                at_s = next_s
    slow = [round(total / time) if time else GONE for total, time in seconds]

    assert max(abs(a - b) for a, (_, b) in zip(slow, found.steps, strict=True)) <= 1
    assert len(found.steps) > 250


def test_all_kinds_become_some_thousand_lines_and_the_choices_are_said() -> None:
    item = ListPrice(supplier="aws", price_history="aws.csv.gz", market="spot")
    lines, choices = lines_of(path(), item, Portfolio.loads(TEXT).names)

    with_spot = {kind for kind in KINDS if kind != "A100-80GB"}  # It has on-demand prices only.
    assert {line.accelerators for line in lines} == {(kind,) for kind in with_spot}
    assert 1_500 < len(lines) < 3_500
    assert choices[0].startswith("105,582 changes of ")


def test_other_suppliers_histories_are_read_as_well() -> None:
    names = Portfolio.loads(TEXT).names
    for file in sorted((folder("gpu_prices") / "price_history").glob("*.csv*")):
        item = ListPrice(supplier="aws", price_history=file.name)
        lines, choices = lines_of(file, item, names)
        opened = gzip.open if file.suffix == ".gz" else open
        with opened(file, "rt", encoding="utf-8") as rows:
            count = sum(1 for _ in rows) - 1
        told = [int(text.split()[0].replace(",", "")) for text in (choices[0], *choices[2:])]

        assert lines, file
        assert sum(told) == count
