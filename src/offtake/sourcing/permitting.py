"""Whether a permit may be issued, drawn on, given back or revoked: decided, never assumed.

``decide(rules, state, command, now) -> what happened``. Pure: the core says what may run, the
ledger of a pool what is left of it. Documented in docs/reference/permit.md, whose rules P1 to P8
are cited here.
"""

from typing import NamedTuple, NoReturn

from offtake.core.compiled import instants
from offtake.core.decide import decide as asked
from offtake.core.names import BUYER
from offtake.core.vocabulary import Act, Ask, Capacity, Decision, Verdict
from offtake.sourcing.command import Refused
from offtake.sourcing.level import Piece, least_left, most, pieces_of
from offtake.sourcing.permit import Happened, Permit, Permits, Told
from offtake.sourcing.requirement import Rules
from offtake.sourcing.requirement import State as Sourcing
from offtake.units.time import FOREVER_S, instant_text

LIMIT_DRAWS = 100_000
"""Draws of one permit."""


class Place(NamedTuple):
    """A pool: whose it is, what stands where, and how many GPUs are there over time."""

    pool: str
    supplier: int
    accelerator: int
    region: int
    own: int
    steps: tuple[tuple[int, int], ...]


class Issue(NamedTuple):
    """Permit GPUs of a pool for a window; ``expires_at_s`` is until when draws may be made.

    ``holder`` is the only engine that may draw; empty: any may.
    """

    place: Place
    purpose: int
    gpus: int
    start_s: int
    end_s: int
    expires_at_s: int = FOREVER_S
    holder: str = ""


class Take(NamedTuple):
    """Draw GPUs on a permit for a period, under a key of the engine's own."""

    permit: int
    place: Place
    engine: str
    key: str
    gpus: int
    start_s: int
    end_s: int


class GiveBack(NamedTuple):
    """GPUs of a draw that are no longer used, from an instant on."""

    permit: int
    engine: str
    key: str
    gpus: int
    from_s: int


class Revoke(NamedTuple):
    """End a permit: nothing more can be drawn on it."""

    permit: int
    why: str


Command = Issue | Take | GiveBack | Revoke


class NotPermitted(Refused):
    """A permit that is not issued, or a draw that is not made; ``code`` says why to programs."""

    def __init__(self, code: str, says: str) -> None:
        self.code = code
        super().__init__(says)


class State(NamedTuple):
    """What is decided on: what sourcing knows, and the permits."""

    sourcing: Sourcing
    permits: Permits


def decide(rules: Rules, state: State, command: Command, now_s: int) -> Told:
    """What happens on a command.

    Raises:
        Refused: It does not fit the state, or is not permitted.
    """
    match command:
        case Issue():
            return _issued(rules, state, command, now_s)
        case Take():
            return _drawn(rules, state, command, now_s)
        case GiveBack():
            return _returned(_known(state, command.permit), command, now_s)
        case Revoke():
            return _revoked(_known(state, command.permit), command, now_s)


def run_ask(place: Place, purpose: int, piece: Piece) -> Ask:
    """May so many GPUs of a pool run work of a purpose during a period?"""
    return Ask(
        Act.RUN,
        supplier=BUYER if place.own else place.supplier,
        purpose=purpose,
        accelerator=place.accelerator,
        region=place.region,
        gpus=piece.gpus,
        start_s=piece.start_s,
        end_s=piece.end_s,
        capacity=Capacity.EXISTING,
        own=place.own,
    )


def _issued(rules: Rules, state: State, command: Issue, now_s: int) -> Told:
    start_s, place = max(command.start_s, now_s), command.place
    if command.gpus <= 0 or start_s >= command.end_s:
        raise Refused("a permit needs GPUs and a window that is not over")
    wanted = Piece(command.gpus, start_s, command.end_s)
    expires_s = min(command.expires_at_s, command.end_s)
    if expires_s <= start_s:
        raise Refused("a permit must expire after its window has begun")
    ask = run_ask(place, command.purpose, wanted)
    made = _permitted(rules, state, ask, now_s)
    decisions = (made,) if start_s == now_s else (made, _permitted(rules, state, ask, start_s))
    left = left_on(place, state.permits, wanted, now_s)
    if command.gpus > left:
        says = f"{max(left, 0):,} GPUs of {place.pool} are left in this window (P2)"
        raise NotPermitted("more-than-pool", says)
    return Told(
        Happened.ISSUED,
        now_s,
        permit=len(state.permits.rows) + 1,
        pool=place.pool,
        purpose=command.purpose,
        holder=command.holder,
        gpus=command.gpus,
        start_s=start_s,
        end_s=command.end_s,
        expires_at_s=_turns(rules, state, ask, (start_s, expires_s)),
        decisions=decisions,
    )


def _permitted(rules: Rules, state: State, ask: Ask, at_s: int) -> Decision:
    """The decision on a run ask, if it is PERMIT (P1)."""
    made = asked(rules.clauses, state.sourcing.facts, ask, at_s)
    if made.verdict is not Verdict.PERMIT:
        raise NotPermitted("not-permitted", _no(made))
    return made


def _no(made: Decision) -> str:
    """Which clause says no, and by which rule; no figure or name that not everybody may read."""
    first = made.findings[0]
    word = "denies" if made.verdict is Verdict.DENY else "holds"
    where = f"{first.finding.rule}, {first.finding.reason}"
    return f"{first.clause.clause_id} {word} it on {instant_text(made.at_s)} ({where})"


def _turns(rules: Rules, state: State, ask: Ask, window: tuple[int, int]) -> int:
    """Until when draws may be made: the end of a window, or sooner, when a clause turns (P3)."""
    start_s, end_s = window
    for at_s in sorted(set(instants(rules.clauses))):
        if start_s < at_s < end_s:
            made = asked(rules.clauses, state.sourcing.facts, ask, at_s)
            if made.verdict is not Verdict.PERMIT:
                return at_s
    return end_s


def left_on(place: Place, permits: Permits, wanted: Piece, now_s: int) -> int:
    """The GPUs of a pool that no permit takes at any instant of a window (P2)."""
    capacity = pieces_of(place.steps, wanted.start_s, wanted.end_s)
    held = [piece for permit in permits.on(place.pool) for piece in permit.held(now_s)]
    return least_left(capacity, held, wanted.start_s, wanted.end_s)


def _known(state: State, number: int) -> Permit:
    permit = state.permits.rows.get(number)
    assert permit is not None, number
    return permit


def _drawn(rules: Rules, state: State, command: Take, now_s: int) -> Told:
    """A draw that the permit, the pool and the contracts have room for (P4, P5)."""
    permit, place = _known(state, command.permit), command.place
    _open(permit, command.engine, now_s)
    piece = Piece(command.gpus, command.start_s, command.end_s)
    _fits(permit, piece, now_s)
    if (command.engine, command.key) in permit.draws:
        raise NotPermitted("draw-key-used", f"{command.engine} used the key {command.key} before")
    if len(permit.draws) >= LIMIT_DRAWS:
        raise Refused(f"{LIMIT_DRAWS:,} draws have been made on this permit: issue another")
    left = permit.left_gpus(piece.start_s, piece.end_s)
    if piece.gpus > left:
        says = f"{left:,} GPUs of the permit are left in this period (P4)"
        raise NotPermitted("more-than-permit", says)
    _room(place, state.permits, piece)
    ask = run_ask(place, permit.purpose, piece)
    decisions = [_permitted(rules, state, ask, at_s) for at_s in sorted({now_s, piece.start_s})]
    return Told(
        Happened.DRAWN,
        now_s,
        permit=permit.number,
        gpus=piece.gpus,
        start_s=piece.start_s,
        end_s=piece.end_s,
        engine=command.engine,
        key=command.key,
        decisions=tuple(decisions),
    )


def _open(permit: Permit, engine: str, now_s: int) -> None:
    """Go on only if an engine may draw on a permit now (P5, P6)."""
    if permit.revoked_at_s <= now_s:
        _stop("permit-revoked", f"the permit was revoked on {instant_text(permit.revoked_at_s)}")
    if permit.expires_at_s <= now_s:
        _stop("permit-expired", f"the permit expired on {instant_text(permit.expires_at_s)}")
    if permit.holder and permit.holder != engine:
        _stop("other-engine", f"the permit is not for {engine}")


def _stop(code: str, says: str) -> NoReturn:
    raise NotPermitted(code, says)


def _fits(permit: Permit, piece: Piece, now_s: int) -> None:
    """A draw lies inside the window of its permit, and begins before the permit expires."""
    if piece.gpus <= 0 or piece.start_s >= piece.end_s:
        raise Refused("a draw needs GPUs and a period")
    if piece.start_s < now_s:
        raise Refused("a draw begins now or later: it is asked for before work starts")
    if not permit.start_s <= piece.start_s < piece.end_s <= permit.end_s:
        window = f"{instant_text(permit.start_s)} to {instant_text(permit.end_s)}"
        _stop("outside-window", f"the permit is for {window}")
    if piece.start_s >= permit.expires_at_s:
        until = instant_text(permit.expires_at_s)
        _stop("outside-window", f"the permit expires on {until}, before this draw begins")


def _room(place: Place, permits: Permits, piece: Piece) -> None:
    """What is drawn of a pool never exceeds it, also where the pool has shrunk since (law 6)."""
    start_s, end_s = piece.start_s, piece.end_s
    drawn = [each for permit in permits.on(place.pool) for each in permit.drawn()]
    left = least_left(pieces_of(place.steps, start_s, end_s), drawn, start_s, end_s)
    if piece.gpus > left:
        says = f"{max(left, 0):,} GPUs of {place.pool} are there for this period (P5)"
        raise NotPermitted("more-than-pool", says)


def _returned(permit: Permit, command: GiveBack, now_s: int) -> Told:
    """GPUs that a draw holds are given back from now on, or from a later instant (P7)."""
    draw = permit.draws.get((command.engine, command.key))
    if draw is None:
        raise Refused(f"{command.engine} has drawn nothing under the key {command.key}")
    if command.from_s < now_s:
        raise Refused("what has been held cannot be given back: only from now on")
    holds = most(draw.pieces, command.from_s, permit.end_s) if command.from_s < permit.end_s else 0
    gpus = command.gpus or holds
    if gpus <= 0 or gpus > holds:
        raise Refused(f"the draw holds {holds:,} GPUs from {instant_text(command.from_s)} on")
    return Told(
        Happened.RETURNED,
        now_s,
        permit=permit.number,
        gpus=gpus,
        start_s=command.from_s,
        engine=command.engine,
        key=command.key,
    )


def _revoked(permit: Permit, command: Revoke, now_s: int) -> Told:
    """From now on nothing is drawn; what was drawn runs on to its end (P6, J4)."""
    if not command.why.strip():
        raise Refused("revoking a permit needs a reason")
    if permit.revoked_at_s <= now_s:
        raise Refused(f"the permit was revoked on {instant_text(permit.revoked_at_s)}")
    return Told(Happened.REVOKED, now_s, permit=permit.number, why=command.why.strip())
