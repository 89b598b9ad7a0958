"""The page that compares with published results says what the command computes."""

import pytest
from validation.batsim import NODES, alike, played, runs_of
from validation.case import RESULTS
from validation.openb import seed_rows
from validation.page import PAGE, split, tables

from offtake.sim.placement import CONSERVATIVE
from real.test_traces import folder


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("case", ["batsim", "muri"])
def test_the_quick_tables_are_those_on_the_page(page: str, case: str) -> None:
    folder("reference_results")

    assert tables([case], lambda _: None)[case] == split(page, case)[1]


def test_one_seed_of_the_packing_gives_the_rows_on_the_page(page: str) -> None:
    folder("alibaba_gpu_v2023_openb")

    for row in seed_rows(42):
        assert str(row) in split(page, "openb")[1]


def test_on_named_nodes_at_least_97_percent_start_as_in_batsim() -> None:
    folder("reference_results")
    batsim = runs_of(RESULTS / "batsim_vs_oar" / "batsim_out_jobs.csv")

    assert alike(played(batsim, CONSERVATIVE, (1,) * NODES), batsim) >= 97


def test_every_comparison_with_a_tolerance_but_one_holds(page: str) -> None:
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    failing = [row for row in rows if "does not hold" in row]

    assert len([row for row in rows if row.endswith("| holds |")]) > 60
    assert [row.split(" | ")[0] for row in failing] == [
        "| SRTF by time, measured times, average, s"
    ]
