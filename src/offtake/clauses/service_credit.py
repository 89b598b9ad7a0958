"""Service credit: a part of the fee comes back when less was available than promised.

The market's words: a *tier* is the credit for an availability below its threshold; the *fee* is
what use in the scope cost; credits must be *claimed* in time. Rules SC1 to SC3:
docs/reference/clauses/service_credit.md.
"""

from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

from offtake.core.account import Account, Charge, Report, Taken
from offtake.core.names import Names
from offtake.core.scope import Scope, Summed
from offtake.core.text import ScopeText, Value, scope_of, term
from offtake.core.vocabulary import NONE, ClauseType, Period
from offtake.units.capacity import PPM
from offtake.units.money import Rounding, divide
from offtake.units.time import Duration, after, months


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """One tier of credit."""

    below: int = term(Value.SHARE, "The availability below which it is owed.")
    credit: int = term(Value.SHARE, "The part of the fee that comes back.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(ScopeText):
    """What the parties wrote."""

    supplier: str = term(Value.PARTY, "Who owes the credit.")
    measure: str = term(Value.TEXT, "What is measured: the base of the reports that say it.")
    tiers: tuple[Tier, ...] = term(Value.LINES, "The credits.", of=Tier)
    capped: int = term(Value.SHARE, "The most of a month's fee that comes back.", default=PPM)
    claim_window: Duration = term(
        Value.DURATION,
        "How long after the period a credit may be claimed.",
        default=Duration(30, "d"),
    )


class Terms(NamedTuple):
    """What the parties agreed; ``tiers`` are (below, credit) in millionths, lowest first."""

    scope: Scope
    supplier: int
    measure: str
    tiers: tuple[tuple[int, int], ...]
    capped_ppm: int
    claim_window: Duration
    periods: tuple[tuple[int, int], ...]


def lower(text: Text, names: Names, period: Period) -> Terms:
    """The terms in numbers."""
    return Terms(
        scope=scope_of(text, names),
        supplier=names.parties.index(text.supplier),
        measure=text.measure,
        tiers=tuple(sorted((tier.below, tier.credit) for tier in text.tiers)),
        capped_ppm=text.capped,
        claim_window=text.claim_window,
        periods=tuple(months(period.from_s, period.until_s)),
    )


def sums(terms: Terms) -> Summed:
    """The fee, by month."""
    return Summed(terms.supplier, terms.scope, terms.periods)


def charge(terms: Terms, account: Account) -> list[Charge]:
    """Credit each report that was claimed in time (SC1, SC3), up to the cap of a month (SC2)."""
    charges = []
    given = Counter[tuple[int, int]]()
    claimed = [report for report in account.reports if _claimed(terms, report)]
    for report in sorted(claimed, key=lambda report: (report.claimed_at_s, report.start_s)):
        due_at_s = max(report.claimed_at_s, report.end_s)
        for span in _months(terms, account, report):
            fee = account.sums.get(span, Taken()).amount_micros
            credit = divide(fee * _credit_ppm(terms, report), PPM, Rounding.HALF_EVEN)
            left = divide(fee * terms.capped_ppm, PPM, Rounding.TO_PAYER) - given[span]
            rule = "SC1" if credit <= left else "SC2"
            credit = min(credit, left)
            given[span] += credit
            if credit and account.has_end(due_at_s):
                because = (report.origin,) if report.origin else ()
                parties = terms.supplier, account.buyer
                charges.append(
                    Charge(rule, *parties, credit, *span, due_at_s=due_at_s, because=because)
                )
    return charges


def _claimed(terms: Terms, report: Report) -> bool:
    """Whether a report is of what is measured, and was claimed in its window (SC3)."""
    if report.base != terms.measure or NONE in (report.measured_ppm, report.claimed_at_s):
        return False
    return report.claimed_at_s <= after(report.end_s, terms.claim_window)


def _months(terms: Terms, account: Account, report: Report) -> list[tuple[int, int]]:
    """The months of the clause that a report is about, of which all use is known."""
    return [
        span
        for span in terms.periods
        if max(report.start_s, account.known_from_s) <= span[0] and span[1] <= report.end_s
    ]


def _credit_ppm(terms: Terms, report: Report) -> int:
    """The credit of the lowest tier that what was measured lies below (SC1)."""
    return next((credit for below, credit in terms.tiers if report.measured_ppm < below), 0)


CLAUSE = ClauseType(
    code=11,
    name="service_credit",
    text=Text,
    terms=Terms,
    lower=lower,
    rules=("SC1", "SC2", "SC3"),
    sums=sums,
    charge=charge,
)
