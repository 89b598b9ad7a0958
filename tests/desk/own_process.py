"""Desks in processes of their own, to be killed: each is forked from one that has imported all.

python own_process.py DATABASE PORT START_S: a line `POINT COUNT` on standard input starts a desk,
whose process id is printed; it kills itself when its writer comes to POINT for the COUNT-th time
(`never` is no point). The clock of every desk begins with March 2025 at START_S and does not stop.
"""

import os
import signal
import sys
import time
from contextlib import suppress

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


def main(url: str, port: str, start_s: str) -> None:
    clock, engine, fate = Running(int(start_s)), open_engine(url), Fate()
    desk = Desk(Service(Writer(engine, clock, at=fate), tick_s=0.02), reader(engine), clock)
    app = application(desk, middleware=(Doorman(),))  # It connects to nothing yet.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # The dead are forgotten at once.
    print("ready", flush=True)
    for line in sys.stdin:
        point, count = line.split()
        child = os.fork()
        if not child:
            fate.point, fate.left = point, int(count)
            uvicorn.run(app, port=int(port), log_level="critical", access_log=False)
            os._exit(0)
        print(child, flush=True)
    with suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)


if __name__ == "__main__":
    main(*sys.argv[1:])
