"""An auditor of a journal who knows nothing of the desk but what it writes, and SQL.

It has a small model of requirements, notices, offers, awards and orders of its own, and asks of
every entry whether it could have come about by what was there before.
"""

import json
from collections import Counter
from hashlib import sha256
from typing import Any

from sqlalchemy import create_engine, text

Told = tuple[str, str]
"""Who said what: the person's id, and the command as JSON with sorted keys."""


def told(who: str, command: dict[str, Any]) -> Told:
    return who, json.dumps(command, sort_keys=True)


class Audit:
    """What the journal of a database says, once it has been found whole."""

    def __init__(self, url: str) -> None:
        self.commands: Counter[Told] = Counter()
        self.lots: dict[str, _Lot] = {}
        self.ordered_gpus = 0
        engine = create_engine(url)
        with engine.connect() as tx:
            rows = tx.execute(text("SELECT seq, body, hash FROM journal ORDER BY seq")).all()
            (head,) = tx.execute(text("SELECT seq, hash FROM head")).all()
            keys = "SELECT who, key, COUNT(*) FROM answers GROUP BY who, key HAVING COUNT(*) > 1"
            assert tx.execute(text(keys)).all() == []
        engine.dispose()
        before, at = bytes(32), ""
        for number, row in enumerate(rows, 1):
            before = sha256(before + bytes(row.body)).digest()
            assert (row.seq, bytes(row.hash)) == (number, before), f"the chain breaks at {number}"
            entry = json.loads(bytes(row.body))
            assert entry["seq"] == number
            assert _time(entry["at"]) >= at, f"entry {number} goes back in time"
            assert _time(entry["recorded"]) >= _time(entry["at"])
            at = _time(entry["at"])
            self._entry(entry)
        assert (head.seq, bytes(head.hash)) == (len(rows), before)
        for lot in self.lots.values():
            self.ordered_gpus += lot.sold

    def _entry(self, entry: dict[str, Any]) -> None:
        if entry["by"] != "system":
            self.commands[told(entry["by"], entry["command"])] += 1
        for event in entry.get("events", ()):
            kind = event["event"]
            if kind == "requirement_submitted":
                assert event["requirement"] not in self.lots, "a requirement was raised twice"
                self.lots[event["requirement"]] = _Lot(event["gpus"])
            elif kind != "delivered":
                getattr(self.lots[event["requirement"]], kind)(event)


def _time(at: str) -> str:
    """An instant whose text sorts by time."""
    return at if "T" in at else f"{at}T00:00:00Z"


class _Lot:
    """What is left of a requirement, and what stands."""

    def __init__(self, gpus: int) -> None:
        self.gpus, self.sold = gpus, 0
        self.due: str | None = None  # Of the notice that is open.
        self.closes: str | None = None  # Of the tender that is open.
        self.taken = 0  # Of a notice, and not signed yet.
        self.noticed = 0
        self.offers: dict[str, int] = {}
        self.awards: dict[str, int] = {}

    @property
    def open(self) -> int:
        return self.gpus - self.sold

    def notice_given(self, event: dict[str, Any]) -> None:
        assert self.due is None, event
        assert self.closes is None, event
        assert not self.taken, event
        assert event["gpus"] <= self.open, event
        self.due, self.noticed = _time(event["due"]), event["gpus"]

    def accepted(self, event: dict[str, Any]) -> None:
        assert self.due is not None, event
        assert _time(event["at"]) < self.due, event
        assert 0 < event["gpus"] <= self.noticed, event
        self.due, self.taken = None, event["gpus"]

    def refused(self, event: dict[str, Any]) -> None:
        assert self.due is not None, event
        assert _time(event["at"]) < self.due, event
        self.due = None

    def lapsed(self, event: dict[str, Any]) -> None:
        assert self.due is None or _time(event["at"]) == self.due, event
        self.due, self.taken = None, 0

    def tender_opened(self, event: dict[str, Any]) -> None:
        assert self.due is None, event
        assert self.closes is None, event
        assert not self.awards, event
        assert event["gpus"] <= self.open - self.taken, event
        self.closes, self.offers = _time(event["due"]), {}

    def offer_made(self, event: dict[str, Any]) -> None:
        assert self.closes is not None, event
        assert _time(event["at"]) < self.closes, event
        self.offers[event["party"]] = event["gpus"]

    def tender_closed(self, event: dict[str, Any]) -> None:
        assert _time(event["at"]) == self.closes, event
        self.closes = None

    def awarded(self, event: dict[str, Any]) -> None:
        assert self.closes is None, event
        assert event["party"] not in self.awards, event
        assert 0 < event["gpus"] <= self.offers[event["party"]], event
        self.awards[event["party"]] = event["gpus"]
        assert sum(self.awards.values()) <= self.open, event

    def ordered(self, event: dict[str, Any]) -> None:
        if event["party"] == "alpha" and self.taken:
            assert event["gpus"] <= self.taken, event
            self.taken = 0
        else:
            assert event["gpus"] == self.awards.pop(event["party"]), event
        self.sold += event["gpus"]
        assert self.sold <= self.gpus, event

    def unserved(self, event: dict[str, Any]) -> None:
        assert self.due is None, event
        assert self.closes is None, event

    def requirement_withdrawn(self, event: dict[str, Any]) -> None:
        self.due = self.closes = None
        self.taken, self.awards = 0, {}
