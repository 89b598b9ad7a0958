"""Take-or-pay: the buyer pays for the floor of each period, used or not.

The market's words: *taken* is what was used; the *floor* is the least that is billed; the
*shortfall* is the floor less what was taken; a *ramp* raises the floor by dates. Rules TP1,
TP2 and TP5: docs/reference/clauses/take_or_pay.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from offtake.core.account import Account, Charge, Price, Short, Taken, Use
from offtake.core.names import Names
from offtake.core.scope import Scope, concerns
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
    months: int  # How long its whole period is; 0 for the term.


class Terms(NamedTuple):
    """What the parties agreed; ``dues`` in order of time."""

    scope: Scope
    supplier: int
    rate_micros_per_gpu_h: int
    dues: tuple[Due, ...]


def lower(text: Text, names: Names, period: Period) -> Terms:
    """The terms in numbers, with the floor of every period of the term."""
    dues = _dues(text, names, period)
    return Terms(
        scope=scope_of(text, names),
        supplier=names.parties.index(text.supplier),
        rate_micros_per_gpu_h=NONE if text.rate is None else text.rate.micros,
        dues=dues if text.model == "continuous" else _together(dues),
    )


def _together(dues: tuple[Due, ...]) -> tuple[Due, ...]:
    """One floor over all periods: the sum of theirs, trued up once.

    Money and GPU-hours do not add up: where a ramp goes from one to the other, each is trued
    up over its own stretch.
    """
    stretches = [list(group) for _, group in groupby(dues, key=lambda due: due.gpu_s == NONE)]
    return tuple(
        Due(
            stretch[0].start_s,
            stretch[-1].end_s,
            NONE if in_time else sum(due.amount_micros for due in stretch),
            sum(due.gpu_s for due in stretch) if in_time else NONE,
            0,
        )
        for stretch in stretches
        for in_time in [stretch[0].gpu_s != NONE]
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
            amount_micros, gpu_s = _owed(in_force[-1].floor, (start_s, end_s), whole_s, watts)
            dues.append(Due(start_s, end_s, amount_micros, gpu_s, every))
    return tuple(dues)


def _owed(floor: Floor, piece: tuple[int, int], whole_s: int, watts: int) -> tuple[int, int]:
    """The floor of a period, micros or GPU-seconds; of a part of one, in proportion to its time."""
    start_s, end_s = piece
    part_s = end_s - start_s

    def part(amount: int) -> int:
        return divide(amount * part_s, whole_s, Rounding.HALF_EVEN)

    if floor.money is not None:
        return part(floor.money.micros), NONE
    if floor.size is not None:
        return NONE, floor.size.in_gpus(watts) * part_s
    return NONE, part(max(floor.gpu_h, 0) * SECONDS_PER_HOUR)


def price(terms: Terms, use: Use, volume: Mapping[int, int]) -> Price | None:
    """The price of a use at the clause's own rate (TP1), where it states one."""
    stated = terms.rate_micros_per_gpu_h != NONE
    if not stated or use.supplier != terms.supplier or not concerns(terms.scope, use):
        return None
    amount = price_of(use.gpu_s, terms.rate_micros_per_gpu_h, Rounding.HALF_EVEN)
    return Price("TP1", amount, 8)  # Closer than any rate card (RC1): it is this purchase's own.


def floor(terms: Terms) -> tuple[int, tuple[Due, ...]]:
    """The supplier and the floors promised to it, by period."""
    return terms.supplier, terms.dues


def about(terms: Terms) -> Scope:
    """What counts against the floor: what is inside the clause's scope (TP2, TP5)."""
    return terms.scope


def charge(terms: Terms, account: Account) -> list[Charge]:
    """Bill the shortfall of each period that ended in the account's (TP2).

    Not of one that began before use was known: what was taken until then may have filled it.
    """
    charges = []
    for due in terms.dues:
        missing = short(terms, due, account.taken.get((due.start_s, due.end_s), Taken()))
        known = account.known_from_s <= due.start_s
        if known and account.from_s < due.end_s <= account.until_s and missing.amount_micros > 0:
            parties = account.buyer, terms.supplier
            gpu_s = max(missing.gpu_s, 0)
            row = Charge("TP2", *parties, missing.amount_micros, due.start_s, due.end_s, gpu_s)
            charges.append(row)
    return charges


def short(terms: Terms, due: Due, taken: Taken) -> Short:
    """The floor of a period less what counts against it; negative where it is more than filled.

    Capacity that was ordered and not delivered lowers the floor by what it would have been, at
    the clause's own rate, else at that of what was taken (TP5).
    """
    rate = _rate(terms, taken)
    if due.gpu_s == NONE:
        undelivered = price_of(taken.undelivered_gpu_s, rate, Rounding.HALF_EVEN)
        lowered = max(due.amount_micros - undelivered, 0)
        return Short(NONE, lowered - taken.amount_micros - taken.paid_micros, rate)
    gpu_s = max(due.gpu_s - taken.undelivered_gpu_s, 0) - taken.gpu_s - taken.paid_gpu_s
    amount = price_of(abs(gpu_s), rate, Rounding.HALF_EVEN)
    return Short(max(gpu_s, 0), amount if gpu_s > 0 else -amount, rate)


def _rate(terms: Terms, taken: Taken) -> int:
    """What a GPU-hour costs: as agreed, else as taken on average, else as quoted."""
    if terms.rate_micros_per_gpu_h != NONE:
        return terms.rate_micros_per_gpu_h
    if taken.gpu_s == 0:
        return taken.quoted_micros_per_gpu_h
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
    about=about,
    short=short,
    charge=charge,
)
