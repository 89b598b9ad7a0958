"""What permits to run may come to: a small model of one pool, beside the desk's own."""

from typing import Any

from desk.auditor import Event
from desk.auditor import time_of as sorted_text

POOL, SUPPLIER, GPUS = "west", "alpha", 40
"""The pool that every portfolio lists."""
Piece = tuple[int, str, str]
"""GPUs from one instant to another, as texts that sort by time."""


class Permit:
    """A permit: what it is for, and what was drawn on it, by engine and key."""

    def __init__(self, event: Event) -> None:
        self.gpus, self.purpose = event["gpus"], event["purpose"]
        self.start, self.end = sorted_text(event["start"]), sorted_text(event["end"])
        self.expires = sorted_text(event.get("expires", event["end"]))
        self.revoked = False
        self.draws: dict[tuple[str, str], list[Piece]] = {}

    def drawn(self, at: str) -> int:
        pieces = (piece for draw in self.draws.values() for piece in draw)
        return sum(gpus for gpus, start, end in pieces if start <= at < end)

    def held(self, at: str, now: str) -> int:
        """What it takes of the pool at an instant, as things stand now."""
        if self.revoked or now >= self.expires:
            return self.drawn(at)
        return self.gpus if self.start <= at < self.end else 0

    def edges(self) -> set[str]:
        pieces = (piece for draw in self.draws.values() for piece in draw)
        return {self.start} | {start for _, start, _ in pieces}


class Permits:
    """All permits of the pool."""

    def __init__(self) -> None:
        self.rows: dict[str, Permit] = {}

    def event(self, event: Event) -> None:
        """What happened to a permit, if it may."""
        getattr(self, event["event"])(event, sorted_text(event["at"]))

    def permit_issued(self, event: Event, at: str) -> None:
        assert event["permit"] not in self.rows, "a permit was numbered twice"
        assert event["pool"] == POOL, event
        made = self.rows[event["permit"]] = Permit(event)
        assert at <= made.start < made.end, event
        assert made.expires <= made.end, event
        for edge in sorted(edge for row in self.rows.values() for edge in row.edges()):
            if made.start <= edge < made.end:
                held = sum(row.held(edge, at) for row in self.rows.values())
                assert held <= GPUS, f"{event} leaves the pool {held} of {GPUS} at {edge}"

    def permit_drawn(self, event: Event, at: str) -> None:
        permit = self.rows[event["permit"]]
        start, end = sorted_text(event["start"]), sorted_text(event["end"])
        assert not permit.revoked, f"{event} was drawn on what was revoked"
        assert at < permit.expires, f"{event} was drawn on what has expired"
        assert permit.start <= start < end <= permit.end, event
        key = event["engine"], event["key"]
        assert key not in permit.draws, f"{event} was drawn twice"
        permit.draws[key] = [(event["gpus"], start, end)]
        for edge in permit.edges():
            assert permit.drawn(edge) <= permit.gpus, f"{event} is more than the permit at {edge}"
            drawn = sum(row.drawn(edge) for row in self.rows.values())
            assert drawn <= GPUS, f"{event} is more than the pool at {edge}"

    def permit_returned(self, event: Event, at: str) -> None:
        draws = self.rows[event["permit"]].draws
        start = sorted_text(event.get("start", event["at"]))
        assert start >= at, f"{event} gives back what is past"
        left: list[Piece] = []
        for gpus, begins, ends in draws[event["engine"], event["key"]]:
            if begins < start:
                left.append((gpus, begins, min(ends, start)))
            if ends > start and gpus > event["gpus"]:
                left.append((gpus - event["gpus"], max(begins, start), ends))
        draws[event["engine"], event["key"]] = left

    def permit_revoked(self, event: Event, at: str) -> None:
        permit = self.rows[event["permit"]]
        assert not permit.revoked, f"{event} was revoked before"
        permit.revoked = True


def run_ask(event: Event) -> dict[str, Any]:
    """The ask that a permit rests on."""
    period = {"start": event["start"], "end": event["end"]}
    what = {"purpose": event["purpose"], "gpus": event["gpus"], "accelerator": "H100"}
    return {"act": "run", "supplier": SUPPLIER, "capacity": "existing", **what, **period}
