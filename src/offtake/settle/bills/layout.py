"""What a format is, and how its columns become the parts of a bill.

A format says where each part of a bill may stand; what no part was read from is kept as it is.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from offtake.demand.cells import Marks
from offtake.demand.columns import Column
from offtake.settle import bill
from offtake.settle.bill import ABSENT, LIMIT_UNITS, Category, Words
from offtake.settle.bills.amounts import Amounts, amounts_of, nothing
from offtake.settle.bills.instants import NOT_ONE, Instants, instants_of
from offtake.settle.bills.rows import Rows, key_of
from offtake.units.money import LIMIT_MICROS, MICROS, SECONDS_PER_HOUR

COSTS = ("billed", "effective", "contracted", "list")
LIMIT_COST = LIMIT_MICROS // MICROS
GPU_HOURS = frozenset({"gpuhours", "gpuhour", "gpuh", "gpuhrs", "gpuhr", "gpuperhour"})
"""Units of a GPU's time, by their letters and digits."""


class Layout(NamedTuple):
    """A format of bills. Names of columns are compared by letters and digits alone."""

    name: str
    marks: tuple[str, ...]  # Columns that tell the format.
    columns: Mapping[str, tuple[str, ...]]  # Where each part may stand; the first written counts.
    categories: Mapping[str, Category]  # By the format's own word, small; absent: usage.
    supplier: str = ""  # Where the format itself says whose bill it is.
    span_s: int = 0  # How long a row without an end lasts.
    finish: "Callable[[Parts, Rows], Parts] | None" = None  # What this format alone does.
    choices: tuple[str, ...] = ()

    def fits(self, header: Sequence[str]) -> bool:
        """Whether a file with such columns is one of this format."""
        keys = {key_of(name) for name in header}
        return all(key_of(mark) in keys for mark in self.marks)

    def plain(self) -> frozenset[str]:
        """Keys of the columns whose texts are mostly distinct."""
        many = (*COSTS, "quantity", "gpu_h", "row", "unit_price", "list_unit_price")
        return frozenset(key_of(name) for part in many for name in self.columns.get(part, ()))


class Parts(NamedTuple):
    """The parts of a bill as read, not yet checked."""

    start: Instants
    end: Instants
    category: Column  # NOT_ONE where the word means nothing here.
    correction: Column
    amounts: Mapping[str, Amounts]  # By part: costs, prices, quantity, gpu_h.
    words: Mapping[str, Words]  # By part; always those of a bill, and ``currency``.
    gpu_s: Column
    gpus: Column
    used: frozenset[str]  # The columns that a part was read from.
    row: Any = None  # Arrow array of the rows' own names, if the format has them.


WORDS = (*bill.WORDS, "currency")


class Found(NamedTuple):
    """The columns of a file by key, as a layout asks for them."""

    layout: Layout
    table: Any
    by_key: dict[str, str]

    def names(self, part: str) -> list[str]:
        """The file's own names of the columns of a part, best first."""
        keys = [key_of(name) for name in self.layout.columns.get(part, ())]
        return [self.by_key[key] for key in keys if key in self.by_key]

    def column(self, part: str) -> Any:
        """The first written of the columns of a part; None where the file has none of them."""
        import pyarrow.compute as pc

        names = self.names(part)
        if not names:
            return None
        columns = [self.table.column(name) for name in names]
        if len(columns) == 1 or columns[0].null_count == 0:
            return columns[0]
        return pc.coalesce(*(_decoded(column) for column in columns))


def _decoded(column: Any) -> Any:
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        return column.cast(column.type.value_type)
    return column


def found_in(layout: Layout, table: Any) -> Found:
    """The columns of a table by key; of two with one key the first counts."""
    by_key: dict[str, str] = {}
    for name in table.column_names:
        by_key.setdefault(key_of(name), name)
    return Found(layout, table, by_key)


def parts_of(layout: Layout, rows: Rows) -> Parts:
    """Everything that a bill is made of, read from the columns of a file."""
    found, count = found_in(layout, rows.table), rows.table.num_rows
    start = _instants(found, "start", count)
    end = _instants(found, "end", count)
    if not found.names("end") and layout.span_s:
        at_s = np.where(start.at_s == NOT_ONE, NOT_ONE, start.at_s + layout.span_s)
        end = Instants(at_s, start.wrong)
    amounts = {
        part: _amounts(found, part, count)
        for part in (*COSTS, "unit_price", "list_unit_price", "quantity", "gpu_h")
    }
    words = {part: words_of(found.column(part), count) for part in WORDS}
    if layout.supplier and not (words["supplier"].code >= 0).any():
        words["supplier"] = same(layout.supplier, count)
    used = frozenset(name for part in layout.columns for name in found.names(part))
    category = _categories(layout, words_of(found.column("category"), count))
    correction = words_of(found.column("correction"), count)
    parts = Parts(
        start=start,
        end=end,
        category=category,
        correction=_corrections(correction),
        amounts=amounts,
        words=words,
        gpu_s=_gpu_s(amounts, words["unit"]),
        gpus=np.zeros(count, np.int64),
        used=used,
        row=found.column("row"),
    )
    return layout.finish(parts, rows) if layout.finish else parts


def _instants(found: Found, part: str, count: int) -> Instants:
    column = found.column(part)
    if column is None:
        return Instants(np.full(count, NOT_ONE, np.int64), np.zeros(count, bool))
    return instants_of(column)


def _amounts(found: Found, part: str, count: int) -> Amounts:
    column = found.column(part)
    if column is None:
        return nothing(count)
    if part == "gpu_h":
        return amounts_of(column, LIMIT_UNITS, SECONDS_PER_HOUR)
    return amounts_of(column, LIMIT_UNITS if part == "quantity" else LIMIT_COST)


def same(word: str, count: int) -> Words:
    """A column with one word on every row."""
    return Words(np.zeros(count, np.int64), (word,))


def words_of(column: Any, count: int) -> Words:
    """A column of text as indices of its distinct words, blanks around them cut off."""
    import pyarrow as pa

    if column is None:
        return Words(np.full(count, -1, np.int64), ())
    coded = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(coded, pa.ChunkedArray):
        coded = pa.concat_arrays(coded.chunks) if coded.num_chunks else pa.array([], column.type)
    if not pa.types.is_dictionary(coded.type):
        coded = _text(coded).dictionary_encode()
    words = [(word or "").strip() for word in _text(coded.dictionary).to_pylist()]
    known = tuple(dict.fromkeys(word for word in words if word))
    place = {word: number for number, word in enumerate(known)}
    table = np.array([*(place.get(word, -1) for word in words), -1], np.int64)
    return Words(table[coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)], known)


def _text(array: Any) -> Any:
    """As text; what has no text of its own, such as maps, as Python would print it."""
    import pyarrow as pa

    try:
        return array.cast(pa.string())
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        return pa.array([None if v is None else str(v) for v in array.to_pylist()], pa.string())


def _categories(layout: Layout, words: Words) -> Column:
    """The categories of a format's words; without a word a row is usage."""
    known = [layout.categories.get(word.lower(), NOT_ONE) for word in words.known]
    return np.array([*known, Category.USAGE], np.int64)[words.code]


NOT_CORRECTIONS = frozenset({"", "false", "0", "no"})


def _corrections(words: Words) -> Column:
    """1 where a word says that the row corrects an earlier one."""
    known = [int(word.lower() not in NOT_CORRECTIONS) for word in words.known]
    return np.array([*known, 0], np.int64)[words.code]


def _gpu_s(amounts: Mapping[str, Amounts], unit: Words) -> Column:
    """GPU-seconds where a row states GPU-hours, in a column or by its unit, to the nearest."""
    hours, quantity = amounts["gpu_h"], amounts["quantity"]
    found = np.full(len(hours.micros), ABSENT, np.int64)
    found[hours.stated] = divided(hours.micros[hours.stated], MICROS)
    in_unit = unit_marks(unit, GPU_HOURS) & ~hours.stated & quantity.stated
    found[in_unit] = seconds_of(quantity.micros[in_unit])
    return found


def unit_marks(unit: Words, keys: frozenset[str]) -> Marks:
    """The rows whose unit is one of some, by its letters and digits."""
    marks = np.array([*(key_of(word) in keys for word in unit.known), False])
    return marks[unit.code]


def seconds_of(quantity_micro: Column, times: int | Column = 1) -> Column:
    """Millionths of hours, times a count of GPUs, as whole seconds, to the nearest.

    The whole hours and the rest apart, because together they would exceed int64.
    """
    usable = np.where(quantity_micro == ABSENT, 0, quantity_micro)
    whole, rest = np.divmod(usable, MICROS)
    per_hour = np.asarray(times, np.int64) * SECONDS_PER_HOUR
    return whole * per_hour + divided(rest * per_hour, MICROS)


def divided(values: Column, divisor: int) -> Column:
    """Quotients, rounded half to even."""
    whole, rest = np.divmod(values, divisor)
    up = (2 * rest > divisor) | ((2 * rest == divisor) & (whole % 2 == 1))
    result: Column = whole + up
    return result
