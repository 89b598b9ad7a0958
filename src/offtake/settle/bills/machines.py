"""Accelerators and GPU-hours of a bill's rows, told from the machines that they name."""

import re
from collections.abc import Sequence

import numpy as np

from offtake.demand.cells import Marks
from offtake.demand.columns import Column
from offtake.settle.bill import ABSENT, Category, Words
from offtake.settle.bills.layout import COSTS, GPU_HOURS, Parts, seconds_of, unit_marks, words_of
from offtake.settle.bills.rows import Rows, key_of
from offtake.supply.machine import Machine, accelerator_of, machine_of

_HOURS = re.compile(r"^(\d*)(?:instance)?(?:per)?(?:hours?|hrs?|h)$")
LIMIT_TEXT = 2_000
"""What is longer names no machine: such a text is not searched."""


def with_machines(parts: Parts, rows: Rows, columns: Sequence[str], within: Marks) -> Parts:
    """Parts with accelerators, and GPU-seconds where hours of a machine are priced.

    Of the ``columns`` the first that names a machine counts, for rows ``within`` alone.
    """
    found = [_machines(rows, name) for name in _names(rows, columns)]
    accelerator, gpus, priced = _first(found, len(rows.line))
    accelerator = np.where(within, accelerator, "")
    gpus = np.where(within, gpus, 0)
    hours = unit_hours(parts.words["unit"])
    quantity = parts.amounts["quantity"]
    machine_time = (gpus > 0) & (hours > 0) & ~priced
    gpu_hours = np.where(unit_marks(parts.words["unit"], GPU_HOURS), 1, np.where(priced, hours, 0))
    times = np.where(machine_time, gpus * hours, np.where(accelerator != "", gpu_hours, 0))
    tells = (times > 0) & quantity.stated & (parts.category == Category.USAGE)
    tells &= parts.gpu_s == ABSENT
    gpu_s = parts.gpu_s.copy()
    gpu_s[tells] = seconds_of(quantity.micros[tells], times[tells])
    words = {**parts.words, "accelerator": _words(accelerator)}
    return parts._replace(words=words, gpu_s=gpu_s, gpus=np.where(priced, 0, gpus))


def _names(rows: Rows, columns: Sequence[str]) -> list[str]:
    by_key = names_by_key(rows)
    return [by_key[key_of(name)] for name in columns if key_of(name) in by_key]


def names_by_key(rows: Rows) -> dict[str, str]:
    """The file's own names of its columns, by letters and digits."""
    by_key: dict[str, str] = {}
    for name in rows.table.column_names:
        by_key.setdefault(key_of(name), name)
    return by_key


def _machines(rows: Rows, name: str) -> tuple[Words, list[Machine | None], list[str]]:
    """The distinct texts of a column with the machine, or the accelerator, that each names."""
    words = words_of(rows.table.column(name), len(rows.line))
    texts = [word[:LIMIT_TEXT] for word in words.known]
    machines = [machine_of(text) for text in texts]
    return words, machines, [accelerator_of(text) for text in texts]


def _first(
    found: Sequence[tuple[Words, list[Machine | None], list[str]]], count: int
) -> tuple[Column, Column, Marks]:
    """Of each row: accelerator (empty: not told), GPUs, and whether GPUs themselves are priced."""
    accelerator = np.full(count, "", object)
    gpus = np.zeros(count, np.int64)
    priced = np.zeros(count, bool)
    for words, machines, _ in found:
        names = np.array([*(m.accelerator if m else "" for m in machines), ""], object)
        counts = np.array([*(m.gpus if m else 0 for m in machines), 0], np.int64)
        open_ = (accelerator == "") & (counts[words.code] > 0)
        accelerator = np.where(open_, names[words.code], accelerator)
        gpus = np.where(open_, counts[words.code], gpus)
    for words, _, named in found:
        names = np.array([*named, ""], object)[words.code]
        open_ = (accelerator == "") & (names != "")
        accelerator = np.where(open_, names, accelerator)
        priced |= open_
    return accelerator, gpus, priced


def _words(texts: Column) -> Words:
    known, code = np.unique(texts.astype(str), return_inverse=True)
    at = {word: number for number, word in enumerate(word for word in known.tolist() if word)}
    table = np.array([at.get(word, -1) for word in known.tolist()], np.int64)
    return Words(table[code.reshape(-1)], tuple(at))


def unit_hours(unit: Words) -> Column:
    """How many hours one unit is: 1 for ``Hrs``, 10 for ``10 Hours``, 0 for what is no time."""
    found = []
    for word in unit.known:
        match = _HOURS.match(key_of(word))
        found.append(int(match[1] or 1) if match and len(match[1]) < 5 else 0)
    return np.array([*found, 0], np.int64)[unit.code]


def reversed_rows(parts: Parts) -> Parts:
    """Parts whose rows of negative quantity and no positive cost are corrections.

    So suppliers take back usage without saying that it corrects: Microsoft's rows of FOCUS do.
    """
    back = parts.amounts["quantity"].below & (parts.category == Category.USAGE)
    for part in COSTS:
        micros = parts.amounts[part].micros
        back &= (micros == ABSENT) | (micros <= 0)
    return parts._replace(correction=np.where(back, 1, parts.correction))
