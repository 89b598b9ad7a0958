"""FOCUS cost and usage, 1.0 to 1.4, CSV or Parquet.

Source: the FinOps Open Cost and Usage Specification, focus.finops.org, CC-BY-4.0; columns of 1.2,
and of 1.3 the name of the service provider. Choices: see docs/reference/focus.md.
"""

import numpy as np

from offtake.demand.cells import Marks
from offtake.settle.bill import Category
from offtake.settle.bills.layout import Layout, Parts, words_of
from offtake.settle.bills.machines import names_by_key, reversed_rows, with_machines
from offtake.settle.bills.rows import Rows

MACHINES = ("SkuMeter", "SkuPriceDetails", "SkuId", "SkuPriceId", "ChargeDescription")
COMPUTE = frozenset({"compute", "ai and machine learning"})
"""Service categories whose hours are those of machines, not of a license or a disk of theirs."""
CATEGORIES = {category.name.lower(): category for category in Category}


def _finish(parts: Parts, rows: Rows) -> Parts:
    return with_machines(reversed_rows(parts), rows, MACHINES, _compute(rows))


def _compute(rows: Rows) -> Marks:
    """The rows of compute; of a file without categories, all."""
    name = names_by_key(rows).get("servicecategory")
    if name is None:
        return np.ones(len(rows.line), bool)
    words = words_of(rows.table.column(name), len(rows.line))
    marks = np.array([*(word.lower() in COMPUTE for word in words.known), True])
    return marks[words.code]


LAYOUT = Layout(
    name="focus",
    marks=("BilledCost", "ChargeCategory", "ChargePeriodStart", "ChargePeriodEnd"),
    columns={
        "start": ("ChargePeriodStart",),
        "end": ("ChargePeriodEnd",),
        "supplier": ("ServiceProviderName", "ProviderName"),
        "service": ("ServiceName",),
        "sku": ("SkuId", "SkuPriceId"),
        "description": ("ChargeDescription",),
        "region": ("RegionId", "RegionName"),
        "category": ("ChargeCategory",),
        "correction": ("ChargeClass",),
        "quantity": ("PricingQuantity",),
        "unit": ("PricingUnit",),
        "unit_price": ("ContractedUnitPrice",),
        "list_unit_price": ("ListUnitPrice",),
        "billed": ("BilledCost",),
        "effective": ("EffectiveCost",),
        "contracted": ("ContractedCost",),
        "list": ("ListCost",),
        "currency": ("BillingCurrency",),
        "commitment_id": ("CommitmentDiscountId",),
        "commitment_kind": ("CommitmentDiscountType", "CommitmentDiscountCategory"),
        "commitment_status": ("CommitmentDiscountStatus",),
    },
    categories=CATEGORIES,
    finish=_finish,
    choices=(
        "times without a zone count as UTC",
        "usage of negative quantity and no positive cost counts as a correction",
        "accelerators are told from the machines that SKUs and descriptions of compute name",
    ),
)
