"""Cells of text as numbers, instants and codes of words; those that are none, marked."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Marks = NDArray[np.bool_]

NUMBER_MAX = 1e100
"""Beyond what anything measures, and small enough to be multiplied by any unit."""
NUMBER_TEXT = r"^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?\s*$"
TIME_TEXT = (
    r"^\d{4}-(0\d|1[0-2])-[0-3]\d([ T][0-2]\d:[0-5]\d(:[0-5]\d(\.\d{1,9})?)?"
    r"(Z|[-+]\d\d:?\d\d)?)?$"
)
ZONE_TEXT = r"\d(Z|[-+]\d\d:?\d\d)$"


class Typed(NamedTuple):
    """A column as float64, ``nan`` where nothing is written, and where something else is."""

    values: Numbers
    wrong: Marks


def numbers_of(array: Any) -> Typed:
    """Numbers of an Arrow array of text or numbers; those beyond NUMBER_MAX are wrong."""
    import pyarrow as pa

    wrong = np.zeros(len(array), bool)
    if _is_text(array):
        import pyarrow.compute as pc

        plain = pc.replace_substring_regex(pc.utf8_trim_whitespace(array), r"^\+", "")
        array, wrong = _cast(plain, NUMBER_TEXT, pa.float64())
    elif array.type != pa.float64():
        array = array.cast(pa.float64(), safe=False)
    values = array.to_numpy(zero_copy_only=False).astype(np.float64, copy=False)
    beyond = np.abs(values) > NUMBER_MAX
    if beyond.any():
        return Typed(np.where(beyond, np.nan, values), wrong | beyond)
    return Typed(values, wrong)


def whole_of(values: Numbers, missing: int = -1) -> NDArray[np.int64]:
    """Whole numbers: rounded down, but a millionth below one counts as it; at most 2**62."""
    nothing = np.isnan(values)
    whole = np.clip(values, -(2.0**62), 2.0**62)
    np.floor(np.round(whole, 6, out=whole), out=whole)
    whole[nothing] = missing
    return whole.astype(np.int64)


def instants_of(array: Any) -> Typed:
    """Seconds since the epoch, to the microsecond; without a zone an instant counts as UTC."""
    import pyarrow as pa

    wrong = np.zeros(len(array), bool)
    if _is_text(array):
        import pyarrow.compute as pc

        plain = pc.utf8_trim_whitespace(array)
        if pc.any(pc.match_substring_regex(plain, ZONE_TEXT + "|^$")).as_py():
            zoned = pc.match_substring_regex(plain, r":\d\d(\.\d+)?(Z|[-+]\d\d:?\d\d)$")
            plain = pc.if_else(zoned, plain, pc.binary_join_element_wise(plain, "Z", ""))
            array, wrong = _cast(plain, TIME_TEXT, pa.timestamp("ns", "UTC"))
        else:
            array, wrong = _cast(plain, TIME_TEXT, pa.timestamp("ns"))
    return Typed(_seconds(array), wrong)


def _is_text(array: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(array.type) or pa.types.is_large_string(array.type))


def _cast(array: Any, pattern: str, wanted: Any) -> tuple[Any, Marks]:
    """A text array in another type, and where it is not of it."""
    import pyarrow.compute as pc

    given = np.asarray(pc.fill_null(pc.not_equal(array, ""), False))
    fits = pc.fill_null(pc.match_substring_regex(array, pattern), False)
    found = _cast_or_null(pc.if_else(fits, array, None), wanted)
    return found, given & ~np.asarray(found.is_valid())


def _cast_or_null(array: Any, wanted: Any) -> Any:
    """Cast; where a part cannot be (30 February), halve until the cell is found."""
    import pyarrow as pa

    try:
        return array.cast(wanted)
    except pa.ArrowInvalid:
        if len(array) == 1:
            return pa.nulls(1, wanted)
        half = len(array) // 2
        parts = [_cast_or_null(array[:half], wanted), _cast_or_null(array[half:], wanted)]
        return pa.concat_arrays(parts)


def _seconds(array: Any) -> Numbers:
    import pyarrow as pa

    null = np.asarray(array.is_null())
    per_s = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[array.type.unit]
    whole = array.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    return np.where(null, np.nan, whole // per_s + whole % per_s / per_s)


class Coder:
    """Gives each word of a column a number, in order of appearance."""

    def __init__(self) -> None:
        self.words: dict[str, int] = {}

    def codes(self, array: Any) -> NDArray[np.int32]:
        """The numbers of a block's words, -1 where there is none."""
        import pyarrow as pa

        coded = array.cast(pa.string()).dictionary_encode()
        words = coded.dictionary.to_pylist()
        known = [self.words.setdefault(word, len(self.words)) for word in words]
        table = np.array([*known, -1], dtype=np.int32)
        own: NDArray[np.int64] = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        return table[own]
