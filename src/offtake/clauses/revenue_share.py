"""Revenue share: the payer gives the payee a percentage of a base that it reports.

The market's words: the *base* is what is shared, such as revenue from products; a *cap* ends
the obligation. Rules RS1 to RS3: docs/reference/clauses/revenue_share.md.
"""

from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

from offtake.core.account import Account, Charge
from offtake.core.names import Names
from offtake.core.text import ScopeText, Value, term
from offtake.core.vocabulary import NONE, ClauseType, Period
from offtake.units.capacity import PPM
from offtake.units.money import Money, Rounding, divide
from offtake.units.time import civil_start_s

PERIODS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(ScopeText):
    """What the parties wrote."""

    payer: str = term(Value.PARTY, "Who pays the share.")
    payee: str = term(Value.PARTY, "Who receives it.")
    percent: int = term(Value.SHARE, "The share of the base.")
    base: str = term(Value.TEXT, "What is shared: the name of a reported base.")
    cap: Money | None = term(
        Value.MONEY, "The most that is paid in all; no cap if absent.", default=None
    )
    period_cap: Money | None = term(
        Value.MONEY, "The most that is paid for a period; no such cap if absent.", default=None
    )
    per: str = term(
        Value.CHOICE, "The period of `period_cap`.", default="year", choices=tuple(PERIODS)
    )


class Terms(NamedTuple):
    """What the parties agreed."""

    payer: int
    payee: int
    percent_ppm: int
    base: str
    cap_micros: int
    starts_at_s: int
    ends_at_s: int
    period_cap_micros: int = NONE
    period_months: int = 12


def lower(text: Text, names: Names, period: Period) -> Terms:
    """The terms in numbers."""
    return Terms(
        payer=names.parties.index(text.payer),
        payee=names.parties.index(text.payee),
        percent_ppm=text.percent,
        base=text.base,
        cap_micros=NONE if text.cap is None else text.cap.micros,
        starts_at_s=period.from_s,
        ends_at_s=period.until_s,
        period_cap_micros=NONE if text.period_cap is None else text.period_cap.micros,
        period_months=PERIODS[text.per],
    )


def charge(terms: Terms, account: Account) -> list[Charge]:
    """Share each reported base (RS1) until a cap is reached (RS2).

    Shares in the other direction are another clause's; both stay gross here (RS3). The cap in
    all counts from the clause's first report, whatever the account's period; that of a period
    counts what ends in it. A report that straddles an end of the clause is shared in proportion
    to the time inside.
    """
    charges, paid, by_period = [], 0, Counter[int]()
    for report in sorted(account.reports, key=lambda report: report.start_s):
        start_s, end_s = max(report.start_s, terms.starts_at_s), min(report.end_s, terms.ends_at_s)
        if report.base != terms.base or end_s <= start_s:
            continue
        inside = end_s - start_s
        span = report.end_s - report.start_s
        share = divide(
            report.amount_micros * terms.percent_ppm * inside, PPM * span, Rounding.HALF_EVEN
        )
        rule = "RS1"
        number = civil_start_s(end_s - 1, terms.period_months)
        left = _left(terms, paid, by_period[number])
        if left != NONE and share > left:
            rule, share = "RS2", left
        paid += share
        by_period[number] += share
        if share and account.has_end(end_s):
            because = (report.origin,) if report.origin else ()
            parties = terms.payer, terms.payee
            charges.append(Charge(rule, *parties, share, start_s, end_s, because=because))
    return charges


def _left(terms: Terms, paid_micros: int, of_period_micros: int) -> int:
    """What the caps leave; NONE where there is none."""
    caps = (terms.cap_micros, paid_micros), (terms.period_cap_micros, of_period_micros)
    return min((cap - paid for cap, paid in caps if cap != NONE), default=NONE)


CLAUSE = ClauseType(
    code=7,
    name="revenue_share",
    text=Text,
    terms=Terms,
    lower=lower,
    rules=("RS1", "RS2", "RS3"),
    parties=("payer", "payee"),
    charge=charge,
)
