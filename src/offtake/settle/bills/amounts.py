"""Amounts as a file writes them, as integers: exact, rounded once and by name.

Text is read as decimals with 18 places, never as floating-point numbers; only a file that
itself holds those is read from them. Rounding to a millionth is half to even.
"""

import re
from decimal import ROUND_05UP, Decimal
from typing import Any, NamedTuple

import numpy as np

from offtake.demand.cells import Marks
from offtake.demand.columns import Column
from offtake.settle.bill import ABSENT

PLACES = 18
DIGITS = 38
PLAIN = r"^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?$"
DRESSED = r"^-?[$€£¥]?\d{1,3}(,\d{3})*(\.\d+)?$"
"""With a sign of a currency or commas between thousands; a comma is never a decimal point."""


class Amounts(NamedTuple):
    """A column in millionths, ABSENT where nothing usable is written.

    ``wrong`` is where something else than a number stands, ``beyond`` what is above the limit,
    ``below`` what is written below zero, however little. ``exact`` is the sum of what is written.
    """

    micros: Column
    wrong: Marks
    beyond: Marks
    below: Marks
    exact: Decimal

    @property
    def stated(self) -> Marks:
        """The rows that state an amount."""
        marks: Marks = self.micros != ABSENT
        return marks


def nothing(rows: int) -> Amounts:
    """The amounts of a column that a file does not have."""
    none = np.zeros(rows, bool)
    return Amounts(np.full(rows, ABSENT, np.int64), none, none, none, Decimal(0))


def amounts_of(column: Any, limit: int, scale: int = 1) -> Amounts:
    """A column of an Arrow table in millionths; ``limit`` is the largest accepted, in units.

    ``scale`` multiplies what is written, before it is rounded: 3,600 reads hours as seconds.
    """
    import pyarrow as pa

    column = column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])
    parts = [_of_chunk(chunk, limit, scale) for chunk in column.chunks]
    if not parts:
        return nothing(0)
    return Amounts(
        micros=np.concatenate([part.micros for part in parts]),
        wrong=np.concatenate([part.wrong for part in parts]),
        beyond=np.concatenate([part.beyond for part in parts]),
        below=np.concatenate([part.below for part in parts]),
        exact=sum((part.exact for part in parts), Decimal(0)),
    )


def _of_chunk(chunk: Any, limit: int, scale: int) -> Amounts:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(chunk.type):
        chunk = chunk.dictionary_decode()
    if pa.types.is_floating(chunk.type):
        return _of_floats(chunk, limit, scale)
    if pa.types.is_null(chunk.type):
        return nothing(len(chunk))
    if not (pa.types.is_string(chunk.type) or pa.types.is_large_string(chunk.type)):
        if not (pa.types.is_decimal(chunk.type) or pa.types.is_integer(chunk.type)):
            everywhere = np.asarray(chunk.is_valid())
            return nothing(len(chunk))._replace(wrong=everywhere)
        chunk = chunk.cast(pa.string())
    text, fits = _plain(pc.utf8_trim_whitespace(chunk.cast(pa.string())))
    written = np.asarray(pc.fill_null(pc.not_equal(text, ""), False))
    size = pc.if_else(fits, text, None).cast(pa.float64())
    beyond = np.asarray(pc.fill_null(pc.greater(pc.abs(size), limit), False))
    values = _decimals(pc.if_else(pa.array(np.asarray(fits) & ~beyond), text, None))
    micros, exact = _rounded(values, scale)
    below = np.asarray(pc.fill_null(pc.less(size, 0), False))
    return Amounts(micros, written & ~np.asarray(fits), beyond, below, exact)


def _plain(text: Any) -> tuple[Any, Any]:
    """Amounts without what dresses them, and which of them are numbers."""
    import pyarrow.compute as pc

    fits = pc.fill_null(pc.match_substring_regex(text, PLAIN), False)
    other = pc.and_not(pc.fill_null(pc.not_equal(text, ""), False), fits)
    if not pc.any(other).as_py():
        return text, fits
    dressed = pc.and_(other, pc.fill_null(pc.match_substring_regex(text, DRESSED), False))
    bare = pc.replace_substring_regex(text, "[$€£¥,]", "")
    return pc.if_else(dressed, bare, text), pc.or_(fits, dressed)


def _decimals(text: Any) -> Any:
    """Numbers within the limit as decimals; what is finer than their places stays told apart."""
    import pyarrow as pa

    kind = pa.decimal128(DIGITS, PLACES)
    try:
        return text.cast(kind)
    except pa.ArrowInvalid:
        return pa.array([_fine(word) for word in text.to_pylist()], kind)


def _fine(word: str | None) -> Decimal | None:
    """A number to the last place, rounded so that a later rounding is what one would give."""
    if word is None:
        return None
    return Decimal(word).quantize(Decimal(1).scaleb(-PLACES), rounding=ROUND_05UP)


def _rounded(values: Any, scale: int) -> tuple[Column, Decimal]:
    """Decimals times a scale in millionths, half to even, and their exact sum."""
    import pyarrow as pa
    import pyarrow.compute as pc

    exact = pc.sum(values).as_py() or Decimal(0)
    if scale != 1:
        small = values.cast(pa.decimal128(33, PLACES))
        values = pc.multiply(small, pa.scalar(Decimal(scale), pa.decimal128(4, 0)))
        values = values.cast(pa.decimal128(DIGITS, PLACES))
    near = pc.round(values, 6, round_mode="half_to_even").cast(pa.decimal128(DIGITS, 6))
    low = np.frombuffer(near.buffers()[1], np.int64)[::2]  # Within int64: the high half is sign.
    micros = low[near.offset : near.offset + len(near)]
    return np.where(np.asarray(near.is_valid()), micros, ABSENT), exact * scale


def _of_floats(chunk: Any, limit: int, scale: int) -> Amounts:
    """Of a file that itself holds floating-point numbers: to the nearest millionth."""
    values = chunk.to_numpy(zero_copy_only=False).astype(np.float64) * scale
    wrong = np.isinf(values)
    beyond = np.abs(values) > limit * scale
    usable = ~(np.isnan(values) | beyond)
    micros = np.rint(np.where(usable, values, 0) * 1e6).astype(np.int64)
    micros = np.where(usable, micros, ABSENT)
    exact = Decimal(int(micros[usable].astype(object).sum() if usable.any() else 0)).scaleb(-6)
    return Amounts(micros, wrong, beyond & ~wrong, usable & (values < 0), exact)


def is_currency(word: str) -> bool:
    """Whether a word has the form of an ISO 4217 code."""
    return re.fullmatch("[A-Z]{3}", word) is not None
