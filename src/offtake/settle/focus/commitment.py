"""Take-or-pay clauses as FOCUS's contract commitments (1.3, with the columns of 1.4).

A clause that an amendment replaces is a record of its own: the old one is ``Superseded`` from the
day of the amendment on, the new one has an id with that day. Source: the specification's
dataset "Contract Commitment"; statuses are those of ContractCommitmentLifecycleStatus.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from offtake.clauses import KINDS
from offtake.contract.in_force import Version, versions
from offtake.contract.portfolio import Portfolio
from offtake.core.vocabulary import NONE, Period
from offtake.settle.focus.charge import gpu_hours, units
from offtake.settle.focus.table import Column, end_of
from offtake.units.time import FOREVER_S, instant_text

KIND = "take_or_pay"
INTERVALS = {"month": "Monthly", "quarter": "Quarterly", "year": "Annual"}
WHOLE = "Full Commitment Period"


class FocusCommitment(NamedTuple):
    """One record: a version of a clause, as it stands at an instant."""

    id: str
    contract: str
    contract_period: tuple[int, int]
    period: tuple[int, int]
    category: str  # Spend or Usage.
    description: str
    cost: Decimal | None
    quantity: Decimal | None
    currency: str
    provider: str
    model: str
    interval: str
    status: str
    applicability: str
    duration: str
    signed_s: int
    changed_s: int


def commitments_of(
    portfolio: Portfolio, at_s: int, filled: Mapping[str, bool] | None = None
) -> list[FocusCommitment]:
    """The commitments of a portfolio as they stand at an instant, in the order of its file.

    ``filled`` says of clauses whether what they promise is taken already: then they are exhausted.
    """
    found = [row for row in versions(portfolio.document) if row.clause.kind == KIND]
    return [_record(portfolio, row, found, at_s, filled or {}) for row in found]


def _record(
    portfolio: Portfolio,
    version: Version,
    all_: Sequence[Version],
    at_s: int,
    filled: Mapping[str, bool],
) -> FocusCommitment:
    text = version.clause.text
    agreement = next(one for one in portfolio.document.agreements if one.id == version.agreement)
    cost, quantity = _promised(portfolio, version)
    names = portfolio.names
    supplier = names.title(names.parties.index(text.supplier))
    whole = text.per == "term" or text.model == "discontinuous"
    return FocusCommitment(
        id=_id(version, all_),
        contract=version.agreement,
        contract_period=(agreement.starts, agreement.ends),
        period=(version.from_s, version.until_s),
        category="Spend" if cost is not None else "Usage",
        description=version.clause.says or f"Take-or-pay to {supplier}",
        cost=cost,
        quantity=quantity,
        currency=portfolio.document.currency,
        provider=supplier,
        model="Discontinuous" if whole else "Continuous",
        interval=WHOLE if whole else INTERVALS[text.per],
        status=status_of(version, all_, at_s, filled.get(version.clause_id, False)),
        applicability=_applicability(text, supplier),
        duration=_duration(version),
        signed_s=agreement.starts,
        changed_s=version.from_s,
    )


def _id(version: Version, all_: Iterable[Version]) -> str:
    """The id of a clause; of a version that an amendment made, with the day it began."""
    first = min(row.from_s for row in all_ if row.clause_id == version.clause_id)
    if version.from_s == first:
        return version.clause_id
    return f"{version.clause_id}@{instant_text(version.from_s)}"


def status_of(version: Version, all_: Iterable[Version], at_s: int, filled: bool) -> str:  # noqa: FBT001
    """Where a version stands in its life at an instant."""
    if at_s < version.from_s:
        return "Pending"
    if at_s < version.until_s:
        return "Exhausted" if filled else "Active"
    if version.until_s == version.agreed_until_s:
        return "Expired"
    later = any(
        row.clause_id == version.clause_id and row.from_s >= version.until_s for row in all_
    )
    return "Superseded" if later else "Canceled"


def _promised(portfolio: Portfolio, version: Version) -> tuple[Decimal | None, Decimal | None]:
    """What a version promises over its time: money, or GPU-hours; the other is None.

    A ramp from one to the other has both.
    """
    kind = KINDS[version.clause.kind]
    period = Period(version.from_s, version.until_s, version.agreed_until_s)
    terms = kind.lower(version.clause.text, portfolio.names, period)
    assert kind.floor is not None
    dues = kind.floor(terms)[1]
    money = [due.amount_micros for due in dues if due.amount_micros != NONE]
    time = [due.gpu_s for due in dues if due.gpu_s != NONE]
    cost = units(sum(money)) if money else None
    return cost, gpu_hours(sum(time)) if time else None


def _applicability(text: Any, supplier: str) -> str:
    """What the commitment is about, as the object that 1.4 describes."""
    rules = [_rule("ServiceProviderName", (supplier,))]
    scope = (
        ("RegionId", text.regions),
        ("x_Accelerator", text.accelerators),
        ("x_Purpose", text.purposes),
    )
    rules += [_rule(name, values) for name, values in scope if values]
    return json.dumps({"InclusionOperator": "And", "Inclusions": rules})


def _rule(dimension: str, values: Sequence[str]) -> dict[str, Any]:
    return {"Dimension": dimension, "Operator": "In", "Values": list(values)}


def _duration(version: Version) -> str:
    """The length as agreed: in years where it is whole ones, else in days."""
    if version.agreed_until_s >= FOREVER_S:
        return "1 Year"
    days = max(round((version.agreed_until_s - version.from_s) / 86_400), 1)
    years = round(days / 365.25)
    if years and abs(days - years * 365.25) < 2:
        return "1 Year" if years == 1 else f"{years} Years"
    return "1 Day" if days == 1 else f"{days} Days"


COLUMNS: tuple[Column, ...] = (
    Column("BillingCurrency", "text", lambda row: row.currency),
    Column("ContractCommitmentApplicability", "text", lambda row: row.applicability),
    Column("ContractCommitmentBenefitCategory", "text", lambda _: "Availability"),
    Column("ContractCommitmentCategory", "text", lambda row: row.category),
    Column("ContractCommitmentCost", "decimal", lambda row: row.cost),
    Column("ContractCommitmentCreated", "time", lambda row: row.signed_s),
    Column("ContractCommitmentDescription", "text", lambda row: row.description),
    Column("ContractCommitmentDiscountPercentage", "decimal", lambda _: None),
    Column("ContractCommitmentDurationType", "text", lambda row: row.duration),
    Column("ContractCommitmentFulfillmentInterval", "text", lambda row: row.interval),
    Column("ContractCommitmentId", "text", lambda row: row.id),
    Column("ContractCommitmentLastUpdated", "time", lambda row: row.changed_s),
    Column("ContractCommitmentLifecycleStatus", "text", lambda row: row.status),
    Column("ContractCommitmentModel", "text", lambda row: row.model),
    Column("ContractCommitmentOfferCategory", "text", lambda _: "Negotiated"),
    Column("ContractCommitmentPaymentInterval", "text", lambda _: "Monthly"),
    Column("ContractCommitmentPaymentModel", "text", lambda _: "No Upfront"),
    Column("ContractCommitmentPaymentUpfrontPercentage", "decimal", lambda _: Decimal(0)),
    Column("ContractCommitmentPeriodEnd", "time", lambda row: end_of(row.period[1])),
    Column("ContractCommitmentPeriodStart", "time", lambda row: row.period[0]),
    Column("ContractCommitmentQuantity", "decimal", lambda row: row.quantity),
    Column("ContractCommitmentType", "text", lambda _: "Take-or-pay"),
    Column(
        "ContractCommitmentUnit", "text", lambda row: None if row.quantity is None else "GPU-Hours"
    ),
    Column("ContractId", "text", lambda row: row.contract),
    Column("ContractPeriodEnd", "time", lambda row: end_of(row.contract_period[1])),
    Column("ContractPeriodStart", "time", lambda row: row.contract_period[0]),
    Column("InvoiceIssuerName", "text", lambda row: row.provider),
    Column("PricingCurrency", "text", lambda row: row.currency),
    Column("PricingCurrencyContractCommitmentCost", "decimal", lambda row: row.cost),
    Column("ServiceProviderName", "text", lambda row: row.provider),
)
"""The columns of 1.3 and 1.4, in the order of their names."""
