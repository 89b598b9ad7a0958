"""Who sends slowly, much or nothing, or never reads, is let go of; who was answered was heard."""

import json
import resource
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from desk.placed import Place, place
from desk.served import ORIGIN, SUBMIT
from desk.stories import PORTFOLIO, Clock
from offtake.desk import serving
from offtake.desk.problem import MEDIA_TYPE
from offtake.desk.start import parts
from offtake.desk.store import journal
from offtake.desk.store.engine import reader

GIGABYTE = 10**9
ENOUGH = 30
"""Commands that are acknowledged before the desk is stopped."""
GROWTH_KB = 60_000
"""What a process may grow by while it is sent a gigabyte."""


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Place]:
    with place(f"sqlite:///{tmp_path / 'desk.db'}") as made:
        yield made


def all_of(line: socket.socket) -> bytes:
    """What comes until the other side closes."""
    said = b""
    try:
        while part := line.recv(65_536):
            said += part
    except ConnectionError:
        pass
    return said


def is_well(here: Place) -> bool:
    return bool(here.desk("", "GET", "/health/live").status_code == 200)


@pytest.mark.parametrize("framed", [f"Content-Length: {GIGABYTE}", "Transfer-Encoding: chunked"])
def test_a_gigabyte_is_refused_and_not_kept(here: Place, framed: str) -> None:
    assert is_well(here)
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    piece = bytes(250_000)
    whole = b"%x\r\n%b\r\n" % (len(piece), piece) if "chunked" in framed else piece
    with here.line() as line:
        line.sendall(here.head("/v1/requirements", framed))
        try:
            for _ in range(GIGABYTE // len(piece)):
                line.sendall(whole)
        except ConnectionError:
            pass
        line.settimeout(5)
        assert line.recv(20).startswith(b"HTTP/1.1 413")
    assert is_well(here)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb < GROWTH_KB


@pytest.mark.parametrize("sent", [b"", b"POST /v1/requirements HTTP/1.1\r\nX: "])
def test_who_never_ends_a_head_is_let_go_of(
    here: Place, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(serving, "HEAD_S", 0.5)
    began = time.monotonic()
    with here.line() as line:
        line.sendall(sent)
        for _ in range(100):  # A letter now and then makes no difference.
            time.sleep(0.05)
            try:
                line.sendall(b"x" if sent else b"")
                line.settimeout(0.001)
                if line.recv(10) == b"":
                    break
            except TimeoutError:
                continue
            except ConnectionError:
                break
    assert 0.4 < time.monotonic() - began < 15


def test_who_never_ends_a_body_is_let_go_of_and_nothing_happens(
    here: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "BODY_S", 0.5)
    began = time.monotonic()
    with here.line() as line:
        line.sendall(here.head("/v1/requirements", "Content-Length: 90") + b'{"requirement"')
        assert all_of(line) == b""
    assert 0.4 < time.monotonic() - began < 15
    assert here.desk("buyer", "GET", "/v1/requirements").json()["items"] == []


def test_the_second_request_of_a_line_has_its_own_time(
    here: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "HEAD_S", 0.5)
    with here.line() as line:
        for _ in range(3):
            time.sleep(0.3)
            line.sendall(here.head("/v1/me", method="GET"))
            assert line.recv(65_536).startswith(b"HTTP/1.1 200")
        line.sendall(b"GET /v1/me HT")
        assert all_of(line) == b""


def test_a_head_without_end_is_too_large(here: Place) -> None:
    with here.line() as line:
        with suppress(ConnectionError):
            line.sendall(b"GET / HTTP/1.1\r\nX: " + b"x" * 4_000_000)
        assert all_of(line)[:12] in (b"HTTP/1.1 431", b"")
    assert is_well(here)


def _goes_on(line: socket.socket, for_s: float = 8) -> None:
    """Send a letter now and then."""
    until = time.monotonic() + for_s
    while time.monotonic() < until:
        time.sleep(0.1)
        line.sendall(b"x")


def test_who_never_reads_is_let_go_of(here: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "STALLED_S", 0.5)
    long = PORTFOLIO + "# " + "x" * 3_000_000
    here.desk.done("buyer", "/v1/portfolio/proposals", {"portfolio": long})
    with here.line() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.sendall(here.head("/v1/portfolio/proposals/1", method="GET") * 5)
        with pytest.raises(ConnectionError):
            _goes_on(line)
    assert is_well(here)


def test_beyond_so_many_lines_others_are_told_to_come_again(
    here: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "LIMIT_CONNECTIONS", 20)
    with ExitStack() as held:
        lines = [held.enter_context(here.line()) for _ in range(30)]
        turned = [all_of(line) for line in lines[-5:]]
    assert all(said.startswith(b"HTTP/1.1 503 Service Unavailable\r\n") for said in turned)
    head, _, body = turned[0].partition(b"\r\n\r\n")
    assert f"Content-Type: {MEDIA_TYPE}".encode() in head
    assert b"retry-after: 1" in head.lower()
    assert json.loads(body)["status"] == 503
    until = time.monotonic() + 20
    while time.monotonic() < until:
        with suppress(httpx.HTTPError):
            if is_well(here):
                return
        time.sleep(0.1)
    raise AssertionError("the desk takes nobody any more")


def test_lines_that_say_nothing_keep_nobody_out_for_long(
    here: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "HEAD_S", 1)
    with ExitStack() as held:
        lines = [held.enter_context(here.line()) for _ in range(400)]
        assert is_well(here)
        for line in lines:
            assert all_of(line) == b""
    assert is_well(here)


def test_a_desk_that_is_told_to_stop_ends_its_lines_and_has_what_it_acknowledged(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path / 'desk.db'}"
    done: list[str] = []
    with place(url) as here:
        register, buyer = here.desk.parts.register, here.desk("buyer", "GET", "/v1/me").json()
        cookie = register.redeem(register.code_for(buyer["id"], by="test"))
        stream = threading.Thread(target=_listens, args=(here, cookie))
        senders = [
            threading.Thread(target=_raises, args=(here, number, done)) for number in range(6)
        ]
        for thread in (stream, *senders):
            thread.start()
        until = time.monotonic() + 60
        while len(done) < ENOUGH and time.monotonic() < until:
            time.sleep(0.01)
        here.server.should_exit = True
        for thread in (stream, *senders):
            thread.join(timeout=60)
            assert not thread.is_alive()
    assert len(done) >= ENOUGH
    made = parts(url, ORIGIN, Clock())
    with reader(made.engine).connect() as tx:
        kept = {row.requirement for row in journal.since(tx, 0)}
    assert set(done) <= kept
    made.engine.dispose()


def _listens(here: Place, cookie: str) -> None:
    asked = f"GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: offtake={cookie}\r\n\r\n"
    with here.line() as line:
        line.sendall(asked.encode())
        said = all_of(line)
    assert said.startswith(b"HTTP/1.1 200"), said
    assert b"changed" in said
    assert said.endswith(b"0\r\n\r\n"), "the stream was cut"


def _raises(here: Place, number: int, done: list[str]) -> None:
    """Requirements, one after the other, until nobody answers."""
    told: dict[str, Any] = {"authorization": f"Bearer {here.desk.tokens['buyer']}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{here.port}", headers=told) as client:
        for turn in range(10_000):
            name = f"r{number}-{turn}"
            try:
                answer = client.post("/v1/requirements", json={**SUBMIT, "requirement": name})
            except httpx.TransportError:
                return
            if answer.status_code == 201:
                done.append(name)
            elif answer.status_code == 429:
                time.sleep(0.1)
            else:
                return
