"""Bills at the command line: sums for people, every figure for programs, refusals with places."""

import json
from pathlib import Path

import pytest

from offtake.cli.main import main

BILL = str(Path(__file__).parents[3] / "docs/examples/bill.csv")


def test_sums_are_shown_with_their_total_and_what_commitments_cover(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["bills", BILL]) == 0

    shown = capsys.readouterr().out
    assert "plain, 4 charges, 2026-03-01 to 2026-04-01, USD" in shown
    assert "186,262.35" in shown
    assert "81,840.0" in shown
    assert "Unused" in shown


def test_programs_get_every_sum_exactly(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bills", BILL, "--by", "service", "-o", "json"]) == 0

    (told,) = json.loads(capsys.readouterr().out)
    assert told["exact"]["billed"] == "186262.35"
    assert told["sums"][0] == {
        "service": "GPU capacity",
        "rows": 2,
        "gpu_s": 294_624_000,
        "billed": "186000",
        "effective": None,
        "contracted": None,
        "list": "245520",
    }
    assert told["kept"] == ["ticket"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--by", "suplier"], "Did you mean `supplier`?"),
        (["--total", "1 USD"], "sums up to 186262.35, not the 1 expected [bad-bill]"),
        (["--rows", "5"], "4 rows, not the 5 expected [bad-bill]"),
        (["--period", "2026-04"], "bill.csv:2:1: `start`"),
        (["--currency", "EUR"], "in another currency than EUR [mixed-currencies]"),
        (["--supplier", "Southwind"], "is not a supplier here [unknown-name]"),
    ],
)
def test_a_bill_that_is_not_the_expected_one_is_refused(
    words: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bills", BILL, *words]) == 3

    assert says in capsys.readouterr().err


def test_a_file_that_is_not_there_is_invalid_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bills", "none.csv"]) == 3
    assert "no such file" in capsys.readouterr().err
