"""Permits to run: how many GPUs of a pool an engine may take in a window, and what it drew.

A permit is for GPUs over a half-open window of UTC seconds; draws are made until it expires, and
run on to the end that they state. What happened to permits is folded here; whether it may happen
is decided in ``sourcing.permitting``.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

from immutables import Map

from offtake.core.names import UNSTATED
from offtake.core.vocabulary import NONE, Decision
from offtake.sourcing.level import Piece, most
from offtake.units.time import FOREVER_S


class Happened(StrEnum):
    """What can happen to a permit. The words are permanent, because journals store them."""

    ISSUED = "permit_issued"
    DRAWN = "permit_drawn"
    RETURNED = "permit_returned"
    REVOKED = "permit_revoked"


class Told(NamedTuple):
    """One thing that happened to a permit, with the decisions behind it."""

    kind: Happened
    at_s: int
    permit: int
    pool: str = ""
    purpose: int = UNSTATED
    holder: str = ""
    gpus: int = 0
    start_s: int = NONE
    end_s: int = NONE
    expires_at_s: int = FOREVER_S
    engine: str = ""
    key: str = ""
    why: str = ""
    decisions: tuple[Decision, ...] = ()


class Stamp(NamedTuple):
    """Which entry of the journal something stands in, and who gave it."""

    entry: int = 0
    by: str = ""


class Draw(NamedTuple):
    """GPUs that an engine took of a permit under a key of its own, as they are held over time."""

    engine: str
    key: str
    asked: Piece
    pieces: tuple[Piece, ...]
    stamp: Stamp
    at_s: int
    version: int  # Of the permit, with it.

    @property
    def gpu_s(self) -> int:
        """GPU-seconds, less what was given back."""
        return sum(piece.gpu_s for piece in self.pieces)

    def gpus_at(self, at_s: int) -> int:
        """GPUs that are held at an instant."""
        return sum(row.gpus for row in self.pieces if row.start_s <= at_s < row.end_s)

    def less(self, gpus: int, from_s: int) -> "Draw":
        """The draw with so many GPUs given back from an instant on."""
        kept: list[Piece] = []
        for piece in self.pieces:
            before, after = piece.within(0, from_s), piece.within(from_s, FOREVER_S)
            kept += [] if before is None else [before]
            if after is not None and after.gpus > gpus:
                kept.append(after._replace(gpus=after.gpus - gpus))
        return self._replace(pieces=tuple(kept))


class Permit(NamedTuple):
    """What may be run, where and when, and what was drawn of it.

    ``live`` are the draws that may hold something at or after the last of them.
    """

    number: int
    pool: str
    purpose: int
    holder: str
    gpus: int
    start_s: int
    end_s: int
    issued_at_s: int
    expires_at_s: int
    stamp: Stamp
    revoked_at_s: int = FOREVER_S
    why: str = ""
    version: int = 1
    drawn_gpu_s: int = 0
    draws: Map[tuple[str, str], Draw] = Map()
    live: tuple[tuple[str, str], ...] = ()

    @property
    def gpu_s(self) -> int:
        """The GPU-seconds of the whole window."""
        return self.gpus * (self.end_s - self.start_s)

    def stops_at_s(self, now_s: int) -> int:
        """From when on nothing more can be drawn, as far as is known at an instant."""
        stopped_s = min(self.revoked_at_s, self.expires_at_s)
        return stopped_s if stopped_s <= now_s else self.end_s

    def drawn(self) -> Iterator[Piece]:
        """What the draws hold that may still hold something."""
        for key in self.live:
            yield from self.draws[key].pieces

    def held(self, now_s: int) -> Iterator[Piece]:
        """What it takes of its pool: all of it while draws can be made, then what was drawn."""
        stops_s = self.stops_at_s(now_s)
        if self.start_s < stops_s:
            yield Piece(self.gpus, self.start_s, stops_s)
        for piece in self.drawn():
            after = piece.within(stops_s, FOREVER_S)
            if after is not None:
                yield after

    def left_gpus(self, start_s: int, end_s: int) -> int:
        """The GPUs that can be drawn for the whole of a period inside its window."""
        return self.gpus - most(self.drawn(), start_s, end_s)


class Permits(NamedTuple):
    """All permits by number, and by pool those that may still hold something."""

    rows: Map[int, Permit] = Map()
    of_pool: Map[str, tuple[int, ...]] = Map()

    def on(self, pool: str) -> Iterator[Permit]:
        """The permits of a pool that may still hold something."""
        return (self.rows[number] for number in self.of_pool.get(pool, ()))


def evolve(permits: Permits, told: Told, stamp: Stamp) -> Permits:
    """The permits after one thing that happened."""
    if told.kind is Happened.ISSUED:
        return _issued(permits, told, stamp)
    permit = permits.rows[told.permit]
    match told.kind:
        case Happened.DRAWN:
            after = _drawn(permit, told, stamp)
        case Happened.RETURNED:
            after = _returned(permit, told)
        case _:
            after = permit._replace(revoked_at_s=told.at_s, why=told.why)
    after = after._replace(version=permit.version + 1)
    return permits._replace(rows=permits.rows.set(permit.number, after))


def _issued(permits: Permits, told: Told, stamp: Stamp) -> Permits:
    permit = Permit(
        number=told.permit,
        pool=told.pool,
        purpose=told.purpose,
        holder=told.holder,
        gpus=told.gpus,
        start_s=told.start_s,
        end_s=told.end_s,
        issued_at_s=told.at_s,
        expires_at_s=told.expires_at_s,
        stamp=stamp,
    )
    on = (row.number for row in permits.on(told.pool) if row.end_s > told.at_s)
    return Permits(
        permits.rows.set(permit.number, permit),
        permits.of_pool.set(told.pool, (*on, permit.number)),
    )


def _drawn(permit: Permit, told: Told, stamp: Stamp) -> Permit:
    asked, key = Piece(told.gpus, told.start_s, told.end_s), (told.engine, told.key)
    draw = Draw(told.engine, told.key, asked, (asked,), stamp, told.at_s, permit.version + 1)
    live = (each for each in permit.live if _ends_s(permit.draws[each]) > told.at_s)
    return permit._replace(
        draws=permit.draws.set(key, draw),
        live=(*live, key),
        drawn_gpu_s=permit.drawn_gpu_s + asked.gpu_s,
    )


def _returned(permit: Permit, told: Told) -> Permit:
    before = permit.draws[told.engine, told.key]
    after = before.less(told.gpus, told.start_s)
    return permit._replace(
        draws=permit.draws.set((told.engine, told.key), after),
        drawn_gpu_s=permit.drawn_gpu_s - before.gpu_s + after.gpu_s,
    )


def _ends_s(draw: Draw) -> int:
    return max((piece.end_s for piece in draw.pieces), default=0)


def draw_of(permits: Permits, permit: int, key: tuple[str, str]) -> Draw | None:
    """The draw of a permit under an engine's key; None where there is none."""
    found = permits.rows.get(permit)
    return None if found is None else found.draws.get(key)


def by_key(draws: Mapping[tuple[str, str], Draw]) -> list[Draw]:
    """Draws in the order in which they were made."""
    return sorted(draws.values(), key=lambda row: (row.stamp.entry, row.engine, row.key))
