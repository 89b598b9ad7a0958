"""Portfolios made by chance from the declared terms, with notes on their figures.

Every section and every clause kind is generated from the declarations that reading uses, so a
new term is in here by itself. Names need not be declared: reading and writing do not ask.
"""

from collections.abc import Iterator
from dataclasses import MISSING, fields, replace
from typing import Any

from hypothesis import strategies as st

from offtake.clauses import KINDS
from offtake.clauses.take_or_pay import Floor
from offtake.contract import model
from offtake.contract.read import BY_ID, LISTED, SINGLE
from offtake.contract.record import KEYS, LISTS, stepwise
from offtake.contract.value import LAST_S
from offtake.core.text import Term, Value, terms_of_text
from offtake.units.capacity import LIMIT_GPUS, LIMIT_WATTS, Size
from offtake.units.money import LIMIT_MICROS, Money
from offtake.units.time import FOREVER_S, Duration, instant_text

letters = st.characters(exclude_categories=["Cs", "Cc"])
awkward = st.sampled_from(
    ["no", "null", "~", "1e3", "2025-01-21", "a: b", "a #b", "- a", "", "[a]", "{", "*a", '"', "\\"]
)
texts = st.one_of(awkward, st.text(letters, max_size=12)).map(str.strip)
reasons = st.one_of(awkward, st.text(letters, max_size=12))
names = (
    st.one_of(awkward, st.text(letters, min_size=1, max_size=8))
    .map(str.strip)
    .filter(lambda name: name and name.isprintable())
)
instants = st.one_of(
    st.integers(0, LAST_S // 86_400 - 1).map(lambda day: day * 86_400), st.integers(0, LAST_S - 1)
)
sizes = st.one_of(
    st.integers(0, LIMIT_GPUS).map(lambda gpus: Size(gpus=gpus)),
    st.integers(0, LIMIT_WATTS).map(lambda watts: Size(watts=watts)),
)
currencies = st.one_of(st.just("USD"), st.from_regex("[A-Z]{3}", fullmatch=True))
amounts = st.one_of(st.integers(0, 10**9), st.integers(0, LIMIT_MICROS))
money = st.builds(Money, amounts, currencies)
durations = st.builds(
    Duration, st.integers(0, 199), st.sampled_from(["s", "min", "h", "d", "w", "bd", "mo", "y"])
)
floors = st.one_of(
    money.map(lambda amount: Floor(money=amount)),
    st.integers(0, 10**12).map(lambda gpu_h: Floor(gpu_h=gpu_h)),
    sizes.map(lambda size: Floor(size=size)),
)
SCALARS: dict[Value, st.SearchStrategy[Any]] = {
    Value.MONEY: money,
    Value.DURATION: durations,
    Value.SHARE: st.integers(0, 1_000_000),
    Value.SPEED: st.integers(1, 100_000_000),
    Value.INSTANT: instants,
    Value.SIZE: sizes,
    Value.GPUS: st.integers(1, LIMIT_GPUS),
    Value.FLOOR: floors,
    Value.COUNT: st.integers(0, 10**12),
    Value.FLAG: st.booleans(),
}


def of_term(term: Term) -> st.SearchStrategy[Any]:
    """Values of a term."""
    if term.value is Value.LINES:
        assert term.of is not None
        rows = st.lists(record(term.of), max_size=2)
        return (steps(term.of) if stepwise(term.of) else rows).map(tuple)
    word = st.sampled_from(term.choices) if term.choices else texts
    if term.value in LISTS:
        return st.lists(word, max_size=2).map(tuple)
    return SCALARS.get(term.value, word)


def steps(kind: type) -> st.SearchStrategy[list[Any]]:
    """Steps in order of time, often one for all time."""
    several = st.lists(record(kind), max_size=3, unique_by=lambda step: step.starts)
    ordered = several.map(lambda rows: sorted(rows, key=lambda step: step.starts))
    always = record(kind).map(lambda step: [replace(step, starts=0)])
    return st.one_of(ordered, always)


def record(kind: type, **given: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Records of declared terms; half of what has a default is left at it."""
    defaults = {item.name: item.default for item in fields(kind)}
    values = {
        name: of_term(term)
        if defaults[name] is MISSING
        else st.one_of(st.just(defaults[name]), of_term(term))
        for name, term in terms_of_text(kind).items()
    }
    return st.builds(kind, **given, **values)


def several(one: st.SearchStrategy[Any], most: int = 2) -> st.SearchStrategy[tuple[Any, ...]]:
    """Some records, no two of one name."""
    return st.lists(one, max_size=most, unique_by=lambda item: getattr(item, "id", id(item))).map(
        tuple
    )


maybe = st.one_of(st.none(), instants)
sources = st.one_of(st.just(""), texts)
clauses = several(
    st.sampled_from(list(KINDS)).flatmap(
        lambda kind: st.builds(
            model.Clause,
            id=names,
            kind=st.just(kind),
            text=record(KINDS[kind].text),
            starts=maybe,
            ends=maybe,
            applies_to=st.sampled_from(["signature", "service", "both"]),
            source=sources,
            says=texts,
        )
    )
)
amendments = st.builds(
    model.Amendment,
    id=names,
    starts=instants,
    removes=st.lists(texts, max_size=2).map(tuple),
    replaces=clauses,
    adds=clauses,
    source=sources,
)
agreements = st.builds(
    model.Agreement,
    id=names.filter(lambda name: "/" not in name),
    title=texts,
    parties=st.lists(texts, max_size=2).map(tuple),
    starts=instants,
    ends=st.one_of(st.just(FOREVER_S), instants),
    clauses=clauses,
    amendments=several(amendments, 1),
    source=sources,
)
words = st.lists(texts, max_size=2).map(tuple)
bare = st.builds(
    model.Document,
    title=texts,
    currency=st.one_of(st.just("USD"), texts),
    buyer=texts,
    regions=words,
    products=words,
    agreements=several(agreements),
    **{key: several(record(kind, id=names)) for key, (kind, _) in BY_ID.items()},
    **{key: several(record(kind)) for key, kind in LISTED.items()},
    **{key: record(kind) for key, kind in SINGLE.items()},
)


@st.composite
def documents(draw: st.DrawFn) -> model.Document:
    """A portfolio with some figures noted, its notes in the order of reading."""
    document = draw(bare)
    chance = draw(st.randoms(use_true_random=False))
    often = draw(st.sampled_from([0.0, 0.2, 0.8]))
    notes = []
    for path, kinds in _figures(document, chance.random() < 0.5):
        for kind in kinds:
            if chance.random() < often:
                notes.append(model.Note(path, kind, draw(reasons)))
    return replace(document, notes=tuple(notes))


Figures = Iterator[tuple[str, tuple[str, ...]]]
BOTH = ("source", "assumed")


def _figures(document: model.Document, listed: bool) -> Figures:
    """The paths that may carry notes, in the order of reading; steps by date or as a list."""
    for key in ("title", "currency", "buyer"):
        yield key, BOTH
    for key in BY_ID:
        for item in getattr(document, key) if key != "sources" else ():
            yield from _record(item, f"{key}.{item.id}", listed)
    for agreement in document.agreements:
        yield from _agreement(agreement, f"agreements.{agreement.id}", listed)
    for key in LISTED:
        for number, item in enumerate(getattr(document, key)):
            yield f"{key}[{number}]", BOTH
            yield from _record(item, f"{key}[{number}]", listed)
    for key in SINGLE:
        yield from _record(getattr(document, key), key, listed)


def _record(item: Any, path: str, listed: bool) -> Figures:
    for name, term in terms_of_text(type(item)).items():
        value, below = getattr(item, name), f"{path}.{KEYS.get(name, name)}"
        if value is None or (term.value is Value.INSTANT and value in (-1, FOREVER_S)):
            continue
        yield below, BOTH
        if term.value is not Value.LINES:
            continue
        assert term.of is not None
        for number, row in enumerate(value):
            if stepwise(term.of) and not listed:
                yield f"{below}.{instant_text(row.starts)}", BOTH
            else:
                yield from _record(row, f"{below}[{number}]", listed)


def _agreement(item: model.Agreement, path: str, listed: bool) -> Figures:
    yield f"{path}.from", BOTH
    if item.ends != FOREVER_S:
        yield f"{path}.until", BOTH
    yield f"{path}.title", BOTH
    yield f"{path}.parties", BOTH
    yield from _clauses(item.clauses, f"{path}.clauses", listed)
    for amendment in item.amendments:
        below = f"{path}.amendments.{amendment.id}"
        yield f"{below}.from", BOTH
        yield from _clauses(amendment.replaces, f"{below}.replace", listed)
        yield from _clauses(amendment.adds, f"{below}.add", listed)


def _clauses(items: tuple[model.Clause, ...], path: str, listed: bool) -> Figures:
    for item in items:
        below = f"{path}.{item.id}"
        yield from _record(item.text, below, listed)
        for key, at_s in (("from", item.starts), ("until", item.ends)):
            if at_s is not None:
                yield f"{below}.{key}", BOTH
        yield f"{below}.says", BOTH
        yield f"{below}.applies_to", BOTH
        yield below, ("assumed",)
