"""Desks in processes of their own, to be killed: each is forked from one that has imported all.

python own_process.py DATABASE PORT START_S: each line on standard input is answered by one. `start
POINT COUNT` starts a desk, which kills itself when its writer comes to POINT for the COUNT-th time
(`never` is no point); `look` says whether it is `alive` or `dead`, and `kill` kills it. A dead one
is kept until it is asked about, so that no other process gets its number meanwhile. The clock of
every desk begins with March 2025 at START_S and does not stop.
"""

import os
import signal
import sys
import time
from collections.abc import Callable

import uvicorn

from desk.listening import Doorman
from desk.stories import DAY
from offtake.desk.app import application
from offtake.desk.desk import Desk
from offtake.desk.service import Service
from offtake.desk.store.engine import open_engine, reader
from offtake.desk.writer import Writer
from offtake.units.time import parse_instant


class Running:
    """A clock that runs on while desks come and go."""

    def __init__(self, start_s: int) -> None:
        self._ahead_s = parse_instant(DAY) - start_s

    def now_s(self) -> int:
        return int(time.time()) + self._ahead_s


class Fate:
    """Where a desk dies by itself: when its writer has come often enough to a point."""

    point, left = "never", 0

    def __call__(self, reached: str) -> None:
        if reached == self.point:
            self.left -= 1
            if self.left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)


class Child:
    """The desk that was started last; none, once it is known to be dead."""

    def __init__(self) -> None:
        self._id = 0

    def starts(self, serve: Callable[[], None]) -> str:
        assert not self._id, "one desk at a time"
        self._id = os.fork()
        if not self._id:
            serve()
            os._exit(0)
        return "started"

    def looked_at(self) -> str:
        if self._id and os.waitpid(self._id, os.WNOHANG)[0]:
            self._id = 0
        return "alive" if self._id else "dead"

    def killed(self) -> str:
        if self._id:
            os.kill(self._id, signal.SIGKILL)
            os.waitpid(self._id, 0)
            self._id = 0
        return "dead"


def main(url: str, port: str, start_s: str) -> None:
    clock, engine, fate = Running(int(start_s)), open_engine(url), Fate()
    desk = Desk(Service(Writer(engine, clock, at=fate), tick_s=0.02), reader(engine), clock)
    app = application(desk, middleware=(Doorman(),))  # It connects to nothing yet.
    child = Child()

    def serve() -> None:
        uvicorn.run(app, port=int(port), log_level="critical", access_log=False)

    print("ready", flush=True)
    for line in sys.stdin:
        match line.split():
            case ["start", point, count]:
                fate.point, fate.left = point, int(count)
                print(child.starts(serve), flush=True)
            case ["look"]:
                print(child.looked_at(), flush=True)
            case _:
                print(child.killed(), flush=True)
    child.killed()


if __name__ == "__main__":
    main(*sys.argv[1:])
