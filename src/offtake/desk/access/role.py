"""The roles that people have at a desk."""

from collections.abc import Collection
from enum import StrEnum


class Role(StrEnum):
    """What somebody is to the desk. A person may have several, but see ``ALONE``."""

    BUYER = "buyer"  # Raises requirements, gives notices, opens tenders.
    APPROVER = "approver"  # Commits: awards, orders, portfolios.
    ENGINEER = "engineer"  # Runs jobs; sees verdicts and reasons, not prices.
    FINANCE = "finance"  # Sees money and use.
    AUDITOR = "auditor"  # Reads all, changes nothing.
    SUPPLIER = "supplier"  # Another party's people: their own notices, invitations and bids.
    ADMINISTRATOR = "administrator"  # Manages people and tokens; sees no business.


ALONE = frozenset({Role.AUDITOR, Role.SUPPLIER})
"""Roles that go with no other: an auditor changes nothing, and a supplier is no insider."""


def misfit(roles: Collection[Role], party: str) -> str:
    """Why nobody can have these roles for this party; empty if somebody can."""
    if not roles:
        return "there is no role"
    alone = ALONE.intersection(roles)
    if alone and len(roles) > 1:
        return f"the role {min(alone)} goes with no other"
    if (Role.SUPPLIER in roles) != bool(party):
        return "a supplier is of one party, and nobody else is of any"
    return ""
