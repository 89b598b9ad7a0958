"""Take-or-pay: the buyer pays for the floor of each period, used or not.

The market's words: *taken* is what was used; the *floor* is the least that is billed; the
*shortfall* is the floor less what was taken; a *ramp* raises the floor by dates. Rules TP1,
TP2 and TP5: docs/reference/clauses/take_or_pay.md.
"""

from dataclasses import dataclass
from typing import NamedTuple

from offtake.core.account import Account, Charge, Price, Taken, Use
from offtake.core.names import Names
from offtake.core.scope import Scope
from offtake.core.text import ScopeText, Value, scope_of, term
from offtake.core.vocabulary import NONE, ClauseType, Period
from offtake.units.capacity import Size
from offtake.units.money import SECONDS_PER_HOUR, Money, Rounding, divide, price_of
from offtake.units.time import civil_period_s, months

PERIODS = {"month": 1, "quarter": 3, "year": 12, "term": 0}


class Floor(NamedTuple):
    """A floor as written: money, GPU-hours, or capacity that must be kept busy. Unused: None."""

    money: Money | None = None
    gpu_h: int = NONE
    size: Size | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a ramp."""

    starts: int = term(Value.INSTANT, "From when the floor is this.")
    floor: Floor = term(Value.FLOOR, "The floor of each period from then on.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(ScopeText):
    """What the parties wrote."""

    supplier: str = term(Value.PARTY, "From whom is taken.")
    floor: Floor | None = term(Value.FLOOR, "The least that is billed a period.", default=None)
    per: str = term(Value.CHOICE, "The length of a period.", default="year", choices=tuple(PERIODS))
    ramp: tuple[Step, ...] = term(
        Value.LINES, "Floors by date, instead of one.", default=(), of=Step
    )
    model: str = term(
        Value.CHOICE,
        "Use it or lose it each period (continuous), or one true-up at the end (discontinuous).",
        default="continuous",
        choices=("continuous", "discontinuous"),
    )
    rate: Money | None = term(
        Value.MONEY, "The price per GPU-hour; a rate card says it if absent.", default=None
    )


class Due(NamedTuple):
    """The floor of one period: money, or GPU-seconds; the other is NONE."""

    start_s: int
    end_s: int
    amount_micros: int
    gpu_s: int


class Terms(NamedTuple):
    """What the parties agreed; ``dues`` in order of time."""

    scope: Scope
    supplier: int
    rate_micros_per_gpu_h: int
    discontinuous: int
    dues: tuple[Due, ...]


def lower(text: Text, names: Names, period: Period) -> Terms:
    """The terms in numbers, with the floor of every period of the term."""
    return Terms(
        scope=scope_of(text, names),
        supplier=names.parties.index(text.supplier),
        rate_micros_per_gpu_h=NONE if text.rate is None else text.rate.micros,
        discontinuous=int(text.model == "discontinuous"),
        dues=_dues(text, names, period),
    )


def _dues(text: Text, names: Names, period: Period) -> tuple[Due, ...]:
    steps = text.ramp or (Step(starts=period.from_s, floor=text.floor or Floor()),)
    every = PERIODS[text.per]
    pieces = months(period.from_s, period.until_s, every=every) if every else [period[:2]]
    watts = names.watts_of(text.accelerators)
    dues = []
    for start_s, end_s in pieces:
        in_force = [step for step in steps if step.starts <= start_s]
        if in_force:
            whole_s = (
                civil_period_s(start_s, every) if every else period.agreed_until_s - period.from_s
            )
            dues.append(_due(in_force[-1].floor, (start_s, end_s), whole_s, watts))
    return tuple(dues)


def _due(floor: Floor, piece: tuple[int, int], whole_s: int, watts: int) -> Due:
    """The floor of a period; of a part of one, in proportion to its time."""
    start_s, end_s = piece
    part_s = end_s - start_s

    def part(amount: int) -> int:
        return divide(amount * part_s, whole_s, Rounding.HALF_EVEN)

    if floor.money is not None:
        return Due(start_s, end_s, part(floor.money.micros), NONE)
    if floor.size is not None:
        return Due(start_s, end_s, NONE, floor.size.in_gpus(watts) * part_s)
    return Due(start_s, end_s, NONE, part(max(floor.gpu_h, 0) * SECONDS_PER_HOUR))


def price(terms: Terms, use: Use, before_gpu_s: int) -> Price | None:
    """The price of a use at the clause's own rate (TP1), where it states one."""
    scope, stated = terms.scope, terms.rate_micros_per_gpu_h != NONE
    if not stated or use.supplier != terms.supplier:
        return None
    inside = scope.purposes >> use.purpose & scope.accelerators >> use.accelerator
    if not inside & scope.regions >> use.region & 1:
        return None
    amount = price_of(use.gpu_s, terms.rate_micros_per_gpu_h, Rounding.HALF_EVEN)
    return Price("TP1", amount, 8)  # Closer than any rate card (RC1): it is this purchase's own.


def floor(terms: Terms) -> tuple[int, tuple[Due, ...]]:
    """The supplier and the floors promised to it, by period."""
    return terms.supplier, terms.dues


def charge(terms: Terms, account: Account) -> list[Charge]:
    """Bill the shortfall of each period that ended in the account's (TP2).

    Capacity that was ordered and not delivered lowers the floor by what it would have been,
    at the rate of what was taken, or at the clause's own (TP5).
    """
    missing = [_missing(terms, due, account) for due in terms.dues]
    if terms.discontinuous and missing:
        start_s, end_s = terms.dues[0].start_s, terms.dues[-1].end_s
        missing = [(start_s, end_s, sum(row[2] for row in missing), sum(r[3] for r in missing))]
    return [
        Charge("TP2", account.buyer, terms.supplier, amount_micros, start_s, end_s, gpu_s)
        for start_s, end_s, amount_micros, gpu_s in missing
        if account.from_s < end_s <= account.until_s and amount_micros > 0
    ]


def _missing(terms: Terms, due: Due, account: Account) -> tuple[int, int, int, int]:
    """A period with its floor less what was taken, which may be negative: money, GPU-seconds."""
    taken = account.taken.get((due.start_s, due.end_s), Taken(0, 0))
    rate = _rate(terms, taken)
    if due.gpu_s == NONE:
        lowered = due.amount_micros - price_of(taken.undelivered_gpu_s, rate, Rounding.TO_PAYER)
        return due.start_s, due.end_s, max(lowered, 0) - taken.amount_micros, 0
    gpu_s = max(due.gpu_s - taken.undelivered_gpu_s, 0) - taken.gpu_s
    amount = price_of(abs(gpu_s), rate, Rounding.HALF_EVEN)
    return due.start_s, due.end_s, amount if gpu_s > 0 else -amount, gpu_s


def _rate(terms: Terms, taken: Taken) -> int:
    if terms.rate_micros_per_gpu_h != NONE:
        return terms.rate_micros_per_gpu_h
    if taken.gpu_s == 0:
        return 0
    return divide(taken.amount_micros * SECONDS_PER_HOUR, taken.gpu_s, Rounding.HALF_EVEN)


CLAUSE = ClauseType(
    code=5,
    name="take_or_pay",
    text=Text,
    terms=Terms,
    lower=lower,
    rules=("TP1", "TP2", "TP5"),
    price=price,
    floor=floor,
    charge=charge,
)
