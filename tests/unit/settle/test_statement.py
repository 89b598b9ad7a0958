"""Statements worked by hand: lines, totals, what is behind them, and the ledger."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offtake.contract.portfolio import Portfolio
from offtake.settle.focus.charge import _billed
from offtake.settle.ledger import ledger, transactions
from offtake.settle.period import month_of, parse_period
from offtake.settle.statement import Line, Statement
from offtake.settle.usage_file import read_usage
from offtake.study.settled import Settled, data_of, files_of, settled_of, stated_of
from offtake.units.money import MICROS
from offtake.units.time import parse_instant

PORTFOLIO = """
title: A lab
sources: {S1: {title: Order form, date: 2025-12-01, link: example.org/form}}
parties: {lab: {roles: [buyer]}, alpha: {name: Alpha Cloud}, beta: {}}
accelerators: {H100: {power: 1 kW}}
agreements:
  A:
    parties: [lab, alpha]
    from: 2026-01-01
    until: 2027-01-01
    source: S1
    clauses:
      rates: {kind: rate_card, supplier: alpha, lines: [{price: $2.00}]}
      floor:
        kind: take_or_pay
        says: A hundred dollars a month.
        supplier: alpha
        floor: {value: $100, assumed: "not public"}
        per: month
    amendments:
      A1:
        from: 2026-03-01
        replace: {rates: {kind: rate_card, supplier: alpha, lines: [{price: $3.00}]}}
  R:
    parties: [lab, alpha]
    from: 2026-01-01
    clauses:
      ours: {kind: revenue_share, payer: lab, payee: alpha, percent: 20%, base: sales}
      theirs: {kind: revenue_share, payer: alpha, payee: lab, percent: 10%, base: resale}
prices:
  - {supplier: beta, price: $4.00}
reports:
  - {base: sales, from: 2026-02-01, until: 2026-03-01, amount: $1000}
  - {base: resale, from: 2026-02-01, until: 2026-03-01, amount: $500}
"""
USAGE = """start,end,supplier,accelerator,purpose,pool,gpu_h
2026-01-05,2026-01-06,alpha,H100,training,p1,60
2026-02-10,2026-02-11,alpha,H100,training,p1,10
2026-02-20,2026-02-21,alpha,H100,training,p1,15
2026-02-20,2026-02-21,beta,H100,training,p2,5
2026-02-28,2026-03-02,alpha,H100,inference,p1,8
"""


def settled(tmp_path: Path, period: str, usage: str = USAGE, text: str = PORTFOLIO) -> Settled:
    portfolio = Portfolio.loads(text)
    path = tmp_path / "usage.csv"
    path.write_text(usage, encoding="utf-8")
    used = read_usage(path, portfolio.names)
    return settled_of(portfolio, portfolio.clauses, used, parse_period(period))


def dollars(found: Settled) -> dict[str, list[tuple[str, str, float]]]:
    """Rule, kind and amount of every line, by statement."""
    return {
        one.id: [(line.rule, line.kind, line.amount_micros / MICROS) for line in one.lines]
        for one in found.statements
    }


def test_a_month_comes_out_line_by_line(tmp_path: Path) -> None:
    """10 + 15 GPU-hours and half of 8 at $2; $58 of $100 taken, so a shortfall of $42."""
    assert dollars(settled(tmp_path, "2026-02")) == {
        "A-alpha": [
            ("TP2", "shortfall", 42.0),
            ("RC1", "use", 50.0),
            ("RC1", "use", 8.0),
        ],
        "R-alpha": [("RS1", "revenue_share", 200.0), ("RS1", "revenue_share", -50.0)],
        "list-prices-beta": [("RC1", "use", 20.0)],
    }


def test_a_line_names_what_it_counted_and_the_reports_behind_it(tmp_path: Path) -> None:
    """The shortfall of February counted two rows and the half of a third."""
    found = settled(tmp_path, "2026-02").statements
    lines = {line.rule: line for one in found for line in one.lines}

    assert lines["TP2"].rows == 3
    assert lines["TP2"].places == ("usage.csv:3", "usage.csv:4", "usage.csv:6")
    assert lines["RS1"].because == ("reports[1]",)
    assert lines["RC1"].because == ()


def test_what_is_paid_ahead_stands_on_the_statement_of_its_first_day(tmp_path: Path) -> None:
    """Half of $100 on 1 January, off again at its end; $120 of use leave no shortfall."""
    text = PORTFOLIO.replace("per: month", "per: month\n        prepaid: 50%")
    january = dollars(settled(tmp_path, "2026-01", text=text))["A-alpha"]

    assert january == [
        ("TP6", "prepayment", 50.0),
        ("TP6", "prepayment", -50.0),
        ("RC1", "use", 120.0),
    ]


def test_a_credit_stands_where_it_was_claimed_and_the_closed_month_stays(tmp_path: Path) -> None:
    """99 % in January: a tenth of $120, claimed on 9 February; January's statement is as before."""
    credit = """
      uptime:
        kind: service_credit
        supplier: alpha
        measure: up
        tiers: [{below: 99.9%, credit: 10%}]
    amendments:"""
    text = PORTFOLIO.replace("\n    amendments:", credit, 1)
    text += (
        "  - {base: up, from: 2026-01-01, until: 2026-02-01, measured: 99%, claimed: 2026-02-09}\n"
    )
    before = dollars(settled(tmp_path, "2026-01"))
    found = settled(tmp_path, "2026-02", text=text)
    (line,) = [row for one in found.statements for row in one.lines if row.rule == "SC1"]

    assert dollars(settled(tmp_path, "2026-01", text=text)) == before
    assert (line.amount_micros, line.because) == (-12 * MICROS, ("reports[2]",))
    assert (line.start_s, line.due_s) == (parse_instant("2026-01-01"), parse_instant("2026-02-09"))
    assert month_of(line.due_s - 1)[0] == _billed(line)[0] == parse_instant("2026-02-01")
    assert line in stated_of(data_of(found)).lines


def test_use_is_priced_by_the_terms_in_force_when_it_was_used(tmp_path: Path) -> None:
    """The half of the last row that falls into March costs $3 an hour: 4 x 3 of $12."""
    (line,) = [row for row in dollars(settled(tmp_path, "2026-03"))["A-alpha"] if row[0] == "RC1"]

    assert line == ("RC1", "use", 12.0)


def test_shares_both_ways_stand_gross_and_are_netted(tmp_path: Path) -> None:
    """20 % of 1,000 less 10 % of 500 (RS3)."""
    (share,) = [one for one in settled(tmp_path, "2026-02").statements if one.agreement == "R"]

    assert share.payable_micros == 200 * MICROS
    assert share.receivable_micros == 50 * MICROS
    assert share.net_micros == 150 * MICROS


def test_a_line_names_the_rows_behind_it_and_what_it_rests_on(tmp_path: Path) -> None:
    found = settled(tmp_path, "2026-02")
    (one,) = [row for row in data_of(found)["statements"] if row["agreement"] == "A"]

    assert [line["places"] for line in one["lines"] if line["purpose"] == "training"] == [
        ["usage.csv:3", "usage.csv:4"]
    ]
    rests = {row["clause"]: row for row in one["rests_on"]}
    assert rests["A/floor"]["says"] == "A hundred dollars a month."
    assert rests["A/floor"]["sources"] == ["[S1] Order form, 2025-12-01, example.org/form"]
    assert rests["A/floor"]["assumed"] == ["floor: not public"]


def test_what_is_not_in_the_figures_is_said(tmp_path: Path) -> None:
    usage = USAGE.replace("beta,H100", "lab,H100").replace(
        "2026-01-05,2026-01-06", "2026-02-05,2026-02-06"
    )
    text = PORTFOLIO.replace(
        "  - {supplier: beta, price: $4.00}\n", "  - {supplier: lab, price: $1}\n"
    )
    notes = [note.says for note in settled(tmp_path, "2026-01", usage, text).notes]

    assert "Use is known from 2026-02-01 on; nothing before it is charged." in notes
    assert any("A/floor: the period from 2026-01-01 is not trued up" in note for note in notes)


def test_use_that_nothing_prices_is_named_to_whom_it_concerns_alone(tmp_path: Path) -> None:
    text = PORTFOLIO.replace("  - {supplier: beta, price: $4.00}\n", "  []\n").replace(
        "prices:\n  []", "prices: []"
    )
    found = settled(tmp_path, "2026-02", text=text)

    (note,) = [note for note in found.notes if "Nothing prices" in note.says]
    assert note.says == "Nothing prices 5 GPU-hours of H100 from beta on 2026-02-20 (RC1)."
    files = files_of(found)
    assert b"beta" in files["index.html"]
    assert b"beta" not in files["A-alpha.html"]
    assert b"lab with Alpha Cloud: A" in files["A-alpha.html"]


def test_a_split_row_changes_its_amount_by_its_rounding_at_most(tmp_path: Path) -> None:
    """An hour priced at $2.345679 in three parts of uneven length, each rounded by itself."""
    text = PORTFOLIO.replace("$2.00", "$2.345679")
    whole = "start,end,supplier,gpu_s\n2026-02-10T00:00Z,2026-02-10T01:00Z,alpha,3601\n"
    parts = "start,end,supplier,gpu_s\n" + "".join(
        f"2026-02-10T00:{start:02}Z,2026-02-10T00:{end:02}Z,alpha,{gpu_s}\n"
        for start, end, gpu_s in ((0, 7, 421), (7, 31, 1441), (31, 59, 1739))
    )

    def used(rows: str) -> int:
        lines = [
            line
            for one in settled(tmp_path, "2026-02", rows, text).statements
            for line in one.lines
        ]
        return sum(line.amount_micros for line in lines if line.rule == "RC1")

    assert abs(used(whole) - used(parts)) <= 3


def test_a_share_that_is_paid_ahead_is_of_the_month_that_begins_and_credited_when_it_ends(
    tmp_path: Path,
) -> None:
    """A quarter of $100 on 1 February, given back on the true-up of February."""
    text = PORTFOLIO.replace("per: month", "per: month\n        prepaid: 25%")
    february, january = (
        settled(tmp_path, "2026-02", text=text),
        settled(tmp_path, "2026-01", text=text),
    )

    ahead = [row for row in dollars(february)["A-alpha"] if row[0] == "TP6"]
    assert sorted(ahead) == [("TP6", "prepayment", -25.0), ("TP6", "prepayment", 25.0)]
    assert ("TP6", "prepayment", 25.0) in dollars(january)["A-alpha"]


def test_the_statements_of_months_sum_to_the_year(tmp_path: Path) -> None:
    months = [settled(tmp_path, f"2026-{month:02d}") for month in range(1, 13)]
    parts = sum(one.net_micros for found in months for one in found.statements)

    assert parts == sum(one.net_micros for one in settled(tmp_path, "2026").statements)


@settings(deadline=None)
@given(order=st.permutations(range(5)))
def test_the_order_of_rows_does_not_matter(
    tmp_path_factory: pytest.TempPathFactory, order: Sequence[int]
) -> None:
    head, *rows = USAGE.splitlines(keepends=True)
    shuffled = head + "".join(rows[number] for number in order)
    tmp_path = tmp_path_factory.mktemp("order")

    assert dollars(settled(tmp_path, "2026-02", shuffled)) == dollars(settled(tmp_path, "2026-02"))


def test_the_ledger_passes_the_checker_of_plain_text_accounting(tmp_path: Path) -> None:
    from beancount import loader

    text = files_of(settled(tmp_path, "2026"))["ledger.beancount"].decode()
    entries, errors, _ = loader.load_string(text)

    assert not errors
    assert len([entry for entry in entries if hasattr(entry, "postings")]) == 9


LINES = st.builds(
    Line,
    agreement=st.sampled_from(["A", 'B "x"']),
    party=st.sampled_from(["alpha", "ünï"]),
    clause=st.just("A/c"),
    rule=st.just("RC1"),
    kind=st.sampled_from(["use", "revenue_share"]),
    start_s=st.integers(1_767_225_600, 1_769_903_999),
    end_s=st.integers(1_769_904_000, 1_780_000_000),
    gpu_s=st.integers(0, 10**9),
    amount_micros=st.integers(-(10**15), 10**15),
)


@given(lines=st.lists(LINES, min_size=1, max_size=8))
def test_every_entry_sums_to_zero_and_the_ledger_says_what_the_statement_says(
    lines: list[Line],
) -> None:
    """Law 9."""
    statement = Statement("A", "alpha", parse_period("2026-01"), tuple(lines))
    rows = transactions(statement)

    assert all(sum(posting.amount_micros for posting in row.postings) == 0 for row in rows)
    owed = sum(
        posting.amount_micros
        for row in rows
        for posting in row.postings
        if posting.account.startswith(("Liabilities", "Assets"))
    )
    assert -owed == statement.net_micros
    assert all(row.clause and row.rule for row in rows)


@settings(deadline=None)
@given(lines=st.lists(LINES, min_size=1, max_size=4))
def test_any_ledger_can_be_read(lines: list[Line]) -> None:
    from beancount import loader

    statement = Statement("A", "alpha", parse_period("2026-01"), tuple(lines))
    _, errors, _ = loader.load_string(ledger([statement], "USD"))

    assert not errors
