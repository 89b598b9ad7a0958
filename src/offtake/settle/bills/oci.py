"""Oracle Cloud Infrastructure cost reports.

Source: docs.oracle.com/iaas/Content/Billing/Concepts/usagereportsoverview.htm. Every row is use.
"""

import numpy as np

from offtake.settle.bills.layout import Layout, Parts
from offtake.settle.bills.machines import with_machines
from offtake.settle.bills.rows import Rows

MACHINES = ("product/Description", "product/resource")


def _finish(parts: Parts, rows: Rows) -> Parts:
    service = parts.words["service"]
    within = np.array([*(word.upper() == "COMPUTE" for word in service.known), False])
    return with_machines(parts, rows, MACHINES, within[service.code])


LAYOUT = Layout(
    name="oci",
    marks=("lineItem/intervalUsageStart", "cost/myCost", "usage/billedQuantity"),
    columns={
        "start": ("lineItem/intervalUsageStart",),
        "end": ("lineItem/intervalUsageEnd",),
        "service": ("product/service",),
        "sku": ("cost/productSku",),
        "description": ("product/Description",),
        "region": ("product/region",),
        "correction": ("lineItem/isCorrection",),
        "quantity": ("usage/billedQuantity",),
        "unit": ("cost/skuUnitDescription", "cost/billingUnitReadable"),
        "unit_price": ("cost/unitPrice",),
        "billed": ("cost/myCost",),
        "currency": ("cost/currencyCode",),
        "row": ("lineItem/referenceNo",),
    },
    categories={},
    supplier="Oracle",
    finish=_finish,
    choices=(
        "billed is what the row itself is charged; costs of overage are kept beside it, unread",
        "accelerators are told from descriptions of compute; their hours are hours of GPUs",
    ),
)
