"""A whole desk behind a socket of its own, in a thread, with people who have tokens."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import httpx

from desk.served import ORIGIN, Desk
from desk.stories import PORTFOLIO, Clock
from offtake.desk.serving import Server, server_of
from offtake.desk.start import adopt, assembled, parts


class Place(NamedTuple):
    """A desk behind a socket."""

    port: int
    desk: Desk
    server: Server

    def line(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def head(self, path: str = "/v1/requirements", *more: str, method: str = "POST") -> bytes:
        rows = [
            f"{method} {path} HTTP/1.1",
            "Host: 127.0.0.1",
            f"Authorization: Bearer {self.desk.tokens['buyer']}",
            "Content-Type: application/json",
            *more,
        ]
        return "\r\n".join([*rows, "", ""]).encode()


@contextmanager
def place(url: str) -> Iterator[Place]:
    clock = Clock()
    made = parts(url, ORIGIN, clock)
    if made.is_new:
        adopt(made.writer, PORTFOLIO, "first")
    app = assembled(made, clock)
    with socket.socket() as own:
        own.bind(("127.0.0.1", 0))
        port = own.getsockname()[1]
        server = server_of(app, app.state.leave)
        thread = threading.Thread(target=server.run, args=([own],), daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive(), "the desk did not start"
            time.sleep(0.01)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
            yield Place(port, Desk(made, clock, client), server)
        server.should_exit = True
        thread.join()
    made.engine.dispose()
