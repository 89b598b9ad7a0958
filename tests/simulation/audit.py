"""The auditor of a simulated desk: beside each requirement's course, promptness and permission.

It knows the contracts as rows (``contracts``) and what they mean by the oracle, which shares no
line with the desk; what was said by whom, and what was answered, by the network.
"""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from desk.auditor import Audit, Event, Lot, told
from desk.auditor import time_of as sorted_text
from oracle import reading, rules
from simulation.contracts import Contracts, with_waiver
from simulation.permits import Permits, run_ask
from simulation.waivers import legible, meaning

NEVER = "9999"
MAY: dict[str, set[str]] = {
    "submit": {"p-ada", "p-eve"},
    "change": {"p-ada"},
    "withdraw": {"p-ada"},
    "notice": {"p-ada"},
    "give_up": {"p-ada"},
    "answer": {"p-ada", "p-alpha", "p-beta", "p-gamma"},
    "tender": {"p-ada"},
    "bid": {"p-ada", "p-alpha", "p-beta", "p-gamma"},
    "award": {"p-bo"},
    "unaward": {"p-bo"},
    "sign": {"p-bo"},
    "sign_accepted": {"p-bo"},
    "deliver": {"p-ada", "p-eve"},
    "late": {"p-ada", "p-eve"},
    "cancel": {"p-bo"},
    "default": {"p-bo"},
    "use": {"p-eve", "p-finn"},
    "issue_permit": {"p-ada", "p-eve"},
    "draw_permit": {"p-eve"},
    "return_draw": {"p-eve"},
    "revoke_permit": {"p-ada", "p-bo", "p-eve"},
    "propose": {"p-ada", "p-bo"},
    "waive": {"p-bo", "p-alpha", "p-beta", "p-gamma"},
    "adopt": {"p-bo"},
    "due": {"system"},
}
"""Who may give which command."""
WORDS = ("event", "at", "lot", "clause", "party", "gpus", "of", "price", "prepaid", "own")
WORDS += ("rank", "due", "purpose", "accelerator", "region", "start", "end")
"""What the oracle reads of an event."""


class Tranche:
    """Part of an order, and when it is due."""

    def __init__(self, order: Event, number: int) -> None:
        start = reading.instant(order["start"])
        self.due_s = start + number * int(order.get("spacing_s", 0))
        self.supplier, self.order, self.number = order["party"], order.get("order", 0), number
        self.is_late, self.is_over = False, False

    @property
    def due(self) -> str:
        return text_of(self.due_s)


class WholeAudit(Audit):
    """Follows a journal as it grows; whatever could not be, is an ``AssertionError``."""

    def __init__(self, contracts: dict[str, Contracts]) -> None:
        super().__init__()
        self.contracts = contracts
        self.clauses: list[dict[str, Any]] = []
        self.adopted_at = ""
        self.events: list[dict[str, Any]] = []
        self.tranches: dict[tuple[int, int], Tranche] = {}
        self.given: dict[int, tuple[str, str]] = {}  # By entry, but for the desk's own.
        self.kinds: Counter[str] = Counter()
        self.found: Counter[str] = Counter()
        self.permits = Permits()
        self.noticed: dict[str, list[dict[str, Any]]] = {}  # The contracts at a lot's last notice.
        self.in_force = ""
        self.waives: list[tuple[str, dict[str, Any]]] = []  # What was said, by whom.
        self.waived: dict[str, int] = {}  # The entry of each waiver.
        self.proposed: list[int] = []  # The entry of each proposal.
        self.is_past_rewritten = False  # What notices and answers stated then stays (S9).
        self.unwaived: list[dict[str, Any]] | None = None  # The contracts but for the last waiver.

    def entry(self, entry: dict[str, Any]) -> None:
        do, at = entry["command"]["do"], sorted_text(entry["at"])
        do = "waive" if entry["command"].get("waiver") else do
        assert entry["by"] in MAY[do], f"{entry['by']} may not {do}"
        if do == "waive":
            self._waives(entry)
        elif entry["by"] != "system":
            self.given[entry["seq"]] = told(entry["by"], entry["command"])
        self._prompt(at, [] if do == "due" else None, entry)
        for event in entry.get("events", ()):
            self._event(event, do)
        super().entry(entry)
        if do == "propose":
            self.proposed.append(entry["seq"])
        if do in ("adopt", "waive"):
            self._adopts(entry["command"], at, is_waiver=do == "waive")
        for event in entry.get("events", ()):
            self._after(event)
        self.kinds[do] += 1

    def _adopts(self, command: dict[str, Any], at: str, *, is_waiver: bool) -> None:
        text, before = command["portfolio"], self.clauses
        assert text in self.contracts, "a portfolio that nobody wrote"
        self.clauses = [reading.clause(row) for row in self.contracts[text].rows]
        self.in_force, self.adopted_at = text, at
        if self.noticed and _past(before, at) != _past(self.clauses, at):
            self.is_past_rewritten = True
        self.unwaived = before if is_waiver else None
        kept = {row["id"] for row in self.clauses}
        since = self.proposed[command["proposal"] - 1] if "proposal" in command else self.seq
        for name, entry in list(self.waived.items()):
            if name not in kept:
                assert entry < since, f"{name} was given after the proposal, and went with it"
                del self.waived[name]

    def _waives(self, entry: dict[str, Any]) -> None:
        """A waiver is one that somebody gave who holds the right, and changes nothing else."""
        text, (event,) = entry["command"]["portfolio"], entry["events"]
        old, means = self.contracts[self.in_force], meaning(text)
        for who, words in self.waives:
            made = with_waiver(old, words, entry["at"])
            is_it = (who, words["clause"]) == (entry["by"], event["waives"])
            if is_it and legible(made.text) and meaning(made.text) == means:
                break
        else:
            raise AssertionError(f"nobody gave the waiver of entry {entry['seq']}: {event}")
        holders = [row["terms"]["holder"] for row in self.clauses if row["id"] == words["clause"]]
        assert who in ("p-bo", f"p-{holders[-1]}"), f"{who} gave a waiver for {holders[-1]}"
        self.given[entry["seq"]], self.contracts[text] = told(who, words), made
        self.waived[entry["command"]["waiver"]] = entry["seq"]

    # --- Promptness ------------------------------------------------------------------------

    def turn_ends(self, lot: Lot) -> str | None:
        """Also with the right itself (S9), but not before people knew that it would end."""
        ends = lot.turn_ends
        if ends is None:
            return None
        right = max((row["until"] for row in self.clauses if row["id"] == lot.clause), default=0)
        return max(min(ends, text_of(right)), self.adopted_at) if text_of(right) < ends else ends

    def due(self) -> list[tuple[str, str]]:
        """What runs, and when it is due, in the order of time."""
        found = []
        for name, lot in self.lots.items():
            found += [(end, name) for end in (self.turn_ends(lot), lot.closes) if end]
        for tranche in self.tranches.values():
            if not tranche.is_over:
                name = f"{tranche.order}.{tranche.number}"
                found += [] if tranche.is_late else [(tranche.due, name)]
                known = max(self.adopted_at, tranche.due)
                found += [(remedy, name) for remedy in self._remedies(tranche) if remedy > known]
        return sorted(found)

    def _remedies(self, tranche: Tranche) -> list[str]:
        """When delivery clauses let the buyer end a late tranche, each by itself (DL1)."""
        ends = list[str]()
        for row in self.clauses:
            if row["kind"] == "delivery" and row["terms"]["supplier"] == tranche.supplier:
                at_s = reading.later(tranche.due_s, row["terms"]["grace"])
                ends += [text_of(at_s)] if row["from"] <= at_s < row["until"] else []
        return ends

    def _prompt(self, at: str, own: list[str] | None, entry: dict[str, Any]) -> None:
        """Whatever is due by an entry was done before it; what the desk does by itself is due."""
        due = self.due()
        if own is None:
            assert not due or due[0][0] > at, f"{due[0]} was due before entry {entry['seq']}"
            return
        command = entry["command"]
        name = command.get("requirement")
        name = name or f"{command.get('order', 0)}.{command.get('tranche', 0)}"
        assert due, f"nothing was due at entry {entry['seq']}"
        assert due[0][0] == at, f"entry {entry['seq']} of {at} before or after its time: {due[0]}"
        assert name in [who for when, who in due if when == at], f"{name} was not due: {due}"

    # --- Permission --------------------------------------------------------------------------

    def _event(self, event: Event, do: str) -> None:
        """What is to be asked before an event is taken in."""
        kind = event["event"]
        assert sorted_text(event["at"]) >= self.at, event
        if kind.startswith("permit_"):
            self._permitted(event, kind)
        if kind == "ordered":
            said = self._said(event, self.clauses)
            if said["verdict"] != "permit":  # A round goes on under what was known then (S9).
                said = self._said(event, self.noticed.get(event["lot"], self.clauses))
            assert said["verdict"] == "permit", f"{event} was ordered against {said}"
        if kind in ("delivered", "tranche_late", "tranche_ended"):
            tranche = self.tranches[event["order"], event.get("tranche", 0)]
            assert not tranche.is_over, f"{event} comes after its end"
            if kind == "tranche_late":
                assert not tranche.is_late, event
                assert sorted_text(event["at"]) >= tranche.due, event
        self.found[kind] += 1

    def _said(self, event: Event, clauses: list[dict[str, Any]]) -> dict[str, Any]:
        """What the oracle says of an order, under contracts as they were known."""
        world = {"clauses": clauses, "events": self.events}
        found: dict[str, Any] = rules.decide(world, _ask(event), reading.instant(event["at"]))
        return found

    def _permitted(self, event: Event, kind: str) -> None:
        """A permit is issued where the run is permitted, by the oracle, and within its pool."""
        if kind == "permit_issued":
            at_s = reading.instant(event["at"])
            said = rules.decide(self.world(), reading.ask(run_ask(event), at_s), at_s)
            assert said["verdict"] == "permit", f"{event} was issued against {said}"
        self.permits.event(event)

    def _after(self, event: Event) -> None:
        kind = event["event"]
        if kind.startswith("permit_") or kind == "waiver_given":
            return
        self.events.append(
            reading.event({key: event[key] for key in WORDS if key in event} | _priced(event))
        )
        if kind == "notice_given":
            self.noticed[event["lot"]] = self.clauses
        if kind == "ordered":
            for number in range(int(event.get("tranches", 1))):
                made = Tranche(event, number)
                assert (made.order, number) not in self.tranches, f"{event} was numbered twice"
                self.tranches[made.order, number] = made
        elif kind in ("delivered", "tranche_ended"):
            self.tranches[event["order"], event.get("tranche", 0)].is_over = True
        elif kind == "tranche_late":
            self.tranches[event["order"], event.get("tranche", 0)].is_late = True

    @property
    def lot_numbers(self) -> list[str]:
        """The lots that something happened to, by their numbers, the last ones."""
        return sorted({event["lot"] for event in self.events if event["lot"]})[-3:]

    @property
    def are_ranks_amended(self) -> bool:
        """Whether a right has another rank than once: as in `laws`, that is another clause."""
        words = ("rank", "holder")
        ranks = {(row["id"], *map(row["terms"].get, words)) for row in self.clauses}
        return len(ranks) > len({row["id"] for row in self.clauses})

    def world(self) -> dict[str, Any]:
        return {"clauses": self.clauses, "events": self.events}


def _past(clauses: list[dict[str, Any]], at: str) -> list[Any]:
    """What was agreed up to an instant."""
    at_s = reading.instant(at)
    rows = [{**row, "until": min(row["until"], at_s)} for row in clauses if row["from"] < at_s]
    return [{key: row[key] for key in ("id", "kind", "from", "until", "terms")} for row in rows]


def text_of(at_s: int) -> str:
    """An instant as text that sorts by time."""
    if at_s >= reading.FOREVER:
        return NEVER
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _priced(event: Event) -> dict[str, str]:
    """The price in the oracle's notation."""
    return {"price": f"${event['price'].split()[0]}"} if "price" in event else {}


def _ask(event: Event) -> dict[str, Any]:
    """What it is that an order contracts."""
    words = ("purpose", "accelerator", "region", "gpus", "prepaid", "start", "end", "lot")
    row = {key: event[key] for key in words if key in event}
    row |= {"act": "supply", "supplier": event["party"], **_priced(event)}
    return reading.ask(row, reading.instant(event["at"]))
