"""The state of sourcing as plain data, and back, so that nobody need fold a long journal again.

The data are lists and maps of integers and texts. What stands in them are indices of one
portfolio's names: they are read with the clauses of that portfolio, and the caller sees to it
that it is that one. The same state gives the same data. A snapshot is only ever a short cut: one
that cannot be read is made anew from the journal.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from immutables import Map

from offtake.clauses import KINDS
from offtake.core.register import Register
from offtake.core.rows import BadRow, packed, reader, row_of, shape_text, unpacked
from offtake.core.vocabulary import BoundClause, ClauseType, Facts
from offtake.core.vocabulary import Lot as Sought
from offtake.sourcing.requirement import Lot, Order, State

K = TypeVar("K")
V = TypeVar("V")

VERSION = 1
"""Of the layout below; the shapes of what is in it are written down with it."""
REMEDY = "Work the state out anew from the journal."
PARTS: Mapping[str, Any] = {
    "lots": tuple[Lot, ...],
    "orders": tuple[Order, ...],
    "sought": tuple[tuple[int, Sought], ...],  # (lot, what notices said), by lot.
    "latest": tuple[tuple[int, int, int, int], ...],  # (purpose, accelerator, region, lot).
    "notices": int,
}


class BadSnapshot(ValueError):
    """Data that are no snapshot, or not one that this version reads with these clauses."""

    def __init__(self, place: str, says: str) -> None:
        super().__init__(f"{place}: {says}. {REMEDY}")
        self.place, self.says = place, says


def data_of(state: State) -> dict[str, Any]:
    """A state as plain data.

    Lots and orders stand in their order; ``clauses`` says what each clause knows by lot, and
    which of the ``terms`` its rounds were opened under (S9).
    """
    facts = state.facts
    return {
        "version": VERSION,
        "shapes": shapes_of(PARTS),
        "lots": [row_of(lot) for lot in state.lots.values()],
        "orders": [row_of(order) for order in state.orders.values()],
        "sought": [[number, row_of(lot)] for number, lot in sorted(facts.lots.items())],
        "latest": [[*what, lot] for what, lot in sorted(facts.latest.items())],
        "notices": facts.notices,
        "clauses": _clauses_data(facts),
    }


def packed_data_of(state: State) -> dict[str, Any]:
    """A state as plain data whose parts are packed: they are read one by one, without lists."""
    data = data_of(state)
    return {name: packed(value) if name in PARTS else value for name, value in data.items()}


def state_of(data: Any, clauses: Sequence[BoundClause]) -> State:
    """The state that the data were made of; equal to it in every part.

    Args:
        data: As ``data_of`` gave it, with tuples for lists and packed rows for rows if you like.
        clauses: Of the portfolio that the state was sourced under, in all versions.

    Raises:
        BadSnapshot: The data are of another version, shape or portfolio, or broken.
    """
    version = data.get("version") if isinstance(data, Mapping) else None
    if version != VERSION or isinstance(version, bool):
        raise BadSnapshot("version", f"{version!r}, where {VERSION} is what can be read")
    check_keys(data, ("version", "shapes", *PARTS, "clauses"), "snapshot")
    found = parts_of(data, PARTS, "")
    kinds = {clause.clause: clause.kind for clause in clauses}
    return State(
        lots=Register(_once(((lot.number, lot) for lot in found["lots"]), "lots")),
        orders=Register(_once(((order.number, order) for order in found["orders"]), "orders")),
        facts=Facts(
            lots=Map(_once(found["sought"], "sought")),
            latest=Map(_once(((tuple(what), lot) for *what, lot in found["latest"]), "latest")),
            notices=found["notices"],
            **_clauses_read(data["clauses"], kinds),
        ),
    )


def _clauses_data(facts: Facts) -> list[dict[str, Any]]:
    """What each clause knows, by the number of the clause, then of the lot."""
    knows: dict[int, dict[int, Any]] = {}
    agreed: dict[int, dict[int, Any]] = {}
    for (clause, lot), own in sorted(facts.by_clause.items(), key=_key):
        knows.setdefault(clause, {})[lot] = own
    for (clause, lot), terms in sorted(facts.agreed.items(), key=_key):
        agreed.setdefault(clause, {})[lot] = terms
    return [
        _clause_data(clause, knows.get(clause, {}), agreed.get(clause, {}))
        for clause in sorted({*knows, *agreed})
    ]


def _key(item: tuple[Any, Any]) -> Any:
    return item[0]


def _clause_data(
    clause: int, knows: Mapping[int, Any], agreed: Mapping[int, Any]
) -> dict[str, Any]:
    """What one clause knows; terms that many rounds were opened under are written once."""
    kind = _kind_of(knows, agreed)
    numbers: dict[Any, int] = {}
    for terms in agreed.values():
        numbers.setdefault(terms, len(numbers))
    return {
        "clause": clause,
        "kind": kind.name,
        "shapes": shapes_of(_clause_parts(kind)),
        "facts": [[lot, row_of(own)] for lot, own in knows.items()],
        "terms": [row_of(terms) for terms in numbers],
        "agreed": [[lot, numbers[terms]] for lot, terms in agreed.items()],
    }


def _kind_of(knows: Mapping[int, Any], agreed: Mapping[int, Any]) -> ClauseType:
    """The kind whose facts and terms these are."""
    classes = {type(own) for own in knows.values()} | {type(terms) for terms in agreed.values()}
    (kind,) = (kind for kind in KINDS.values() if classes <= {kind.facts, kind.terms})
    return kind


def _clause_parts(kind: ClauseType) -> dict[str, Any]:
    """The rows of a clause of a kind; a kind without facts has none to write."""
    own: Any = kind.facts
    facts = tuple[tuple[int, own], ...] if own is not None else tuple[int, ...]
    terms: Any = kind.terms
    return {"facts": facts, "terms": tuple[terms, ...], "agreed": tuple[tuple[int, int], ...]}


def _clauses_read(data: Any, kinds: Mapping[int, ClauseType]) -> dict[str, Map[Any, Any]]:
    """Facts by clause and lot, and the terms agreed by clause and lot."""
    if not isinstance(data, Sequence) or isinstance(data, str):
        raise BadSnapshot("clauses", "not a list")
    knows: list[tuple[tuple[int, int], Any]] = []
    agreed: list[tuple[tuple[int, int], Any]] = []
    for place, row in enumerate(data):
        clause, found = _clause_read(row, kinds, f"clauses[{place}]")
        knows += (((clause, lot), own) for lot, own in found["facts"])
        terms = found["terms"]
        for lot, number in found["agreed"]:
            if not 0 <= number < len(terms):
                raise BadSnapshot(f"clauses[{place}].agreed", f"there are no terms {number}")
            agreed.append(((clause, lot), terms[number]))
    return {
        "by_clause": Map(_once(knows, "clauses")),
        "agreed": Map(_once(agreed, "clauses")),
    }


def _clause_read(
    data: Any, kinds: Mapping[int, ClauseType], place: str
) -> tuple[int, dict[str, Any]]:
    check_keys(data, ("clause", "kind", "shapes", "facts", "terms", "agreed"), place)
    clause = _part(data, "clause", int, f"{place}.")
    kind = kinds.get(clause)
    if kind is None or kind.name != data["kind"]:
        says = "no clause has that number" if kind is None else f"that clause is a {kind.name}"
        raise BadSnapshot(place, f"clause {clause} was a {data['kind']}; in this portfolio {says}")
    return clause, parts_of(data, _clause_parts(kind), f"{place}.")


def layout() -> dict[str, Any]:
    """What a snapshot written now looks like, of whichever kinds of clauses: equal, or another."""
    kinds = {name: shapes_of(_clause_parts(kind)) for name, kind in KINDS.items()}
    return {"version": VERSION, "parts": shapes_of(PARTS), "kinds": kinds}


def shapes_of(parts: Mapping[str, Any]) -> dict[str, str]:
    """The shape of each part in words."""
    return {name: shape_text(shape) for name, shape in parts.items()}


def check_keys(data: Any, wanted: Sequence[str], place: str) -> None:
    """Go on only with a map of these keys and no others.

    Raises:
        BadSnapshot: It is none.
    """
    if not isinstance(data, Mapping) or set(data) != set(wanted):
        raise BadSnapshot(place, f"not a map with the keys {', '.join(wanted)}")


def parts_of(data: Mapping[str, Any], parts: Mapping[str, Any], place: str) -> dict[str, Any]:
    """Each part read as it was written, if it was written in the shape it has here.

    Raises:
        BadSnapshot: One is of another shape, or broken.
    """
    for name, text in shapes_of(parts).items():
        if not isinstance(data["shapes"], Mapping) or data["shapes"].get(name) != text:
            says = "was written in another shape than this version reads"
            raise BadSnapshot(f"{place}{name}", says)
    return {name: _part(data, name, shape, place) for name, shape in parts.items()}


def _part(data: Mapping[str, Any], name: str, shape: Any, place: str) -> Any:
    value = data[name]
    try:
        return unpacked(shape, value) if isinstance(value, bytes) else reader(shape)(value)
    except BadRow as error:
        inside = error.inside(f"{place}{name}")
        raise BadSnapshot(inside.place, inside.says) from None


def _once(items: Iterable[tuple[K, V]], place: str) -> dict[K, V]:
    """The items as a map, if no key comes twice."""
    found: dict[K, V] = {}
    for key, value in items:
        if key in found:
            raise BadSnapshot(place, f"{key} comes twice")
        found[key] = value
    return found
