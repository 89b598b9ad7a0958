"""From what is written to what rules see: names become numbers, versions become clauses."""

from collections.abc import Iterable

from offtake.clauses import KINDS
from offtake.clauses.rate_card import Line
from offtake.clauses.rate_card import Text as Card
from offtake.contract.in_force import Version, versions
from offtake.contract.model import Document, ListPrice
from offtake.core.names import Names
from offtake.core.vocabulary import NONE, AppliesTo, BoundClause, Period
from offtake.units.money import Money
from offtake.units.time import Calendar

TREE = {"training": "", "research": "", "inference": "", "api": "inference"}
"""The purposes every portfolio has, each with what it is a kind of (semantics, section 1)."""
DEFAULT_WATTS = 1_000
"""The power assumed for one GPU of a kind that states none."""


def names_of(document: Document) -> Names:
    """The names of a portfolio in index order; the buyer is party 0."""
    parties = [party.id for party in document.parties]
    buyer = buyer_of(document)
    ordered = [buyer, *(party for party in parties if party != buyer)]
    purposes = TREE | {purpose.id: purpose.under for purpose in document.purposes}
    kinds = {kind.id: kind.power.watts for kind in document.accelerators}
    clause_ids = dict.fromkeys(version.clause_id for version in versions(document))
    return Names(
        parties=tuple(ordered),
        purposes=tuple(purposes),
        accelerators=tuple(dict.fromkeys([*kinds, *_used_accelerators(document)])),
        regions=tuple(dict.fromkeys([*document.regions, *_used_regions(document)])),
        assets=tuple(asset.id for asset in document.assets),
        products=document.products,
        clauses=tuple(clause_ids),
        parents={name: parent for name, parent in purposes.items() if parent},
        titles={party.id: party.name for party in document.parties if party.name},
        watts_per_gpu=kinds,
        calendars={
            text.id: Calendar(text.zone, text.country, text.subdivision, text.close)
            for text in document.calendars
        },
    )


def buyer_of(document: Document) -> str:
    """The party whose portfolio it is: named, or the first with that role."""
    if document.buyer:
        return document.buyer
    buyers = [party.id for party in document.parties if "buyer" in party.roles]
    return buyers[0] if buyers else "buyer"


def _used_accelerators(document: Document) -> list[str]:
    """The kinds that pools, behaviors and prices name without declaring them."""
    used = [pool.accelerator for pool in document.pools]
    for behavior in document.behaviors:
        used += behavior.accelerators
    for price in document.prices:
        used += price.accelerators or ()
    return used


def _used_regions(document: Document) -> list[str]:
    used = [pool.region for pool in document.pools if pool.region]
    for behavior in document.behaviors:
        used += behavior.regions
    return used


def lower(document: Document, names: Names) -> tuple[BoundClause, ...]:
    """Every version of every clause, bound to its terms in numbers.

    The document must be well-formed: all that clauses refer to is declared.
    """
    return together(bind(version, names) for version in versions(document))


def together(clauses: Iterable[BoundClause]) -> tuple[BoundClause, ...]:
    """The clauses of a portfolio, each read with those of its kind that it depends on."""
    bound = tuple(clauses)
    return tuple(
        clause
        if clause.kind.beside is None
        else clause._replace(
            terms=clause.kind.beside(
                clause, tuple(other for other in bound if other.kind is clause.kind)
            )
        )
        for clause in bound
    )


def bind(version: Version, names: Names) -> BoundClause:
    """One version, ready for the core."""
    clause = version.clause
    kind = KINDS[clause.kind]
    period = Period(version.from_s, version.until_s, version.agreed_until_s)
    return BoundClause(
        clause=names.clauses.index(version.clause_id),
        clause_id=version.clause_id,
        agreement=version.agreement,
        kind=kind,
        terms=kind.lower(clause.text, names, period),
        from_s=version.from_s,
        until_s=version.until_s,
        applies_to=AppliesTo[clause.applies_to.upper()],
        source=version.source,
        text=clause.text,
    )


def list_prices(document: Document, names: Names) -> tuple[BoundClause, ...]:
    """The price list as rate cards, one a line; they price what no agreement does (RC1)."""
    kind = KINDS["rate_card"]
    return tuple(
        BoundClause(
            clause=NONE,
            clause_id=price.origin or f"prices[{number}]",
            agreement="prices",
            kind=kind,
            terms=kind.lower(
                Card(supplier=price.supplier, lines=(_line(price, price.price),)),
                names,
                Period(price.starts, price.ends, price.ends),
            ),
            from_s=price.starts,
            until_s=price.ends,
        )
        for number, price in enumerate(document.prices)
        if price.price is not None
    )


def _line(item: ListPrice, price: Money) -> Line:
    return Line(
        accelerators=item.accelerators,
        regions=item.regions,
        price=price,
        starts=item.starts,
        ends=item.ends,
    )
