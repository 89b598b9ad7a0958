"""GPUs over time as pieces that begin and end: what holds at an instant, and the most that does."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Piece(NamedTuple):
    """So many GPUs during the half-open ``[start_s, end_s)``."""

    gpus: int
    start_s: int
    end_s: int

    @property
    def gpu_s(self) -> int:
        """GPU-seconds."""
        return self.gpus * (self.end_s - self.start_s)

    def within(self, start_s: int, end_s: int) -> "Piece | None":
        """The part of it inside ``[start_s, end_s)``; None where there is none."""
        first, last = max(self.start_s, start_s), min(self.end_s, end_s)
        return Piece(self.gpus, first, last) if first < last else None


Steps = Sequence[tuple[int, int]]
"""A capacity over time: (from second, GPUs), ascending."""


def pieces_of(steps: Steps, start_s: int, end_s: int) -> list[Piece]:
    """What steps say within ``[start_s, end_s)``."""
    ends = [*(from_s for from_s, _ in steps[1:]), end_s]
    rows = (
        Piece(gpus, from_s, until_s) for (from_s, gpus), until_s in zip(steps, ends, strict=True)
    )
    found = (row.within(start_s, end_s) for row in rows if row.gpus)
    return [row for row in found if row is not None]


def most(pieces: Iterable[Piece], start_s: int, end_s: int) -> int:
    """The most GPUs that hold at any instant of ``[start_s, end_s)``; 0 where none ever do.

    Pieces of negative GPUs take away; then it may be less than 0.
    """
    changes: dict[int, int] = {start_s: 0}
    for piece in pieces:
        inside = piece.within(start_s, end_s)
        if inside is not None:
            changes[inside.start_s] = changes.get(inside.start_s, 0) + inside.gpus
            changes[inside.end_s] = changes.get(inside.end_s, 0) - inside.gpus
    level, found = 0, None
    for at_s in sorted(changes):
        if at_s >= end_s:
            break
        level += changes[at_s]
        found = level if found is None else max(found, level)
    return found or 0


def least_left(capacity: Iterable[Piece], held: Iterable[Piece], start_s: int, end_s: int) -> int:
    """The fewest GPUs of a capacity that are not held, at any instant of ``[start_s, end_s)``."""
    less = (piece._replace(gpus=-piece.gpus) for piece in capacity)
    return -most((*less, *held), start_s, end_s)


def levels(pieces: Iterable[Piece]) -> dict[int, int]:
    """The changes of what holds, by instant."""
    changes: dict[int, int] = {}
    for piece in pieces:
        changes[piece.start_s] = changes.get(piece.start_s, 0) + piece.gpus
        changes[piece.end_s] = changes.get(piece.end_s, 0) - piece.gpus
    return changes
