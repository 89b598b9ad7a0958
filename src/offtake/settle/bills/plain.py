"""offtake's own bill: one row a charge, named columns; see docs/reference/bills.md."""

from offtake.settle.bill import Category
from offtake.settle.bills.layout import Layout

CATEGORIES = {category.name.lower(): category for category in Category}
LAYOUT = Layout(
    name="plain",
    marks=("start", "end", "cost", "currency"),
    columns={
        "start": ("start",),
        "end": ("end",),
        "supplier": ("supplier",),
        "service": ("service",),
        "sku": ("sku",),
        "description": ("description",),
        "accelerator": ("accelerator",),
        "region": ("region",),
        "category": ("category",),
        "correction": ("correction",),
        "quantity": ("quantity",),
        "unit": ("unit",),
        "gpu_h": ("gpu_h",),
        "unit_price": ("unit_price",),
        "list_unit_price": ("list_unit_price",),
        "billed": ("cost",),
        "effective": ("effective_cost",),
        "contracted": ("contracted_cost",),
        "list": ("list_cost",),
        "currency": ("currency",),
        "commitment_id": ("commitment_id",),
        "commitment_kind": ("commitment_kind",),
        "commitment_status": ("commitment_status",),
        "row": ("id",),
    },
    categories=CATEGORIES,
    choices=("times without a zone count as UTC",),
)
