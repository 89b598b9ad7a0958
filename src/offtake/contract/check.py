"""Well-formedness of a portfolio. Finds every problem; raises for none."""

import re
from collections.abc import Iterator

from offtake.contract import counsel, figure
from offtake.contract.in_force import versions
from offtake.contract.lower import TREE, buyer_of, lower, names_of
from offtake.contract.model import Agreement, Clause, Document
from offtake.contract.problem import Problem, nearest
from offtake.contract.read import Reading
from offtake.contract.record import Reference
from offtake.core.names import LIMIT_NAMES
from offtake.core.text import Value

LIMIT_CLAUSES = 1_000
_CLAUSE = re.compile(r"(?:clauses|amendments\..+?\.(?:add|replace))\.(.+)")
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
    """Names that are used and not declared, and clauses that never hold."""
    declared = _declared(reading)
    alive = {version.clause_id for version in versions(reading.document)}
    dead = _clause_ids(reading) - _unread(reading) - alive
    for reference in reading.references:
        known = declared.get(reference.value)
        if known is None:
            continue
        if reference.name not in known:
            yield _unknown(reference, known)
        elif reference.value is Value.CLAUSE and reference.name in dead:
            says = f"`{reference.name}` is at no time in force"
            remedy = "Check its dates and what ends or replaces it."
            yield Problem("never-in-force", reference.place, says, remedy)


def _unknown(reference: Reference, known: set[str]) -> Problem:
    what, names = reference.value.value, known - {""}
    where = f"declare it under `{SECTION_OF.get(reference.value, f'{what}s')}:`."
    if reference.value is Value.CLAUSE:
        where = "write it as `agreement/clause`."
    return Problem(
        f"unknown-{what}",
        reference.place,
        f"`{reference.name}` is not {'an' if what.startswith('a') else 'a'} {what} "
        "of this portfolio",
        f"{nearest(reference.name, names)} Or {where}" if names else where.capitalize(),
    )


def _declared(reading: Reading) -> dict[Value, set[str]]:
    """What may be named, by type.

    Kinds of accelerator and regions that are nowhere declared are those of the capacity.
    """
    document = reading.document
    found = {
        value: {path.split(".", 1)[1] for path in reading.places if path.startswith(f"{section}.")}
        for value, section in SECTION_OF.items()
    }
    found[Value.PURPOSE] |= {*TREE, ""}
    found[Value.SOURCE] |= {source.id for source in document.sources}
    found[Value.PRODUCT] = set(document.products)
    found[Value.CLAUSE] = _clause_ids(reading)
    found[Value.REGION] = {*document.regions, ""}
    for value, names in ((Value.ACCELERATOR, _kinds(document)), (Value.REGION, _regions(document))):
        if any(found[value]):
            continue
        found[value] |= names
        if reading.problems:  # What could not be read might have named it.
            del found[value]
    return found


def _kinds(document: Document) -> set[str]:
    """The kinds of accelerator that capacity and prices name."""
    lists: list[tuple[str, ...]] = [(pool.accelerator,) for pool in document.pools]
    lists += [behavior.accelerators for behavior in document.behaviors]
    lists += [price.accelerators or () for price in document.prices]
    return {name for names in lists for name in names}


def _regions(document: Document) -> set[str]:
    """The regions that capacity is in."""
    lists: list[tuple[str, ...]] = [(pool.region,) for pool in document.pools if pool.region]
    lists += [behavior.regions for behavior in document.behaviors]
    return {name for names in lists for name in names}


def _clause_ids(reading: Reading) -> set[str]:
    """The ids of all clauses that are written, right or wrong; names may have dots in them."""
    agreements = {agreement.id for agreement in reading.document.agreements}
    ids = set()
    for path in reading.places:
        first, *parts = path.split(".")
        for cut in range(1, len(parts)) if first == "agreements" else ():
            agreement, below = ".".join(parts[:cut]), ".".join(parts[cut:])
            found = _CLAUSE.fullmatch(below) if agreement in agreements else None
            if found is not None:
                ids.add(f"{agreement}/{found[1]}")
    return ids


def _unread(reading: Reading) -> set[str]:
    """The ids of clauses of which something is wrong; they are left out of the document."""
    read = {
        f"{agreement.id}/{clause.id}"
        for agreement in reading.document.agreements
        for clause in _all_clauses(agreement)
    }
    return _clause_ids(reading) - read


def _all_clauses(agreement: Agreement) -> Iterator[Clause]:
    yield from agreement.clauses
    for amendment in agreement.amendments:
        yield from (*amendment.replaces, *amendment.adds)


def _structure(reading: Reading) -> Iterator[Problem]:
    """What cannot hold together, whatever it means."""
    yield from _parties(reading)
    yield from _purpose_tree(reading)
    yield from _amendments(reading)
    yield from _periods(reading)
    yield from _limits(reading)
    yield from figure.check(reading)


def _limits(reading: Reading) -> Iterator[Problem]:
    """Names are bits of one number, so there cannot be more; clauses are looked at in pairs."""
    document, free = reading.document, LIMIT_NAMES - len(TREE)
    sizes = {
        "parties": len(document.parties),
        "purposes": len(document.purposes),
        "accelerators": len(_kinds(document) | {kind.id for kind in document.accelerators}),
        "regions": len(_regions(document) | set(document.regions)),
        "assets": len(document.assets),
        "products": len(document.products),
    }
    rows = [(section, size, free) for section, size in sizes.items()]
    rows.append(("agreements", len(versions(document)), LIMIT_CLAUSES))
    for section, size, limit in rows:
        if size > limit:
            what = "clauses with their versions" if section == "agreements" else section
            says = f"{size:,} {what}; the limit is {limit:,}"
            remedy = "Leave out what no question is about, or use several portfolios."
            yield Problem("beyond-limit", reading.place(section), says, remedy)


def _parties(reading: Reading) -> Iterator[Problem]:
    document = reading.document
    declared = {path.split(".", 1)[1] for path in reading.places if path.startswith("parties.")}
    if not declared and reading.problems:
        return  # What could not be read might have declared the buyer.
    if document.buyer and document.buyer not in declared:
        says = f"the buyer `{document.buyer}` is not declared"
        remedy = f"{nearest(document.buyer, declared)} Or declare it under `parties:`."
        yield Problem("no-buyer", reading.place("buyer"), says, remedy)
    elif "buyer" not in reading.places and buyer_of(document) not in declared:
        says = "no party is the buyer"
        remedy = "Write `buyer:`, or add `roles: [buyer]` to one under `parties:`."
        yield Problem("no-buyer", reading.place("parties"), says, remedy)


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
    unread = _unread(reading)
    for agreement in reading.document.agreements:
        kinds = {clause.id: clause.kind for clause in agreement.clauses}
        for amendment in sorted(agreement.amendments, key=lambda item: item.starts):
            place = reading.places[f"agreements.{agreement.id}.amendments.{amendment.id}"]
            replaced = {clause.id: clause.kind for clause in amendment.replaces}
            for name in (*amendment.removes, *replaced):
                if name not in kinds and f"{agreement.id}/{name}" not in unread:
                    says = f"`{name}` is no clause of {agreement.id} by then"
                    yield Problem("no-such-clause", place, says, nearest(name, kinds))
                elif name in kinds and replaced.get(name, kinds[name]) != kinds[name]:
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
    """What ends before it starts."""
    for path, starts, ends in _written_periods(reading.document):
        if starts >= ends:
            says = f"{path} ends before it starts"
            remedy = "`until` must be later than `from`, and both within the agreement."
            yield Problem("empty-period", reading.place(path), says, remedy)


def _written_periods(document: Document) -> Iterator[tuple[str, int, int]]:
    """The path, start and end of all that has a period of its own."""
    for agreement in document.agreements:
        below = f"agreements.{agreement.id}"
        yield below, agreement.starts, agreement.ends
        for path, clause in _written_clauses(agreement):
            if agreement.starts < agreement.ends and not clause.starts is clause.ends is None:
                starts = agreement.starts if clause.starts is None else clause.starts
                ends = agreement.ends if clause.ends is None else clause.ends
                yield path, max(starts, agreement.starts), min(ends, agreement.ends)
            for number, line in enumerate(getattr(clause.text, "lines", ())):
                yield f"{path}.lines[{number}]", line.starts, line.ends
    for requirement in document.requirements:
        yield f"requirements.{requirement.id}", requirement.starts, requirement.ends
    for section in ("prices", "reports", "outages"):
        for number, item in enumerate(getattr(document, section)):
            yield f"{section}[{number}]", item.starts, item.ends
    if document.simulation.starts >= 0 or document.simulation.ends >= 0:
        yield "simulation", document.simulation.starts, document.simulation.ends


def _written_clauses(agreement: Agreement) -> Iterator[tuple[str, Clause]]:
    """Every clause of an agreement and its amendments with its path."""
    below = f"agreements.{agreement.id}"
    for clause in agreement.clauses:
        yield f"{below}.clauses.{clause.id}", clause
    for amendment in agreement.amendments:
        for section, clauses in (("replace", amendment.replaces), ("add", amendment.adds)):
            for clause in clauses:
                yield f"{below}.amendments.{amendment.id}.{section}.{clause.id}", clause
