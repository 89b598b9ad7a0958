"""A desk over HTTP: what is asked, what is done under a key, and errors with a way out.

What changes something is tried again only under the same key, so that it happens once (S8): after
a connection failed, and where the desk says that it cannot write now.
"""

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, Self
from urllib.parse import quote

from offtake import __version__
from offtake.cli.output import INVALID, Invalid, problem_row
from offtake.cli.profile import SIGN_ON, Profile

if TYPE_CHECKING:
    import httpx

TRIES = 5
FIRST_WAIT_S, LONGEST_WAIT_S = 0.2, 30.0
CONNECT_S, ANSWER_S = 5.0, 30.0
LIMIT_ROWS = 1_000_000
PAGE = 200
LINES = "application/jsonl"
"""The media type of rows that come a line of JSON each, all of them in one answer."""
FAILURE, FORBIDDEN, STANDS_OTHERWISE = 1, 2, 4
OF_PERMITS = {
    "not-permitted": "`offtake decide` says which clause, and what would help.",
    "more-than-pool": "`offtake ledger` says what is left of the pool, and when.",
    "more-than-permit": "`offtake permit get ID` says what is left of it.",
    "outside-window": "Draw inside the window of the permit, or ask for another.",
    "permit-expired": "Ask for another permit.",
    "permit-revoked": "Ask for another permit.",
    "other-engine": "Ask for a permit of your own.",
    "draw-key-used": "Name this draw otherwise.",
}
"""Why a permit was not issued or not drawn on, and the way out."""
REFUSALS = {
    **dict.fromkeys(("refused", "stale", *OF_PERMITS), STANDS_OTHERWISE),
    "not-permitted": FORBIDDEN,
}
CODES = {401: FORBIDDEN, 403: FORBIDDEN, 429: FAILURE}
REMEDIES = {
    "not-signed-on": f"{SIGN_ON} Tokens end by themselves.",
    "forbidden": "`offtake whoami` says what you may do.",
    "not-found": "List what there is; what does not concern you is not there for you.",
    "refused": "`offtake requirement why ID` says what is next.",
    "stale": "Look at it again, then decide.",
    "idempotency-key-conflict": "Give this command a --key of its own.",
    "too-many": "Wait a while.",
    "our-mistake": "Nothing has happened; tell whoever runs the desk.",
    "unavailable": "Look at it again before you repeat it.",
    "stuck": "Nothing has happened; tell whoever runs the desk.",
    **OF_PERMITS,
    "malformed": "See `--help` of the command.",
}


class Failed(Invalid):
    """What a desk did not do, with the exit code that says why."""

    def __init__(self, code: int, rows: list[dict[str, Any]]) -> None:
        super().__init__("", "", rows[0]["says"], "")
        self.code, self.rows = code, rows


class Sent(NamedTuple):
    """What changes something at a desk: the method, the path, and the body of words."""

    method: str
    path: str
    body: Mapping[str, Any]

    @property
    def words(self) -> dict[str, Any]:
        """The body without what was left out."""
        return {key: value for key, value in self.body.items() if value is not None}


def path_of(*parts: object) -> str:
    """A path below ``/v1``; whatever an id holds stays inside it."""
    return "/v1/" + "/".join(quote(str(part), safe="") for part in parts)


class Client:
    """One desk, and whoever the token is of."""

    def __init__(
        self,
        profile: Profile,
        *,
        transport: "httpx.BaseTransport | None" = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        import httpx

        headers = {"User-Agent": f"offtake/{__version__}", "Accept": "application/json"}
        if profile.token:
            headers["Authorization"] = f"Bearer {profile.token}"
        self._profile, self._sleep = profile, sleep
        self._http = httpx.Client(
            base_url=profile.url,
            headers=headers,
            timeout=httpx.Timeout(ANSWER_S, connect=CONNECT_S),
            transport=transport,
            trust_env=profile.url.startswith("https"),  # Plain HTTP goes through no proxy.
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def get(self, path: str, **asked: Any) -> Any:
        """What is there.

        Raises:
            Failed: Nothing is, or not for us.
        """
        params = {key: value for key, value in asked.items() if value is not None}
        request = self._http.build_request("GET", path, params=params)
        return self._answer(request, lambda status: status in (429, 503))

    def text(self, path: str) -> str:
        """What is there, as it came: a signed document.

        Raises:
            Failed: Nothing is, or not for us.
        """
        request = self._http.build_request("GET", path, headers={"Accept": "*/*"})
        response = self._answered(request, lambda status: status in (429, 503))
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        if not response.is_success or kind not in ("application/jose", "application/json"):
            _read(response, "")
        return str(response.text)

    def rows(self, path: str, limit: int, **asked: Any) -> Iterator[dict[str, Any]]:
        """The rows of a list, page after page, up to a limit."""
        cursor: str | None = None
        while limit > 0:
            page = self.get(path, cursor=cursor, limit=min(limit, PAGE), **asked)
            for row in page["items"][:limit]:
                limit -= 1
                yield row
            cursor = page.get("next")
            if cursor is None:
                return

    def lines(self, path: str, limit: int | None, **asked: Any) -> Iterator[dict[str, Any]]:
        """The rows of a list as they come in one answer, up to a limit if there is one.

        Raises:
            Failed: There are none for us, or the answer broke off.
        """
        import httpx

        params = {key: value for key, value in asked.items() if value is not None}
        accept = {"Accept": f"{LINES}, application/json;q=0.5"}
        request = self._http.build_request("GET", path, params=params, headers=accept)
        again = (429, 503)
        response = self._answered(request, lambda status: status in again, stream=True)
        with closing(response):
            if response.headers.get("Content-Type", "").partition(";")[0] == LINES:
                try:
                    yield from map(json.loads, islice(response.iter_lines(), limit))
                except httpx.TransportError as error:
                    raise _unreachable(request, error, "") from error
                return
            response.read()
            _read(response, "")
        yield from self.rows(path, LIMIT_ROWS if limit is None else limit, **asked)

    def send(self, sent: Sent, key: str) -> Any:
        """Do something, once: the same key and body get the first answer.

        Raises:
            Failed: It was not done; or the desk did not answer, and nobody knows.
        """
        request = self._http.build_request(
            sent.method, sent.path, json=sent.words, headers={"Idempotency-Key": key}
        )
        return self._answer(request, lambda status: status == 503, key)

    def once(self, sent: Sent) -> Any:
        """Do something that has no key: it is sent once, for a lost answer does not say all.

        Raises:
            Failed: It was not done; or the desk did not answer, and a list shows whether it was.
        """
        import httpx

        body = sent.words if sent.method != "DELETE" else None
        request = self._http.build_request(sent.method, sent.path, json=body)
        try:
            return _read(self._http.send(request), "")
        except httpx.TransportError as error:
            raise _unreachable(request, error, "") from error

    def _answer(self, request: "httpx.Request", again: Callable[[int], bool], key: str = "") -> Any:
        """The answer to a request as data."""
        return _read(self._answered(request, again, key), key)

    def _answered(
        self,
        request: "httpx.Request",
        again: Callable[[int], bool],
        key: str = "",
        *,
        stream: bool = False,
    ) -> "httpx.Response":
        """The answer to a request, tried again a few times where that is harmless."""
        import httpx

        for tried in range(1, TRIES + 1):
            try:
                response = self._http.send(request, stream=stream)
            except httpx.TransportError as error:
                if tried == TRIES:
                    raise _unreachable(request, error, key) from error
                self._sleep(_wait_s(tried))
                continue
            if tried == TRIES or not again(response.status_code):
                return response
            response.close()
            self._sleep(max(_wait_s(tried), _told_s(response)))
        raise AssertionError("the last try returns or raises")


def _wait_s(tried: int) -> float:
    """How long to wait after a try: twice as long each time, and not all at once."""
    return FIRST_WAIT_S * 2.0 ** (tried - 1) * random.uniform(0.5, 1.0)  # noqa: S311


def _told_s(response: "httpx.Response") -> float:
    told: str = response.headers.get("Retry-After", "")
    return min(float(told), LONGEST_WAIT_S) if told.isascii() and told.isdigit() else 0.0


def _unreachable(request: "httpx.Request", error: Exception, key: str) -> Failed:
    says = (
        f"does not answer: {error}" if str(error) else f"does not answer ({type(error).__name__})"
    )
    remedy = "See that the desk runs, and its address and certificate."
    if key:
        remedy = f"Whether it was done is not known: repeat it with `--key {key}`."
    place = f"{request.url.scheme}://{request.url.netloc.decode()}"
    return Failed(FAILURE, [problem_row("no-answer", place, says=says, remedy=remedy)])


def _read(response: "httpx.Response", key: str) -> Any:
    """What a desk answered.

    Raises:
        Failed: It did not do what was asked.
    """
    kind = response.headers.get("Content-Type", "").partition(";")[0]
    try:
        data = response.json()
    except ValueError:
        data = None
    if response.is_success and data is not None:
        return data
    place = f"{response.request.method} {response.request.url.path}"
    if not isinstance(data, dict) or kind != "application/problem+json":
        says = f"answered {response.status_code} and no problem: this is no desk"
        row = problem_row("no-desk", place, says=says, remedy="See the address of the desk.")
        raise Failed(FAILURE, [row])
    raise Failed(_code(data), _rows(data, place, key))


def _kind(problem: Mapping[str, Any]) -> str:
    return str(problem.get("type", "")).rpartition(":")[2] or "failed"


def _code(problem: Mapping[str, Any]) -> int:
    status = int(problem.get("status", 500))
    if status >= 500:
        return FAILURE
    return REFUSALS.get(_kind(problem), CODES.get(status, INVALID))


def _rows(problem: Mapping[str, Any], place: str, key: str) -> list[dict[str, Any]]:
    """A problem as rows: one for each wrong word, else one."""
    kind = _kind(problem)
    if problem.get("errors"):
        return [
            problem_row(kind, _flag(row["field"]), says=row["says"], remedy=row["remedy"])
            for row in problem["errors"]
        ]
    says = problem.get("detail") or str(problem.get("title", "it was not done")).lower()
    remedy = REMEDIES.get(kind, "See `--help` of the command.")
    if kind == "unavailable" and key:
        remedy = f"Try again with `--key {key}`: it happens once."
    return [problem_row(kind, place, says=says, remedy=remedy)]


def _flag(field: str) -> str:
    """The flag that says a field."""
    return {"requirement": "ID", "takes": "--take"}.get(field, f"--{field.replace('_', '-')}")
