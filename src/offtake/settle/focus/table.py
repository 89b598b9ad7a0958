"""Charges as the table of FOCUS 1.2 cost and usage: typed Parquet, and CSV of the same.

All 57 columns are there; those that do not apply to what offtake settles hold no value. Its own
begin with ``x_``. The same rows give the same bytes.
"""

import csv
import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any, NamedTuple

from offtake.settle.focus.charge import FocusCharge, units
from offtake.units.time import FOREVER_S, instant_text

VERSION = "1.2"


class Account(NamedTuple):
    """Whose charges they are, in which currency."""

    id: str
    name: str
    currency: str


class Column(NamedTuple):
    """A column of a dataset: its name, what it holds, and where it comes from."""

    name: str
    kind: str  # text, decimal, time, whole.
    value: Callable[[Any], Any]


def _text(read: Callable[[FocusCharge], str]) -> Callable[[FocusCharge], str | None]:
    """Empty text is no value."""
    return lambda charge: read(charge) or None


def columns_of(account: Account) -> tuple[Column, ...]:
    """The columns of cost and usage, in the order of their names; ours are last."""
    found = [*_costs(account), *_periods(), *_services(account), *_skus(), *_nothing()]
    found.sort(key=lambda column: (column.name.startswith("x_"), column.name))
    return tuple(found)


def _costs(account: Account) -> tuple[Column, ...]:
    return (
        Column("BilledCost", "decimal", lambda row: units(row.billed_micros)),
        Column("EffectiveCost", "decimal", lambda row: units(row.effective_micros)),
        Column("ContractedCost", "decimal", lambda row: units(row.contracted_micros)),
        Column("ListCost", "decimal", lambda row: units(row.list_micros)),
        Column("ContractedUnitPrice", "decimal", lambda row: row.contracted_unit_price),
        Column("ListUnitPrice", "decimal", lambda row: row.list_unit_price),
        Column("PricingQuantity", "decimal", lambda row: row.quantity),
        Column("PricingUnit", "text", _text(lambda row: row.unit)),
        Column("ConsumedQuantity", "decimal", lambda row: row.consumed),
        Column("ConsumedUnit", "text", lambda row: row.unit if row.consumed is not None else None),
        Column("BillingCurrency", "text", lambda _: account.currency),
        Column("PricingCurrency", "text", lambda _: account.currency),
        Column("PricingCurrencyEffectiveCost", "decimal", lambda row: units(row.effective_micros)),
        Column(
            "PricingCurrencyContractedUnitPrice", "decimal", lambda row: row.contracted_unit_price
        ),
        Column("PricingCurrencyListUnitPrice", "decimal", lambda row: row.list_unit_price),
    )


def _periods() -> tuple[Column, ...]:
    return (
        Column("BillingPeriodStart", "time", lambda row: row.billing_period[0]),
        Column("BillingPeriodEnd", "time", lambda row: row.billing_period[1]),
        Column("ChargePeriodStart", "time", lambda row: row.charge_period[0]),
        Column("ChargePeriodEnd", "time", lambda row: row.charge_period[1]),
        Column("ChargeCategory", "text", lambda row: row.category),
        Column("ChargeClass", "text", lambda row: "Correction" if row.correction else None),
        Column("ChargeDescription", "text", lambda row: row.description),
        Column("ChargeFrequency", "text", lambda row: row.frequency),
        Column("PricingCategory", "text", lambda _: "Standard"),
    )


def _services(account: Account) -> tuple[Column, ...]:
    return (
        Column("BillingAccountId", "text", lambda _: account.id),
        Column("BillingAccountName", "text", lambda _: account.name),
        Column("BillingAccountType", "text", lambda _: "Buyer"),
        Column("InvoiceId", "text", lambda _: None),
        Column("InvoiceIssuerName", "text", lambda row: row.provider),
        Column("ProviderName", "text", lambda row: row.provider),
        Column("PublisherName", "text", lambda row: row.provider),
        Column("RegionId", "text", _text(lambda row: row.region)),
        Column("RegionName", "text", _text(lambda row: row.region)),
        Column("ServiceCategory", "text", lambda row: row.service_category[0]),
        Column("ServiceSubcategory", "text", lambda row: row.service_category[1]),
        Column("ServiceName", "text", lambda row: row.service),
    )


def _skus() -> tuple[Column, ...]:
    return (
        Column("SkuId", "text", lambda row: row.sku),
        Column("SkuMeter", "text", lambda row: row.meter),
        Column("SkuPriceId", "text", lambda row: row.sku_price),
        Column("SkuPriceDetails", "text", _details),
        Column("Tags", "text", _tags),
        Column("x_Agreement", "text", _text(lambda row: row.agreement)),
        Column("x_Clause", "text", _text(lambda row: row.clause)),
        Column("x_Rule", "text", _text(lambda row: row.rule)),
        Column("x_Accelerator", "text", _text(lambda row: row.accelerator)),
        Column("x_Purpose", "text", _text(lambda row: row.purpose)),
        Column("x_Pool", "text", _text(lambda row: row.pool)),
        Column("x_SourceRows", "whole", lambda row: row.rows),
    )


NOTHING = (
    "AvailabilityZone",
    "CapacityReservationId",
    "CapacityReservationStatus",
    "CommitmentDiscountCategory",
    "CommitmentDiscountId",
    "CommitmentDiscountName",
    "CommitmentDiscountStatus",
    "CommitmentDiscountType",
    "CommitmentDiscountUnit",
    "ResourceId",
    "ResourceName",
    "ResourceType",
    "SubAccountId",
    "SubAccountName",
    "SubAccountType",
)
"""Columns of text without a value here: see docs/reference/focus.md."""


def _nothing() -> tuple[Column, ...]:
    texts = tuple(Column(name, "text", lambda _: None) for name in NOTHING)
    return (*texts, Column("CommitmentDiscountQuantity", "decimal", lambda _: None))


def _tags(charge: FocusCharge) -> str:
    """What the buyer calls it: purpose and pool, as an object of JSON."""
    tags = {"purpose": charge.purpose, "pool": charge.pool}
    return json.dumps({key: value for key, value in tags.items() if value})


def _details(charge: FocusCharge) -> str | None:
    """What the price is of, as an object of JSON."""
    if not charge.accelerator:
        return None
    return json.dumps({"GpuCount": 1, "x_Accelerator": charge.accelerator})


def csv_of(columns: Sequence[Column], rows: Sequence[Any]) -> bytes:
    """A dataset as CSV: instants as RFC 3339 in UTC, decimals plain, no value as nothing."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([column.name for column in columns])
    for row in rows:
        writer.writerow([_cell(column, column.value(row)) for column in columns])
    return text.getvalue().encode()


def _cell(column: Column, value: Any) -> str:
    if value is None:
        return ""
    if column.kind == "time":
        day = instant_text(value)
        return day if "T" in day else f"{day}T00:00:00Z"
    return plain_decimal(value) if column.kind == "decimal" else str(value)


def plain_decimal(value: Decimal) -> str:
    """A decimal without exponent or trailing zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def parquet_of(columns: Sequence[Column], rows: Sequence[Any]) -> bytes:
    """A dataset as Parquet with a type for each column: the same rows give the same bytes."""
    import pyarrow as pa
    from pyarrow import parquet

    kinds = {
        "text": pa.string(),
        "decimal": pa.decimal128(38, 12),
        "time": pa.timestamp("us", "UTC"),
        "whole": pa.int64(),
    }
    arrays = {}
    for column in columns:
        values = [column.value(row) for row in rows]
        if column.kind == "time":
            values = [None if value is None else value * 10**6 for value in values]
        arrays[column.name] = pa.array(values, kinds[column.kind])
    out = BytesIO()
    parquet.write_table(pa.table(arrays), out, compression="zstd")
    return out.getvalue()


def end_of(until_s: int) -> int | None:
    """An end as a dataset gives it; None for what has none."""
    return None if until_s >= FOREVER_S else until_s
