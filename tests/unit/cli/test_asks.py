"""What the flags of an ask, and the words of a program, mean together."""

import json
from pathlib import Path

import pytest

from offtake.cli.main import main
from offtake.contract.portfolio import Portfolio
from offtake.contract.question import Unclear
from offtake.core.vocabulary import Act, Ask

TEXT = """
parties: {lab: {roles: [buyer]}, alpha: {}, beta: {}}
accelerators: {H100: {power: 1 kW}}
agreements:
  A:
    from: 2025-01-01
    until: 2027-01-01
    clauses: {only: {kind: exclusivity, holder: alpha}}
pools: {p: {supplier: alpha, accelerator: H100, capacity: 64, rate: $2}}
assets: {model: {}}
products: [chat]
"""


@pytest.fixture
def portfolio(tmp_path: Path) -> str:
    path = tmp_path / "portfolio.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return str(path)


def problems(words: list[str], capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """The code by flag of what is wrong; nothing may be answered beside it."""
    assert main(["decide", *words, "-o", "json"]) == 3
    shown = capsys.readouterr()
    assert shown.out == ""
    rows = json.loads(shown.err)["problems"]
    assert all(row["severity"] == "error" and row["remedy"] for row in rows)
    return {row["place"]: row["code"] for row in rows}


def test_all_flags_that_are_wrong_are_named_at_once(
    portfolio: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [portfolio, "--ask", "supply", "--supplier", "gamma", "--at", "soon"]
    words += ["--gpus", "many", "--price", "2 EUR", "--prepaid", "150%", "--channel", "chat"]

    assert problems(words, capsys) == {
        "--at": "bad-value",
        "--channel": "usage",
        "--purpose": "usage",
        "--supplier": "unknown-name",
        "--gpus": "bad-value",
        "--price": "other-currency",
        "--prepaid": "bad-value",
    }


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["--ask", "run"], {"--purpose": "usage", "--pool": "usage"}),
        (
            ["--ask", "run", "--pool", "q", "--purpose", "x"],
            {"--pool": "unknown-name", "--purpose": "unknown-name"},
        ),
        (
            ["--ask", "run", "--pool", "p", "--purpose", "api", "--accelerator", "H100"],
            {"--accelerator": "usage"},
        ),
        (
            ["--ask", "use", "--asset", "modle", "--channel", "caht"],
            {"--asset": "unknown-name", "--channel": "unknown-name"},
        ),
    ],
)
def test_each_kind_of_ask_names_all_its_wrong_flags(
    portfolio: str,
    words: list[str],
    found: dict[str, str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert problems([portfolio, "--at", "2025-06-01", *words], capsys) == found


def test_a_wrong_value_comes_with_its_notation(
    portfolio: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["decide", portfolio, "--ask", "supply", "--supplier", "beta", "--purpose", "api"]

    assert main([*words, "--at", "2025-06-01", "--price", "2", "--prepaid", "0.5"]) == 3
    shown = capsys.readouterr().err
    assert "Write an amount such as `$30B` or `2.50 USD`." in shown
    assert "Write a percentage from `0%` to `100%`." in shown
    assert main(["rights", portfolio, "--at", "soon"]) == 3
    assert "Write `2025-01-21` or" in capsys.readouterr().err


def test_gpus_come_in_whole_servers_where_a_server_is_named(
    portfolio: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["decide", portfolio, "--ask", "supply", "--supplier", "alpha", "--purpose", "api"]
    words += ["--at", "2025-06-01", "--accelerator", "H100:8"]

    assert main([*words, "--gpus", "16"]) == 0
    assert main([*words, "--gpus", "15"]) == 3
    assert "15 GPUs are not whole servers of 8" in capsys.readouterr().err


def test_a_shortened_flag_cannot_hide_a_second_one(
    portfolio: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["decide", portfolio, "--ask", "supply", "--purpose", "api", "--at", "2025-06-01"]

    assert main([*words, "--supplie", "beta", "--supplier", "alpha"]) == 3
    assert "--supplie" in capsys.readouterr().err


def test_a_program_is_told_all_that_is_wrong_with_an_ask() -> None:
    portfolio = Portfolio.loads(TEXT)
    with pytest.raises(Unclear) as caught:
        portfolio.ask("supply", "2025-06-01", supplier="bta", purpose="api", gpus=0, pool="p")

    assert [row.word for row in caught.value.wrong] == ["pool", "supplier", "gpus"]
    assert "supplier: `bta` is not in the portfolio. Did you mean `beta`?" in str(caught.value)


def test_an_ask_whose_indices_name_nothing_is_no_permission() -> None:
    portfolio = Portfolio.loads(TEXT)

    with pytest.raises(ValueError, match="supplier: this portfolio has 3 parties, and 99 is none"):
        portfolio.decide(Ask(Act.SUPPLY, supplier=99, purpose=0), "2025-06-01")
    with pytest.raises(ValueError, match="purpose"):
        portfolio.decide(Ask(Act.SUPPLY, supplier=1, purpose=-1), "2025-06-01")
    assert portfolio.decide(Ask(Act.SUPPLY, supplier=2), "2025-06-01").verdict.name == "DENY"
