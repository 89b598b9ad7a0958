"""Lines of statements as charges in FOCUS 1.2's meaning, row by row.

Source: the specification's columns and its worked examples of spend agreements (appendix, SaaS
examples). How each kind of line comes out: docs/reference/focus.md.
"""

from collections.abc import Callable, Iterable, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

from offtake.core.vocabulary import NONE
from offtake.settle.charges import Commitment, kind_of
from offtake.settle.period import month_of
from offtake.settle.statement import CORRECTION, Line
from offtake.units.money import MICROS, SECONDS_PER_HOUR, Rounding, price_of

PLACES = Decimal(1).scaleb(-12)
"""Quantities and unit prices are given to so many decimals."""
GPU_HOURS = "GPU-Hours"
COUNT = "Count"
COMPUTE = ("Compute", "Other (Compute)")
OTHER = ("Other", "Other (Other)")


class FocusCharge(NamedTuple):
    """One row of cost and usage. Amounts are micro-units of the billing currency.

    Quantities and unit prices are decimals; None is no value. Periods are half-open.
    """

    category: str  # ChargeCategory
    frequency: str  # ChargeFrequency
    correction: bool
    description: str
    charge_period: tuple[int, int]
    billing_period: tuple[int, int]
    billed_micros: int
    effective_micros: int
    contracted_micros: int
    list_micros: int
    contracted_unit_price: Decimal | None
    list_unit_price: Decimal | None
    quantity: Decimal | None
    unit: str
    consumed: Decimal | None
    provider: str
    service: str
    service_category: tuple[str, str]  # ServiceCategory, ServiceSubcategory
    sku: str
    sku_price: str
    meter: str
    region: str
    accelerator: str
    agreement: str
    clause: str
    rule: str
    purpose: str = ""
    pool: str = ""
    rows: int = 0


class Facts(NamedTuple):
    """What rows need beside the lines.

    ``list_rate`` gives the list price of a line in micro-units per GPU-hour, None where there is
    none. ``titles`` are names of parties; ``commitments`` are the floors behind shortfalls.
    """

    titles: dict[str, str]
    list_rate: Callable[[Line], int | None]
    commitments: Sequence[Commitment] = ()


CAPACITY = ("use", "order")
"""Kinds of lines whose GPU-hours are what is bought, and billed as they begin."""


def charges_of(lines: Iterable[Line], facts: Facts) -> list[FocusCharge]:
    """The rows of statements' lines, by billing period, use first; their sum is the lines'.

    A line of no amount and no quantity is no charge.
    """
    there = [line for line in lines if line.amount_micros or line.gpu_s]
    paid, spent = _prepaid(there)
    rows = []
    for number, line in enumerate(there):
        row = _charge(line, facts)
        if number not in spent:
            rows.append(row._replace(billed_micros=0) if number in paid else row)
    rows.sort(key=lambda row: (row.billing_period, row.frequency != "Usage-Based"))
    return rows


def _prepaid(lines: Sequence[Line]) -> tuple[set[int], set[int]]:
    """The lines that a prepayment has paid in full, and the credits that say so, by number.

    Where what comes off at a period's end is exactly what was used and missed in it, FOCUS
    bills nothing for those: the purchase was billed before (spend agreements B1 and B2).
    """
    paid: set[int] = set()
    spent: set[int] = set()
    for number, credit in enumerate(lines):
        if kind_of(credit.rule) != "prepayment" or credit.amount_micros >= 0:
            continue
        within = [
            place
            for place, line in enumerate(lines)
            if (line.agreement, line.party) == (credit.agreement, credit.party)
            and kind_of(line.rule) in ("use", "shortfall")
            and credit.start_s <= line.start_s
            and line.end_s <= credit.end_s
        ]
        if sum(lines[place].amount_micros for place in within) == -credit.amount_micros:
            paid.update(within)
            spent.add(number)
    return paid, spent


def _charge(line: Line, facts: Facts) -> FocusCharge:
    """One row: use by its GPU-hours, a shortfall by its commitment, the rest as one."""
    kind = kind_of(line.rule)
    if kind == "prepayment":
        category = "Purchase" if line.amount_micros >= 0 else "Adjustment"
        row = _plain(line, facts, category, _once(line.amount_micros))
        return row._replace(effective_micros=0)  # What it pays for is effective as it is used.
    if line.amount_micros < 0 and line.kind != CORRECTION:
        return _plain(line, facts, "Credit", _once(line.amount_micros))
    if kind == "shortfall":
        return _plain(line, facts, "Usage", _fee(line, facts.commitments))
    if line.gpu_s and kind in CAPACITY:
        return _used(line, facts)
    category = "Usage" if kind in CAPACITY else "Adjustment"
    return _plain(line, facts, category, _once(line.amount_micros))


class _Priced(NamedTuple):
    """A quantity with its unit prices, and what it costs at list prices."""

    quantity: Decimal
    unit: str
    contracted: Decimal
    listed: Decimal
    list_micros: int


def _once(micros: int) -> _Priced:
    """An amount that has no quantity of its own: one of it."""
    price = abs(units(micros))
    return _Priced(Decimal(1 if micros >= 0 else -1), COUNT, price, price, micros)


def _fee(line: Line, commitments: Sequence[Commitment]) -> _Priced:
    """A shortfall as a part of what was promised for the longest period around it.

    So the examples of the specification say it: $12 of $1,200 is 0.01 of the commitment.
    """
    promised = [
        row
        for row in commitments
        if row.floor_micros > 0
        and row.clause_id.rpartition("/")[0] == line.clause.rpartition("/")[0]
        and row.start_s <= line.start_s
        and line.end_s <= row.end_s
    ]
    if not promised:
        return _once(line.amount_micros)
    price = units(max(promised, key=lambda row: row.end_s - row.start_s).floor_micros)
    share = (units(line.amount_micros) / price).quantize(PLACES, ROUND_HALF_EVEN)
    return _Priced(share, COUNT, price, price, line.amount_micros)


def _used(line: Line, facts: Facts) -> FocusCharge:
    """Use: GPU-hours at the average price of the line, beside the list price."""
    hours = gpu_hours(line.gpu_s)
    contracted = _per(line.amount_micros, line.gpu_s)
    rate = facts.list_rate(line)
    if rate is None:
        priced = _Priced(hours, GPU_HOURS, contracted, contracted, line.amount_micros)
    else:
        size = price_of(abs(line.gpu_s), rate, Rounding.HALF_EVEN)
        listed = size if line.gpu_s >= 0 else -size
        priced = _Priced(hours, GPU_HOURS, contracted, units(rate), listed)
    return _plain(line, facts, "Usage", priced)._replace(frequency="Usage-Based", consumed=hours)


def _plain(line: Line, facts: Facts, category: str, priced: _Priced) -> FocusCharge:
    """A row with everything that all kinds share; what is billed in arrears is effective too."""
    shared = kind_of(line.rule) == "revenue_share"
    sku = f"GPU-{line.accelerator}" if line.accelerator else f"offtake-{kind_of(line.rule)}"
    return FocusCharge(
        category=category,
        frequency="One-Time",
        correction=line.kind == CORRECTION,
        description=_description(line),
        charge_period=(line.start_s, line.end_s),
        billing_period=_billed(line),
        billed_micros=line.amount_micros,
        effective_micros=line.amount_micros,
        contracted_micros=line.amount_micros,
        list_micros=priced.list_micros,
        contracted_unit_price=priced.contracted,
        list_unit_price=priced.listed,
        quantity=priced.quantity,
        unit=priced.unit,
        consumed=None,
        provider=facts.titles.get(line.party, line.party),
        service="Revenue share" if shared else "GPU capacity",
        service_category=OTHER if shared else COMPUTE,
        sku=sku,
        sku_price="/".join(part for part in (line.clause, sku, line.region) if part),
        meter="GPU time" if priced.unit == GPU_HOURS else "Amounts due",
        region=line.region,
        accelerator=line.accelerator,
        agreement=line.agreement,
        clause=line.clause,
        rule=line.rule,
        purpose=line.purpose,
        pool=line.pool,
        rows=line.rows,
    )


SAYS = {
    "use": "GPU-hours used",
    "order": "Capacity ordered",
    "shortfall": "Unused commitment",
    "prepayment": "Prepayment of a commitment",
    "make_up": "Shortfall made up",
    "revenue_share": "Revenue share",
}


def _description(line: Line) -> str:
    """What the row is for, in words."""
    kind = kind_of(line.rule)
    what = SAYS.get(kind, kind.replace("_", " ").capitalize())
    thing = " ".join(part for part in (line.accelerator, line.region, line.purpose) if part)
    says = f"{what}: {thing}" if thing else what
    return f"{says} ({line.clause}, {line.rule})"


def _billed(line: Line) -> tuple[int, int]:
    """The civil month that bills a line: of use and prepayment its first, of the rest its last.

    What had to be claimed is billed as it is due.
    """
    if line.due_s != NONE:
        return month_of(line.due_s - 1)
    kind = kind_of(line.rule)
    ahead = kind in CAPACITY or (kind == "prepayment" and line.amount_micros > 0)
    return month_of(line.start_s if ahead else line.end_s - 1)


def gpu_hours(gpu_s: int) -> Decimal:
    """GPU-seconds as hours, to twelve decimals."""
    return (Decimal(gpu_s) / SECONDS_PER_HOUR).quantize(PLACES, ROUND_HALF_EVEN)


def _per(micros: int, gpu_s: int) -> Decimal:
    """The price of a GPU-hour, to twelve decimals."""
    price = Decimal(micros) * SECONDS_PER_HOUR / (Decimal(gpu_s) * MICROS)
    return abs(price).quantize(PLACES, ROUND_HALF_EVEN)


def units(micros: int) -> Decimal:
    """Micro-units as units, exactly."""
    return Decimal(micros).scaleb(-6)


def total_micros(charges: Iterable[FocusCharge]) -> int:
    """What rows bill together."""
    return sum(charge.billed_micros for charge in charges)
