"""Bills against contracts, worked by hand; whatever is billed is in a line, and lines add up."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offtake.contract.portfolio import Portfolio
from offtake.settle.billed import billed
from offtake.settle.bills import read_bill
from offtake.settle.period import parse_period
from offtake.settle.reconcile import Asked, Line, Verdict, reconcile
from offtake.settle.usage_file import read_usage
from offtake.units.money import MICROS, SECONDS_PER_HOUR

PORTFOLIO = """
parties: {lab: {roles: [buyer]}, microsoft: {name: Microsoft}, oracle: {}}
accelerators: {H100: {power: 1 kW}, B200: {power: 1 kW}}
agreements:
  A:
    from: 2026-01-01
    until: 2027-01-01
    clauses:
      rates:
        {kind: rate_card, supplier: microsoft, lines: [{price: $2.00, accelerators: [H100]}]}
      floor: {kind: take_or_pay, supplier: microsoft, floor: $100, per: month}
    amendments:
      A1:
        from: 2026-03-15
        replace:
          rates:
            {kind: rate_card, supplier: microsoft, lines: [{price: $3.00, accelerators: [H100]}]}
"""
MARCH = parse_period("2026-03")
BILL = "start,end,supplier,service,sku,accelerator,category,gpu_h,cost,currency\n"
USAGE = "start,end,supplier,accelerator,gpu_h\n"


def lines(
    folder: Path,
    bill: str,
    usage: str | None = None,
    supplier: str = "",
    text: str = PORTFOLIO,
    **asked: object,
) -> list[Line]:
    portfolio = Portfolio.loads(text)
    path = folder / "bill.csv"
    path.write_text(BILL + bill, encoding="utf-8")
    own = None
    if usage is not None:
        (folder / "usage.csv").write_text(USAGE + usage, encoding="utf-8")
        own = read_usage(folder / "usage.csv", portfolio.names)
    party = portfolio.names.parties.index(supplier) if supplier else -1
    found = billed(read_bill(path), portfolio.names, party)
    return reconcile(portfolio, portfolio.clauses, found, own, Asked(MARCH, **asked))


def told(found: list[Line]) -> list[tuple[Verdict, float, float]]:
    return [(one.verdict, one.billed_micros / MICROS, one.agreed_micros / MICROS) for one in found]


ROW = "2026-03-02,2026-03-03,Azure,GPU,h100,H100,usage,50,{cost},USD\n"
OURS = "2026-03-02,2026-03-03,microsoft,H100,{hours}\n2026-03-30,2026-04-01,microsoft,H100,0\n"


def test_a_bill_as_agreed_matches_with_the_clause(tmp_path: Path) -> None:
    (one,) = lines(tmp_path, ROW.format(cost="100.00"))

    assert told([one]) == [(Verdict.MATCHED, 100, 100)]
    assert (one.clause, one.rule, one.party) == ("A/rates", "RC1", "microsoft")
    assert (one.rows, one.places) == (1, ("bill.csv:2",))


def test_another_price_is_shown_with_what_was_agreed(tmp_path: Path) -> None:
    """50 GPU-hours at $2.00 were agreed, $2.40 is billed."""
    assert told(lines(tmp_path, ROW.format(cost="120.00"))) == [(Verdict.PRICE_DIFFERS, 120, 100)]


def test_the_price_is_that_of_the_day_of_use(tmp_path: Path) -> None:
    """A row across 15 March: a day at $2, a day at $3; 10 GPU-hours each."""
    bill = "2026-03-14,2026-03-16,Azure,GPU,h100,H100,usage,20,50.00,USD\n"

    assert told(lines(tmp_path, bill)) == [(Verdict.MATCHED, 50, 50)]


def test_a_cent_off_matches_and_more_does_not(tmp_path: Path) -> None:
    assert told(lines(tmp_path, ROW.format(cost="100.01")))[0][0] is Verdict.MATCHED
    assert told(lines(tmp_path, ROW.format(cost="100.02")))[0][0] is Verdict.PRICE_DIFFERS
    loose = lines(tmp_path, ROW.format(cost="101"), tolerance_micros=MICROS)
    assert told(loose)[0][0] is Verdict.MATCHED


def test_more_hours_than_ours_are_told_apart_from_the_price(tmp_path: Path) -> None:
    """Billed 50 h at $2.40, ours 40 h: $20 for the price, $20 for ten hours at $2.

    The floor of $100 was missed by $20, which nobody billed.
    """
    found = lines(tmp_path, ROW.format(cost="120"), OURS.format(hours=40))

    assert told(found) == [
        (Verdict.PRICE_DIFFERS, 120, 100),
        (Verdict.QUANTITY_DIFFERS, 0, -20),
        (Verdict.MISSING, 0, 20),
    ]
    assert found[1].own_gpu_s == 40 * SECONDS_PER_HOUR


def test_use_that_we_have_no_record_of_is_not_ours(tmp_path: Path) -> None:
    bill = ROW.format(cost="100") + "2026-03-02,2026-03-03,Azure,GPU,b,B200,usage,5,25,USD\n"
    found = lines(tmp_path, bill, OURS.format(hours=50))

    assert told(found) == [(Verdict.MATCHED, 100, 100), (Verdict.NOT_OURS, 25, 0)]


def test_use_of_ours_that_is_not_billed_is_missing(tmp_path: Path) -> None:
    usage = OURS.format(hours=50)
    bill = "2026-03-02,2026-03-03,Azure,Support,s,,usage,,9,USD\n"
    found = lines(tmp_path, bill, usage)

    assert told(found) == [(Verdict.OTHER, 9, 0), (Verdict.MISSING, 0, 100)]
    assert [one.billed_gpu_s for one in found] == [0, 0]


def test_a_row_that_names_an_accelerator_and_no_hours_is_no_use(tmp_path: Path) -> None:
    bill = "2026-03-02,2026-03-03,Azure,GPU,h100,H100,usage,,9,USD\n"

    (one,) = lines(tmp_path, bill)

    assert (one.verdict, one.billed_gpu_s) == (Verdict.OTHER, 0)


def test_a_shortfall_that_is_billed_as_agreed_matches(tmp_path: Path) -> None:
    bill = ROW.replace("50,", "30,").format(cost="60")
    bill += "2026-03-31,2026-04-01,Azure,Commitment,c,,purchase,,40,USD\n"
    found = lines(tmp_path, bill, OURS.format(hours=30))

    assert told(found) == [(Verdict.MATCHED, 60, 60), (Verdict.FEE_MATCHED, 40, 40)]
    assert (found[1].clause, found[1].rule) == ("A/floor", "TP2")


def test_a_shortfall_without_our_records_cannot_be_checked(tmp_path: Path) -> None:
    bill = "2026-03-31,2026-04-01,Azure,Commitment,c,,purchase,,40,USD\n"

    assert told(lines(tmp_path, bill)) == [(Verdict.FEE_UNCHECKED, 40, 0)]


def test_a_supplier_that_nobody_knows_is_not_ours_unless_it_is_said_whose_it_is(
    tmp_path: Path,
) -> None:
    bill = ROW.replace("Azure", "Contoso").format(cost="100")

    assert told(lines(tmp_path, bill)) == [(Verdict.NOT_OURS, 100, 0)]
    assert told(lines(tmp_path, bill, supplier="microsoft")) == [(Verdict.MATCHED, 100, 100)]


def test_taxes_credits_and_other_periods_stand_by_themselves(tmp_path: Path) -> None:
    bill = (
        "2026-03-01,2026-04-01,Azure,Tax,t,,tax,,7,USD\n"
        "2026-03-01,2026-04-01,Azure,Credit,c,,credit,,-3,USD\n"
        "2026-02-02,2026-02-03,Azure,GPU,h100,H100,usage,1,2,USD\n"
    )

    assert sorted(told(lines(tmp_path, bill)), key=str) == sorted(
        [(Verdict.TAX, 7, 0), (Verdict.CREDIT_GIVEN, -3, 0), (Verdict.OTHER_PERIOD, 2, 0)], key=str
    )


CREDITED = (
    PORTFOLIO.replace(
        "    amendments:",
        """      uptime:
        {kind: service_credit, supplier: microsoft, measure: uptime,
         tiers: [{below: 99.9%, credit: 10%}]}
      on-time:
        {kind: service_credit, supplier: microsoft, measure: on-time,
         tiers: [{below: 100%, credit: 5%}]}
      favored: {kind: most_favored, supplier: microsoft, prices: others, look_back: 3mo}
    amendments:""",
        1,
    )
    + """
reports:
  - {base: uptime, from: 2026-03-01, until: 2026-04-01, measured: 99%, claimed: 2026-03-30}
  - {base: on-time, from: 2026-03-01, until: 2026-04-01, measured: 80%, claimed: 2026-03-30}
"""
)


def test_credits_that_are_due_and_not_in_the_bill_are_named_with_their_clauses(
    tmp_path: Path,
) -> None:
    """A tenth of $100 for availability and a twentieth for late delivery; $4 is in the bill."""
    bill = ROW.format(cost="100")
    bill += "2026-03-31,2026-04-01,Azure,Credit,c,,credit,,-4,USD\n"
    found = lines(tmp_path, bill, OURS.format(hours=50), text=CREDITED)

    assert told(found) == [(Verdict.MATCHED, 100, 100), (Verdict.CREDIT_DUE, -4, -15)]
    assert (found[1].clause, found[1].rule) == ("A/uptime, A/on-time", "SC1")
    assert found[1].difference_micros == 11 * MICROS


def test_a_credit_that_is_in_the_bill_is_given(tmp_path: Path) -> None:
    bill = ROW.format(cost="100")
    bill += "2026-03-31,2026-04-01,Azure,Credit,c,,credit,,-15,USD\n"

    found = lines(tmp_path, bill, OURS.format(hours=50), text=CREDITED)

    assert told(found)[1] == (Verdict.CREDIT_GIVEN, -15, -15)


def test_a_lower_price_of_another_makes_the_difference_due(tmp_path: Path) -> None:
    """Somebody paid $1.80 for as many hours: 50 x $0.20."""
    text = (
        CREDITED[: CREDITED.index("reports:")]
        + """
reports:
  - {base: others, from: 2026-03-01, until: 2026-04-01, amount: $1.80, gpu_h: 50}
"""
    )
    found = lines(tmp_path, ROW.format(cost="100"), OURS.format(hours=50), text=text)

    assert told(found)[1] == (Verdict.CREDIT_DUE, 0, -10)
    assert (found[1].clause, found[1].rule) == ("A/favored", "MF1")


def test_hours_that_nothing_prices_are_named(tmp_path: Path) -> None:
    bill = "2026-03-02,2026-03-03,Azure,GPU,b,B200,usage,5,25,USD\n"

    assert told(lines(tmp_path, bill)) == [(Verdict.UNPRICED, 25, 0)]


ROWS = st.lists(
    st.tuples(
        st.integers(1, 36),
        st.sampled_from(["Azure", "oracle", "Contoso"]),
        st.sampled_from(["H100", "B200", ""]),
        st.sampled_from(["usage", "purchase", "tax", "credit", "adjustment"]),
        st.integers(0, 400),
        st.integers(1, 10**9),
    ),
    min_size=1,
    max_size=20,
)


@settings(deadline=None)
@given(rows=ROWS, hours=st.integers(0, 500), with_usage=st.booleans())
def test_every_micro_unit_of_a_bill_is_in_one_line(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[int, str, str, str, int, int]],
    hours: int,
    with_usage: bool,
) -> None:
    text = ""
    for number, (day, supplier, accelerator, category, gpu_h, micros) in enumerate(rows):
        start = np.datetime64("2026-02-25") + day
        cost = (-micros if category == "credit" else micros) / MICROS
        quantity = gpu_h if category == "usage" else ""
        text += f"{start},{start + 1},{supplier},s{number},k{number % 3},{accelerator},{category},"
        text += f"{quantity},{cost:.6f},USD\n"
    folder = tmp_path_factory.mktemp("bill")

    found = lines(folder, text, OURS.format(hours=hours) if with_usage else None)

    signed = sum(-row[5] if row[3] == "credit" else row[5] for row in rows)
    assert sum(one.billed_micros for one in found) == signed
    assert sum(one.rows for one in found) == len(rows)
    due = 0
    if with_usage and any(row[1] == "Azure" for row in rows):
        due = 2 * hours + max(100 - 2 * hours, 0)
    if with_usage:
        assert sum(one.agreed_micros for one in found) == due * MICROS
