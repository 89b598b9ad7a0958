"""Records as rows of plain values, and back: what is kept outside the program and read again.

A record is a ``NamedTuple`` of integers, texts, enumerations, other records and tuples of them,
any of which may be absent. Its row is the list of its values in the order of its fields, records
and tuples in it lists in turn: nothing that another language, or a later version, could not read.
"""

from collections.abc import Callable, Sequence
from enum import IntEnum
from functools import cache, partial
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

PLAIN = {int, str, NoneType}

Read = Callable[[Any], Any]
"""From a plain value to what it stands for.

Raises:
    BadRow: It is not of that shape.
"""


class BadRow(ValueError):
    """A plain value that is not of the shape wanted: where, and what is wrong with it."""

    def __init__(self, says: str, place: str = "") -> None:
        super().__init__(f"{place}: {says}" if place else says)
        self.says, self.place = says, place

    def inside(self, place: str) -> "BadRow":
        """The same, seen from what holds it."""
        return BadRow(self.says, f"{place}{self.place}")


def row_of(value: Any) -> Any:
    """A record, a tuple, or what is in one, as plain values: int, str, None and lists of them."""
    if isinstance(value, tuple):
        if PLAIN.issuperset(map(type, value)):
            return list(value)
        return [row_of(each) for each in value]
    if value is None or isinstance(value, str):
        return value
    assert isinstance(value, int), value
    return int(value)  # An enumeration is its number.


@cache
def reader(shape: Any) -> Read:
    """How plain values are read as a type: of a record, of its fields, or tuples of these."""
    if shape in (int, str):
        return partial(_exactly, shape)
    if _is_record(shape):
        return partial(_record, shape)
    if isinstance(shape, type) and issubclass(shape, IntEnum):
        return partial(_member, shape)
    parts = get_args(shape)
    if _is_optional(shape):
        return partial(_optional, reader(_present(shape)))
    assert get_origin(shape) is tuple, f"{shape} has no plain form"
    if parts[-1] is Ellipsis:
        return partial(_each, reader(parts[0]))
    return partial(
        _in_turn, tuple((f"[{place}]", reader(each)) for place, each in enumerate(parts))
    )


@cache
def shape_text(shape: Any) -> str:
    """A type in words that change whenever its rows do: fields by name, in order, with types."""
    return _described(shape, set())


def _described(shape: Any, within: set[Any]) -> str:
    if _is_record(shape):
        if shape in within:
            return str(shape.__name__)
        fields = get_type_hints(shape).items()
        inner = ", ".join(f"{name} {_described(hint, within | {shape})}" for name, hint in fields)
        return f"{shape.__name__}({inner})"
    if _is_optional(shape):
        return f"{_described(_present(shape), within)}?"
    if get_origin(shape) is tuple:
        inner = " ".join(
            "*" if part is Ellipsis else _described(part, within) for part in get_args(shape)
        )
        return f"[{inner}]"
    return str(shape.__name__)


def _is_record(shape: Any) -> bool:
    return isinstance(shape, type) and issubclass(shape, tuple) and hasattr(shape, "_fields")


def _is_optional(shape: Any) -> bool:
    return get_origin(shape) in (Union, UnionType)


def _present(shape: Any) -> Any:
    """The type of what may be absent."""
    (present,) = (part for part in get_args(shape) if part is not NoneType)
    return present


@cache
def _fields(record: type) -> tuple[tuple[str, Read], ...]:
    """The fields of a record with their readers. Called late: a record may hold its like."""
    hints = get_type_hints(record)
    return tuple((f".{name}", reader(hints[name])) for name in hints)


@cache
def _numbers_only(record: type) -> bool:
    return all(hint is int for hint in get_type_hints(record).values())


def _record(record: Any, row: Any) -> Any:
    fields = record._fields
    if not isinstance(row, Sequence) or isinstance(row, str) or len(row) != len(fields):
        says = f"not a row of {len(fields)} values, which {record.__name__} has: {_shown(row)}"
        raise BadRow(says)
    if _numbers_only(record) and {int}.issuperset(map(type, row)):
        return record._make(row)
    return record._make(_read(_fields(record), row))


def _in_turn(parts: Sequence[tuple[str, Read]], row: Any) -> tuple[Any, ...]:
    if not isinstance(row, Sequence) or isinstance(row, str) or len(row) != len(parts):
        raise BadRow(f"not a row of {len(parts)} values: {_shown(row)}")
    return tuple(_read(parts, row))


def _read(parts: Sequence[tuple[str, Read]], row: Sequence[Any]) -> list[Any]:
    values: list[Any] = []
    try:
        values.extend(read(value) for (_, read), value in zip(parts, row, strict=True))
    except BadRow as error:
        raise error.inside(parts[len(values)][0]) from None
    return values


def _each(read: Read, row: Any) -> tuple[Any, ...]:
    if not isinstance(row, Sequence) or isinstance(row, str):
        raise BadRow(f"not a list: {_shown(row)}")
    values: list[Any] = []
    try:
        values.extend(map(read, row))
    except BadRow as error:
        raise error.inside(f"[{len(values)}]") from None
    return tuple(values)


def _exactly(kind: type, value: Any) -> Any:
    if type(value) is not kind:
        word = "a whole number" if kind is int else "a text"
        raise BadRow(f"not {word}: {_shown(value)}")
    return value


def _member(kind: type[IntEnum], value: Any) -> IntEnum:
    if type(value) is not int or value not in set(kind):
        raise BadRow(f"not a {kind.__name__}: {_shown(value)}")
    return kind(value)


def _optional(read: Read, value: Any) -> Any:
    return None if value is None else read(value)


def _shown(value: Any) -> str:
    """A value in a message, cut short."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
