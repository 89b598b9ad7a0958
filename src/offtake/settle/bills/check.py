"""Whether a bill can be booked: every problem with its file, row and column, or none."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from offtake.contract.problem import Place, Problem, nearest
from offtake.core.vocabulary import NONE
from offtake.demand.cells import Marks
from offtake.settle.bill import ABSENT, LIMIT_GPU_S, LIMIT_UNITS, Category, Expected
from offtake.settle.bills.amounts import Amounts, is_currency
from offtake.settle.bills.instants import NOT_ONE
from offtake.settle.bills.layout import COSTS, LIMIT_COST, Found, Layout, Parts, found_in
from offtake.settle.bills.rows import LISTED_MAX, Rows
from offtake.units.money import MICROS, plain
from offtake.units.time import instant_text


class Rule(NamedTuple):
    """The rows that break a rule, what it says, the way out, and the part it looks at."""

    code: str
    wrong: Marks
    says: str
    remedy: str
    part: str


def problems(layout: Layout, rows: Rows, parts: Parts, expected: Expected) -> list[Problem]:
    """Everything that keeps a file from being a bill, as it is or as it was expected."""
    found = found_in(layout, rows.table)
    told: list[Problem] = []
    for rule in (
        *_readable(parts),
        *_bookable(parts),
        *_sums(parts),
        *_as_expected(parts, expected),
    ):
        told += _located(rule, rows, found)
    told += _currencies(rows, found, parts, expected)
    told += _repeated(rows, found, parts)
    if not told:
        told += _whole(rows, parts, expected)
    return told


def _located(rule: Rule, rows: Rows, found: Found) -> Iterator[Problem]:
    """A problem a row, as many as are listed, and how many more there are."""
    at = np.flatnonzero(rule.wrong)
    names = found.names(rule.part)
    column = rows.table.column_names.index(names[0]) + 1 if names else 1
    where = f"`{names[0]}`: " if names else ""
    for row in at[:LISTED_MAX].tolist():
        value = _shown(rows, names, row)
        place = Place(rows.path.name, int(rows.line[row]), column)
        yield Problem(rule.code, place, f"{where}{value}{rule.says}", rule.remedy)
    if len(at) > LISTED_MAX:
        says = f"{where}{len(at) - LISTED_MAX:,} more rows: {rule.says}"
        yield Problem(rule.code, Place(rows.path.name), says, rule.remedy)


def _shown(rows: Rows, names: list[str], row: int) -> str:
    """What stands there, for the message."""
    if not names:
        return ""
    value = rows.table.column(names[0])[row].as_py()
    return "" if value is None else f"`{str(value)[:60]}` "


def _readable(parts: Parts) -> Iterator[Rule]:
    """Cells that are not what their column holds."""
    instant = "Write a date or time, such as 2025-04-01T00:00:00Z."
    for part, read in (("start", parts.start), ("end", parts.end)):
        yield Rule("bad-bill", read.wrong, "is no date or time", instant, part)
        missing = (read.at_s == NOT_ONE) & ~read.wrong
        yield Rule("bad-bill", missing, "no date or time is stated", instant, part)
    for part, amounts in parts.amounts.items():
        yield Rule("bad-bill", amounts.wrong, "is no number", "Write it in digits.", part)
        limit = LIMIT_UNITS if part in ("quantity", "gpu_h") else LIMIT_COST
        says = f"is beyond the limit of {limit:,}"
        yield Rule("beyond-limit", amounts.beyond, says, "Check the figure and its unit.", part)
    known = ", ".join(category.name.lower() for category in Category)
    unknown = parts.category == NOT_ONE
    yield Rule("bad-bill", unknown, "is no kind of charge", f"It must mean: {known}.", "category")
    nobody = parts.words["supplier"].code < 0
    yield Rule("bad-bill", nobody, "names no supplier", "Say whose charge it is.", "supplier")


def _bookable(parts: Parts) -> Iterator[Rule]:
    """Rows that are readable and cannot be charges."""
    start, end = parts.start.at_s, parts.end.at_s
    timed = (start != NOT_ONE) & (end != NOT_ONE)
    late = timed & (end <= start)
    yield Rule("bad-bill", late, "is not after the start", "Write a later end.", "end")
    billed = parts.amounts["billed"]
    none = ~billed.stated & ~billed.wrong & ~billed.beyond
    yield Rule("bad-bill", none, "no cost is stated", "Write 0 where nothing is billed.", "billed")
    charged = np.isin(parts.category, (Category.USAGE, Category.PURCHASE, Category.TAX))
    charged &= parts.correction == 0
    remedy = "A refund is a credit, an adjustment, or a correction."
    for part in (*COSTS, "quantity", "gpu_h"):
        negative = charged & parts.amounts[part].below
        yield Rule("negative-charge", negative, "is negative on a charge", remedy, part)


def _sums(parts: Parts) -> Iterator[Rule]:
    """The row at which a sum leaves what can be counted."""
    for part in COSTS:
        amounts = parts.amounts[part]
        says = f"the sum of the rows up to here is beyond {LIMIT_COST:,}"
        yield Rule("beyond-limit", _excess(amounts), says, "Split the file by month.", part)
    taken = np.cumsum(np.where(parts.gpu_s == ABSENT, 0, parts.gpu_s).astype(np.float64))
    excess = np.abs(taken) >= LIMIT_GPU_S
    excess[1:] &= ~excess[:-1]
    says = "GPU-seconds of the rows up to here are beyond 2^53"
    yield Rule("beyond-limit", excess, says, "Check the unit, or split the file.", "quantity")


def _excess(amounts: Amounts) -> Marks:
    stated = np.where(amounts.stated, amounts.micros, 0).astype(np.float64)
    over = np.cumsum(np.abs(stated)) > LIMIT_COST * MICROS
    over[1:] &= ~over[:-1]
    marks: Marks = over
    return marks


def _as_expected(parts: Parts, expected: Expected) -> Iterator[Rule]:
    """Rows of another period or supplier than the bill should have."""
    if expected.period is not None:
        from_s, until_s = expected.period
        start = parts.start.at_s
        outside = (start != NOT_ONE) & ((start < from_s) | (start >= until_s))
        says = f"starts outside {instant_text(from_s)} to {instant_text(until_s)}"
        yield Rule("other-period", outside, says, "Give the bill of this period.", "start")
    if expected.suppliers:
        words = parts.words["supplier"]
        other = np.array([*(word not in expected.suppliers for word in words.known), False])
        strange = other[words.code]
        first = words.at(int(np.argmax(strange))) if strange.any() else ""
        remedy = nearest(first, expected.suppliers)
        yield Rule("unknown-name", strange, "is not a supplier here", remedy, "supplier")


def _currencies(rows: Rows, found: Found, parts: Parts, expected: Expected) -> Iterator[Problem]:
    """That a bill is in one currency, which is one, and the expected one."""
    words = parts.words["currency"]
    named = [word for number, word in enumerate(words.known) if (words.code == number).any()]
    if (words.code < 0).any() or not named:
        nothing = Rule("bad-bill", words.code < 0, "no currency", "Name it, as USD.", "currency")
        yield from _located(nothing, rows, found)
        return
    remedy = "Give one bill a currency; amounts of several have no sum."
    for word in named:
        if not is_currency(word):
            says = "is no code of ISO 4217, such as USD"
            yield from _located(
                Rule("bad-bill", words.of(word), says, "Write three capitals.", "currency"),
                rows,
                found,
            )
    wanted = expected.currency or named[0]
    other = ~words.of(wanted)
    says = f"in another currency than {wanted}"
    yield from _located(Rule("mixed-currencies", other, says, remedy, "currency"), rows, found)


def _repeated(rows: Rows, found: Found, parts: Parts) -> Iterator[Problem]:
    """Rows that were there before: by their own name, or else by all they say."""
    if parts.row is None:
        wrong = _again_in_full(rows, parts)
        says = "the same row was there before, cell by cell"
    else:
        wrong = _again([_codes(parts.row)]) & np.asarray(parts.row.is_valid())
        says = "a row of this name was there before"
    remedy = "Book a row once: remove it, or fetch the bill again."
    yield from _located(Rule("repeated-row", wrong, says, remedy, "row"), rows, found)


def _again_in_full(rows: Rows, parts: Parts) -> Marks:
    """The rows that equal an earlier one in every cell.

    What was read of a row picks those that may be alike; only they are compared as written.
    """
    read = [parts.start.at_s, parts.end.at_s, parts.category, parts.correction]
    read += [amounts.micros for amounts in parts.amounts.values()]
    read += [words.code for words in parts.words.values()]
    kept = [name for name in rows.table.column_names if name not in parts.used]
    read += [_codes(rows.table.column(name)) for name in kept]
    _, group, count = np.unique(_mixed(read), return_inverse=True, return_counts=True)
    alike = np.flatnonzero(count[group] > 1)
    again = np.zeros(len(rows.line), bool)
    if len(alike):
        cells = rows.table.take(alike)
        again[alike] = _again([_codes(column) for column in cells.columns])
    return again


def _codes(column: Any) -> Any:
    """A column as numbers: the same for the same value, -1 where nothing is written."""
    import pyarrow as pa

    column = column.combine_chunks()
    parts = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    column = pa.concat_arrays(parts) if parts else pa.array([], pa.string())
    if not pa.types.is_dictionary(column.type):
        try:
            column = column.dictionary_encode()
        except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
            column = pa.array([str(value) for value in column.to_pylist()]).dictionary_encode()
    return column.indices.fill_null(-1).to_numpy()


def _mixed(columns: list[Any]) -> Any:
    """One 64-bit number a row, the same for rows that are the same in every column."""
    mix = np.zeros(len(columns[0]), np.uint64)
    for codes in columns:
        mix = (mix ^ codes.astype(np.int64).view(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        mix ^= mix >> np.uint64(29)
    return mix


def _again(columns: list[Any]) -> Marks:
    """The rows that equal the first of their mix in every column: none is taken for another."""
    _, first, inverse = np.unique(_mixed(columns), return_index=True, return_inverse=True)
    before = first[inverse]
    again: Marks = before != np.arange(len(before))
    for codes in columns:
        again &= codes == codes[before]
    return again


def _whole(rows: Rows, parts: Parts, expected: Expected) -> Iterator[Problem]:
    """That the file is as long and sums up to what was expected."""
    place = Place(rows.path.name)
    remedy = "Fetch the whole file again."
    if expected.rows != NONE and expected.rows != len(rows.line):
        says = f"{len(rows.line):,} rows, not the {expected.rows:,} expected"
        yield Problem("bad-bill", place, says, remedy)
    exact = round(parts.amounts["billed"].exact * MICROS)
    if expected.billed_micros != ABSENT and expected.billed_micros != exact:
        says = f"sums up to {plain(exact)}, not the {plain(expected.billed_micros)} expected"
        yield Problem("bad-bill", place, says, remedy)
