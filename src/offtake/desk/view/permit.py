"""A permit with its draws, as of an instant; its claims; and which ones hold no more."""

from collections.abc import Iterator
from typing import Any

from offtake.core.names import name_of
from offtake.core.vocabulary import NONE, Decision, Verdict
from offtake.desk.permits import permit_id, place_of, rows
from offtake.desk.state import State
from offtake.desk.view import decision as decisions
from offtake.desk.view.requirement import Data
from offtake.desk.view.words import instant, name, names_at, price
from offtake.sourcing.level import Piece
from offtake.sourcing.permit import Draw, Permit, by_key
from offtake.sourcing.permitting import Place, run_ask
from offtake.units.time import FOREVER_S


def permit(state: State, row: Permit, at_s: int) -> Data:
    """A permit and where it stands at an instant, without its draws."""
    names, place = names_at(state), place_of(state, row.pool)
    from_s = max(at_s, row.start_s)
    left = row.left_gpus(from_s, row.end_s) if _is_open(row, at_s) else 0
    rate = rate_micros(state, row.pool)
    return {
        "permit": permit_id(row.number),
        "holder": row.holder or None,
        "supplier": name(names.parties, place.supplier),
        "pool": row.pool,
        "purpose": name_of(names.purposes, row.purpose),
        "accelerator": name(names.accelerators, place.accelerator),
        "region": name(names.regions, place.region),
        "gpus": row.gpus,
        "gpu_s": row.gpu_s,
        "drawn_gpu_s": row.drawn_gpu_s,
        "left_gpus": left,
        "left_gpu_s": _left_gpu_s(row, at_s),
        "start": instant(row.start_s),
        "end": instant(row.end_s),
        "issued_at": instant(row.issued_at_s),
        "expires": instant(row.expires_at_s),
        "revoked_at": instant(row.revoked_at_s),
        "status": status(state, row, at_s),
        "by": row.stamp.by,
        "version": row.version,
        "price": price(state, rate),
        "why": row.why or None,
    }


def whole(state: State, row: Permit, at_s: int) -> Data:
    """A permit with its draws, and what the contracts say of it now."""
    return {
        **permit(state, row, at_s),
        "draws": [draw(each, at_s) for each in by_key(row.draws)],
        "decision": decisions.decision(state, verdict(state, row, at_s)),
    }


def draw(row: Draw, at_s: int) -> Data:
    """A draw: what was asked for, what it holds at an instant, and its GPU-seconds in all."""
    return {
        "engine": row.engine,
        "key": row.key,
        "gpus": row.asked.gpus,
        "start": instant(row.asked.start_s),
        "end": instant(row.asked.end_s),
        "held_gpus": row.gpus_at(at_s),
        "gpu_s": row.gpu_s,
        "at": instant(row.at_s),
        "by": row.stamp.by,
    }


def _is_open(row: Permit, at_s: int) -> bool:
    """Whether draws can be made, as far as the permit itself says."""
    return at_s < min(row.revoked_at_s, row.expires_at_s)


def _left_gpu_s(row: Permit, at_s: int) -> int:
    """The GPU-seconds from an instant on that are neither drawn nor lost."""
    if not _is_open(row, at_s):
        return 0
    from_s = max(at_s, row.start_s)
    inside = (piece.within(from_s, row.end_s) for piece in row.drawn())
    drawn_gpu_s = sum(piece.gpu_s for piece in inside if piece is not None)
    return row.gpus * (row.end_s - from_s) - drawn_gpu_s


def rate_micros(state: State, pool: str) -> int:
    """What a GPU-hour of a listed pool costs; NONE where the portfolio does not say."""
    for row in state.in_force.portfolio.document.pools:
        if row.id == pool and row.rate is not None:
            return row.rate.micros
    return NONE


def verdict(state: State, row: Permit, at_s: int) -> Decision:
    """What the contracts say of running on a permit at an instant, for what is left of it."""
    at_s = max(at_s, row.issued_at_s)
    start_s = min(max(at_s, row.start_s), row.end_s - 1)
    place: Place = place_of(state, row.pool)
    ask = run_ask(place, row.purpose, Piece(row.gpus, start_s, row.end_s))
    return decisions.decided(state, ask, at_s)


def status(state: State, row: Permit, at_s: int) -> str:
    """``live``, or why nothing can be drawn: ``revoked``, ``expired``, ``turned`` by a clause.

    A window that has not begun is ``coming``.
    """
    if row.revoked_at_s <= at_s:
        return "revoked"
    if row.expires_at_s <= at_s:
        return "expired"
    if verdict(state, row, at_s).verdict is not Verdict.PERMIT:
        return "turned"
    return "coming" if at_s < row.start_s else "live"


def claims(state: State, row: Permit) -> dict[str, Any]:
    """What the signed document of a permit says: figures in seconds since 1970, UTC.

    The same at any time: what happens later is not in it.
    """
    names, place = names_at(state), place_of(state, row.pool)
    return {
        "jti": permit_id(row.number),
        "iat": row.issued_at_s,
        "nbf": row.start_s,
        "exp": row.expires_at_s,
        "end": row.end_s,
        "gpus": row.gpus,
        "pool": row.pool,
        "supplier": name(names.parties, place.supplier),
        "purpose": name_of(names.purposes, row.purpose),
        "accelerator": name(names.accelerators, place.accelerator),
        "region": name(names.regions, place.region),
        "holder": row.holder or None,
    }


def void(state: State, at_s: int) -> Iterator[tuple[str, str, int]]:
    """The permits that would hold by their document and do not: which, why, since when."""
    for row in rows(state):
        if row.expires_at_s <= at_s:
            continue
        if row.revoked_at_s < FOREVER_S:
            yield permit_id(row.number), "permit-revoked", row.revoked_at_s
        elif status(state, row, at_s) == "turned":
            yield permit_id(row.number), "not-permitted", at_s
