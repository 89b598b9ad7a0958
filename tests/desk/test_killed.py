"""A desk that is killed under load, again and again, loses nothing it acknowledged.

Five times; a hundred times with OFFTAKE_LONG=1.
"""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import httpx
import pytest
from sqlalchemy import Engine

from desk.auditor import audited, told
from desk.crowd import Client, Matters
from desk.stories import BUYER, PORTFOLIO, Story
from desk.test_journal import rows_of
from offtake.desk.entry import read
from offtake.desk.replay import differences

KILLS = 100 if os.environ.get("OFFTAKE_LONG") == "1" else 5
CLIENTS = 8
POINTS = ("never", "decided", "appended", "committed", "before")
"""Where the writer of a desk dies by itself; at `never` it is killed from outside."""
NEEDED = frozenset(
    {"submit", "notice", "answer", "tender", "bid", "award", "sign", "sign_accepted"}
)
TESTS = Path(__file__).resolve().parents[1]


class Desks:
    """One desk after the other at one address."""

    def __init__(self, url: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "desk.own_process", url, str(port), str(int(time.time()))]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(TESTS)},
        )
        assert self._read() == "ready"

    def _read(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def _told(self, line: str) -> str:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        return self._read()

    def is_alive(self) -> bool:
        return self._told("look") == "alive"

    def start(self, point: str = "never", count: int = 0) -> None:
        """Start a desk, and wait until it answers or has died already."""
        assert self._told(f"start {point} {count}") == "started"
        while self.is_alive():
            try:
                if httpx.get(f"{self.address}/health/ready", timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.02)

    def dies(self, within_s: float) -> bool:
        """Whether the desk dies by itself; otherwise it is killed after a while."""
        until = time.monotonic() + within_s
        while self.is_alive():
            if time.monotonic() > until:
                assert self._told("kill") == "dead"
                return False
            time.sleep(0.01)
        return True

    def stop(self) -> None:
        self.process.communicate(timeout=30)


@contextmanager
def crowd(address: str) -> Iterator[list[Client]]:
    """Clients that act until the end, and finish what they have begun to say."""
    stop, matters = threading.Event(), Matters(6)
    clients = [Client(address, matters, seed, stop) for seed in range(CLIENTS)]
    for client in clients:
        client.start()
    try:
        yield clients
    finally:
        stop.set()
        for client in clients:
            client.join(timeout=90)


@pytest.fixture
def desks(url: str, engine: Engine) -> Iterator[Desks]:
    Story(engine)  # Adopts a portfolio.
    made = Desks(url)
    yield made
    made.stop()


def test_a_desk_killed_under_load_loses_nothing_acknowledged_and_doubles_nothing(
    desks: Desks, url: str, engine: Engine
) -> None:
    chance, by_themselves = Random(5), 0
    with crowd(desks.address) as clients:
        for number in range(KILLS):
            point = POINTS[number % len(POINTS)]
            desks.start(point, chance.randint(5, 80))
            patience_s = chance.uniform(0.2, 0.6) if point == "never" else 5.0
            by_themselves += desks.dies(patience_s)
        desks.start()
        until = time.monotonic() + 30
        while not _kinds(clients) >= NEEDED and time.monotonic() < until:
            time.sleep(0.1)
    for client in clients:
        assert client.failure is None, client.failure
        assert not client.is_alive()

    audit = audited(url)
    adoption = told(BUYER.id, {"do": "adopt", "portfolio": PORTFOLIO})
    acknowledged = [adoption, *(said for client in clients for said in client.done)]
    assert _kinds(clients) >= NEEDED
    assert audit.commands == Counter(acknowledged)
    assert audit.ordered_gpus > 0
    assert sum(client.refused for client in clients) > 0
    assert sum(client.retries for client in clients) > KILLS
    assert by_themselves > 0
    rows = rows_of(engine)
    assert list(differences(lambda: (read(row.body) for row in rows))) == []


def _kinds(clients: list[Client]) -> set[str]:
    """What has been done by now, in a word each."""
    return {json.loads(command)["do"] for client in clients for _, command in list(client.done)}
