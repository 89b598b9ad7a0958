"""Azure cost details of enterprise (EA) and customer (MCA) agreements, actual or amortized.

Source: learn.microsoft.com/azure/cost-management-billing/automate/understand-usage-details-fields.
A row is of a day: it starts at its midnight and lasts 24 hours. Dates are month first.
"""

import numpy as np

from offtake.settle.bill import Category, Words
from offtake.settle.bills.layout import Layout, Parts, words_of
from offtake.settle.bills.machines import names_by_key, reversed_rows, with_machines
from offtake.settle.bills.rows import Rows
from offtake.units.time import DAY_S

CATEGORIES = {
    "usage": Category.USAGE,
    "unusedreservation": Category.USAGE,
    "unusedsavingsplan": Category.USAGE,
    "purchase": Category.PURCHASE,
    "refund": Category.CREDIT,
    "tax": Category.TAX,
    "adjustment": Category.ADJUSTMENT,
    "roundingadjustment": Category.ADJUSTMENT,
}
MACHINES = ("MeterName", "AdditionalInfo", "ProductName", "Product")
STATUS = ("Used", "Unused")


def _finish(parts: Parts, rows: Rows) -> Parts:
    meter = parts.words["service"]
    ours = [word.lower().startswith("virtual machines") for word in meter.known]
    licensed = [word.lower().endswith("licenses") for word in meter.known]
    flags = [mine and not other for mine, other in zip(ours, licensed, strict=True)]
    within = np.array([*flags, False])[meter.code]
    words = {**parts.words, "commitment_status": _status(parts, rows)}
    parts = reversed_rows(parts._replace(words=words))
    return with_machines(parts, rows, MACHINES, within)


def _status(parts: Parts, rows: Rows) -> Words:
    """Whether a row that a commitment covers was used, from its type of charge."""
    kind = words_of(rows.table.column(names_by_key(rows)["chargetype"]), len(rows.line))
    unused = np.array([*(word.lower().startswith("unused") for word in kind.known), False])
    covered = (parts.words["commitment_id"].code >= 0) & (parts.category == Category.USAGE)
    code = np.where(unused[kind.code], 1, np.where(covered, 0, -1))
    return Words(code, STATUS)


LAYOUT = Layout(
    name="azure",
    marks=("ChargeType", "MeterCategory", "CostInBillingCurrency", "Date"),
    columns={
        "start": ("Date",),
        "supplier": (),
        "service": ("MeterCategory",),
        "sku": ("MeterId", "PartNumber"),
        "description": ("ProductName", "Product"),
        "region": ("ResourceLocation", "MeterRegion"),
        "category": ("ChargeType",),
        "quantity": ("Quantity",),
        "unit": ("UnitOfMeasure",),
        "unit_price": ("EffectivePrice", "UnitPrice"),
        "list_unit_price": ("PayGPrice",),
        "billed": ("CostInBillingCurrency",),
        "currency": ("BillingCurrencyCode", "BillingCurrency"),
        "commitment_id": ("benefitId", "ReservationId"),
        "commitment_kind": ("PricingModel",),
    },
    categories=CATEGORIES,
    supplier="Microsoft",
    span_s=DAY_S,
    finish=_finish,
    choices=(
        "a row is of its day, from midnight to midnight UTC; dates are read month first",
        "the file does not say whether it is actual or amortized: effective costs are left open",
        "accelerators are told from meters, additional information and products of machines",
    ),
)
