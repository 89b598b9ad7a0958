"""The desk on a socket: who sends too slowly, too much or never reads is let go of.

What this keeps in memory for everybody at once is bounded: connections, the bytes of a head, and
how long either side may take. Bodies are bounded by the application (``legible``).
"""

import asyncio
import gc
import socket
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from offtake.desk.express import Express, Head, Said
from offtake.desk.problem import MEDIA_TYPE, problem

LIMIT_CONNECTIONS = 800
"""At once; systems commonly let a process have 1,024 files."""
LIMIT_HEAD = 64 * 1024
"""Bytes of a request before its body."""
READ_AT_ONCE = 256 * 1024
"""Bytes that the loop hands over together at most: some of them may be of a body."""
HEAD_S = 10
"""Seconds from the first byte of a request, or from the connection, to the end of its head."""
BODY_S = 60
"""Seconds from the end of the head to the end of the body."""
STALLED_S = 60
"""Seconds in which nothing of an answer is taken."""
COLLECTED = 20_000, 1, 2_500
"""Objects more than before, and rounds, until the collector looks at the new, young and old."""
LEAVE_S = 10
"""Seconds that answers may take once the desk is told to stop."""


NOTHING, HEAD, BODY = "nothing", "head", "body"
"""What of a request may come in."""


class _Unheard:
    """An event for which nobody waits."""

    def set(self) -> None:
        """Nobody hears."""


class Short:
    """A request that is not the framework's, as the connection sees it."""

    __slots__ = ("body", "disconnected", "head", "keep_alive", "more_body", "response_complete")
    message_event = _Unheard()

    def __init__(self, head: Head, *, keep_alive: bool) -> None:
        self.head, self.keep_alive = head, keep_alive
        self.body, self.more_body = bytearray(), True
        self.disconnected = self.response_complete = False


class Wary(HttpToolsProtocol):
    """A connection with an end to everything; ``express`` is the short way of some requests."""

    cycle: Any  # The request that came last: uvicorn's, or a ``Short``.

    def __init__(self, *given: Any, express: Express | None = None, **named: Any) -> None:
        super().__init__(*given, **named)
        self._express = express
        self._timer: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None
        self._phase, self._requests = HEAD, 0  # What comes in now, after so many requests.
        self._timed: tuple[str, int] | None = None  # Of which the timer runs.
        self._head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Let it in, if there is room."""
        super().connection_made(transport)
        if len(self.connections) > LIMIT_CONNECTIONS:
            self._turn_away(503)
        else:
            self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._phase = NOTHING
        self._watch()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, as long as the head does not become too long."""
        if self._phase != BODY:
            self._phase = HEAD
            self._head_bytes += len(data)
            if self._head_bytes > LIMIT_HEAD + READ_AT_ONCE:
                self._turn_away(431)
                return
        super().data_received(data)
        self._watch()

    def on_message_begin(self) -> None:
        """Another request begins, perhaps in the piece that ended the one before."""
        self._phase = HEAD
        self.url, self.headers, self.expect_100_continue = b"", [], False

    def on_headers_complete(self) -> None:
        """The head is there; now its body may come. Go the short way if it is open."""
        self._phase, self._head_bytes = BODY, 0
        head = self._short()
        if head is None:
            self._go_long()
        else:
            self.cycle = Short(head, keep_alive=self.parser.should_keep_alive())

    def on_message_complete(self) -> None:
        """The request is there; the next one may begin."""
        self._phase, self._requests = NOTHING, self._requests + 1
        super().on_message_complete()
        cycle = self.cycle
        if type(cycle) is Short and not self._took(cycle):
            self.cycle = None
            self._go_long()
            self.cycle.body, self.cycle.more_body = cycle.body, False
            self.cycle.keep_alive = cycle.keep_alive  # Not after what came meanwhile: a shutdown.
            self.cycle.message_event.set()

    def _short(self) -> Head | None:
        """What a head says to the short way, where nothing is in it."""
        before, parser = self.cycle, self.parser
        if self._express is None or self.flow.write_paused or parser.get_method() != b"POST":
            return None
        is_first = before is None or before.response_complete  # Of those that come together.
        if not is_first or parser.get_http_version() != "1.1":
            return None
        return self._express.head(self.url, self.headers)

    def _go_long(self) -> None:
        """Have the application answer what has begun."""
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers += headers
        super().on_headers_complete()

    def _took(self, cycle: Short) -> bool:
        assert self._express is not None
        return self._express.take(cycle.head, bytes(cycle.body), partial(self._answer, cycle))

    def _answer(self, cycle: Short, said: Said) -> None:
        """Answer at once, as the application would piece by piece."""
        if cycle.disconnected:
            return
        lines = [STATUS_LINE[said.status]]
        lines += [b"%b: %b\r\n" % row for row in self.server_state.default_headers]
        lines += (said.headers, b"content-length: %d\r\n" % len(said.body))
        lines += (b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n", said.body)
        cycle.response_complete = True
        self.transport.write(b"".join(lines))
        if not cycle.keep_alive:
            self.transport.close()
        self.on_response_complete()

    def pause_writing(self) -> None:
        """The other side does not read what it asked for."""
        super().pause_writing()
        self._stalled = self.loop.call_later(STALLED_S, self.transport.abort)

    def resume_writing(self) -> None:
        """It does again."""
        super().resume_writing()
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def timeout_keep_alive_handler(self) -> None:
        """Nothing more is asked: close, also where an answer is never taken."""
        super().timeout_keep_alive_handler()
        self.loop.call_later(STALLED_S, self.transport.abort)

    def _watch(self) -> None:
        """Wait for what is to come no longer than it may take: the time of each part runs once."""
        timed = (self._phase, self._requests)
        if self._timed == timed:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._phase != NOTHING:
            within_s = HEAD_S if self._phase == HEAD else BODY_S
            self._timer = self.loop.call_later(within_s, self.transport.abort)
        self._timed = timed

    def _turn_away(self, status: int) -> None:
        """Answer with a problem before anything is read, and close."""
        said = problem(status, headers={"Retry-After": "1"} if status == 503 else None)
        head = [
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
            f"Content-Type: {MEDIA_TYPE}",
            f"Content-Length: {len(said.content)}",
            *(f"{name}: {value}" for name, value in said.headers.items()),
            "Connection: close",
        ]
        self.transport.write("\r\n".join([*head, "", ""]).encode() + said.content)
        self.transport.close()


class Server(uvicorn.Server):
    """A server whose lines end when it is told to stop."""

    def __init__(self, config: uvicorn.Config, leaving: Callable[[], None]) -> None:
        super().__init__(config)
        self._leaving = leaving

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what would go on by itself, answer what was asked, then stop the application."""
        self._leaving()
        await super().shutdown(sockets)


def spare_collector() -> None:
    """Have the collector of cycles leave alone what is there now, and look at the rest less often.

    Of what a journal is folded to nothing ever becomes garbage as a cycle, and it grows with every
    command: going through it again and again was a quarter of the work of writing.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTED)


def server_of(app: Any, leaving: Callable[[], None], **where: Any) -> Server:
    """The server of an application; ``leaving`` is called when it is told to stop.

    An application whose state holds an ``express`` is spared some of its requests.
    """
    express = getattr(app, "state", {}).get("express")
    config = uvicorn.Config(
        app,
        http=partial(Wary, express=express),  # type: ignore[arg-type]
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=LEAVE_S,
        **where,
    )
    return Server(config, leaving)
