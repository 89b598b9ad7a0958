"""Records as rows of plain values, and back: what is kept outside the program and read again.

A record is a ``NamedTuple`` of integers, texts, enumerations, other records, tuples and maps of
them, any of which may be absent. Its row is the list of its values in the order of its fields,
records and tuples in it lists in turn, maps lists of keys with values in the order of the keys:
nothing that another language, or a later version, could not read.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from functools import cache, partial
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
from immutables import Map

from offtake.core.register import Register

MAPS = (Map, Register)
PLAIN = {int, str, bool, NoneType}
WORDS = {int: "a whole number", str: "a text", bool: "true or false"}

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
    """A record, tuple, map, or what is in one, as int, str, bool, None and lists of them."""
    if isinstance(value, tuple):
        if PLAIN.issuperset(map(type, value)):
            return list(value)
        return [row_of(each) for each in value]
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, MAPS):
        return [[row_of(key), row_of(held)] for key, held in _pairs(value)]
    assert isinstance(value, int), value
    return int(value)  # An enumeration is its number.


def packed(value: Any) -> bytes:
    """The row of a value, or of what is in a map by name, as MessagePack: smaller and sooner."""
    return _ENCODER.encode(value)


def unpacked(shape: Any, body: bytes) -> Any:
    """What packed rows stand for, without the lists on the way where nothing is wrong.

    Raises:
        BadRow: They are not of that shape.
    """
    try:
        found = _at_once(shape, body)
        if packed(found) == body:
            return found
        value = msgspec.msgpack.decode(body)
    except msgspec.ValidationError:
        value = msgspec.msgpack.decode(body)
    except msgspec.DecodeError as error:
        raise BadRow(f"cannot be unpacked ({error})") from error
    return reader(shape)(value)


def _at_once(shape: Any, body: bytes) -> Any:
    if get_origin(shape) not in MAPS:
        return msgspec.msgpack.decode(body, type=shape, dec_hook=_map_of)
    key, held = get_args(shape)
    pairs = list[tuple[key, held]]  # type: ignore[valid-type]
    return _made(shape, msgspec.msgpack.decode(body, type=pairs, dec_hook=_map_of))


@cache
def reader(shape: Any) -> Read:
    """How plain values are read as a type: of a record, of its fields, tuples or maps of these."""
    return partial(_read_at_once, shape, _reader(shape))


def _read_at_once(shape: Any, read: Read, value: Any) -> Any:
    """What a value stands for, in one go; step by step where it must be said what is wrong.

    The library fills up short rows by defaults, so what was read must be what would be written.
    """
    try:
        found = msgspec.convert(value, shape, dec_hook=_map_of)
        if _ENCODER.encode(found) == _ENCODER.encode(value):
            return found
    except (msgspec.ValidationError, OverflowError):
        pass
    return read(value)


def _map_of(shape: Any, value: Any) -> Mapping[Any, Any]:
    key, held = get_args(shape)
    pairs = list[tuple[key, held]]  # type: ignore[valid-type]
    return _made(shape, msgspec.convert(value, pairs, dec_hook=_map_of))


def _made(shape: Any, pairs: Any) -> Mapping[Any, Any]:
    """A map of a shape that holds some pairs."""
    return Map(pairs) if get_origin(shape) is Map else Register(dict(pairs))


def _pairs(value: Any) -> list[tuple[Any, Any]]:
    """What is in a map, in the order of the keys; those of one map are of one type."""
    return sorted(value.items())


_ENCODER = msgspec.msgpack.Encoder(enc_hook=_pairs)


@cache
def _reader(shape: Any) -> Read:
    if shape in WORDS:
        return partial(_exactly, shape)
    if _is_record(shape):
        return partial(_record, shape)
    if isinstance(shape, type) and issubclass(shape, IntEnum):
        return partial(_member, shape)
    parts = get_args(shape)
    if _is_optional(shape):
        return partial(_optional, _reader(_present(shape)))
    if get_origin(shape) in MAPS:
        return partial(_map, shape, _reader(tuple[tuple[parts], ...]))  # type: ignore[valid-type]
    assert get_origin(shape) is tuple, f"{shape} has no plain form"
    if parts[-1] is Ellipsis:
        return partial(_each, _reader(parts[0]))
    return partial(
        _in_turn, tuple((f"[{place}]", _reader(each)) for place, each in enumerate(parts))
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
    if get_origin(shape) in MAPS:
        key, held = (_described(part, within) for part in get_args(shape))
        return f"{{{key}: {held}}}"
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
    return tuple((f".{name}", _reader(hints[name])) for name in hints)


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
        raise BadRow(f"not {WORDS[kind]}: {_shown(value)}")
    return value


def _map(shape: Any, read: Read, row: Any) -> Mapping[Any, Any]:
    pairs = read(row)
    found = _made(shape, pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise BadRow(f"{next(key for key in keys if keys.count(key) > 1)} comes twice")
    return found


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
