"""What can be read at all: addresses, JSON and texts, looked at before anything is done with them.

A body must mean one thing to everybody: JSON (RFC 8259) in UTF-8 without a name twice, nested no
deeper than any command is. Texts that are kept hold no control characters: databases and terminals
take them for something else.
"""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec
from litestar import Request
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from offtake.desk.command import Command
from offtake.desk.reading import Invalid, Wrong

LIMIT_BODY = 100_000
"""Bytes of a request."""
LIMIT_PORTFOLIO = 8_000_000
"""Bytes of a request with a portfolio, whose text may have five million letters."""
LIMIT_DEPTH = 16
"""Lists and objects within one another."""
LIMIT_MARKS = 100_000
"""Bytes of a body that stand in no text: a portfolio is one long text."""
LIMIT_LINE, LIMIT_LINES = 200, 2_000
"""Letters of a text where its command sets no limit: of a title or a name, and of a reason."""

LINES = frozenset({"why", "note"})
TEXTS = frozenset({"portfolio"})
"""Fields of several lines; a portfolio's are checked as a portfolio."""
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+\\?(?:"|\Z)', re.DOTALL)
_NEVER = "\x7f-\x9f\u202a-\u202e\u2028\u2029\u2066-\u2069\ud800-\udfff"
"""Of these, some turn a line around: what is shown would not be what is said."""
_CONTROL = re.compile(f"[\x00-\x1f{_NEVER}]")
_CONTROL_OF_LINES = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f{_NEVER}]")
_LONG = re.compile(rb'"[^"]{%d}' % (LIMIT_LINE + 1))
"""Where JSON may hold a text beyond the limit of a line."""
_CONTROL_BYTE = re.compile(rb"[\x00-\x1f\x7f]")


class Malformed(ValueError):
    """A request that cannot be read: ``says`` why."""

    def __init__(self, says: str) -> None:
        self.says = says
        super().__init__(says)


def json_of(body: bytes) -> Any:
    """The value of a body of JSON; None of an empty one.

    Raises:
        Malformed: It is no JSON, too deep, or says something twice.
    """
    if not body:
        return None
    marks = _STRING.sub(b"", body)
    if len(marks) > LIMIT_MARKS:
        raise Malformed(f"more than {LIMIT_MARKS:,} bytes beside texts")
    if _depth(marks) > LIMIT_DEPTH:
        raise Malformed(f"nested deeper than {LIMIT_DEPTH} levels")
    try:
        value = msgspec.json.decode(body)
        json.loads(body, object_pairs_hook=_once)
    except UnicodeDecodeError as error:
        raise Malformed(f"byte {error.start} is not UTF-8") from error
    except msgspec.DecodeError as error:
        raise Malformed(str(error)) from error
    return value


def _is_plain(body: bytes) -> bool:
    """Whether JSON holds nothing but what can be seen: in it, what cannot is escaped."""
    return body.isascii() and b"\\" not in body and b"\x7f" not in body


def at_a_glance(body: bytes) -> dict[str, Any] | None:
    """The object of a body that can be read in one way only, seen without a second look.

    It is ASCII without escapes and holds nothing deeper than lists of texts; where it has as many
    quotes as its names and texts need, no name is there twice. None: ``json_of`` has to look.
    """
    if not _is_plain(body):
        return None
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return None
    if type(value) is not dict:
        return None
    texts = len(value)
    for item in value.values():
        kind = type(item)
        if kind is str:
            texts += 1
        elif kind is list:
            texts += len(item)
            if not all(type(each) is str for each in item):
                return None
        elif kind is dict:
            return None
    return value if body.count(b'"') == 2 * texts else None


def _depth(marks: bytes) -> int:
    """How deep brackets are nested."""
    depth = deepest = 0
    for mark in marks:
        if mark in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif mark in b"]}":
            depth -= 1
    return deepest


def _once(pairs: list[tuple[str, Any]]) -> None:
    """Refuse a name that stands twice in an object: which of them counts is anybody's guess."""
    seen = set[str]()
    for name, _ in pairs:
        if name in seen:
            raise Malformed(f"`{name[:100]}` is there twice")
        seen.add(name)


class Letter(Request[Any, Any, Any]):
    """A request whose JSON can be read in one way only."""

    async def json(self) -> Any:
        """The value of its body.

        Raises:
            HTTPException: It is said to be something else than JSON.
            Malformed: It cannot be read.
        """
        kind, _ = self.content_type
        if kind != "application/json":
            raise HTTPException(status_code=415, detail=f"`{kind[:100]}` is not application/json")
        return json_of(await self.body())


class Addresses(ASGIMiddleware):
    """Turns addresses away that hold control characters, whatever they would be looked up in."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Go on with an address that can be read."""
        query = unquote_to_bytes(scope.get("query_string", b""))
        if _CONTROL.search(scope["path"]) or _CONTROL_BYTE.search(query):
            raise Malformed("the address holds a control character")
        await next_app(scope, receive, send)


def plain_text(text: str, *, lines: bool = False) -> str:
    """Why a text cannot be kept; empty if it can."""
    found = (_CONTROL_OF_LINES if lines else _CONTROL).search(text)
    if found is None:
        return ""
    return f"letter {found.start() + 1} is a control character (U+{ord(found[0]):04X})"


def plain(command: Command, key: str = "") -> None:
    """Go on only if every text of a command can be kept.

    Raises:
        Invalid: Some cannot; all of them are listed.
    """
    written = msgspec.json.encode(command)
    if key.isascii() and key.isprintable() and _is_plain(written) and not _LONG.search(written):
        return
    texts = list(_texts(command))
    wrong = [
        Wrong(field, says, "Write it without.")
        for field, text in [("Idempotency-Key", key), *texts]
        if (says := plain_text(text, lines=field in LINES or field in TEXTS))
    ]
    wrong += [
        Wrong(field, f"has more than {limit:,} letters", "Write less.")
        for field, text in texts
        if len(text) > LIMIT_LINE and field not in TEXTS and len(text) > (limit := _limit(field))
    ]
    if wrong:
        raise Invalid(wrong)


def _limit(field: str) -> int:
    return LIMIT_LINES if field in (*LINES, "signed") else LIMIT_LINE


def _texts(command: Command) -> Iterator[tuple[str, str]]:
    """The texts of a command with the fields they stand in."""
    values = msgspec.structs.astuple(command)
    for field, value in zip(command.__struct_fields__, values, strict=True):
        if isinstance(value, str):
            yield field, value
        elif isinstance(value, tuple | dict):
            yield from ((field, item) for item in value if isinstance(item, str))
