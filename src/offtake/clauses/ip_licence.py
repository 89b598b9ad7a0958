"""IP licence: who may use which assets, in which products, until when.

The market's words: the *licensor* owns the *assets*; the *licensee* may use them in its
*products*; an exclusive licence keeps everybody else out. Rules IP1 to IP3:
docs/reference/clauses/ip_licence.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from offtake.core.names import ALL, UNSTATED, Names, mask
from offtake.core.text import ScopeText, Value, scope_of, term
from offtake.core.vocabulary import (
    SILENT,
    Act,
    Ask,
    BoundClause,
    ClauseType,
    Finding,
    Period,
    Verdict,
    never,
)
from offtake.units.time import FOREVER_S

OUTSIDE_LICENCE, LICENSED_EXCLUSIVELY, LICENCE_ENDED = 20_801, 20_802, 20_803


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(ScopeText):
    """What the parties wrote. ``assets`` in the scope are what is licensed."""

    licensor: str = term(Value.PARTY, "Who owns the assets.")
    licensee: str = term(Value.PARTY, "Who may use them.")
    products: tuple[str, ...] | None = term(
        Value.PRODUCTS, "In which products; all if absent.", default=None
    )
    except_products: tuple[str, ...] | None = term(
        Value.PRODUCTS, "In which products not.", default=None
    )
    exclusive: bool = term(Value.FLAG, "Whether nobody else may.", default=False)
    expires: int = term(Value.INSTANT, "When the licence ends.", default=FOREVER_S)


class Grant(NamedTuple):
    """Another licence of the same licensor to the same licensee, while it lasts."""

    assets: int
    products: int
    from_s: int
    until_s: int


class Terms(NamedTuple):
    """What was granted; ``kept_products`` are those that an exclusive licence keeps for itself."""

    purposes: int
    accelerators: int
    regions: int
    suppliers: int
    assets: int
    capacity: int
    acts: int
    licensor: int
    licensee: int
    granted_assets: int
    products: int
    kept_products: int
    exclusive: int
    ends_at_s: int
    grants: tuple[Grant, ...] = ()


def lower(text: Text, names: Names, period: Period) -> Terms:
    """The terms in numbers; excepted products are taken out of the licensed ones.

    A licence is a permission to its licensee and, if exclusive, a restriction of the others:
    a product or asset that is not stated is outside the first and inside the second.
    """
    left_open = 1 << UNSTATED
    excepted = 0
    if text.except_products is not None:
        excepted = mask(text.except_products, names.products, permission=True)
    products = mask(text.products, names.products, permission=True) & (ALL ^ excepted)
    return Terms(
        *scope_of(text, names)._replace(acts=Act.USE),
        licensor=names.parties.index(text.licensor),
        licensee=names.parties.index(text.licensee),
        granted_assets=mask(text.assets, names.assets, permission=True),
        products=products & (ALL ^ left_open) if excepted else products,
        kept_products=products | left_open,
        exclusive=int(text.exclusive),
        ends_at_s=text.expires,
    )


def beside(clause: BoundClause, licences: Sequence[BoundClause]) -> Terms:
    """The terms with what else the licensor has granted to the same licensee."""
    own: Terms = clause.terms
    grants = tuple(
        Grant(
            other.terms.granted_assets,
            other.terms.products,
            other.from_s,
            min(other.until_s, other.terms.ends_at_s),
        )
        for other in licences
        if (other.terms.licensor, other.terms.licensee) == (own.licensor, own.licensee)
        and other is not clause
    )
    return own._replace(grants=grants)


def rule(terms: Terms, facts: Any, ask: Ask, now_s: int) -> int:
    """Apply IP1 to IP3 to use asks; the licensor keeps the use of what it owns."""
    if ask.act != Act.USE or not terms.assets >> ask.asset & 1 or ask.user == terms.licensor:
        return SILENT
    if ask.user == terms.licensee:
        if any(_grants(grant, ask, now_s) for grant in terms.grants):
            return SILENT
        if now_s >= terms.ends_at_s:  # IP3.
            return LICENCE_ENDED
        return SILENT if terms.products >> ask.product & 1 else OUTSIDE_LICENCE  # IP1.
    if terms.exclusive and now_s < terms.ends_at_s and terms.kept_products >> ask.product & 1:
        return LICENSED_EXCLUSIVELY  # IP2.
    return SILENT


def _grants(grant: Grant, ask: Ask, now_s: int) -> bool:
    inside = grant.assets >> ask.asset & grant.products >> ask.product & 1
    return bool(inside) and grant.from_s <= now_s < grant.until_s


def instants(terms: Terms) -> tuple[int, ...]:
    """The end of the licence (IP3)."""
    return (terms.ends_at_s,)


CLAUSE = ClauseType(
    code=8,
    name="ip_licence",
    text=Text,
    terms=Terms,
    lower=lower,
    rules=("IP1", "IP2", "IP3"),
    parties=("licensor", "licensee"),
    rule=rule,
    varies=never,
    beside=beside,
    instants=instants,
    findings=(
        Finding(
            OUTSIDE_LICENCE,
            Verdict.DENY,
            "IP1",
            "OutsideLicence",
            "no licence lets {licensee} use {asset} in {product}",
        ),
        Finding(
            LICENSED_EXCLUSIVELY,
            Verdict.DENY,
            "IP2",
            "LicensedExclusively",
            "{asset} is licensed exclusively to {licensee}",
        ),
        Finding(
            LICENCE_ENDED,
            Verdict.DENY,
            "IP3",
            "LicenceEnded",
            "the licence of {licensee} to use {asset} ended on {ends_at}",
        ),
    ),
)
