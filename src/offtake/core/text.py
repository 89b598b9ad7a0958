"""How clause kinds declare what people write: terms with a type, a meaning and a default.

Reading, checking, writing, the JSON Schema and the reference pages share these declarations.
"""

from dataclasses import MISSING, dataclass, field, fields
from enum import Enum
from typing import Any, NamedTuple

from offtake.core.names import ALL, Names, mask
from offtake.core.scope import Scope
from offtake.core.vocabulary import Act, Capacity


class Value(Enum):
    """The types of what is written, each with one notation."""

    PARTY = "party"
    PARTIES = "parties"
    PURPOSE = "purpose"
    PURPOSES = "purposes"
    ACCELERATORS = "accelerators"
    REGION = "region"
    REGIONS = "regions"
    ASSET = "asset"
    ASSETS = "assets"
    PRODUCT = "product"
    PRODUCTS = "products"
    SOURCE = "source"
    CLAUSE = "clause"
    CLAUSES = "clauses"
    CALENDAR = "calendar"
    MONEY = "money"
    DURATION = "duration"
    SHARE = "share"
    SPEED = "speed"
    INSTANT = "date"
    SIZE = "GPUs or power"
    GPUS = "GPUs"
    FLOOR = "money, GPU-hours or power"
    COUNT = "whole number"
    FLAG = "yes or no"
    CHOICE = "choice"
    CHOICES = "choices"
    ACCELERATOR = "accelerator"
    TEXT = "text"
    TEXTS = "texts"
    LINES = "lines"


class Term(NamedTuple):
    """One thing a clause says: its type, its meaning, and what it may be."""

    value: Value
    says: str
    choices: tuple[str, ...] = ()
    of: type | None = None  # For lines: the dataclass of one line.


def term(
    value: Value,
    says: str,
    *,
    default: Any = MISSING,
    choices: tuple[str, ...] = (),
    of: type | None = None,
) -> Any:
    """Declare a field of a written form. Without a default it must be written."""
    return field(default=default, metadata={"term": Term(value, says, choices, of)})


def terms_of_text(text: type) -> dict[str, Term]:
    """The declared terms of a written form, by name, in order."""
    return {item.name: item.metadata["term"] for item in fields(text) if "term" in item.metadata}


def required(text: type) -> tuple[str, ...]:
    """The names of the terms that must be written."""
    return tuple(
        item.name
        for item in fields(text)
        if item.default is MISSING and item.default_factory is MISSING
    )


ACTS = {"supply": Act.SUPPLY, "run": Act.RUN, "use": Act.USE}
CAPACITIES = {"new": Capacity.NEW, "existing": Capacity.EXISTING, "any": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeText:
    """What a clause is about; a part left out means everything."""

    purposes: tuple[str, ...] | None = term(
        Value.PURPOSES, "Purposes, each with those below it in the tree.", default=None
    )
    accelerators: tuple[str, ...] | None = term(
        Value.ACCELERATORS, "Kinds of accelerator.", default=None
    )
    regions: tuple[str, ...] | None = term(Value.REGIONS, "Regions.", default=None)
    suppliers: tuple[str, ...] | None = term(Value.PARTIES, "Suppliers concerned.", default=None)
    assets: tuple[str, ...] | None = term(Value.ASSETS, "Assets, for asks about use.", default=None)
    capacity: str = term(
        Value.CHOICE,
        "Capacity still to be contracted, already held, or both.",
        default="any",
        choices=("new", "existing", "any"),
    )
    asks: tuple[str, ...] | None = term(
        Value.CHOICES, "The kinds of ask it answers.", default=None, choices=tuple(ACTS)
    )


def scope_of(text: ScopeText, names: Names, *, permission: bool = False) -> Scope:
    """The bits of a written scope. A permission leaves out what an ask leaves open."""

    def bits(wanted: tuple[str, ...] | None, known: tuple[str, ...]) -> int:
        return mask(wanted, known, permission=permission)

    return Scope(
        purposes=_purposes(text.purposes, names, permission=permission),
        accelerators=bits(text.accelerators, names.accelerators),
        regions=bits(text.regions, names.regions),
        suppliers=bits(text.suppliers, names.parties),
        assets=bits(text.assets, names.assets),
        capacity=CAPACITIES[text.capacity],
        acts=sum(ACTS[ask] for ask in set(text.asks)) if text.asks is not None else 7,
    )


def _purposes(wanted: tuple[str, ...] | None, names: Names, *, permission: bool) -> int:
    if wanted is None:
        return ALL
    covered = [name for name in names.purposes if set(wanted) & set(names.lineage(name))]
    return mask(covered, names.purposes, permission=permission)
