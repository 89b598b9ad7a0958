"""The desk on a socket: who sends too slowly, too much or never reads is let go of.

What this keeps in memory for everybody at once is bounded: connections, the bytes of a head, and
how long either side may take. Bodies are bounded by the application (``legible``).
"""

import asyncio
import socket
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

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
LEAVE_S = 10
"""Seconds that answers may take once the desk is told to stop."""


class Wary(HttpToolsProtocol):
    """A connection with an end to everything."""

    _timer: asyncio.TimerHandle | None = None
    _stalled: asyncio.TimerHandle | None = None
    _is_in_head = True
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Let it in, if there is room."""
        super().connection_made(transport)
        if len(self.connections) > LIMIT_CONNECTIONS:
            self._turn_away(503)
        else:
            self._wait(HEAD_S)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._done_waiting()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, as long as the head does not become too long."""
        if self._is_in_head:
            self._head_bytes += len(data)
            if self._timer is None:
                self._wait(HEAD_S)
            if self._head_bytes > LIMIT_HEAD + READ_AT_ONCE:
                self._turn_away(431)
                return
        super().data_received(data)

    def on_headers_complete(self) -> None:
        """The head is there; now its body may come."""
        self._is_in_head, self._head_bytes = False, 0
        self._wait(BODY_S)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is there; the next one may begin."""
        self._is_in_head = True
        self._done_waiting()
        super().on_message_complete()

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

    def _wait(self, within_s: int) -> None:
        self._done_waiting()
        self._timer = self.loop.call_later(within_s, self.transport.abort)

    def _done_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

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


def server_of(app: Any, leaving: Callable[[], None], **where: Any) -> Server:
    """The server of an application; ``leaving`` is called when it is told to stop."""
    config = uvicorn.Config(
        app,
        http=Wary,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=LEAVE_S,
        **where,
    )
    return Server(config, leaving)
