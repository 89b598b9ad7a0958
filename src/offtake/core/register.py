"""A mapping that grows and changes in small steps; each leaves the one before as it was."""

from collections.abc import ItemsView, Iterator, Mapping, ValuesView
from threading import Lock
from typing import Any, Generic, TypeVar, overload

from immutables import Map

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")

OWN_MAX = 1_000
"""Rows that a register adds to itself, or a sixteenth of all, before it begins a roll of its own:
so a few steps that were taken back cost it nothing for ever."""


class _Roll(Generic[K, V]):
    """What registers have in common that went on from one another: rows, only ever added to.

    Each of them knows how many of the rows are its own.
    """

    __slots__ = ("_lock", "places", "rows")

    def __init__(self, items: Mapping[K, V]) -> None:
        self.rows = list(items.items())
        self.places = {key: place for place, (key, _) in enumerate(self.rows)}
        self._lock = Lock()

    def added(self, place: int, key: K, value: V) -> bool:
        """Add a row at a place, if nobody has added one there; False if somebody has."""
        with self._lock:
            is_free = len(self.rows) == place
            if is_free:
                self.rows.append((key, value))
                self.places[key] = place
            return is_free


class Register(Mapping[K, V]):
    """What was entered under each key, in the order in which the keys were first entered.

    To enter a new key costs the same however much is there: the rows are shared with the register
    before, which knows how many are its own. Where two registers go on from the same, the second
    keeps what it adds to itself for a while; so does whoever changes what is there, at the price
    of a path in a tree of 32 branches. Whoever goes through a register first has all of it put in
    order, once. Equal to any mapping of the same items, whatever their order, as a ``dict`` is.
    """

    __slots__ = ("_count", "_length", "_ordered", "_own", "_roll")

    _roll: _Roll[K, V]
    _count: int  # Of the rows of the roll, so many are here.
    _own: Map[K, tuple[int, K, V]]  # (place from 0 on, key, what was entered) where it differs.
    _length: int
    _ordered: dict[K, V] | None  # All of it in order, once somebody went through it.

    def __init__(self, items: Mapping[K, V] | None = None) -> None:
        self._roll = _Roll(items or {})
        self._count = self._length = len(self._roll.rows)
        self._own = Map()
        self._ordered = None

    def entered(self, key: K, value: V) -> "Register[K, V]":
        """The register with this under the key; a key that was there keeps its place."""
        if not self._length:
            return Register({key: value})  # A roll of its own: all begin with the same nothing.
        after: Register[K, V] = Register.__new__(Register)
        after._roll, after._count, after._own = self._roll, self._count, self._own
        after._ordered = None
        place = self._place(key)
        if place is not None:
            after._length = self._length
        else:
            place, after._length = self._length, self._length + 1
            if place == self._count and self._roll.added(place, key, value):
                after._count = after._length
                return after
        after._own = self._own.set(key, (place, key, value))
        added = after._length - after._count
        return Register(after._in_order()) if added > max(OWN_MAX, after._count // 16) else after

    def _place(self, key: Any) -> int | None:
        place = self._roll.places.get(key)
        if place is not None and place < self._count:
            return place  # What was changed since keeps it.
        own = None if self._length == self._count else self._own.get(key)
        return None if own is None else own[0]

    def __getitem__(self, key: K) -> V:
        own = self._own.get(key)
        if own is not None:
            return own[2]
        place = self._roll.places[key]
        if place >= self._count:
            raise KeyError(key)
        return self._roll.rows[place][1]

    @overload
    def get(self, key: K) -> V | None: ...
    @overload
    def get(self, key: K, default: V | T) -> V | T: ...
    def get(self, key: K, default: Any = None) -> Any:
        """What was entered under a key, else the default."""
        own = self._own.get(key)
        if own is not None:
            return own[2]
        place = self._roll.places.get(key)
        if place is None or place >= self._count:
            return default
        return self._roll.rows[place][1]

    def __contains__(self, key: object) -> bool:
        return self._place(key) is not None

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[K]:
        return iter(self._in_order())

    def items(self) -> ItemsView[K, V]:
        """Keys with what was entered, in order of first entry."""
        return self._in_order().items()

    def values(self) -> ValuesView[V]:
        """What was entered, in order of first entry."""
        return self._in_order().values()

    def _in_order(self) -> dict[K, V]:
        if self._ordered is None:
            rows: list[Any] = self._roll.rows[: self._count]
            rows += [None] * (self._length - self._count)
            for place, key, value in self._own.values():
                rows[place] = (key, value)
            self._ordered = dict(rows)
        return self._ordered

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Register) and self._is_that(other):
            return True
        return super().__eq__(other)

    def _is_that(self, other: "Register[Any, Any]") -> bool:
        """Whether another shares all its rows."""
        shared = self._roll is other._roll and self._count == other._count
        return shared and self._own == other._own

    __hash__ = None  # type: ignore[assignment]  # As a dict: what is in it need not be hashable.

    def __reduce__(self) -> tuple[Any, ...]:
        return Register, (self._in_order(),)

    def __repr__(self) -> str:
        return f"Register({self._in_order()!r})"
