"""What the desk counts, for Prometheus: entries, reason codes, what waits to be sent."""

from collections import Counter as Tally
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    disable_created_metrics,
    generate_latest,
)

from offtake.desk.command import Bid
from offtake.desk.entry import Entry
from offtake.desk.reasons import reasons
from offtake.desk.store import outbox
from offtake.desk.store.engine import Engine, Failure

MEDIA_TYPE = "text/plain; version=0.0.4"
"""The framework adds the character set to texts; twice said, Prometheus reads nothing."""


class Metrics:
    """The counts of one process, since it started."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # When is in the journal.
        self._registry = CollectorRegistry()
        self._entries = Counter(
            "offtake_entries", "Entries of the journal", ["do"], registry=self._registry
        )
        self._events = Counter(
            "offtake_events", "What happened", ["event"], registry=self._registry
        )
        self._reasons = Counter(
            "offtake_reasons",
            "Findings behind what happened, by reason code",
            ["reason", "verdict"],
            registry=self._registry,
        )
        self._outbox = Gauge(
            "offtake_outbox", "Messages", ["channel", "state"], registry=self._registry
        )
        self._deliveries = Counter(
            "offtake_deliveries",
            "What came of sending messages",
            ["channel", "outcome"],
            registry=self._registry,
        )
        self._writable = Gauge(
            "offtake_writable",
            "Whether the database keeps what is written",
            registry=self._registry,
        )
        self._stuck = Gauge(
            "offtake_stuck",
            "Whether a deadline cannot be recorded, so that nothing is decided",
            registry=self._registry,
        )
        for token, reason in reasons().items():
            self._reasons.labels(token, reason.finding.verdict.name.lower())

    def count(self, what: str, channel: str) -> None:
        """What came of sending a message (``outbox.Counters``)."""
        self._deliveries.labels(channel, what).inc()

    def told(self, entries: Iterable[Entry]) -> None:
        """Count entries that are durable."""
        done, happened = Tally[str](), Tally[str]()
        for entry in entries:
            if isinstance(entry.command, Bid):
                continue  # How many offers have come is sealed, also from who runs the desk.
            done[str(type(entry.command).__struct_config__.tag)] += 1
            for line in entry.events:
                happened[str(line["event"])] += 1
                for row in line.get("decisions", ()):
                    self._count(row["findings"])
        for counter, tally in ((self._entries, done), (self._events, happened)):
            for name, times in tally.items():
                counter.labels(name).inc(times)

    def _count(self, findings: Iterable[Mapping[str, Any]]) -> None:
        for found in findings:
            self._reasons.labels(found["reason"], found["verdict"]).inc()

    def page(self, db: Engine, *, is_writable: bool, is_stuck: bool) -> bytes:
        """All counts as text, with those of the outbox as they are now, if they can be read."""
        self._writable.set(is_writable)
        self._stuck.set(is_stuck)
        self._outbox.clear()
        with suppress(Failure), db.connect() as tx:
            for row in outbox.counts(tx):
                self._outbox.labels(row.channel, row.state).set(row.messages)
        return generate_latest(self._registry)
