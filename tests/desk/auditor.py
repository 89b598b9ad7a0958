"""An auditor of a journal who knows nothing of the desk but what it writes, and SQL.

It has a small model of requirements, notices, offers, awards and orders of its own, and asks of
every entry whether it could have come about by what was there before.
"""

import json
from collections import Counter
from hashlib import sha256
from typing import Any

from sqlalchemy import create_engine, text

Event = dict[str, Any]
Told = tuple[str, str]
"""Who said what: the person's id, and the command as JSON with sorted keys."""


def told(who: str, command: dict[str, Any]) -> Told:
    return who, json.dumps(command, sort_keys=True)


class Audit:
    """What a journal says, as far as it was followed and found whole."""

    def __init__(self) -> None:
        self.commands: Counter[Told] = Counter()
        self.lots: dict[str, Lot] = {}
        self.seq, self.hash, self.at = 0, bytes(32), ""

    @property
    def ordered_gpus(self) -> int:
        return sum(lot.sold for lot in self.lots.values())

    def follow(self, seq: int, body: bytes, hash_: bytes) -> None:
        """The next entry."""
        number, self.hash = self.seq + 1, sha256(self.hash + body).digest()
        assert (seq, hash_) == (number, self.hash), f"the chain breaks at {number}"
        entry = json.loads(body)
        assert entry["seq"] == number
        assert time_of(entry["at"]) >= self.at, f"entry {number} goes back in time"
        assert time_of(entry["recorded"]) >= time_of(entry["at"])
        self.seq, self.at = number, time_of(entry["at"])
        self.entry(entry)

    def entry(self, entry: dict[str, Any]) -> None:
        """What an entry says, event by event."""
        if entry["by"] != "system":
            self.commands[told(entry["by"], entry["command"])] += 1
        for event in entry.get("events", ()):
            kind = event["event"]
            if kind == "requirement_submitted":
                assert event["requirement"] not in self.lots, "a requirement was raised twice"
                self.lots[event["requirement"]] = Lot(event["gpus"])
            elif kind not in BESIDE:
                lot = self.lots[event["requirement"]]
                assert not lot.over, f"{event} comes after a requirement was {lot.over}"
                if kind == "lapsed":
                    assert time_of(event["at"]) == self.turn_ends(lot), event
                getattr(lot, kind)(event)

    def turn_ends(self, lot: "Lot") -> str | None:
        """When a lot's holder has its turn no longer; rights end with their clauses as well."""
        return lot.turn_ends

    def end(self, seq: int, hash_: bytes) -> None:
        """The head as the database has it."""
        assert (seq, hash_) == (self.seq, self.hash), "the head is not of the last entry"


def audited(url: str) -> Audit:
    """The audit of the whole journal of a database."""
    audit, engine = Audit(), create_engine(url)
    with engine.connect() as tx:
        for row in tx.execute(text("SELECT seq, body, hash FROM journal ORDER BY seq")):
            audit.follow(row.seq, bytes(row.body), bytes(row.hash))
        (head,) = tx.execute(text("SELECT seq, hash FROM head")).all()
        keys = "SELECT who, key, COUNT(*) FROM answers GROUP BY who, key HAVING COUNT(*) > 1"
        assert tx.execute(text(keys)).all() == []
    engine.dispose()
    audit.end(head.seq, bytes(head.hash))
    return audit


BESIDE = {"delivered", "tranche_late", "tranche_ended", "usage_recorded"}
BESIDE |= {"default_declared", "default_cured", "waiver_given"}
BESIDE |= {"permit_issued", "permit_drawn", "permit_returned", "permit_revoked"}
"""What changes no requirement."""


def time_of(at: str) -> str:
    """An instant whose text sorts by time."""
    return at if "T" in at else f"{at}T00:00:00Z"


class Lot:
    """What is left of a requirement, and what stands."""

    def __init__(self, gpus: int) -> None:
        self.gpus, self.sold = gpus, 0
        self.over = ""  # What ended it.
        self.falls()

    def falls(self) -> None:
        """Nothing stands any more but what was ordered."""
        self.due: str | None = None  # Of the notice that is open.
        self.clause = self.holder = ""  # Of the last notice, and who accepted it.
        self.order_due: str | None = None  # Of the acceptance that is not signed.
        self.closes: str | None = None  # Of the tender that is open.
        self.taken = 0  # Of a notice, and not signed yet.
        self.noticed = 0
        self.offers: dict[str, int] = {}  # What is left of each.
        self.awards: dict[str, int] = {}

    @property
    def open(self) -> int:
        return self.gpus - self.sold

    @property
    def is_idle(self) -> bool:
        """Whether nobody thinks, negotiates or bids."""
        return self.due is None and self.closes is None and not self.taken

    @property
    def turn_ends(self) -> str | None:
        """When the turn of a holder ends that answers, or signs."""
        return self.due or self.order_due

    def notice_given(self, event: Event) -> None:
        assert self.is_idle, event
        assert not self.awards, event
        assert 0 < event["gpus"] <= self.open, event
        self.due, self.noticed = time_of(event["due"]), event["gpus"]
        self.clause = event["clause"]

    def accepted(self, event: Event) -> None:
        assert self.due is not None, event
        assert time_of(event["at"]) < self.due, event
        assert 0 < event["gpus"] <= self.noticed, event
        self.due, self.taken, self.holder = None, event["gpus"], event["party"]
        self.order_due = time_of(event["order_due"])

    def refused(self, event: Event) -> None:
        assert self.due is not None, event
        assert time_of(event["at"]) < self.due, event
        self.due = None

    def lapsed(self, event: Event) -> None:
        assert self.due is not None or self.taken, event
        self.due, self.order_due, self.taken = None, None, 0

    def tender_opened(self, event: Event) -> None:
        assert self.is_idle, event
        assert not self.awards, event
        assert 0 < event["gpus"] <= self.open, event
        self.closes, self.offers = time_of(event["due"]), {}

    def offer_made(self, event: Event) -> None:
        assert self.closes is not None, event
        assert time_of(event["at"]) < self.closes, event
        self.offers[event["party"]] = event["gpus"]

    def tender_closed(self, event: Event) -> None:
        assert time_of(event["at"]) == self.closes, event
        self.closes = None

    def awarded(self, event: Event) -> None:
        assert self.is_idle, event
        assert event["party"] not in self.awards, event
        assert 0 < event["gpus"] <= self.offers.get(event["party"], 0), event
        self.awards[event["party"]] = event["gpus"]
        assert sum(self.awards.values()) <= self.open, event

    def award_canceled(self, event: Event) -> None:
        assert self.awards, event
        self.awards = {}

    def ordered(self, event: Event) -> None:
        party, gpus = event["party"], event["gpus"]
        if self.taken:
            assert party == self.holder, event
            assert 0 < gpus <= self.taken, event
            self.taken, self.order_due = 0, None
        else:
            assert gpus == self.awards.pop(party, 0), event
        self.offers[party] = max(self.offers.get(party, 0) - gpus, 0)
        self.sold += gpus
        assert self.sold <= self.gpus, event
        self.over = "" if self.open else "ordered"

    def unserved(self, event: Event) -> None:
        assert self.is_idle, event
        assert not self.awards, event
        self.over = "unserved"

    def requirement_changed(self, event: Event) -> None:
        assert not self.taken, event
        assert not self.awards, event
        assert event["gpus"] > self.sold, event
        self.gpus = event["gpus"]
        self.falls()

    def requirement_withdrawn(self, event: Event) -> None:
        self.falls()
        self.over = "withdrawn"
