"""Two ways to settle, one meaning: use in columns comes to the same as row by row."""

from collections.abc import Sequence

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from offtake.contract.portfolio import Portfolio
from offtake.core.names import UNSTATED
from offtake.settle.booked import Books, book
from offtake.settle.columns import book_columns
from offtake.settle.statement import lines_of
from offtake.settle.used import Used
from offtake.units.time import parse_instant

FROM_S, UNTIL_S = parse_instant("2026-01-01"), parse_instant("2026-07-01")
HEAD = """
parties: {{lab: {{roles: [buyer]}}, alpha: {{}}, beta: {{}}}}
accelerators: {{H100: {{}}, B200: {{}}}}
regions: [us, eu]
agreements:
{agreements}
prices:
  - {{supplier: beta, accelerators: [H100], price: $1.234567}}
reports:
  - {{base: up, from: 2026-02-01, until: 2026-04-01, measured: 99.5%, claimed: 2026-04-09}}
  - {{base: low, from: 2026-01-01, until: 2026-05-01, amount: $1.1, claimed: 2026-05-20}}
"""
AGREEMENT = """
  {id}:
    from: {starts}
    until: 2026-08-01
    clauses:
{clauses}
"""
CARDS = (
    "{kind: rate_card, supplier: alpha, lines: [{price: $2.345678}]}",
    """{kind: rate_card, supplier: alpha, lines: [{price: $3},
          {accelerators: [H100], price: $2.10, tiers: [{above_gpu_h: 20, price: $1.77}]}]}""",
    """{kind: rate_card, supplier: alpha, discount: 7%, lines: [{price: $3},
          {regions: [eu], price: $4.00, from: 2026-02-15}]}""",
    """{kind: rate_card, supplier: alpha, discount: 3%, lines: [{price: $2.22}], otherwise: list,
          adjustments: [{name: negotiated, discount: 11%, accelerators: [H100]},
            {name: index, index: {2026-01-01: 100%, 2026-03-10: 103.7%}, most_up: 2%}]}""",
    "{kind: rate_card, supplier: beta, purposes: [training], lines: [{price: $0.99}]}",
    """{kind: rate_card, supplier: beta, lines: [{accelerators: [B200], price: $2.71}],
          adjustments: [{name: negotiated, discount: 3.3%, regions: [us]},
          {name: index, index: {2025-01-01: 100%, 2026-03-10: 104.7%}, most_up: 4%}]}""",
    """{kind: rate_card, supplier: beta, lines: [{accelerators: [B200], price: $2.71}],
          otherwise: list}""",
)
FLOORS = (
    "{kind: take_or_pay, supplier: alpha, floor: $90, per: month}",
    "{kind: take_or_pay, supplier: alpha, floor: $400, per: term}",
    "{kind: take_or_pay, supplier: alpha, floor: 30 GPU-h, per: quarter}",
    "{kind: take_or_pay, supplier: alpha, purposes: [training], floor: $55, per: month}",
    """{kind: take_or_pay, supplier: alpha, accelerators: [B200], floor: 12 GPU-h, rate: $5,
          per: month}""",
    "{kind: take_or_pay, supplier: beta, floor: $25, per: month, model: discontinuous}",
    "{kind: take_or_pay, supplier: alpha, floor: $70, per: month, make_up: 3mo, prepaid: 20%}",
    "{kind: take_or_pay, supplier: alpha, floor: 9 GPU-h, per: month, carry_forward: 2mo}",
    "{kind: prepayment, supplier: alpha, amount: $200}",
    """{kind: take_or_pay, supplier: alpha, floor: $75, per: month, make_up: 12mo,
          carry_forward: 3mo, carry_limit: 40%, prepaid: 30%}""",
    "{kind: prepayment, supplier: alpha, amount: $150, accelerators: [H100], at_end: refund}",
    """{kind: service_credit, supplier: alpha, measure: up, regions: [us],
          tiers: [{below: 99.9%, credit: 7.7%}]}""",
    "{kind: most_favored, supplier: beta, prices: low, look_back: 3mo}",
)


@st.composite
def portfolios(draw: st.DrawFn) -> Portfolio:
    agreements = []
    for number in range(draw(st.integers(1, 3))):
        cards = draw(st.lists(st.sampled_from(CARDS), max_size=2, unique=True))
        floors = draw(st.lists(st.sampled_from(FLOORS), max_size=3, unique=True))
        clauses = "".join(f"      c{place}: {text}\n" for place, text in enumerate(cards + floors))
        starts = draw(st.sampled_from(["2025-12-01", "2026-01-20"]))
        if clauses:
            agreements.append(AGREEMENT.format(id=f"A{number}", starts=starts, clauses=clauses))
    return Portfolio.loads(HEAD.format(agreements="".join(agreements) or "  {}"))


@st.composite
def uses(draw: st.DrawFn) -> Used:
    size = draw(st.integers(1, 40))
    chance = np.random.default_rng(draw(st.integers(0, 2**32)))
    start_s = chance.integers(FROM_S, UNTIL_S - 1, size)
    start_s = np.where(chance.random(size) < 0.5, start_s // 86_400 * 86_400, start_s)
    lasts_s = chance.choice([1, 3_600, 86_400, 20 * 86_400], size)
    hours = chance.choice([0, 1, 3_599, 3_600, 36_000, 100_001, 400_000], size)
    return Used(
        kind=chance.choice([0, 0, 0, 1, 2], size),
        supplier=chance.choice([0, 1, 1, 1, 2], size),
        accelerator=chance.choice([0, 1, UNSTATED], size),
        region=chance.choice([0, 1, UNSTATED], size),
        purpose=chance.integers(0, 2, size),
        pool=chance.integers(-1, 2, size),
        gpu_s=hours.astype(np.int64),
        start_s=start_s.astype(np.int64),
        end_s=np.minimum(start_s + lasts_s, UNTIL_S).astype(np.int64),
        rate=chance.choice([-1, -1, 0, 1_999_999], size),
        line=np.arange(1, size + 1),
        pools=("p", "q"),
        file="u.csv",
        from_s=FROM_S,
        until_s=UNTIL_S,
    )


def told(books: Books, portfolio: Portfolio) -> tuple[object, ...]:
    lines = lines_of(books, portfolio.names, (FROM_S, UNTIL_S))
    return sorted(lines), books.commitments, sorted(books.gaps)


@settings(deadline=None, max_examples=150)
@given(portfolio=portfolios(), used=uses())
def test_columns_and_rows_come_to_the_same_micro_unit(portfolio: Portfolio, used: Used) -> None:
    plain = book(portfolio, portfolio.clauses, used)
    fast = book_columns(portfolio, portfolio.clauses, used)

    for ours, theirs in zip(told(fast, portfolio), told(plain, portfolio), strict=True):
        assert [row for row in ours if row not in theirs] == []
        assert ours == theirs


@given(
    gpu_s=st.lists(st.integers(0, 2**52), min_size=1, max_size=5),
    rate=st.integers(0, 10**12),
)
@example(gpu_s=[1_800, 5_400], rate=1)
def test_amounts_in_columns_are_rounded_as_single_ones(gpu_s: Sequence[int], rate: int) -> None:
    from offtake.settle.columns import _amounts
    from offtake.units.money import LIMIT_MICROS, Rounding, price_of

    exact = [price_of(seconds, rate, Rounding.HALF_EVEN) for seconds in gpu_s]
    if max(exact) > LIMIT_MICROS:
        return
    made = _amounts(np.array(gpu_s, np.int64), np.full(len(gpu_s), rate, np.int64))

    assert made.tolist() == exact
