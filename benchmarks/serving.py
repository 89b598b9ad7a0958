"""The servers that are compared, each in a process of its own; ``served`` starts one."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import uvicorn

from offtake.desk.access.limit import rates_of
from offtake.desk.access.origin import Origin
from offtake.desk.clock import SystemClock
from offtake.desk.serving import server_of, spare_collector
from offtake.desk.start import Ways, assembled, parts

ROOT = Path(__file__).parent.parent
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}"}
PATIENCE_S = 1_200
"""How long a desk may take to read a long journal."""
PER_MINUTE = 100_000_000
"""Requests that a token may send: the crowd has one, and is not to be held up."""


class Server(NamedTuple):
    """Where a server listens, and its process."""

    port: int
    pid: int


@contextmanager
def served(name: str, *more: str) -> Iterator[Server]:
    """A server in a process of its own, by its name below."""
    port = _free_port()
    command = [sys.executable, "-m", "benchmarks.serving", name, str(port), *more]
    with subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT) as process:
        try:
            _wait(port, process)
            yield Server(port, process.pid)
        finally:
            process.terminate()


def _free_port() -> int:
    with socket.socket() as own:
        own.bind(("127.0.0.1", 0))
        port: int = own.getsockname()[1]
        return port


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    until_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < until_s:
        assert process.poll() is None, "the server has stopped"
        with socket.socket() as own:
            if own.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError("the server does not listen")


def fastapi(port: int, endpoint: str = "async", extras: str = "") -> None:
    """FastAPI's first example in one process: ``async``, as its tutorial has it, or ``plain``.

    The README's own example is a plain function, which FastAPI runs in a pool of threads. The
    server is uvicorn as ``pip install fastapi uvicorn`` brings it, or with its ``standard``
    extras, which read HTTP and turn the loop in C.
    """
    from fastapi import FastAPI

    app = FastAPI()

    async def root() -> dict[str, str]:
        return {"message": "Hello World"}

    def plain() -> dict[str, str]:
        return {"message": "Hello World"}

    app.get("/")(root if endpoint == "async" else plain)
    ways = ("httptools", "uvloop") if extras == "standard" else ("h11", "asyncio")
    http, loop = ways
    uvicorn.run(app, port=port, http=http, loop=loop, log_level="critical", access_log=False)


def bare(port: int) -> None:
    """Litestar alone, on the desk's own connections."""
    from litestar import Litestar, get

    @get("/")
    async def root() -> dict[str, str]:
        return {"message": "Hello World"}

    server_of(Litestar([root], openapi_config=None), lambda: None, port=port).run()


def desk(port: int, url: str) -> None:
    """The desk as ``offtake serve`` puts it together."""
    clock = SystemClock()
    ways = Ways(rates_of(PER_MINUTE))
    made = parts(url, Origin(f"http://127.0.0.1:{port}"), clock, ways=ways)
    app = assembled(made, clock)
    spare_collector()
    server_of(app, app.state.leave, port=port).run()


if __name__ == "__main__":
    name, port, more = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    {"fastapi": fastapi, "bare": bare, "desk": desk}[name](port, *more)
