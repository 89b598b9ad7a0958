"""Take-or-pay clauses as FOCUS's contract commitments (1.3, with the columns of 1.4).

A clause that an amendment replaces is a record of its own: the old one is ``Superseded`` from the
day of the amendment on, the new one has an id with that day. Source: the specification's
dataset "Contract Commitment"; statuses are those of ContractCommitmentLifecycleStatus.
"""

import json
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, NamedTuple

from offtake.clauses import KINDS
from offtake.clauses.take_or_pay import Due
from offtake.contract.in_force import Version, versions
from offtake.contract.portfolio import Portfolio
from offtake.core.account import Taken
from offtake.core.vocabulary import NONE, Period
from offtake.settle.charges import Commitment
from offtake.settle.focus.charge import PLACES, gpu_hours, units
from offtake.settle.focus.table import Column, end_of
from offtake.units.capacity import PPM
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
    upfront: Decimal  # The share of it that was paid as it began.


class Seen(NamedTuple):
    """When a portfolio's commitments are looked at, and where their floors stand then."""

    at_s: int
    floors: Sequence[Commitment] = ()


def commitments_of(portfolio: Portfolio, seen: Seen) -> list[FocusCommitment]:
    """The commitments of a portfolio as they stand at an instant, in the order of its file."""
    found = [row for row in versions(portfolio.document) if row.clause.kind == KIND]
    return [_record(portfolio, row, found, seen) for row in found]


def _record(
    portfolio: Portfolio, version: Version, all_: Sequence[Version], seen: Seen
) -> FocusCommitment:
    text = version.clause.text
    agreement = next(one for one in portfolio.document.agreements if one.id == version.agreement)
    dues = _dues(portfolio, version)
    cost, quantity = _promised(dues)
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
        status=status_of(version, all_, seen, dues),
        applicability=_applicability(text, supplier),
        duration=_duration(version),
        signed_s=agreement.starts,
        changed_s=version.from_s,
        upfront=_upfront(text.prepaid, dues),
    )


def _id(version: Version, all_: Iterable[Version]) -> str:
    """The id of a clause; of a version that an amendment made, with the day it began."""
    first = min(row.from_s for row in all_ if row.clause_id == version.clause_id)
    if version.from_s == first:
        return version.clause_id
    return f"{version.clause_id}@{instant_text(version.from_s)}"


def status_of(
    version: Version, all_: Iterable[Version], seen: Seen, dues: Sequence[Due] = ()
) -> str:
    """Where a version stands in its life at an instant; ``dues`` are its floors."""
    if seen.at_s < version.from_s:
        return "Pending"
    if seen.at_s < version.until_s:
        return "Exhausted" if dues and _taken(version, dues, seen.floors) else "Active"
    if version.until_s == version.agreed_until_s:
        return "Expired"
    later = any(
        row.clause_id == version.clause_id and row.from_s >= version.until_s for row in all_
    )
    return "Superseded" if later else "Canceled"


def _taken(version: Version, dues: Sequence[Due], floors: Sequence[Commitment]) -> bool:
    """Whether everything that a version promises is taken: the floor of each of its periods."""
    taken = {
        (row.start_s, row.end_s): row.taken for row in floors if row.clause_id == version.clause_id
    }

    def full(due: Due) -> bool:
        found = taken.get((due.start_s, due.end_s), Taken())
        if due.gpu_s != NONE:
            return found.gpu_s >= due.gpu_s
        return found.amount_micros >= due.amount_micros

    return all(map(full, dues))


def _dues(portfolio: Portfolio, version: Version) -> Sequence[Due]:
    """The floors of a version, in order of time."""
    kind = KINDS[version.clause.kind]
    period = Period(version.from_s, version.until_s, version.agreed_until_s)
    terms = kind.lower(version.clause.text, portfolio.names, period)
    assert kind.floor is not None
    dues: Sequence[Due] = kind.floor(terms)[1]
    return dues


def _promised(dues: Sequence[Due]) -> tuple[Decimal | None, Decimal | None]:
    """What a version promises over its time: money, or GPU-hours; the other is None.

    A ramp from one to the other has both.
    """
    money = [due.amount_micros for due in dues if due.amount_micros != NONE]
    time = [due.gpu_s for due in dues if due.gpu_s != NONE]
    cost = units(sum(money)) if money else None
    return cost, gpu_hours(sum(time)) if time else None


def _upfront(prepaid_ppm: int, dues: Sequence[Due]) -> Decimal:
    """The share of all that is promised which is paid as the first period begins (TP6).

    Later periods are paid ahead as well, but when they begin.
    """
    promised = [due.amount_micros if due.gpu_s == NONE else due.gpu_s for due in dues]
    if not prepaid_ppm or not sum(promised):
        return Decimal(0)
    share = Decimal(prepaid_ppm * promised[0]) / (PPM * sum(promised))
    return share.quantize(PLACES, ROUND_HALF_EVEN)


def _payment(upfront: Decimal) -> str:
    """FOCUS's word for how much is paid as a commitment begins."""
    if not upfront:
        return "No Upfront"
    return "All Upfront" if upfront == 1 else "Partial Upfront"


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
    assert version.agreed_until_s < FOREVER_S, "a floor has an end (endless-commitment)"
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
    Column(
        "ContractCommitmentPaymentInterval",
        "text",
        lambda row: "One-Time" if row.upfront == 1 else "Monthly",
    ),
    Column("ContractCommitmentPaymentModel", "text", lambda row: _payment(row.upfront)),
    Column("ContractCommitmentPaymentUpfrontPercentage", "decimal", lambda row: row.upfront),
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
