"""What changes something is sent once, however often it is tried; errors say what to do."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from offtake.cli.client import LINES, TRIES, Client, Failed, Sent, path_of
from offtake.cli.profile import Profile

HERE = Profile("https://desk.example", "tok")
SENT = Sent("POST", path_of("requirements"), {"requirement": "r", "title": None})


class Line:
    """Answers in turn, the last one for ever, and what was sent."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers, self.seen, self.waits = list(answers), list[httpx.Request](), list[float]()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def client(self, profile: Profile = HERE) -> Client:
        return Client(profile, transport=httpx.MockTransport(self), sleep=self.waits.append)


def problem(status: int, kind: str, **more: object) -> httpx.Response:
    body = {"type": f"urn:offtake:{kind}", "title": "T", "status": status, "detail": "so", **more}
    headers = {"Content-Type": "application/problem+json"}
    return httpx.Response(status, headers=headers, json=body)


def failed(act: Callable[[], object]) -> Failed:
    with pytest.raises(Failed) as caught:
        act()
    return caught.value


def test_a_command_is_tried_again_under_the_same_key_until_the_desk_answers() -> None:
    lost = httpx.ReadError("connection reset")
    line = Line(lost, problem(503, "unavailable"), httpx.Response(201, json={"at": "now"}))

    assert line.client().send(SENT, "k") == {"at": "now"}
    assert [request.headers["Idempotency-Key"] for request in line.seen] == ["k"] * 3
    assert {request.content for request in line.seen} == {b'{"requirement":"r"}'}
    assert line.seen[0].headers["Authorization"] == "Bearer tok"
    assert 0.1 <= line.waits[0] <= 0.2 <= line.waits[1] <= 0.4


def test_a_desk_that_does_not_answer_is_tried_five_times_and_the_key_is_told() -> None:
    line = Line(httpx.ConnectError("refused"))
    error = failed(lambda: line.client().send(SENT, "k7"))

    assert (error.code, len(line.seen)) == (1, TRIES)
    assert "--key k7" in error.rows[0]["remedy"]
    assert error.rows[0]["place"] == "https://desk.example"


@pytest.mark.parametrize("status", [429, 500, 502, 409, 422])
def test_what_changes_something_is_not_tried_again_where_the_desk_answered(status: int) -> None:
    line = Line(problem(status, "refused"))
    failed(lambda: line.client().send(SENT, "k"))

    assert len(line.seen) == 1


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (400, "malformed", 3),
        (401, "not-signed-on", 2),
        (403, "forbidden", 2),
        (404, "not-found", 3),
        (409, "refused", 4),
        (409, "stale", 4),
        (409, "idempotency-key-conflict", 3),
        (422, "invalid", 3),
        (429, "too-many", 1),
        (500, "our-mistake", 1),
    ],
)
def test_the_exit_code_says_why_it_was_not_done(status: int, kind: str, code: int) -> None:
    error = failed(lambda: Line(problem(status, kind)).client().send(SENT, "k"))

    assert error.code == code
    (row,) = error.rows
    assert (row["code"], row["says"]) == (kind, "so")
    assert row["place"] == "POST /v1/requirements"
    assert row["remedy"]


def test_each_wrong_word_is_a_line_that_names_its_flag() -> None:
    wrong = [
        {"field": "price_limit", "says": "is in EUR", "remedy": "Convert it."},
        {"field": "takes", "says": "no such party", "remedy": "Name one."},
    ]
    error = failed(lambda: Line(problem(422, "invalid", errors=wrong)).client().send(SENT, "k"))

    assert [row["place"] for row in error.rows] == ["--price-limit", "--take"]


def test_what_is_no_desk_is_said_to_be_none() -> None:
    answers = [httpx.Response(200, html="<p>"), httpx.Response(307), httpx.Response(502, text="")]
    for answer in answers:
        error = failed(lambda answer=answer: Line(answer).client().get("/v1/me"))
        assert (error.code, error.rows[0]["code"]) == (1, "no-desk")


def test_a_question_waits_as_long_as_it_is_told_to() -> None:
    busy = problem(429, "too-many")
    busy.headers["Retry-After"] = "7"
    line = Line(busy, httpx.Response(200, json={"a": 1}))

    assert line.client().get("/v1/me") == {"a": 1}
    assert line.waits == [7.0]


def test_a_list_is_read_page_after_page_up_to_its_limit() -> None:
    pages = [{"items": [{"n": 1}, {"n": 2}], "next": "2"}, {"items": [{"n": 3}, {"n": 4}]}]
    line = Line(*(httpx.Response(200, json=page) for page in pages))

    rows = list(line.client().rows("/v1/notices", 3, outcome=None))
    assert [row["n"] for row in rows] == [1, 2, 3]
    assert [str(request.url.query, "ascii") for request in line.seen] == [
        "limit=3",
        "cursor=2&limit=1",
    ]


def test_an_id_stays_inside_its_place_in_the_path() -> None:
    assert path_of("requirements", "../a b?c", "why") == "/v1/requirements/..%2Fa%20b%3Fc/why"


class Broken(httpx.SyncByteStream):
    """An answer that breaks off after its first line."""

    def __iter__(self) -> Iterator[bytes]:
        yield b'{"n": 1}\n'
        raise httpx.RemoteProtocolError("incomplete")


def test_lines_are_handed_on_as_they_come_and_one_that_breaks_off_is_a_failure() -> None:
    headers = {"Content-Type": LINES}
    line = Line(problem(503, "unavailable"), httpx.Response(200, headers=headers, stream=Broken()))
    rows = line.client().lines("/v1/orders", None, status="open")

    assert next(rows) == {"n": 1}
    assert failed(lambda: next(rows)).rows[0]["code"] == "no-answer"
    assert line.seen[-1].headers["Accept"].startswith(LINES)
    assert line.seen[-1].url.query == b"status=open"


def test_no_more_lines_are_read_than_are_wanted() -> None:
    headers = {"Content-Type": LINES}
    line = Line(httpx.Response(200, headers=headers, stream=Broken()))

    assert list(line.client().lines("/v1/orders", 1)) == [{"n": 1}]


def test_where_a_list_comes_as_pages_only_its_pages_are_read() -> None:
    pages = [{"items": [{"n": 1}], "next": "x"}, {"items": [{"n": 2}]}]
    line = Line(*(httpx.Response(200, json=page) for page in (pages[0], *pages)))

    assert list(line.client().lines("/v1/contacts", None)) == [{"n": 1}, {"n": 2}]
    assert [request.url.params.get("cursor") for request in line.seen] == [None, None, "x"]


def test_lines_that_are_refused_say_why() -> None:
    rows = Line(problem(403, "forbidden")).client().lines("/v1/orders", None)

    assert failed(lambda: next(rows)).code == 2
