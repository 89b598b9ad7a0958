"""A mapping that grows and changes in small steps; each leaves the one before as it was."""

from collections.abc import ItemsView, Iterator, Mapping, ValuesView
from typing import Any, TypeVar, overload

from immutables import Map

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")


class Register(Mapping[K, V]):
    """What was entered under each key, in the order in which the keys were first entered.

    To enter something costs the same however much is there, up to the depth of a tree of 32
    branches: the new register shares all but one path of it with the old. Whoever goes through
    a register first has all of it put in order, once. Equal to any mapping of the same items,
    whatever their order, as a ``dict`` is.
    """

    __slots__ = ("_ordered", "_rows")

    _rows: Map[K, tuple[int, K, V]]  # (place from 0 on, key, what was entered).
    _ordered: dict[K, V] | None  # All of it in order, once somebody went through it.

    def __init__(self, items: Mapping[K, V] | None = None) -> None:
        rows = enumerate((items or {}).items())
        self._rows = Map((key, (place, key, value)) for place, (key, value) in rows)
        self._ordered = None

    def entered(self, key: K, value: V) -> "Register[K, V]":
        """The register with this under the key; a key that was there keeps its place."""
        known = self._rows.get(key)
        place = len(self._rows) if known is None else known[0]
        after: Register[K, V] = Register.__new__(Register)
        after._rows = self._rows.set(key, (place, key, value))
        after._ordered = None
        return after

    def __getitem__(self, key: K) -> V:
        return self._rows[key][2]

    @overload
    def get(self, key: K) -> V | None: ...
    @overload
    def get(self, key: K, default: V | T) -> V | T: ...
    def get(self, key: K, default: Any = None) -> Any:
        """What was entered under a key, else the default."""
        known = self._rows.get(key)
        return default if known is None else known[2]

    def __contains__(self, key: object) -> bool:
        return key in self._rows

    def __len__(self) -> int:
        return len(self._rows)

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
            rows: list[Any] = [None] * len(self._rows)
            for row in self._rows.values():
                rows[row[0]] = row
            self._ordered = {key: value for _, key, value in rows}
        return self._ordered

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Register) and self._rows == other._rows:
            return True
        return super().__eq__(other)

    __hash__ = None  # type: ignore[assignment]  # As a dict: what is in it need not be hashable.

    def __reduce__(self) -> tuple[Any, ...]:
        return Register, (self._in_order(),)

    def __repr__(self) -> str:
        return f"Register({self._in_order()!r})"
