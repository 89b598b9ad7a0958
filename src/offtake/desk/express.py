"""A short way in for programs: commands in their plainest form, without the framework.

What comes here with a token that was known a moment ago, in JSON that means one thing at a glance,
is carried out as its route in ``routes/`` would, which is the meaning of this one, and answered in
the same bytes. Anything else, whatever it is, takes the long way; nothing has happened to it yet.
"""

from asyncio import get_running_loop
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, cast

import msgspec
from litestar import Response

from offtake.desk import command as say
from offtake.desk.access.header import with_headers
from offtake.desk.access.http import Doorkeeper, bearer
from offtake.desk.access.origin import Origin
from offtake.desk.access.who import Who
from offtake.desk.desk import Desk, receipt
from offtake.desk.legible import at_a_glance
from offtake.desk.problem import handle
from offtake.desk.service import Broken
from offtake.desk.writer import Answered, Receipt

LIMIT_KEY = 200
"""Letters of an Idempotency-Key."""
LIMIT_SHORT = 60_000
"""Bytes of a body; the server holds no more back for who does not ask for it."""
JSON = b"application/json"


class Lane(NamedTuple):
    """A command, and the field of it that its address names, if any."""

    command: type[say.Command]
    named: str = ""


LANES: Mapping[tuple[str, ...], Lane] = {
    ("requirements",): Lane(say.Submit),
    ("requirements", "offers"): Lane(say.Bid, "requirement"),
    ("usage",): Lane(say.Use),
    ("permits",): Lane(say.IssuePermit),
    ("permits", "draws"): Lane(say.DrawPermit, "permit"),
    ("permits", "returns"): Lane(say.ReturnDraw, "permit"),
}
"""What programs send by the thousand, by the words of its address under ``/v1``."""


class Head(NamedTuple):
    """What the head of a request says: who sends which command, and what its address names."""

    who: Who
    lane: Lane
    name: str
    key: str = ""


class Said(NamedTuple):
    """An answer: its status, its headers but for those of the connection, and its body."""

    status: int
    headers: bytes
    body: bytes


Reply = Callable[[Said], None]


class Express:
    """The short way, with what the routes and the door know."""

    def __init__(self, desk: Desk, keeper: Doorkeeper, origin: Origin) -> None:
        self._desk, self._keeper, self._origin = desk, keeper, origin
        self._headers = _lines(with_headers([_NO_STORE, (b"content-type", JSON)], origin))

    def head(self, url: bytes, headers: Iterable[tuple[bytes, bytes]]) -> Head | None:
        """What the head of a POST says; None where the request takes the long way."""
        found = lane_of(url)
        rows = None if found is None else plain_rows(headers)
        if found is None or rows is None:
            return None
        token = bearer(rows.get(b"authorization", b"").decode("latin-1"))
        who = self._keeper.remembered(token)
        return None if who is None else Head(who, *found, rows.get(_KEY, b"").decode())

    def take(self, head: Head, body: bytes, reply: Reply) -> bool:
        """Carry a request out and have it answered in time; False if it takes the long way."""
        command = command_of(head, body)
        if command is None or not self._keeper.grants(head.who):
            return False
        try:
            asked = self._desk.checked(head.who, command, head.key)
            self._desk.service.give(asked, lambda answer: reply(self._said(head.who, answer)))
        except Exception as error:  # As the framework does: every error has its answer.
            get_running_loop().call_soon(reply, self._refused(error))
        return True

    def _said(self, who: Who, answer: Answered | Broken) -> Said:
        if isinstance(answer, Receipt):
            return Said(201, self._headers, msgspec.json.encode(receipt(who, answer)))
        return self._refused(answer)

    def _refused(self, error: Exception) -> Said:
        said: Response[bytes] = handle(None, error)
        rows = [(name.lower().encode(), value.encode()) for name, value in said.headers.items()]
        kind = (b"content-type", str(said.media_type).encode())
        headers = with_headers([*rows, _NO_STORE, kind], self._origin)
        return Said(said.status_code or 500, _lines(headers), said.content)


def lane_of(url: bytes) -> tuple[Lane, str] | None:
    """The lane of an address, and the name that stands in it as it is."""
    if not url.isascii() or b"%" in url or b"?" in url or b"#" in url:
        return None
    start, _, path = url.decode().partition("/v1/")
    words = path.split("/")
    if start or not all(words):
        return None
    lane, name = LANES.get((*words[:1], *words[2:])), "".join(words[1:2])
    return None if lane is None or bool(lane.named) != bool(name) else (lane, name)


_KEY = b"idempotency-key"
_READ = frozenset(
    (_KEY, b"authorization", b"content-type", b"content-length", b"transfer-encoding", b"expect")
)
_NO_STORE = (b"cache-control", b"no-store")


def plain_rows(headers: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes] | None:
    """The headers that are read, where they say no more than usual, of a short body of JSON."""
    rows: dict[bytes, bytes] = {}
    for name, value in headers:
        if name in _READ:
            if name in rows:
                return None
            rows[name] = value
    length, key = rows.get(b"content-length", b""), rows.get(_KEY)
    if rows.get(b"content-type") != JSON or b"transfer-encoding" in rows or b"expect" in rows:
        return None
    if not length.isdigit() or len(length) > 9 or int(length) > LIMIT_SHORT:
        return None
    is_usual = key is None or (0 < len(key) <= LIMIT_KEY and key.isascii())
    return rows if is_usual else None


def command_of(head: Head, body: bytes) -> say.AnyCommand | None:
    """The command that a body says at a glance; None where the long way has to look."""
    said, named = at_a_glance(body), head.lane.named
    if said is None or "do" in said or named in said:
        return None
    if named:
        said[named] = head.name
    try:
        return cast("say.AnyCommand", msgspec.convert(said, type=head.lane.command))
    except msgspec.ValidationError:
        return None


def _lines(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    return b"".join(b"%b: %b\r\n" % row for row in headers)
