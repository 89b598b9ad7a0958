"""What was stated before stays: a difference found later is a line of the period it is found in.

Differences that were stated since count as stated. Nothing is corrected twice, as long as every
period that was stated since is given.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from offtake.core.names import Names
from offtake.core.vocabulary import NONE
from offtake.settle.booked import Books
from offtake.settle.period import period_text
from offtake.settle.statement import CORRECTION, Line, lines_of
from offtake.units.time import instant_text


class Stated(NamedTuple):
    """The lines of an earlier result, and of which period and agreement it was."""

    period: tuple[int, int]
    lines: tuple[Line, ...]
    agreement: str = ""  # Empty: all of them.


class Misstated(ValueError):
    """Earlier results from which no differences can be told."""


def check_stated(stated: Sequence[Stated], period: tuple[int, int], known_from_s: int) -> None:
    """Earlier results are of other periods than each other and of earlier ones than ``period``.

    Raises:
        Misstated: They are not, and an amount would count twice; or not all use of them is known,
            and what is missing would be taken back.
    """
    for one in stated:
        if one.period[1] > period[0]:
            raise Misstated(f"{period_text(one.period)} is not over at {instant_text(period[0])}")
        if one.period[0] < known_from_s:
            since = instant_text(known_from_s)
            raise Misstated(f"use is known from {since} on, {period_text(one.period)} began before")
    for one, other in combinations(stated, 2):
        apart = one.agreement and other.agreement and one.agreement != other.agreement
        if not apart and max(one.period[0], other.period[0]) < min(one.period[1], other.period[1]):
            periods = f"{period_text(one.period)} and {period_text(other.period)}"
            raise Misstated(f"{periods} share time")


def corrections(stated: Sequence[Stated], books: Books, names: Names) -> list[Line]:
    """What earlier results would say otherwise today: each difference is one line.

    It is about the time it is of. A correction that one of the results holds counts with what it
    corrected, where that is of one of their periods.
    """
    lines = [line for one in stated for line in one.lines]
    first = [line for line in lines if line.kind != CORRECTION]
    later = [line for line in lines if line.kind == CORRECTION]
    anew = [
        line
        for one in stated
        for line in lines_of(books, names, one.period)
        if one.agreement in ("", line.agreement)
    ]
    shown = {line.key: line for line in (*later, *first, *anew)}
    known = {line.key for line in (*first, *anew)}
    before = _sums(first + [line for line in later if line.key in known or _of(line, stated)])
    now = _sums(anew)
    rows = []
    for key in dict.fromkeys((*before, *now)):
        amount = now.get(key, (0, 0))[0] - before.get(key, (0, 0))[0]
        gpu_s = now.get(key, (0, 0))[1] - before.get(key, (0, 0))[1]
        if amount or gpu_s:
            line = shown[key]
            rows.append(line._replace(kind=CORRECTION, amount_micros=amount, gpu_s=gpu_s))
    return rows


def _of(line: Line, stated: Iterable[Stated]) -> bool:
    """Whether a line is about one of the periods."""
    at_s = line.end_s if line.due_s == NONE else line.due_s
    return any(
        one.period[0] < at_s <= one.period[1] and one.agreement in ("", line.agreement)
        for one in stated
    )


def _sums(lines: Iterable[Line]) -> Mapping[tuple[object, ...], tuple[int, int]]:
    sums: dict[tuple[object, ...], tuple[int, int]] = {}
    for line in lines:
        amount, gpu_s = sums.get(line.key, (0, 0))
        sums[line.key] = amount + line.amount_micros, gpu_s + line.gpu_s
    return sums
