"""One ledger of GPUs by pool and window: awarded, there, permitted, drawn, used and left."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate, pairwise
from typing import NamedTuple

from offtake.core.names import name_of
from offtake.desk.metered import NOWHERE
from offtake.desk.pools import awarded, pools
from offtake.desk.state import State
from offtake.desk.view.requirement import Data
from offtake.desk.view.words import instant, name, names_at
from offtake.sourcing.level import Piece, levels, pieces_of
from offtake.sourcing.permit import Permit
from offtake.sourcing.permitting import Place
from offtake.units.time import FOREVER_S


class Window(NamedTuple):
    """Of which period: the half-open ``[from_s, until_s)``, in parts of ``step_s``.

    0: a part lasts as long as nothing changes. ``at_s`` is the instant that it is looked at.
    """

    from_s: int
    until_s: int
    at_s: int
    step_s: int = 0


class Level:
    """GPUs over time, to be asked for the least, the most and the sum of a period."""

    def __init__(self, changes: Iterable[tuple[int, int]]) -> None:
        sums: dict[int, int] = {}
        for at_s, gpus in changes:
            sums[at_s] = sums.get(at_s, 0) + gpus
        rows = sorted(row for row in sums.items() if row[1])
        self.edges = [at_s for at_s, _ in rows]
        self._levels = [0, *accumulate(gpus for _, gpus in rows)]

    def _within(self, start_s: int, end_s: int) -> list[int]:
        first = bisect_right(self.edges, start_s)
        return self._levels[first : bisect_left(self.edges, end_s, lo=first) + 1]

    def least(self, start_s: int, end_s: int) -> int:
        """The fewest GPUs at any instant of a period."""
        return min(self._within(start_s, end_s))

    def most(self, start_s: int, end_s: int) -> int:
        """The most GPUs at any instant of a period."""
        return max(self._within(start_s, end_s))

    def gpu_s(self, start_s: int, end_s: int) -> int:
        """The GPU-seconds of a period."""
        first, last = bisect_right(self.edges, start_s), bisect_left(self.edges, end_s)
        edges = [start_s, *self.edges[first:last], end_s]
        spans = (after - before for before, after in pairwise(edges))
        return sum(span * level for span, level in zip(spans, self._levels[first:], strict=False))


class Book(NamedTuple):
    """What is known of one pool over time."""

    awarded: Level
    delivered: Level
    permitted: Level
    drawn: Level
    used: Level
    left: Level


def ledger(state: State, window: Window, only: str | None = None) -> Iterator[Data]:
    """The rows of all pools, or of one: pool by pool, each in order of time.

    Where a part is longer than nothing changes, what is awarded, there and left is the least at
    any instant of it, what is permitted and drawn the most.
    """
    for place in pools(state):
        if only in (None, place.pool):
            book = _book(state, place, window)
            for start_s, end_s in _parts(book, window):
                yield {**_about(state, place), **_row(book, start_s, end_s)}
    if only is None and NOWHERE in state.used:
        yield from _nowhere(state, window)


def _about(state: State, place: Place) -> Data:
    names = names_at(state)
    return {
        "pool": place.pool,
        "supplier": name_of(names.parties, place.supplier),
        "accelerator": name(names.accelerators, place.accelerator),
        "region": name(names.regions, place.region),
    }


def _row(book: Book, start_s: int, end_s: int) -> Data:
    return {
        "start": instant(start_s),
        "end": instant(end_s),
        "awarded": book.awarded.least(start_s, end_s),
        "delivered": book.delivered.least(start_s, end_s),
        "permitted": book.permitted.most(start_s, end_s),
        "drawn": book.drawn.most(start_s, end_s),
        "used_gpu_s": book.used.gpu_s(start_s, end_s),
        "left": book.left.least(start_s, end_s),
    }


def _nowhere(state: State, window: Window) -> Iterator[Data]:
    """What was used and is not known to have run on one pool."""
    used = Level(state.used[NOWHERE].items())
    gpu_s = used.gpu_s(window.from_s, window.until_s)
    if gpu_s:
        yield {
            "pool": None,
            "supplier": None,
            "accelerator": None,
            "region": None,
            "start": instant(window.from_s),
            "end": instant(window.until_s),
            "awarded": 0,
            "delivered": 0,
            "permitted": 0,
            "drawn": 0,
            "left": 0,
            "used_gpu_s": gpu_s,
        }


def _book(state: State, place: Place, window: Window) -> Book:
    signed = pieces_of(awarded(state, place), 0, FOREVER_S)
    delivered = pieces_of(place.steps, 0, FOREVER_S)
    permits = _permits(state, place, window)
    held = [piece for permit in permits for piece in _held(permit, window.at_s)]
    drawn = [piece for row in permits for draw in row.draws.values() for piece in draw.pieces]
    less = [piece._replace(gpus=-piece.gpus) for piece in held]
    return Book(
        awarded=Level(levels(signed).items()),
        delivered=Level(levels(delivered).items()),
        permitted=Level(levels(held).items()),
        drawn=Level(levels(drawn).items()),
        used=Level(state.used.get(place.pool, {}).items()),
        left=Level(levels((*delivered, *less)).items()),
    )


def _permits(state: State, place: Place, window: Window) -> list[Permit]:
    rows = state.permits.rows.values()
    return [
        row
        for row in rows
        if row.pool == place.pool and row.start_s < window.until_s and window.from_s < row.end_s
    ]


def _held(permit: Permit, at_s: int) -> Iterator[Piece]:
    """What a permit held and holds of its pool: all of it until it stopped, then what was drawn."""
    stops_s = permit.stops_at_s(at_s)
    if permit.start_s < stops_s:
        yield Piece(permit.gpus, permit.start_s, stops_s)
    for draw in permit.draws.values():
        for piece in draw.pieces:
            after = piece.within(stops_s, FOREVER_S)
            if after is not None:
                yield after


def _parts(book: Book, window: Window) -> Iterator[tuple[int, int]]:
    """The parts of a window, one after the other."""
    from_s, until_s = window.from_s, window.until_s
    if window.step_s:
        edges = range(from_s, until_s, window.step_s)
        yield from pairwise([*edges, until_s])
        return
    known = {at_s for level in book for at_s in level.edges if from_s < at_s < until_s}
    yield from pairwise([from_s, *sorted(known), until_s])


def horizon_s(state: State, at_s: int) -> int:
    """Until when something is known to change: a day from an instant at least."""
    ends = [at_s + 86_400]
    ends += [from_s for place in pools(state) for from_s, _ in place.steps]
    ends += [row.end_s for row in state.permits.rows.values()]
    return max(each for each in ends if each < FOREVER_S)
