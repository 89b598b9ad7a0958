"""Clients that ask a server over HTTP/1.1, each on a connection of its own, one after the other.

They run in a process of their own, and do as little as they can: what they send is there before
the clock starts, and of an answer they read its status and where it ends. ``crowd`` starts them;
run as a program, this is that process.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import msgspec
import uvloop
from benchmarks.serving import ENVIRONMENT, ROOT, Server


class Asked(NamedTuple):
    """What a crowd heard: answers a second, seconds an answer took, statuses."""

    rate: float
    p50_s: float
    p99_s: float
    statuses: dict[str, int]


class Client(asyncio.Protocol):
    """One connection: sends what it has, the next when the one before is answered."""

    def __init__(self, requests: Sequence[bytes], done: asyncio.Future[None]) -> None:
        self._requests, self._done = requests, done
        self._next = 0
        self._heard = b""
        self.waits_s: list[float] = []
        self.statuses: Counter[str] = Counter()

    def connection_made(self, transport: Any) -> None:
        """Send the first."""
        self._transport = transport
        self._send()

    def _send(self) -> None:
        if self._next == len(self._requests):
            self._transport.close()
            self._done.set_result(None)
            return
        self._began = perf_counter()
        self._transport.write(self._requests[self._next])
        self._next += 1

    def data_received(self, data: bytes) -> None:
        """Send the next once the answer is whole."""
        heard = self._heard = self._heard + data
        head, _, body = heard.partition(b"\r\n\r\n")
        if len(head) == len(heard):
            return
        lower = head.lower()
        place = lower.index(b"content-length:") + 15
        if len(body) < int(lower[place:].split(b"\r\n", 1)[0]):
            return
        self.waits_s.append(perf_counter() - self._began)
        self.statuses[heard[9:12].decode()] += 1
        self._heard = b""
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        """Say so, where there was more to ask."""
        if not self._done.done():
            self._done.set_exception(exc or ConnectionError("the server hung up"))


async def _ask(port: int, requests: Sequence[Sequence[bytes]]) -> Asked:
    loop = asyncio.get_running_loop()
    clients: list[Client] = []
    ends: list[asyncio.Future[None]] = []
    began = perf_counter()
    for own in requests:
        end: asyncio.Future[None] = loop.create_future()
        _, client = await loop.create_connection(
            lambda own=own, end=end: Client(own, end), "127.0.0.1", port
        )
        clients.append(client)
        ends.append(end)
    await asyncio.gather(*ends)
    took = perf_counter() - began
    waits = sorted(wait for client in clients for wait in client.waits_s)
    statuses = sum((client.statuses for client in clients), Counter[str]())
    return Asked(
        len(waits) / took, waits[len(waits) // 2], waits[len(waits) * 99 // 100], dict(statuses)
    )


class Round(NamedTuple):
    """What a crowd heard, and the CPU seconds that the server spent on it."""

    asked: Asked
    cpu_s: float

    @property
    def cpu_us(self) -> float:
        """Microseconds of CPU an answer."""
        return self.cpu_s / sum(self.asked.statuses.values()) * 1e6


def crowd(server: Server, requests: Sequence[bytes], connections: int) -> Round:
    """Let so many clients ask, who share the requests out among themselves."""
    dealt = [list(requests[first::connections]) for first in range(connections)]
    with tempfile.NamedTemporaryFile() as file:
        file.write(msgspec.msgpack.encode(dealt))
        file.flush()
        command = [sys.executable, "-m", "benchmarks.crowd", str(server.port), file.name]
        before_s = _cpu_s(server.pid)
        done = subprocess.run(
            command, check=True, stdout=subprocess.PIPE, cwd=ROOT, env=ENVIRONMENT
        )
        return Round(Asked(*json.loads(done.stdout)), _cpu_s(server.pid) - before_s)


def _cpu_s(pid: int) -> float:
    """CPU seconds of a process, all threads (``stat`` of proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Ask what a file holds: ``crowd.py PORT FILE``; a list of requests for each connection."""
    port, file = int(sys.argv[1]), Path(sys.argv[2])
    requests = msgspec.msgpack.decode(file.read_bytes(), type=list[list[bytes]])
    print(json.dumps(uvloop.run(_ask(port, requests))))


if __name__ == "__main__":
    main()
