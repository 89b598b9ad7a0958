"""Prices at the command line: the entry that counts is named, and what cannot be is said."""

from pathlib import Path

import pytest

from offtake.cli.main import main

OURS = "accelerator,price,currency,from,supplier\nH100,1.99,USD,2025-01-01,aws\n"


def test_the_price_that_counts_is_named_with_its_book_row_and_source(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = ["prices", "--accelerator", "H100", "--supplier", "aws", "--at", "2025-07-01"]
    assert main(asked) == 0

    shown = capsys.readouterr().out
    assert "6.88" in shown
    assert "built-in, prices.csv:3" in shown
    assert "https://aws.amazon.com/" in shown


def test_a_book_of_ours_counts_before_the_built_in_one_only_where_it_is_as_recent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "ours.csv"
    path.write_text(OURS)
    asked = ["prices", "--accelerator", "H100", "--supplier", "aws", "--book", str(path)]
    for day, price in (("2025-03-01", "1.99"), ("2025-07-01", "6.88")):
        assert main([*asked, "--at", day]) == 0
        assert price in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--supplier", "awz"], "Did you mean `aws`? "),
        (["--accelerator", "Z9"], "no price of Z9, on-demand at 2024-07-01 [no-price]"),
        (["--mfu", "40%"], "go with --convert only [usage]"),
        (["--convert", "1 GW"], "needs --accelerator [usage]"),
        (["--convert", "1 parsec", "--accelerator", "H100"], "is no power, no FLOP [bad-value]"),
        (["--convert", "-5 GPU-h", "--accelerator", "H100"], "[bad-value]"),
        (["--convert", "1 GW", "--accelerator", "H10"], "Did you mean `H100`?"),
        (["--convert", "1 GW", "--accelerator", "H100", "--pue", "0.5"], "is no ratio from 1"),
        (["--convert", "1e20 FLOP", "--accelerator", "V100"], "no dense BF16 rate [no-fact]"),
        (["--book", "none.csv"], "no such file [bad-prices]"),
    ],
)
def test_what_cannot_be_answered_is_said_with_a_way_out(
    words: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["prices", "--at", "2024-07-01", *words]) == 3

    told = capsys.readouterr().err
    assert all(part in told for part in says.strip().split(" [")), told
