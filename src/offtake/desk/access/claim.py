"""From what a provider says of somebody to roles and party, by a mapping that is stated."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from offtake.core.explain import one_line
from offtake.desk.access.role import Role, misfit
from offtake.desk.store.access import Vouched

LIMIT_WORDS = 1_000
"""Groups of one person that are looked at."""
LIMIT_NAME = 200


class NotVouched(Exception):
    """Somebody whom the desk does not let in, and why: for its log, not for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """Which groups at the provider are which roles, and which are which supplier's people.

    ``claim`` is where groups stand; a dot leads into an object (``realm_access.roles``). What it
    holds is one word or a list of words.
    """

    claim: str = "groups"
    roles: Mapping[str, Role] = field(default_factory=dict)
    suppliers: Mapping[str, str] = field(default_factory=dict)  # Party by group.


def vouched(issuer: str, claims: Mapping[str, Any], mapped: Mapped) -> Vouched:
    """Whom verified claims of an issuer vouch for.

    Raises:
        NotVouched: Nobody with these groups has a role, or they would have roles of two sides.
    """
    words = _words(claims, mapped.claim)
    roles = {mapped.roles[word] for word in words if word in mapped.roles}
    parties = {mapped.suppliers[word] for word in words if word in mapped.suppliers}
    if len(parties) > 1:
        raise NotVouched(f"`{mapped.claim}` names {len(parties)} suppliers")
    if parties:
        roles.add(Role.SUPPLIER)
    party = next(iter(parties), "")
    says = misfit(roles, party)
    if says:
        raise NotVouched(f"`{mapped.claim}` maps to no roles that somebody can have: {says}")
    subject = claims["sub"]
    email = claims.get("email", "")
    named = [claims.get(key) for key in ("name", "preferred_username", "email")]
    name = next((text for text in named if isinstance(text, str) and text.strip()), subject)
    return Vouched(
        subject=f"{issuer} {subject}",
        name=one_line(name)[:LIMIT_NAME],
        email=one_line(email)[:LIMIT_NAME] if isinstance(email, str) else "",
        roles=frozenset(roles),
        party=party,
    )


def _words(claims: Mapping[str, Any], claim: str) -> list[str]:
    found: Any = claims
    for key in claim.split("."):
        found = found.get(key) if isinstance(found, Mapping) else None
    several = found if isinstance(found, list) else [found]
    return [word for word in several[:LIMIT_WORDS] if isinstance(word, str)]
