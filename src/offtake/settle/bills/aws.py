"""AWS Cost and Usage Reports, the layout with ``lineItem/...`` and that of CUR 2.0.

Source: docs.aws.amazon.com/cur, "Line item details", "Savings Plan details" and "Reservation
details"; the effective costs of commitments are those by which the guide amortizes them.
"""

from decimal import Decimal
from typing import Any

import numpy as np

from offtake.demand.columns import Column
from offtake.settle.bill import ABSENT, Category
from offtake.settle.bills.amounts import Amounts, amounts_of, nothing
from offtake.settle.bills.layout import LIMIT_COST, Layout, Parts, words_of
from offtake.settle.bills.machines import names_by_key, reversed_rows, with_machines
from offtake.settle.bills.rows import Rows

CATEGORIES = {
    "usage": Category.USAGE,
    "discountedusage": Category.USAGE,
    "savingsplancoveredusage": Category.USAGE,
    "fee": Category.PURCHASE,
    "rifee": Category.PURCHASE,
    "savingsplanupfrontfee": Category.PURCHASE,
    "savingsplanrecurringfee": Category.PURCHASE,
    "savingsplannegation": Category.ADJUSTMENT,
    "edpdiscount": Category.ADJUSTMENT,
    "bundleddiscount": Category.ADJUSTMENT,
    "privateratediscount": Category.ADJUSTMENT,
    "rivolumediscount": Category.ADJUSTMENT,
    "discount": Category.ADJUSTMENT,
    "credit": Category.CREDIT,
    "refund": Category.CREDIT,
    "tax": Category.TAX,
}
MACHINE_USE = ("boxusage", "spotusage", "dedicatedusage", "unusedbox", "unusedded", "heavyusage")
"""Kinds of usage whose hours are those of a machine; others name one and charge something else."""
COSTS = {
    "savingsplan/SavingsPlanEffectiveCost": "savingsplancoveredusage",
    "reservation/EffectiveCost": "discountedusage",
}


def _finish(parts: Parts, rows: Rows) -> Parts:
    words = words_of(_column(rows, "lineItem/UsageType"), len(rows.line))
    small = [word.lower() for word in words.known]
    ours = [any(kind in word for kind in MACHINE_USE) or "ml." in word for word in small]
    within = np.array([*ours, False])[words.code]
    names = ("product/instanceType", "lineItem/UsageType")
    return with_machines(reversed_rows(_effective(parts, rows)), rows, names, within)


def _column(rows: Rows, name: str) -> Any:
    key = "".join(letter for letter in name.lower() if letter.isalnum())
    found = names_by_key(rows).get(key)
    return None if found is None else rows.table.column(found)


def _stated(rows: Rows, name: str) -> Column:
    """Another column of money in micros, 0 where nothing usable is written."""
    column = _column(rows, name)
    amounts = nothing(len(rows.line)) if column is None else amounts_of(column, LIMIT_COST)
    return np.where(amounts.stated, amounts.micros, 0)


def _effective(parts: Parts, rows: Rows) -> Parts:
    """What each line costs when what was paid for a commitment is spread over its use."""
    kind = words_of(_column(rows, "lineItem/LineItemType"), len(rows.line))
    names = np.array([*(word.lower() for word in kind.known), ""], object)[kind.code]
    billed = parts.amounts["billed"]
    micros = billed.micros.copy()
    for column, word in COSTS.items():
        micros = np.where(names == word, _stated(rows, column), micros)
    unused = _stated(rows, "savingsPlan/TotalCommitmentToDate")
    unused = unused - _stated(rows, "savingsPlan/UsedCommitment")
    micros = np.where(names == "savingsplanrecurringfee", unused, micros)
    left = _stated(rows, "reservation/UnusedAmortizedUpfrontFeeForBillingPeriod")
    left = left + _stated(rows, "reservation/UnusedRecurringFee")
    micros = np.where(names == "rifee", left, micros)
    paid = np.isin(names, ("savingsplannegation", "savingsplanupfrontfee"))
    paid |= (names == "fee") & (parts.words["commitment_id"].code >= 0)
    micros = np.where(billed.stated, np.where(paid, 0, micros), ABSENT)
    same = bool((micros == billed.micros).all())
    total = billed.exact if same else _units(micros)
    none = np.zeros(len(micros), bool)
    effective = Amounts(micros, none, none, none, total)
    return parts._replace(amounts={**parts.amounts, "effective": effective})


def _units(micros: Column) -> Decimal:
    return Decimal(int(micros[micros != ABSENT].sum())).scaleb(-6)


LAYOUT = Layout(
    name="aws-cur",
    marks=("lineItem/LineItemType", "lineItem/UnblendedCost", "lineItem/UsageStartDate"),
    columns={
        "start": ("lineItem/UsageStartDate",),
        "end": ("lineItem/UsageEndDate",),
        "supplier": ("bill/BillingEntity",),
        "service": ("product/ProductName", "product/servicename", "lineItem/ProductCode"),
        "sku": ("product/sku", "lineItem/UsageType"),
        "description": ("lineItem/LineItemDescription",),
        "region": ("product/regionCode", "product/region"),
        "category": ("lineItem/LineItemType",),
        "quantity": ("lineItem/UsageAmount",),
        "unit": ("pricing/unit",),
        "unit_price": ("lineItem/UnblendedRate",),
        "list_unit_price": ("pricing/publicOnDemandRate",),
        "billed": ("lineItem/UnblendedCost",),
        "list": ("pricing/publicOnDemandCost",),
        "currency": ("lineItem/CurrencyCode",),
        "commitment_id": ("savingsPlan/SavingsPlanARN", "reservation/ReservationARN"),
        "commitment_kind": ("savingsPlan/OfferingType", "pricing/OfferingClass"),
    },
    categories=CATEGORIES,
    supplier="AWS",
    finish=_finish,
    choices=(
        "billed is the unblended cost: a Savings Plan's negation takes back what it covers",
        "effective spreads what commitments cost over their use, as the AWS guide amortizes them",
        "accelerators are told from the instance type and the kind of usage",
    ),
)
