"""Most favored customer: where another got a lower price, the difference is refunded.

The market's words: a price is *comparable* if it was given for no more than the buyer took; the
*look-back* is how far a refund reaches. Rules MF1 to MF3:
docs/reference/clauses/most_favored.md.
"""

from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

from offtake.core.account import Account, Charge, Report, Taken
from offtake.core.names import Names
from offtake.core.scope import Scope, Summed
from offtake.core.text import ScopeText, Value, scope_of, term
from offtake.core.vocabulary import NONE, ClauseType, Period
from offtake.units.money import Rounding, price_of
from offtake.units.time import Duration, after, months


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(ScopeText):
    """What the parties wrote. The scope says what is compared, such as ``accelerators``."""

    supplier: str = term(Value.PARTY, "Who promises it.")
    prices: str = term(Value.TEXT, "The base of the reports that say the prices of others.")
    look_back: Duration = term(
        Value.DURATION, "How far back months are refunded.", default=Duration(12, "mo")
    )


class Terms(NamedTuple):
    """What the parties agreed; ``periods`` are its months, in order."""

    scope: Scope
    supplier: int
    prices: str
    look_back: Duration
    periods: tuple[tuple[int, int], ...]


def lower(text: Text, names: Names, period: Period) -> Terms:
    """The terms in numbers."""
    return Terms(
        scope=scope_of(text, names),
        supplier=names.parties.index(text.supplier),
        prices=text.prices,
        look_back=text.look_back,
        periods=tuple(months(period.from_s, period.until_s)),
    )


def sums(terms: Terms) -> Summed:
    """What the buyer took and paid of what is compared, by month."""
    return Summed(terms.supplier, terms.scope, terms.periods)


def charge(terms: Terms, account: Account) -> list[Charge]:
    """Refund the difference to each comparable lower price (MF1, MF2), once (MF3)."""
    charges = []
    refunded = Counter[tuple[int, int]]()
    reports = [report for report in account.reports if report.base == terms.prices]
    for report in sorted(reports, key=lambda report: (raised_s(report), report.start_s)):
        spans = _months(terms, account, report)
        taken = sum(account.sums.get(span, Taken()).gpu_s for span in spans)
        if taken < report.gpu_s:  # MF2: it was given for more.
            continue
        for span in spans:
            used = account.sums.get(span, Taken())
            fair = price_of(used.gpu_s, report.amount_micros, Rounding.HALF_EVEN)
            refund = max(used.amount_micros - fair - refunded[span], 0)
            refunded[span] += refund
            if refund and account.has_end(raised_s(report)):
                charges.append(_line(terms, account, report, Charge("MF1", 0, 0, refund, *span)))
    return charges


def _line(terms: Terms, account: Account, report: Report, row: Charge) -> Charge:
    """A refund with its parties, when it is due, and the report behind it."""
    return row._replace(
        payer=terms.supplier,
        payee=account.buyer,
        due_at_s=raised_s(report),
        because=(report.origin,) if report.origin else (),
    )


def raised_s(report: Report) -> int:
    """When a lower price was raised: as claimed, else as its period ended."""
    return report.end_s if report.claimed_at_s == NONE else max(report.claimed_at_s, report.end_s)


def _months(terms: Terms, account: Account, report: Report) -> list[tuple[int, int]]:
    """The months of the clause that had the lower price, within the look-back, all use known."""
    return [
        span
        for span in terms.periods
        if max(report.start_s, account.known_from_s) <= span[0]
        and span[1] <= report.end_s
        and raised_s(report) <= after(span[1], terms.look_back)
    ]


CLAUSE = ClauseType(
    code=12,
    name="most_favored",
    text=Text,
    terms=Terms,
    lower=lower,
    rules=("MF1", "MF2", "MF3"),
    sums=sums,
    charge=charge,
)
