"""What somebody sees of something: the fields that may leave the desk, or nothing at all. Pure.

What is not to be seen is not there: ``None``, which is answered as what never was (404). Counts
are counts of what is seen (``listed``).
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from offtake.desk.access.field import NOBODY, RESOURCES, Fields, Resource, Roles
from offtake.desk.access.gist import gist
from offtake.desk.access.may import OWN, may
from offtake.desk.access.role import Role
from offtake.desk.access.who import Who

Data = Mapping[str, Any]


class About(NamedTuple):
    """What stands not in the data itself.

    ``parties`` are those whom it concerns: who was noticed or invited, who holds the right.
    ``opened`` says that the bids it tells of have been opened: their tender was closed at its
    time. One that ended otherwise (a change, a withdrawal) never opens its bids.
    """

    parties: frozenset[str] = frozenset()
    opened: bool = False


NOTHING_SAID = About()


class Listed(NamedTuple):
    """Rows as somebody sees them; their number is the only one there is."""

    rows: list[dict[str, Any]]
    total: int


def visible(
    who: Who, resource_name: str, data: Data, about: About = NOTHING_SAID
) -> dict[str, Any] | None:
    """What somebody sees of something; None where it is not there for them."""
    resource = RESOURCES[resource_name]
    roles = _roles(who, resource, data, about)
    fields = _fields(resource, data, about)
    inside = _inside(resource, data, about)
    seen: dict[str, Any] = {}
    for key, value in data.items():
        if roles.isdisjoint(fields.get(key, NOBODY)):
            continue
        if key in resource.holds:
            value = _held(who, resource.holds[key], value, inside)
        elif key in resource.sentences and roles.isdisjoint(resource.in_full):
            value = gist(str(data.get("reason", "")))
        elif key not in resource.whole:
            value = _plain(value)
        if value is not HIDDEN:
            seen[key] = value
    return seen or None


def listed(who: Who, resource_name: str, rows: Iterable[tuple[Data, About]]) -> Listed:
    """What somebody sees of many, in their order, and how many that are."""
    seen = [visible(who, resource_name, data, about) for data, about in rows]
    there = [row for row in seen if row is not None]
    return Listed(there, len(there))


HIDDEN = object()
"""Stands for a value that is not to be seen."""


def _roles(who: Who, resource: Resource, data: Data, about: About) -> Roles:
    """The roles by which somebody looks at a row: everybody's at what concerns oneself."""
    if resource.mine and data.get(resource.mine) == who.id:
        return frozenset(Role)
    if resource.act is not None and not may(who, resource.act):
        return NOBODY
    parties = _parties(resource, data, about)
    return who.roles if who.party in parties else who.roles - OWN


def _parties(resource: Resource, data: Data, about: About) -> frozenset[str]:
    """Whom a row concerns."""
    if not resource.own:
        return about.parties
    named = data.get(resource.own)
    return frozenset({named}) if isinstance(named, str) and named else frozenset()


def _fields(resource: Resource, data: Data, about: About) -> Fields:
    """The table that holds for a row: while it is sealed, another."""
    if resource.while_sealed is None or about.opened:
        return resource.fields
    if not resource.kind_at:
        return resource.while_sealed
    kind: Any = data
    for key in resource.kind_at.split("."):
        kind = kind.get(key) if isinstance(kind, Mapping) else None
    is_open = isinstance(kind, str) and kind not in resource.sealed_kinds
    return resource.fields if is_open else resource.while_sealed


def _inside(resource: Resource, data: Data, about: About) -> About:
    """What is said about what a row holds."""
    opened = data.get(resource.opened) is True if resource.opened else about.opened
    return About(_parties(resource, data, about), opened)


def _held(who: Who, resource_name: str, value: Any, about: About) -> Any:
    """A row inside a row, or several, as somebody sees them."""
    if isinstance(value, Mapping):
        seen = visible(who, resource_name, value, about)
        return HIDDEN if seen is None else seen
    if isinstance(value, list | tuple):
        rows = [(row, about) for row in value if isinstance(row, Mapping)]
        return listed(who, resource_name, rows).rows
    return None if value is None else HIDDEN


def _plain(value: Any) -> Any:
    """A value that holds no others by name: what is inside those, no table says."""
    if isinstance(value, Mapping):
        return HIDDEN
    if isinstance(value, list | tuple):
        return [row for row in value if not isinstance(row, Mapping | list | tuple)]
    return value
