"""Statements worked by hand: floors, ramps, undelivered capacity, shares, gaps (TP, RC, RS)."""

from datetime import UTC, datetime

import pytest

from offtake.contract.portfolio import Portfolio
from offtake.core.account import Report, Use
from offtake.core.names import UNSTATED
from offtake.settle.booked import book
from offtake.settle.charges import Settlement, Terms, Usage, cost, kind_of, settle
from offtake.settle.used import used_of
from offtake.units.money import MICROS, SECONDS_PER_HOUR
from offtake.units.time import parse_instant

HEAD = """
parties: {{lab: {{roles: [buyer]}}, alpha: {{}}, beta: {{}}}}
accelerators: {{H100: {{power: 1 kW}}, A100: {{power: 0.5 kW}}}}
agreements:
  A:
    from: 2025-04-01
    until: 2026-04-01
    clauses:
{clauses}
"""
YEAR = (parse_instant("2025-04-01"), parse_instant("2026-04-01"))
RATE = "      rate: {kind: rate_card, supplier: alpha, lines: [{price: $1.00}]}\n"


def portfolio(clauses: str) -> Portfolio:
    return Portfolio.loads(HEAD.format(clauses=clauses))


def use(month: str, gpu_h: int, *, supplier: int = 1, accelerator: int = 0) -> Usage:
    """GPU-hours within one calendar month; at $1.00 each they cost as many dollars."""
    start_s = parse_instant(f"{month}-01")
    moment = datetime.fromtimestamp(start_s, UTC)
    following = moment.replace(year=moment.year + moment.month // 12, month=moment.month % 12 + 1)
    end_s = int(following.timestamp())
    return Usage(Use(supplier, accelerator, UNSTATED, 0, gpu_h * SECONDS_PER_HOUR, start_s, end_s))


def settled(clauses: str, usage: list[Usage], *, missing: tuple[Use, ...] = ()) -> Settlement:
    made = portfolio(clauses)
    return settle(Terms(made.clauses, made.prices), usage, list(missing), YEAR)


def dollars(settlement: Settlement, rule: str) -> list[float]:
    lines = [line.charge for line in settlement.lines if line.charge.rule == rule]
    return [charge.amount_micros / MICROS for charge in sorted(lines, key=lambda c: c.start_s)]


TERM = "      c: {kind: take_or_pay, supplier: alpha, floor: $1200, per: term}\n"
MONTHLY = "      m: {kind: take_or_pay, supplier: alpha, floor: $60, per: month}\n"
SPEND = [use("2025-04", 48), use("2025-05", 120), use("2025-06", 60)]


def test_focus_a1_without_a_monthly_minimum_the_unused_rest_is_due_at_the_end() -> None:
    """FOCUS 1.2 appendix, spend agreement in arrears: 48, 120, 60, then a fee of 972."""
    settlement = settled(RATE + TERM, SPEND)

    assert dollars(settlement, "RC1") == [48, 120, 60]
    assert dollars(settlement, "TP2") == [972]
    assert sum(line.charge.amount_micros for line in settlement.lines) == 1_200 * MICROS


@pytest.mark.parametrize("clauses", [MONTHLY + TERM, TERM + MONTHLY])
def test_focus_a2_a_monthly_minimum_within_a_commitment_for_the_term(clauses: str) -> None:
    """FOCUS 1.2 specification, SaaS examples, spend agreement A2, row by row.

    $1,200 over twelve months with at least $60 a month, use it or lose it: 12 unused in April,
    60 in each month from July to February, and 480 at the end of the contract, which covers
    March as well; with what was used that is $1,200.
    """
    settlement = settled(RATE + clauses, SPEND)
    fees = [line.charge for line in settlement.lines if line.charge.rule == "TP2"]
    ends = sorted((charge.end_s, charge.amount_micros // MICROS) for charge in fees)

    assert [amount for _, amount in ends] == [12, *[60] * 8, 480]
    assert ends[-1][0] == YEAR[1]
    assert sum(line.charge.amount_micros for line in settlement.lines) == 1_200 * MICROS


def test_a_minimum_that_is_missed_is_owed_though_the_term_is_filled() -> None:
    settlement = settled(RATE + MONTHLY + TERM, [use("2025-04", 1_200)])

    assert dollars(settlement, "TP2") == [60] * 11


def test_without_a_commitment_for_the_term_a_monthly_minimum_is_owed_in_every_month() -> None:
    assert dollars(settled(RATE + MONTHLY, SPEND), "TP2") == [12, *[60] * 9]


def test_commitments_of_different_agreements_are_added_whatever_their_periods() -> None:
    other = """
  B:
    from: 2025-04-01
    until: 2026-04-01
    clauses:
      c: {kind: take_or_pay, supplier: alpha, floor: $1200, per: term}
"""
    settlement = settled(RATE + MONTHLY + other, SPEND)

    assert sum(line.charge.amount_micros for line in settlement.lines) == (720 + 1_200) * MICROS


def test_a_minimum_of_one_kind_counts_in_a_commitment_for_all() -> None:
    kind = "accelerators: [A100], floor: $60, per: month"
    clauses = f"      m: {{kind: take_or_pay, supplier: alpha, {kind}}}\n" + TERM
    usage = [use("2025-04", 100), use("2025-05", 80, accelerator=1)]
    settlement = settled(RATE + clauses, usage)

    # April's hundred are of the other kind, so April owes its minimum; from June on each month.
    assert dollars(settlement, "TP2") == [60, 1_200 - 180 - 10 * 60, *[60] * 9]
    assert sum(line.charge.amount_micros for line in settlement.lines) == 1_200 * MICROS


def test_a_commitment_for_one_kind_gets_nothing_from_a_minimum_for_all() -> None:
    kind = "accelerators: [A100], floor: $1200, per: term"
    clauses = f"      c: {{kind: take_or_pay, supplier: alpha, {kind}}}\n" + MONTHLY

    assert sum(dollars(settled(RATE + clauses, []), "TP2")) == 1_200 + 12 * 60


def test_double_in_december_does_not_pay_for_an_idle_june() -> None:
    monthly = "      m: {kind: take_or_pay, supplier: alpha, floor: $100, per: month}\n"
    usage = [use("2025-06", 0), use("2025-12", 200)]

    assert sum(dollars(settled(RATE + monthly, usage), "TP2")) == 11 * 100


def test_a_discontinuous_floor_is_trued_up_once_over_the_term() -> None:
    monthly = (
        "      m: {kind: take_or_pay, supplier: alpha, floor: $100, per: month, "
        "model: discontinuous}\n"
    )

    assert dollars(settled(RATE + monthly, [use("2025-12", 900)]), "TP2") == [300]
    assert dollars(settled(RATE + monthly, [use("2025-12", 1_300)]), "TP2") == []


def test_a_month_without_delivery_lowers_what_is_trued_up_over_the_term() -> None:
    yearly = "floor: 100 GPU-h, rate: $1, per: month, model: discontinuous"
    clauses = f"      m: {{kind: take_or_pay, supplier: alpha, {yearly}}}\n"

    assert dollars(settled(clauses, [], missing=(use("2025-05", 130).use,)), "TP2") == [1_200 - 130]


def test_a_ramp_raises_the_floor_from_its_dates() -> None:
    ramp = (
        "      m: {kind: take_or_pay, supplier: alpha, per: quarter, "
        "ramp: {2025-04-01: $10, 2025-10-01: $30}}\n"
    )

    assert dollars(settled(RATE + ramp, []), "TP2") == [10, 10, 30, 30]


def test_a_part_of_a_period_counts_in_proportion_to_its_time() -> None:
    yearly = "      m: {kind: take_or_pay, supplier: alpha, floor: $365, per: year}\n"

    assert dollars(settled(RATE + yearly, []), "TP2") == [275, 90]  # 275 days of 2025, 90 of 2026.


def test_a_floor_in_power_is_that_capacity_kept_busy() -> None:
    busy = (
        "      m: {kind: take_or_pay, supplier: alpha, floor: 2 kW, accelerators: [H100], "
        "per: month, rate: $1.00}\n"
    )
    settlement = settled(busy, [use("2025-04", 1_000)])

    assert dollars(settlement, "TP1") == [1_000]
    assert dollars(settlement, "TP2")[0] == 2 * 30 * 24 - 1_000


def april(settlement: Settlement) -> list[float]:
    """The shortfall of each commitment in the first month, in dollars."""
    rows = [row for row in settlement.commitments if row.start_s == YEAR[0]]
    return [row.shortfall_micros / MICROS for row in rows]


def floors(*terms: str) -> str:
    return "".join(
        f"      m{number}: {{kind: take_or_pay, supplier: alpha, per: month, {text}}}\n"
        for number, text in enumerate(terms)
    )


def test_undelivered_capacity_lowers_the_floor() -> None:
    monthly = floors("floor: 1000 GPU-h")
    taken = use("2025-04", 400)
    missing = taken.use._replace(gpu_s=500 * SECONDS_PER_HOUR)

    assert april(settled(RATE + monthly, [taken], missing=(missing,))) == [100]


def test_capacity_that_was_not_there_lowers_one_commitment_once() -> None:
    two = floors("floor: 100 GPU-h, rate: $1", "floor: 100 GPU-h, rate: $1")
    missing = use("2025-04", 100).use

    assert april(settled(two, [], missing=(missing,))) == [0, 100]
    # The first is filled by use: had the rest been there it would have filled the second.
    assert april(settled(two, [use("2025-04", 100)], missing=(missing,))) == [0, 0]


def test_capacity_that_was_not_there_lowers_only_what_it_was_promised_for() -> None:
    newer = floors("floor: 100 GPU-h, rate: $1, accelerators: [A100]")

    assert april(settled(newer, [], missing=(use("2025-04", 100).use,))) == [100]
    assert april(settled(newer, [], missing=(use("2025-04", 100, accelerator=1).use,))) == [0]


def test_a_use_of_another_kind_fills_no_floor() -> None:
    newer = floors("floor: 100 GPU-h, rate: $1, accelerators: [A100]")

    assert april(settled(RATE + newer, [use("2025-04", 100)])) == [100]
    assert april(settled(RATE + newer, [use("2025-04", 100, accelerator=1)])) == [0]


@pytest.mark.parametrize(
    ("usage", "taken", "short"),
    [
        ([150], [100, 50], [0, 50]),
        ([200], [100, 100], [0, 0]),
        ([50, 50, 50, 50], [100, 100], [0, 0]),
        ([300], [100, 200], [0, 0]),  # What is left over counts against the last.
    ],
)
def test_two_commitments_to_one_supplier_never_count_a_use_twice(
    usage: list[int], taken: list[float], short: list[float]
) -> None:
    both = floors("floor: $100", "floor: $100")
    settlement = settled(RATE + both, [use("2025-04", gpu_h) for gpu_h in usage])
    rows = [row.taken for row in settlement.commitments if row.start_s == YEAR[0]]

    assert [row.amount_micros / MICROS for row in rows] == taken
    assert [row.gpu_s / SECONDS_PER_HOUR for row in rows] == taken
    assert april(settlement) == short


def test_idle_hours_cost_what_the_card_says_for_the_cheapest_that_would_do() -> None:
    card = (
        "      rate: {kind: rate_card, supplier: alpha, lines: "
        "[{accelerators: [H100], price: $3}, {accelerators: [A100], price: $2}]}\n"
    )

    assert april(settled(card + floors("floor: 100 GPU-h"), [])) == [200]
    assert april(settled(card + floors("floor: 100 GPU-h, accelerators: [H100]"), [])) == [300]


def test_tiers_price_the_marginal_unit_within_a_calendar_month() -> None:
    card = (
        "      rate: {kind: rate_card, supplier: alpha, lines: [{price: $3, tiers: "
        "[{above_gpu_h: 100, price: $2}, {above_gpu_h: 200, price: $1}]}]}\n"
    )
    usage = [use("2025-04", 150), use("2025-04", 100), use("2025-05", 100)]

    assert dollars(settled(card, usage), "RC2") == [400, 150, 300]


def test_orders_push_no_use_into_a_cheaper_tier() -> None:
    card = (
        "      rate: {kind: rate_card, supplier: alpha, lines: "
        "[{price: $3, tiers: [{above_gpu_h: 100, price: $1}]}]}\n"
    )
    held = use("2025-04", 100)._replace(rate_micros_per_gpu_h=5 * MICROS, reserved=1)

    assert dollars(settled(card, [held, use("2025-04", 100)]), "RC2") == [300]


@pytest.mark.parametrize("first", [0, 1])
def test_a_line_s_tier_goes_by_what_that_line_priced(first: int) -> None:
    card = (
        "      rate: {kind: rate_card, supplier: alpha, lines: "
        "[{accelerators: [H100], price: $2}, "
        "{accelerators: [A100], price: $3, tiers: [{above_gpu_h: 100, price: $1}]}]}\n"
    )
    usage = [use("2025-04", 100, accelerator=kind) for kind in (first, 1 - first)]

    assert dollars(settled(card, usage), "RC1") + dollars(settled(card, usage), "RC2") == [200, 300]


def test_the_most_specific_line_prices_a_use() -> None:
    card = (
        "      rate: {kind: rate_card, supplier: alpha, lines: "
        "[{price: $3}, {price: $2, accelerators: [H100]}], discount: 10%}\n"
    )
    usage = [use("2025-04", 10), use("2025-04", 10, accelerator=1)]

    assert sorted(dollars(settled(card, usage), "RC1")) == [18, 27]


def test_what_nothing_prices_is_a_gap_and_not_a_free_lunch() -> None:
    settlement = settled(RATE, [use("2025-04", 10, supplier=2)])

    assert settlement.lines == ()
    assert [gap.supplier for gap in settlement.gaps] == [2]


SHARES = """
      out: {kind: revenue_share, payer: lab, payee: alpha, percent: 20%%, base: sales%s}
      back: {kind: revenue_share, payer: alpha, payee: lab, percent: 10%%, base: resale}
"""


def shared(cap: str) -> tuple[Portfolio, Settlement]:
    made = portfolio(SHARES % cap)
    quarter = parse_instant("2025-07-01")
    reports = (
        Report("sales", YEAR[0], quarter, 1_000 * MICROS),
        Report("sales", quarter, YEAR[1], 3_000 * MICROS),
        Report("resale", YEAR[0], YEAR[1], 500 * MICROS),
    )
    return made, settle(Terms(made.clauses, (), reports), [], [], YEAR)


def test_shares_both_ways_stay_gross_and_are_netted_in_the_total() -> None:
    made, settlement = shared("")

    assert dollars(settlement, "RS1") == [200, 50, 600]
    assert cost(settlement, made.names).total == (800 - 50) * MICROS


def test_a_share_stops_at_its_cap() -> None:
    _, settlement = shared(", cap: $500")

    assert dollars(settlement, "RS1") == [200, 50]
    assert dollars(settlement, "RS2") == [300]


def test_every_charge_has_a_rule_and_the_total_is_the_sum_of_lines() -> None:
    made = portfolio(RATE + TERM)
    settlement = settle(Terms(made.clauses, made.prices), SPEND, [], YEAR)
    total = cost(settlement, made.names)

    assert all(kind_of(line.charge.rule) for line in settlement.lines)
    assert total.total == sum(line.charge.amount_micros for line in settlement.lines)
    assert sum(total.by_supplier.values()) == sum(total.by_charge.values()) == total.total


def test_reserved_capacity_is_paid_whether_used_or_not() -> None:
    held = use("2025-04", 10)._replace(rate_micros_per_gpu_h=5 * MICROS, reserved=1)

    assert dollars(settled(RATE, [held]), "S5") == [50]


@pytest.mark.parametrize(("supplier", "paid"), [(0, 0.0), (1, 10.0), (2, 70.0)])
def test_contracts_price_first_then_the_pool_and_builds_have_no_price_by_the_hour(
    supplier: int, paid: float
) -> None:
    rate = -1 if supplier == 0 else 7 * MICROS
    held = use("2025-04", 10, supplier=supplier)._replace(rate_micros_per_gpu_h=rate)
    settlement = settled(RATE, [held])

    assert [line.charge.amount_micros / MICROS for line in settlement.lines] == [paid]


def test_what_was_given_back_no_longer_fills_the_commitment_around_it() -> None:
    """April is $12 short and pays; May takes $72 and gets it back; the year has $120 of $1,200."""
    made_up = MONTHLY.replace("per: month", "per: month, make_up: 12mo")
    settlement = settled(RATE + made_up + TERM, [use("2025-04", 48), use("2025-05", 72)])

    assert dollars(settlement, "TP3") == [12]
    (credit,) = [line.charge for line in settlement.lines if line.charge.rule == "TP3"]
    assert credit.because == ("TP2 of 2025-04-01",)
    assert dollars(settlement, "TP2") == [12, 540, *[60] * 9]  # 1,200 in all, with 120 taken.
    (whole,) = [row for row in settlement.commitments if row.floor_micros == 1200 * MICROS]
    assert whole.taken.paid_micros == 540 * MICROS  # Nine idle months; April's 12 went back.


def test_what_is_paid_ahead_is_due_on_the_first_day_of_its_period() -> None:
    settlement = settled(RATE + TERM.replace("per: term", "per: term, prepaid: 25%"), [])
    ahead, back = (line.charge for line in settlement.lines if line.charge.rule == "TP6")

    assert (ahead.due_at_s, ahead.amount_micros) == (YEAR[0], 300 * MICROS)
    assert (back.payer, back.because) == (1, ("TP6 of 2025-04-01",))


LIST = """prices:
  - {supplier: alpha, price: $9}
"""


@pytest.mark.parametrize(("otherwise", "gaps"), [("nothing", 1), ("list", 0)])
def test_what_a_card_is_about_is_the_lists_to_price_only_where_it_says_so(
    otherwise: str, gaps: int
) -> None:
    card = "kind: rate_card, supplier: alpha, lines: [{accelerators: [H100], price: $1}]"
    made = Portfolio.loads(
        HEAD.format(clauses=f"      c: {{{card}, otherwise: {otherwise}}}\n") + LIST
    )
    rows = [use("2025-04", 10), use("2025-05", 10, accelerator=1)]
    settlement = settle(Terms(made.clauses, made.prices), rows, [], YEAR)

    assert len(settlement.gaps) == gaps
    assert dollars(settlement, "RC1") == [10, 90][: 2 - gaps]


def test_a_use_across_the_first_day_of_a_line_is_split_there_and_each_part_priced_by_its_own() -> (
    None
):
    made = portfolio(
        "      c: {kind: rate_card, supplier: alpha, lines: [{price: $1},"
        " {price: $3, from: 2025-04-16}]}\n"
    )
    used = used_of([use("2025-04", 300)], [], (), YEAR)  # Half of April at $1, half at $3.
    books = book(made, made.clauses, used)

    assert [entry.amount_micros // MICROS for entry in books.entries] == [150, 450]
