"""What cannot be read is refused with its place, changes nothing and harms nobody beside it."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DataError

from desk.served import SUBMIT, Desk, desk_on
from desk.stories import BUYER, Story, submit
from offtake.desk import command as say
from offtake.desk.entry import Written
from offtake.desk.legible import (
    LIMIT_BODY,
    LIMIT_DEPTH,
    LIMIT_LINE,
    LIMIT_MARKS,
    Malformed,
    json_of,
    plain,
)
from offtake.desk.problem import MEDIA_TYPE
from offtake.desk.reading import Invalid
from offtake.desk.writer import Asked, Receipt


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk_on(f"sqlite:///{tmp_path_factory.mktemp('desk') / 'desk.db'}") as made:
        yield made


def sent(desk: Desk, body: bytes, path: str = "/v1/requirements", **headers: str) -> Any:
    """The answer to bytes that claim to be JSON."""
    told = {"authorization": f"Bearer {desk.tokens['buyer']}", "content-type": "application/json"}
    return desk.client.post(path, content=body, headers={**told, **headers})


def with_word(field: str, raw: str) -> bytes:
    """A requirement with one field as it is written."""
    marked = json.dumps({**SUBMIT, field: "@@"})
    return marked.replace('"@@"', raw).encode("utf-8", "surrogatepass")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"{", "truncated"),
        (b"\xef\xbb\xbf{}", "malformed"),
        (b"\xff\xfe{\x00}\x00", "malformed"),
        (b'{"requirement": "\xff"}', "not UTF-8"),
        (b'{"requirement": "\xed\xa0\x80"}', "not UTF-8"),
        (b'{"requirement": "\\ud800 and more"}', "surrogate"),
        (b'{"requirement": "\\udc00"}', "surrogate"),
        (b'{"gpus": NaN}', "malformed"),
        (b'{"gpus": -Infinity}', "malformed"),
        (b'{"gpus": 1e999}', "out of range"),
        (b'{"gpus": ' + b"9" * 5_000 + b"}", "out of range"),
        (b"[" * 1_000_000, "more than"),
        (b"[" * 50_000, "deeper"),
        (b'{"a":' * 1_000, "deeper"),
        (b'{"gpus": 8, "gpus": 80}', "`gpus` is there twice"),
        (b'{"takes": {"beta": 8, "\\u0062eta": 80}}', "`beta` is there twice"),
    ],
)
def test_a_body_that_means_nothing_or_two_things_is_refused(body: bytes, says: str) -> None:
    with pytest.raises(Malformed, match=says):
        json_of(body)


def test_a_body_is_read_up_to_its_limits() -> None:
    deep: Any = "x"
    for _ in range(LIMIT_DEPTH):
        deep = [deep]
    assert json_of(json.dumps(deep).encode()) == deep
    long = {"portfolio": '"\\[{' * LIMIT_MARKS}
    assert json_of(json.dumps(long).encode()) == long
    assert json_of(b"") is None


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[" * 50_000, 400),
        (b'{"requirement": "\xff"}', 400),
        (b'{"gpus": 8, "gpus": 80}', 400),
        (b'"' + b"x" * LIMIT_BODY + b'"', 413),
        (with_word("gpus", "9" * 40), 422),
        (with_word("gpus", "9" * 4_000), 422),
        (with_word("gpus", "-1"), 422),
        (with_word("gpus", '"9e9 GW"'), 422),
        (with_word("gpus", "1.5"), 400),
        (with_word("start", '"99999-01-01"'), 422),
        (with_word("end", '"9999-12-31T23:59:59Z"'), 422),
        (with_word("own", '"yes"'), 400),
    ],
)
def test_a_request_that_cannot_be_used_is_a_problem(desk: Desk, body: bytes, status: int) -> None:
    answer = sent(desk, body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, MEDIA_TYPE)
    assert answer.json()["status"] == status
    assert desk("buyer", "GET", "/v1/requirements").json()["items"] == []


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("requirement", "r\x00"),
        ("requirement", "r\n"),
        ("purpose", "training\x07"),
        ("title", "to\x1b[2Jp"),
        ("accelerators", ["H100\x7f"]),
        ("price_limit", "$3\x85"),
        ("title", "a lot \u202e of 8"),
        ("title", "two\u2028lines"),
    ],
)
def test_a_control_character_is_refused_where_it_stands(
    desk: Desk, field: str, text: str | list[str]
) -> None:
    answer = desk("buyer", "POST", "/v1/requirements", {**SUBMIT, field: text})
    assert answer.status_code == 422
    (row,) = answer.json()["errors"]
    assert (row["field"], row["remedy"]) == (field, "Write it without.")
    assert "control character" in row["says"]


def test_a_reason_may_have_lines_and_a_title_ends_somewhere() -> None:
    plain(say.Withdraw(requirement="r", why="first\n\tsecond"))
    plain(submit(title="x" * LIMIT_LINE))
    with pytest.raises(Invalid, match=f"title: has more than {LIMIT_LINE}"):
        plain(submit(title="x" * (LIMIT_LINE + 1)))
    with pytest.raises(Invalid, match="takes: letter 5"):
        plain(say.Award(requirement="r", takes={"beta\x00": 8}))
    with pytest.raises(Invalid, match="Idempotency-Key: letter 1"):
        plain(submit(), "\x00")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/requirements/r%00"),
        ("GET", "/v1/outbox?status=%00"),
        ("DELETE", "/v1/webhooks/%00"),
        ("POST", "/v1/outbox/%0A/retry"),
        ("GET", "/v1/requirements?cursor=%1b"),
        ("GET", "/sign-in?code=%00"),
    ],
)
def test_an_address_with_a_control_character_is_refused(desk: Desk, method: str, path: str) -> None:
    assert desk("administrator", method, path).status_code == 400


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "application/msgpack", ""])
def test_what_is_said_to_be_something_else_than_json_is_not_read_as_json(
    desk: Desk, kind: str
) -> None:
    answer = sent(desk, json.dumps(SUBMIT).encode(), **{"content-type": kind})
    assert answer.status_code == 415
    assert answer.json()["type"] == "urn:offtake:wrong-media-type"


def test_a_body_in_pieces_is_read_until_it_is_too_large(desk: Desk) -> None:
    read = 0

    def pieces() -> Iterator[bytes]:
        nonlocal read
        while read < 100 * LIMIT_BODY:
            read += 10_000
            yield b" " * 10_000

    answer = sent(desk, pieces())  # type: ignore[arg-type]
    assert answer.status_code == 413


def test_a_day_that_is_none_is_a_problem(desk: Desk) -> None:
    for day in ("2025-99-99", "soon", "٢٠٢٥-01-01"):
        answer = desk("buyer", "GET", f"/rights?at={day}", accept="text/html")
        assert answer.status_code == 422, day


def test_a_command_that_the_database_does_not_keep_fails_alone(engine: Engine) -> None:
    def picky(tx: Connection, entries: Sequence[Written]) -> None:
        if any(one.entry.requirement == "poison" for one in entries):
            raise DataError("insert", {}, ValueError("no"))

    story = Story(engine, beside=picky)
    before = story.writer.state.seq
    names = ("a", "poison", "b")
    answers = story.writer.write([Asked(submit(requirement=name), BUYER, name) for name in names])
    assert [type(answer) for answer in answers] == [Receipt, Invalid, Receipt]
    again = Story(engine)
    assert [again.lot(name) is not None for name in names] == [True, False, True]
    assert again.writer.state.seq == before + 2


def test_what_no_door_kept_out_does_not_stop_the_others(url: str, engine: Engine) -> None:
    story = Story(engine)
    poison, fine = submit(requirement="r\x00"), submit(requirement="s")
    answers = story.writer.write([Asked(poison, BUYER), Asked(fine, BUYER)])
    kept = url.startswith("sqlite")  # PostgreSQL has no such letter.
    assert [type(answer) for answer in answers] == [Receipt if kept else Invalid, Receipt]


def test_a_title_of_any_script_is_a_title(tmp_path: Path) -> None:
    with desk_on(f"sqlite:///{tmp_path / 'own.db'}") as desk:
        title = "Texas — テキサス 🐂 שלום m²"
        desk.done("buyer", "/v1/requirements", {**SUBMIT, "title": title})
        assert desk("buyer", "GET", "/v1/requirements/r").json()["title"] == title
