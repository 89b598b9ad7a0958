"""Well-formedness of a portfolio. Finds every problem; raises for none."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from offtake.contract import counsel
from offtake.contract.in_force import versions
from offtake.contract.lower import TREE, buyer_of, lower, names_of
from offtake.contract.model import Document
from offtake.contract.problem import Place, Problem, nearest
from offtake.contract.read import Reading
from offtake.contract.record import Reference
from offtake.core.names import LIMIT_NAMES
from offtake.core.text import Value
from offtake.units.capacity import Size
from offtake.units.money import Money

NOWHERE = Place("portfolio")
SECTION_OF = {
    Value.PARTY: "parties",
    Value.PURPOSE: "purposes",
    Value.ACCELERATOR: "accelerators",
    Value.ASSET: "assets",
    Value.CALENDAR: "calendars",
    Value.SOURCE: "sources",
}


def check(reading: Reading) -> list[Problem]:
    """All problems of a portfolio, grave ones first, each kind in file order.

    What a lawyer would flag is looked for only in a portfolio that is otherwise well-formed.
    """
    problems = list(reading.problems)
    problems += _references(reading)
    problems += _structure(reading)
    if not problems:
        names = names_of(reading.document)
        problems += counsel.advise(reading, names, lower(reading.document, names))
    return sorted(problems, key=lambda problem: (not problem.grave, problem.place))


def _references(reading: Reading) -> Iterator[Problem]:
    """Names that are used and not declared."""
    declared = _declared(reading)
    for reference in reading.references:
        known = declared.get(reference.value)
        if known is not None and reference.name not in known:
            yield _unknown(reference, known)


def _unknown(reference: Reference, known: set[str]) -> Problem:
    what = reference.value.value
    section = SECTION_OF.get(reference.value, f"{what}s")
    return Problem(
        f"unknown-{what}",
        reference.place,
        f"`{reference.name}` is not a {what} of this portfolio",
        f"{nearest(reference.name, known)} Or declare it under `{section}:`.",
    )


def _declared(reading: Reading) -> dict[Value, set[str]]:
    """What may be named, by type. Kinds of accelerator and regions are free until declared."""
    document = reading.document
    found = {
        value: {path.split(".", 1)[1] for path in reading.places if path.startswith(f"{section}.")}
        for value, section in SECTION_OF.items()
    }
    found[Value.PURPOSE] |= set(TREE) | {""}
    found[Value.SOURCE] |= {source.id for source in document.sources}
    found[Value.PRODUCT] = set(document.products)
    found[Value.CLAUSE] = _clause_ids(reading)
    if document.regions:
        found[Value.REGION] = set(document.regions) | {""}
    if not document.accelerators:
        del found[Value.ACCELERATOR]
    return found


def _clause_ids(reading: Reading) -> set[str]:
    ids = set()
    for path in reading.places:
        parts = path.split(".")
        if len(parts) > 3 and parts[0] == "agreements" and parts[-2] in ("clauses", "add", "replace"):
            ids.add(f"{parts[1]}/{parts[-1]}")
    return ids


def _structure(reading: Reading) -> Iterator[Problem]:
    """What cannot hold together, whatever it means."""
    document = reading.document
    yield from _parties(reading)
    yield from _purpose_tree(reading)
    yield from _amendments(reading)
    yield from _periods(reading)
    yield from _money(reading)
    yield from _power(reading)
    yield from _calendars(reading)
    for section in ("parties", "purposes", "accelerators", "assets", "regions", "products"):
        size = len(getattr(document, section))
        if size > LIMIT_NAMES - len(TREE):
            says = f"{size} {section}; the limit is {LIMIT_NAMES - len(TREE)}"
            yield Problem("beyond-limit", NOWHERE, says, "Leave out what no clause names.")


def _parties(reading: Reading) -> Iterator[Problem]:
    document = reading.document
    declared = {path.split(".", 1)[1] for path in reading.places if path.startswith("parties.")}
    if document.buyer and document.buyer not in declared:
        says = f"the buyer `{document.buyer}` is not declared"
        yield Problem("no-buyer", NOWHERE, says, nearest(document.buyer, declared))
    elif buyer_of(document) not in declared:
        says = "no party is the buyer"
        yield Problem("no-buyer", NOWHERE, says, "Add `roles: [buyer]` to one under `parties:`.")


def _purpose_tree(reading: Reading) -> Iterator[Problem]:
    parents = TREE | {purpose.id: purpose.under for purpose in reading.document.purposes}
    for purpose in reading.document.purposes:
        seen, above = {purpose.id}, purpose.under
        while above and above not in seen:
            seen.add(above)
            above = parents.get(above, "")
        if above:
            place = reading.places[f"purposes.{purpose.id}"]
            says = f"`{purpose.id}` is a kind of itself"
            yield Problem("cyclic-purpose", place, says, "Change `under:`.")


def _amendments(reading: Reading) -> Iterator[Problem]:
    """Amendments must end and replace clauses that are there, by the same kind."""
    for agreement in reading.document.agreements:
        kinds = {clause.id: clause.kind for clause in agreement.clauses}
        for amendment in sorted(agreement.amendments, key=lambda item: item.starts):
            place = reading.places[f"agreements.{agreement.id}.amendments.{amendment.id}"]
            replaced = {clause.id: clause.kind for clause in amendment.replaces}
            for name in (*amendment.removes, *replaced):
                if name not in kinds:
                    says = f"`{name}` is no clause of {agreement.id} by then"
                    yield Problem("no-such-clause", place, says, nearest(name, kinds))
                elif replaced.get(name, kinds[name]) != kinds[name]:
                    says = f"`{name}` is a {kinds[name]}; it cannot become a {replaced[name]}"
                    remedy = "End it under `remove:` and add the new one by another id."
                    yield Problem("changed-kind", place, says, remedy)
            for clause in amendment.adds:
                if clause.id in kinds:
                    says = f"{agreement.id} already has a clause `{clause.id}`"
                    remedy = "Write it under `replace:`, or use another id."
                    yield Problem("declared-twice", place, says, remedy)
            kinds |= replaced | {clause.id: clause.kind for clause in amendment.adds}


def _periods(reading: Reading) -> Iterator[Problem]:
    document = reading.document
    timed: list[tuple[str, Any]] = [(f"agreements.{item.id}", item) for item in document.agreements]
    timed += [(f"requirements.{item.id}", item) for item in document.requirements]
    timed += [(f"prices[{number}]", item) for number, item in enumerate(document.prices)]
    timed += [(f"reports[{number}]", item) for number, item in enumerate(document.reports)]
    if document.simulation.starts >= 0 or document.simulation.ends >= 0:
        timed.append(("simulation", document.simulation))
    for path, item in timed:
        if item.starts >= item.ends:
            place = reading.places.get(path, NOWHERE)
            says = f"{path} ends before it starts"
            yield Problem("empty-period", place, says, "`until` must be later than `from`.")
    by_id: dict[str, list[Any]] = {}
    for version in versions(document):
        by_id.setdefault(version.clause_id, []).append(version)
    for several in by_id.values():
        for before, after in pairwise(sorted(several, key=lambda version: version.from_s)):
            if after.from_s < before.until_s:
                place = reading.places.get(after.origin, NOWHERE)
                says = f"{after.clause_id} is in force in two versions at once"
                yield Problem("two-versions", place, says, "Replace it, or use another id.")


def _money(reading: Reading) -> Iterator[Problem]:
    """One currency a portfolio: comparing offers needs one."""
    document = reading.document
    for path, money in _amounts(document):
        if money.currency != document.currency:
            place = reading.places.get(path, NOWHERE)
            says = f"{path} has an amount in {money.currency}; this portfolio is in "
            remedy = "Convert it at a stated rate, or set `currency:`."
            yield Problem("other-currency", place, says + document.currency, remedy)


def _amounts(document: Document) -> Iterator[tuple[str, Money]]:
    for version in versions(document):
        yield from _money_in(version.clause.text, version.origin)
    for section in ("pools", "requirements"):
        for item in getattr(document, section):
            yield from _money_in(item, f"{section}.{item.id}")
    for section in ("prices", "behaviors", "reports"):
        for number, item in enumerate(getattr(document, section)):
            yield from _money_in(item, f"{section}[{number}]")
    yield from _money_in(document.simulation, "simulation")
    yield from _money_in(document.procurement, "procurement")


def _money_in(value: Any, path: str) -> Iterator[tuple[str, Money]]:
    """The amounts anywhere inside a written value."""
    if isinstance(value, Money):
        yield path, value
    elif isinstance(value, tuple):
        for item in value:
            yield from _money_in(item, path)
    elif hasattr(value, "__dataclass_fields__"):
        for name in value.__dataclass_fields__:
            yield from _money_in(getattr(value, name), path)


def _power(reading: Reading) -> Iterator[Problem]:
    """Capacity in MW needs the power of one GPU of every kind it may be."""
    document = reading.document
    known = {kind.id for kind in document.accelerators}
    rows: list[tuple[str, tuple[str, ...], list[Size]]] = [
        (f"pools.{pool.id}", (pool.accelerator,), [step.size for step in pool.capacity])
        for pool in document.pools
    ]
    rows += [
        (f"behaviors[{number}]", item.accelerators, [step.size for step in item.spare])
        for number, item in enumerate(document.behaviors)
    ]
    rows += [(f"requirements.{i.id}", i.accelerators, [i.size]) for i in document.requirements]
    rows += [
        (f"services.{item.id}", item.accelerators, [step.size for step in item.demand])
        for item in document.services
    ]
    for path, accelerators, sizes in rows:
        unknown = [name for name in accelerators if name not in known]
        if any(size.watts >= 0 for size in sizes) and (unknown or not known):
            what = unknown[0] if unknown else "any accelerator"
            says = f"{path} is in power, and the power of {what} is not stated"
            remedy = f"Add `{what}: {{power: 1.4 kW}}` under `accelerators:`, or write GPUs."
            yield Problem("no-power", reading.places.get(path, NOWHERE), says, remedy)


def _calendars(reading: Reading) -> Iterator[Problem]:
    for calendar in reading.document.calendars:
        place = reading.places[f"calendars.{calendar.id}"]
        try:
            ZoneInfo(calendar.zone)
        except (KeyError, ValueError, OSError):
            says = f"there is no time zone `{calendar.zone}`"
            yield Problem("unknown-zone", place, says, "Use one such as `America/New_York`.")
        if calendar.country:
            yield from _country(calendar.country, calendar.subdivision, place)


def _country(country: str, subdivision: str, place: Place) -> Iterator[Problem]:
    from holidays import list_supported_countries

    known = list_supported_countries()
    if country not in known:
        says = f"the holidays of `{country}` are not known"
        yield Problem("unknown-country", place, says, nearest(country, known))
    elif subdivision and subdivision not in known[country]:
        says = f"`{subdivision}` is no part of {country} with holidays of its own"
        yield Problem("unknown-country", place, says, nearest(subdivision, known[country]))
