"""Take-or-pay: the buyer pays for the floor of each period, used or not.

The market's words: *taken* is what was used; the *floor* is the least that is billed; the
*shortfall* is the floor less what was taken; a *ramp* raises the floor by dates; *make-up* is
taking later what a shortfall paid for; *carry-forward* counts what was taken beyond one floor
against a later one. Rules TP1 to TP6: docs/reference/clauses/take_or_pay.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from offtake.core.account import Account, Charge, Price, Short, Taken, Use
from offtake.core.names import Names
from offtake.core.scope import Scope, concerns
from offtake.core.text import ScopeText, Value, scope_of, term
from offtake.core.vocabulary import NONE, ClauseType, Period
from offtake.units.capacity import PPM, Size
from offtake.units.money import SECONDS_PER_HOUR, Money, Rounding, divide, price_of
from offtake.units.time import Duration, after, civil_period_s, instant_text, months

NEVER_LATER = Duration(0, "d")
"""The length of what does not outlast its period."""
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
    make_up: Duration | None = term(
        Value.DURATION,
        "How long a paid shortfall may be taken; not at all if absent.",
        default=None,
    )
    carry_forward: Duration | None = term(
        Value.DURATION,
        "How long what exceeds a floor counts against later ones; not at all if absent.",
        default=None,
    )
    carry_limit: int = term(
        Value.SHARE, "The most of a floor that earlier excess may fill.", default=PPM
    )
    prepaid: int = term(
        Value.SHARE, "The part of each floor that is paid as its period begins.", default=0
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
    make_up: Duration = NEVER_LATER
    carry_forward: Duration = NEVER_LATER
    carry_limit_ppm: int = PPM
    prepaid_ppm: int = 0


def lower(text: Text, names: Names, period: Period) -> Terms:
    """The terms in numbers, with the floor of every period of the term."""
    dues = _dues(text, names, period)
    return Terms(
        scope=scope_of(text, names),
        supplier=names.parties.index(text.supplier),
        rate_micros_per_gpu_h=NONE if text.rate is None else text.rate.micros,
        dues=dues if text.model == "continuous" else _together(dues),
        make_up=text.make_up or NEVER_LATER,
        carry_forward=text.carry_forward or NEVER_LATER,
        carry_limit_ppm=text.carry_limit,
        prepaid_ppm=text.prepaid,
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
    """Bill the shortfall of each period that ended in the account's (TP2), less what is made up.

    Not of one that began before use was known: what was taken until then may have filled it.
    """
    charges = []
    for due in terms.dues:
        if account.known_from_s > due.start_s:
            continue
        if account.has_start(due.start_s):
            charges.append(_ahead(terms, account, due))
        if account.has_end(due.end_s):
            charges += _at_end(terms, account, due)
    return [row for row in charges if row.amount_micros > 0]


def _ahead(terms: Terms, account: Account, due: Due) -> Charge:
    """The prepaid share of a floor, paid as its period begins (TP6)."""
    amount = due.amount_micros
    if due.gpu_s != NONE:
        amount = price_of(due.gpu_s, max(terms.rate_micros_per_gpu_h, 0), Rounding.HALF_EVEN)
    amount = divide(amount * terms.prepaid_ppm, PPM, Rounding.HALF_EVEN)
    parties = account.buyer, terms.supplier
    return Charge("TP6", *parties, amount, due.start_s, due.end_s, due_at_s=due.start_s)


def _at_end(terms: Terms, account: Account, due: Due) -> list[Charge]:
    """What the end of a period brings: a shortfall, a credit for make-up, the prepaid share."""
    taken = account.taken.get((due.start_s, due.end_s), Taken())
    missing = short(terms, due, taken)
    span = due.start_s, due.end_s
    owed, given = (account.buyer, terms.supplier), (terms.supplier, account.buyer)
    ahead = _ahead(terms, account, due)
    paid = (f"TP6 of {instant_text(due.start_s)}",)
    earlier = [instant_text(start_s) for start_s in taken.from_at_s]
    carried_in = tuple(f"beyond the floor of {day}" for day in earlier)
    made_up = tuple(f"TP2 of {day}" for day in earlier)
    hours = max(missing.gpu_s, 0)
    return [
        Charge("TP2", *owed, missing.amount_micros, *span, hours, because=carried_in),
        Charge("TP3", *given, taken.made_up_micros, *span, taken.made_up_gpu_s, because=made_up),
        Charge("TP6", *given, ahead.amount_micros, *span, because=paid),
    ]


def short(terms: Terms, due: Due, taken: Taken) -> Short:
    """The floor of a period less what counts against it; negative where it is more than filled.

    Capacity that was ordered and not delivered lowers the floor by what it would have been, at
    the clause's own rate, else at that of what was taken (TP5).
    """
    rate = _rate(terms, taken)
    if due.gpu_s == NONE:
        undelivered = price_of(taken.undelivered_gpu_s, rate, Rounding.HALF_EVEN)
        lowered = max(due.amount_micros - undelivered, 0)
        counted = taken.amount_micros + taken.paid_micros + taken.carried_micros
        return Short(NONE, lowered - counted, rate)
    counted = taken.gpu_s + taken.paid_gpu_s + taken.carried_gpu_s
    gpu_s = max(due.gpu_s - taken.undelivered_gpu_s, 0) - counted
    amount = price_of(abs(gpu_s), rate, Rounding.HALF_EVEN)
    return Short(max(gpu_s, 0), amount if gpu_s > 0 else -amount, rate)


class Lot(NamedTuple):
    """What an earlier period left: a paid shortfall, or what was taken beyond the floor."""

    lapses_s: int
    amount: int  # In the floor's measure: micros, or GPU-seconds.
    micros: int  # What was paid for it.
    start_s: int  # Of the period it is from.


Earlier = Sequence[tuple[Terms, Due, Taken]]
"""The periods before one, with their terms and what was counted, in order of time."""


def carried(terms: Terms, due: Due, taken: Taken, before: Earlier) -> Taken:
    """What earlier periods bring to a floor, oldest first: make-up (TP3), carry-forward (TP4).

    What is still missing is filled by earlier excess; what is beyond the floor makes earlier
    shortfalls up. So an hour counts once.
    """
    in_time = due.gpu_s != NONE
    paid, beyond = _left(before, due)
    missing = short(terms, due, taken)
    need = missing.gpu_s if in_time else missing.amount_micros
    if need > 0:
        floor_ = due.gpu_s if in_time else due.amount_micros
        need = min(need, divide(floor_ * terms.carry_limit_ppm, PPM, Rounding.TO_PAYER))
        most = min(need, sum(lot.amount for lot in beyond))
        taken = taken._replace(from_at_s=_starts(_drawn(beyond, most)[1]))
        if in_time:
            return taken._replace(carried_gpu_s=most)
        return taken._replace(carried_micros=most)
    amount = min(_beyond(terms, due, taken), sum(lot.amount for lot in paid))
    _, drawn = _drawn(paid, amount)
    taken = taken._replace(from_at_s=_starts(drawn))
    if not in_time:
        return taken._replace(made_up_micros=amount)
    credit = sum(_credit(lot, taken) for lot in drawn)
    return taken._replace(made_up_gpu_s=amount, made_up_micros=credit)


def _starts(drawn: list[Lot]) -> tuple[int, ...]:
    """The periods that something was drawn from."""
    return tuple(lot.start_s for lot in drawn if lot.amount)


def _left(before: Earlier, due: Due) -> tuple[list[Lot], list[Lot]]:
    """What earlier periods leave for one: paid shortfalls, and what was taken beyond floors.

    A lot serves a period that has ended when it lapses. Money and GPU-hours are not exchanged.
    """
    paid: list[Lot] = []
    beyond: list[Lot] = []
    for terms, past, taken in before:
        in_time = past.gpu_s != NONE
        if in_time != (due.gpu_s != NONE):
            continue
        made_up = taken.made_up_gpu_s if in_time else taken.made_up_micros
        paid, _ = _drawn(_standing(paid, past), made_up)
        brought = taken.carried_gpu_s if in_time else taken.carried_micros
        beyond, _ = _drawn(_standing(beyond, past), brought)
        missing = short(terms, past, taken)
        short_of = missing.gpu_s if in_time else missing.amount_micros
        if short_of > 0:
            lapses_s = after(past.end_s, terms.make_up)
            paid.append(Lot(lapses_s, short_of, missing.amount_micros, past.start_s))
        over = _beyond(terms, past, taken) - made_up
        if over > 0:
            beyond.append(Lot(after(past.end_s, terms.carry_forward), over, 0, past.start_s))
    return _standing(paid, due), _standing(beyond, due)


def _standing(lots: list[Lot], due: Due) -> list[Lot]:
    return [lot for lot in lots if lot.amount > 0 and due.end_s <= lot.lapses_s]


def _drawn(lots: list[Lot], amount: int) -> tuple[list[Lot], list[Lot]]:
    """Draw an amount from lots, oldest first: what is left, and what was drawn."""
    left, drawn = [], []
    for lot in lots:
        part = min(amount, lot.amount)
        amount -= part
        share = divide(lot.micros * part, lot.amount, Rounding.HALF_EVEN)
        drawn.append(lot._replace(amount=part, micros=share))
        left.append(lot._replace(amount=lot.amount - part, micros=lot.micros - share))
    return left, drawn


def _credit(lot: Lot, taken: Taken) -> int:
    """What making up some hours gives back: what was paid for them, at most what they cost now."""
    if not lot.amount or not taken.gpu_s:
        return 0
    now = divide(taken.amount_micros * lot.amount, taken.gpu_s, Rounding.HALF_EVEN)
    return min(lot.micros, now)


def _beyond(terms: Terms, due: Due, taken: Taken) -> int:
    """What was taken beyond a floor, in its measure; fees that count towards it are not taken."""
    own = short(terms, due, taken._replace(paid_micros=0, paid_gpu_s=0))
    if due.gpu_s == NONE:
        return max(-own.amount_micros, 0)
    lowered = max(due.gpu_s - taken.undelivered_gpu_s, 0)
    return max(taken.gpu_s - lowered, 0)


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
    rules=("TP1", "TP2", "TP3", "TP4", "TP5", "TP6"),
    price=price,
    floor=floor,
    about=about,
    short=short,
    carried=carried,
    charge=charge,
)
