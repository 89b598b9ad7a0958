"""The short way of plain commands gives the answers of the long one, and keeps out of its way."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.placed import Place, place
from desk.served import SUBMIT
from offtake.desk import express
from offtake.desk.entry import read
from offtake.desk.express import LANES, Express, lane_of
from offtake.desk.legible import Malformed, at_a_glance, json_of
from offtake.desk.store import journal
from offtake.desk.store.engine import reader

SHORT, LONG = "application/json", "application/json; charset=utf-8"
DRAW = {"engine": "slurm", "key": "k1", "gpus": 4}
DEEP = b'{"requirement":' + b"[" * 20_000 + b"]" * 20_000 + b"}"


class Sent(NamedTuple):
    """A request; of one whose words are looked at more closely, the long way is taken."""

    who: str
    path: str
    body: Any
    key: str = ""
    short: bool = True


STORY = [
    Sent("buyer", "/v1/requirements", SUBMIT),
    Sent("buyer", "/v1/requirements", SUBMIT),
    Sent("buyer", "/v1/requirements", {**SUBMIT, "requirement": "q"}, "a"),
    Sent("buyer", "/v1/requirements", {**SUBMIT, "requirement": "q"}, "a"),
    Sent("buyer", "/v1/requirements", {**SUBMIT, "requirement": "p"}, "a"),
    Sent("buyer", "/v1/requirements", {**SUBMIT, "requirement": "p", "gpus": "1,024"}),
    Sent("buyer", "/v1/requirements", {**SUBMIT, "requirement": "o", "gpus": "64"}),
    Sent("buyer", "/v1/requirements", {**SUBMIT, "requirement": "n", "purpose": "?", "end": "x"}),
    Sent("buyer", "/v1/requirements", {**SUBMIT, "requirement": "m", "smallest_lot": 0}),
    Sent("buyer", "/v1/requirements", {**SUBMIT, "requirement": "l", "title": "x" * 201}),
    Sent("buyer", "/v1/requirements", {**SUBMIT, "requirement": "é"}, short=False),
    Sent("buyer", "/v1/requirements", {**SUBMIT, "requirement": 'a"b'}, short=False),
    Sent("buyer", "/v1/requirements", {**SUBMIT, "requirement": ""}, short=False),
    Sent("buyer", "/v1/requirements", {**SUBMIT, "more": 1}, short=False),
    Sent("buyer", "/v1/requirements", {**SUBMIT, "do": "submit"}, short=False),
    Sent("buyer", "/v1/requirements", {**SUBMIT, "gpus": 6.5}, short=False),
    Sent("buyer", "/v1/requirements", [SUBMIT], short=False),
    Sent("finance", "/v1/requirements", {**SUBMIT, "requirement": "k"}),
    Sent("alpha", "/v1/requirements", {**SUBMIT, "requirement": "k"}),
    Sent("beta", "/v1/requirements/r/offers", {"gpus": 40, "price": "$2"}),
    Sent("beta", "/v1/requirements/none/offers", {"gpus": 40, "price": "$2"}),
    Sent("beta", "/v1/requirements/r/offers", {"gpus": 40, "requirement": "q"}, short=False),
    Sent("buyer", "/v1/requirements/r/notices", b"", short=False),
    Sent("alpha", "/v1/notices/r.1/answer", {"gpus": 0, "signed": "A"}, short=False),
    Sent("buyer", "/v1/requirements/r/tenders", {"open_for": "7d"}, short=False),
    Sent("beta", "/v1/requirements/r/offers", {"gpus": 40, "price": "$2"}, "b"),
    Sent("beta", "/v1/requirements/r/offers", {"gpus": 40, "price": "$2"}, "b"),
    Sent("beta", "/v1/requirements/r/offers", {"gpus": 41, "price": "$2"}, "b"),
    Sent("gamma", "/v1/requirements/r/offers", {"gpus": 4, "price": "cheap"}),
    Sent("buyer", "/v1/requirements/r/offers", {"gpus": 4, "price": "$2", "supplier": "gamma"}),
    Sent("engineer", "/v1/usage", {"supplier": "beta", "purpose": "training", "gpus": 8}),
    Sent("engineer", "/v1/permits", {"pool": "none", "purpose": "training", "gpus": 8}),
    Sent("engineer", "/v1/permits/p-1/draws", DRAW),
    Sent("engineer", "/v1/permits/p-1/returns", {"engine": "slurm", "key": "k1"}),
    Sent("buyer", "/v1/requirements", DEEP, short=False),
]
UNREAD = {30: False}
"""A use without its period: the words are not those of its command."""


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether requests went the short way, in order; who is known stays so on a slow machine."""
    monkeypatch.setattr("offtake.desk.access.recent.RECHECK_MS", 10**9)
    found: list[bool] = []
    head, take = Express.head, Express.take

    def heads(self: Express, *given: Any) -> Any:
        found.append(False)
        return head(self, *given)

    def takes(self: Express, *given: Any) -> bool:
        found[-1] = take(self, *given)
        return found[-1]

    monkeypatch.setattr(Express, "head", heads)
    monkeypatch.setattr(Express, "take", takes)
    return found


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Place]:
    with place(f"sqlite:///{tmp_path / 'desk.db'}") as made:
        yield made


def _told(here: Place, kind: str, sent: Sent) -> httpx.Response:
    body = sent.body if isinstance(sent.body, bytes) else json.dumps(sent.body).encode()
    headers = {"content-type": kind} | ({"idempotency-key": sent.key} if sent.key else {})
    token = {"authorization": f"Bearer {here.desk.tokens[sent.who]}"}
    return here.desk.client.post(sent.path, content=body, headers={**headers, **token})


def _answers(here: Place, kind: str) -> list[tuple[int, dict[str, str], bytes]]:
    found = []
    for who in here.desk.tokens:
        assert here.desk(who, "GET", "/v1/me").status_code == 200  # Known a moment ago.
    for sent in STORY:
        answer = _told(here, kind, sent)
        headers = {name: value for name, value in answer.headers.items() if name != "date"}
        found.append((answer.status_code, headers, answer.content))
    return found


def _journal(here: Place) -> list[dict[str, Any]]:
    """All entries but for who gave them: people have other ids at another desk."""
    with reader(here.desk.parts.engine).connect() as tx:
        entries = [msgspec.to_builtins(read(row.body)) for row in journal.since(tx, 0)]
    return [{key: value for key, value in row.items() if key != "by"} for row in entries]


def test_both_ways_give_the_same_answers_and_the_same_journal(
    tmp_path: Path, taken: list[bool]
) -> None:
    with place(f"sqlite:///{tmp_path / 'short.db'}") as short:
        came = _answers(short, SHORT)
        by_short = _journal(short)
    ways = taken[-len(STORY) :]
    taken.clear()
    with place(f"sqlite:///{tmp_path / 'long.db'}") as long:
        assert came == _answers(long, LONG)
        assert by_short == _journal(long)
    assert not any(taken)
    assert ways == [UNREAD.get(place, sent.short) for place, sent in enumerate(STORY)]
    assert {status for status, _, _ in came} >= {201, 403, 404, 409, 422}


def test_a_way_back_gives_the_first_answer(here: Place, taken: list[bool]) -> None:
    sent = Sent("buyer", "/v1/requirements", {**SUBMIT, "gpus": "64"}, "once")
    here.desk("buyer", "GET", "/v1/me")

    first, again = _told(here, SHORT, sent), _told(here, LONG, sent)

    assert first.status_code == 201
    assert first.content == again.content
    assert taken[-2:] == [True, False]


def test_every_lane_is_a_route_of_its_command(here: Place) -> None:
    schema = here.desk("buyer", "GET", "/v1/schema/openapi.json").json()
    routes = {path for path, told in schema["paths"].items() if "post" in told}
    for words, lane in LANES.items():
        found = [path for path in routes if _words(path) == words]
        assert len(found) == 1, words
        path = found[0].replace("{name}", "x")
        assert lane_of(path.encode()) == (lane, "x" if lane.named else "")


def _words(path: str) -> tuple[str, ...]:
    return tuple(part for part in path.split("/")[2:] if not part.startswith("{"))


@pytest.mark.parametrize(
    "url",
    [
        *("/v1/requirements/", "/v2/usage", "/v1/usage/x", "/v1", "/v1/permits//draws", "usage"),
        *("/v1/usage?dry=1", "/v1/usage#x", "/v1/permits/a%2Fb/draws", "/v1/permits/é/draws"),
        *("http://desk/v1/usage", "/x/v1/usage", "*", ""),
    ],
)
def test_another_address_has_no_lane(url: str) -> None:
    assert lane_of(url.encode()) is None


def _lines(here: Place, *more: str, body: bytes = b"", name: str = "r") -> bytes:
    text = body or json.dumps({**SUBMIT, "requirement": name}).encode()
    return here.head("/v1/requirements", f"Content-Length: {len(text)}", *more) + text


def _heard(line: socket.socket, count: int) -> list[bytes]:
    """So many answers of a line."""
    said = b""
    while said.count(b"\r\n\r\n") < count or not said.endswith(b"}"):
        part = line.recv(65_536)
        if not part:
            break
        said += part
    return said.split(b"HTTP/1.1 ")[1:]


def test_requests_that_come_together_are_answered_in_order(here: Place, taken: list[bool]) -> None:
    """The first by the short way; those that have to wait for it go the long way."""
    here.desk("buyer", "GET", "/v1/me")
    with here.line() as line:
        line.sendall(b"".join(_lines(here, name=f"r{number}") for number in range(5)))
        heard = _heard(line, 5)
    assert [json.loads(one.partition(b"\r\n\r\n")[2])["requirement"] for one in heard] == [
        f"r{number}" for number in range(5)
    ]
    assert taken == [True]


def test_hundreds_that_come_together_and_are_refused_are_all_answered(here: Place) -> None:
    here.desk("buyer", "GET", "/v1/me")
    text = json.dumps({**SUBMIT, "title": "x" * 201}).encode()
    with here.line() as line:
        line.sendall(_lines(here, body=text) * 300)
        heard = _heard(line, 300)
    assert len(heard) == 300
    assert {one[:3] for one in heard} <= {b"422", b"429"}
    assert is_alive(here)


def is_alive(here: Place) -> bool:
    return bool(here.desk("", "GET", "/health/live").status_code == 200)


def test_a_body_in_pieces_is_taken_whole(here: Place, taken: list[bool]) -> None:
    here.desk("buyer", "GET", "/v1/me")
    with here.line() as line:
        for piece in range(0, len(sent := _lines(here)), 50):
            line.sendall(sent[piece : piece + 50])
        (heard,) = _heard(line, 1)
    assert heard.startswith(b"201")
    assert taken[-1]


@pytest.mark.parametrize(
    ("more", "is_short"),
    [
        ((), True),
        (("Expect: 100-continue",), False),
        (("Idempotency-Key: a", "Idempotency-Key: a"), False),
        (("Connection: close",), True),
    ],
)
def test_only_a_plain_head_goes_the_short_way(
    here: Place, taken: list[bool], more: tuple[str, ...], *, is_short: bool
) -> None:
    here.desk("buyer", "GET", "/v1/me")
    with here.line() as line:
        line.sendall(_lines(here, *more))
        heard = [one for one in _heard(line, 1) if not one.startswith(b"100")]
        assert heard[0].startswith(b"201")
        if "Connection: close" in more:
            assert line.recv(10) == b""
            assert b"connection: close" in heard[0]
    assert taken[-1] is is_short


def test_who_is_not_known_or_has_asked_often_goes_the_long_way(
    here: Place, taken: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    here.desk("buyer", "GET", "/v1/me")
    bad = here.desk.client.post(
        "/v1/requirements", json=SUBMIT, headers={"authorization": "Bearer offtake_x"}
    )
    assert bad.status_code == 401
    monkeypatch.setattr("offtake.desk.access.http.Doorkeeper.grants", lambda self, who: False)
    sent = Sent("buyer", "/v1/requirements", SUBMIT)
    assert _told(here, SHORT, sent).status_code == 201
    assert taken[-2:] == [False, False]


def test_whoever_goes_on_asking_is_looked_up_beside_what_they_ask(
    here: Place, taken: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("offtake.desk.access.recent.AGING_MS", 0)
    here.desk("buyer", "GET", "/v1/me")
    door, asked = here.desk.parts.door, list[str]()
    find = door.register.of_token

    def finds(text: str) -> Any:
        asked.append(text)
        return find(text)

    monkeypatch.setattr(type(door.register), "of_token", lambda _self, text: finds(text))
    for number in range(20):
        body = {**SUBMIT, "requirement": f"r{number}"}
        assert _told(here, SHORT, Sent("buyer", "/v1/requirements", body)).status_code == 201
    until = time.monotonic() + 20
    while not asked and time.monotonic() < until:
        time.sleep(0.01)
    assert 0 < len(asked) <= 20
    assert all(taken[-20:])


def test_a_line_that_breaks_off_is_forgotten_and_its_command_stays(here: Place) -> None:
    here.desk("buyer", "GET", "/v1/me")
    with here.line() as line:
        line.sendall(_lines(here))
    with here.line() as line:
        line.sendall(_lines(here, name="other"))
        line.sendall(_lines(here, name="last")[:-5])
    sent = Sent("buyer", "/v1/requirements", {**SUBMIT, "requirement": "then"})
    assert _told(here, SHORT, sent).status_code == 201
    until = time.monotonic() + 20
    while time.monotonic() < until:
        names = {row.get("requirement") for row in _journal(here)}
        if {"r", "other", "then"} <= names:
            break
    assert {"r", "other", "then"} <= names
    assert "last" not in names


def test_a_mistake_of_ours_is_a_500_as_on_the_long_way(
    here: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_given: object) -> None:
        raise RuntimeError("a mistake")

    here.desk("buyer", "GET", "/v1/me")
    monkeypatch.setattr("offtake.desk.writer.carried", breaks)
    answers = [
        _told(here, kind, Sent("buyer", "/v1/requirements", SUBMIT)) for kind in (SHORT, LONG)
    ]
    assert [answer.status_code for answer in answers] == [500, 500]
    assert answers[0].content == answers[1].content
    assert json.loads(answers[0].content)["type"] == "urn:offtake:our-mistake"


def test_a_body_that_ends_when_the_desk_stops_is_answered_and_the_line_closed(
    here: Place, taken: list[bool]
) -> None:
    here.desk("buyer", "GET", "/v1/me")
    here.desk.client.close()
    sent = _lines(here, body=b'{"requirement": "\\u0041"}')  # The short way leaves it alone.
    with here.line() as line:
        line.sendall(sent[:-5])
        until = time.monotonic() + 20
        while not taken and time.monotonic() < until:
            time.sleep(0.01)
        here.server.should_exit = True
        until = time.monotonic() + 20
        while here.server.started and time.monotonic() < until and is_open(here):
            time.sleep(0.01)
        line.sendall(sent[-5:])
        (heard,) = _heard(line, 1)
        assert b"connection: close" in heard
        assert line.recv(10) == b""


def is_open(here: Place) -> bool:
    """Whether the desk lets others in: it stops doing so as soon as it begins to stop."""
    try:
        with here.line():
            return True
    except OSError:
        return False


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=5),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=3), inside),
    max_leaves=8,
)


@given(JSON, st.sampled_from([json.dumps, lambda value: json.dumps(value, ensure_ascii=False)]))
def test_what_is_seen_at_a_glance_is_what_is_there(
    value: Any, written: Callable[[Any], str]
) -> None:
    seen = at_a_glance(written(value).encode())
    if seen is not None:
        assert seen == json_of(written(value).encode()) == value


@given(st.lists(st.tuples(st.sampled_from("ab"), JSON), min_size=1, max_size=4))
def test_a_name_that_is_there_twice_is_seen(pairs: list[tuple[str, Any]]) -> None:
    rows = ", ".join(f'"{name}" : {json.dumps(value)}' for name, value in pairs)
    body = f"{{{rows}}}".encode()
    try:
        told = json_of(body)
    except Malformed:
        assert at_a_glance(body) is None
    else:
        assert at_a_glance(body) in (told, None)


def test_limits_of_the_short_way_are_those_of_the_server() -> None:
    from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT

    assert express.LIMIT_SHORT < HIGH_WATER_LIMIT  # It would pause who waits for nobody.
