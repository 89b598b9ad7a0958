"""Beside a running desk: a process of its own makes a snapshot once enough has been written.

It has its own interpreter and the lowest priority, so that the desk neither stops nor waits for
it but for the moments in which a part is written. Whatever becomes of it, the desk goes on: the
next start takes longer, no more.
"""

import asyncio
import logging
import shutil
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Callable, Sequence

from offtake.desk.opening import usable
from offtake.desk.state import State
from offtake.desk.store.engine import Engine, Failure, reader

LOG = logging.getLogger(__name__)
EVERY = 50_000
"""Entries after which another snapshot is made: a start folds so many in a few seconds."""
POLL_S, AFTER_FAILURE_S = 60, 600
LIMIT_SAYS = 200
"""Signs of what a process said at its end that go into the log."""


class Keeper:
    """Sees to it that snapshots are made of one database; ``state`` is what the desk knows."""

    def __init__(
        self,
        engine: Engine,
        state: Callable[[], State],
        *,
        every: int = EVERY,
        command: Sequence[str] = (),
    ) -> None:
        self._reader, self._state, self._every = reader(engine), state, every
        in_memory = engine.url.database in (None, "", ":memory:")
        self._is_shared = engine.dialect.name != "sqlite" or not in_memory
        self._command = command or command_of(engine)

    async def run(self) -> None:
        """Go on until canceled; the process that runs then is ended."""
        while self._is_shared:
            went_well = True
            if await asyncio.to_thread(self.is_wanted):
                went_well = await self._kept()
            await asyncio.sleep(POLL_S if went_well else AFTER_FAILURE_S)

    def is_wanted(self) -> bool:
        """Whether so much has been written since the last snapshot that fits; no, if unknown."""
        state = self._state()
        if state.version is None or state.seq <= self._every:
            return False
        try:
            with self._reader.connect() as tx:
                rows = usable(tx, state.version.number, state.seq)
        except Failure as error:
            LOG.warning("a snapshot waits for the database: %s", type(error).__name__)
            return False
        return state.seq - max((row.seq for row in rows), default=0) > self._every

    async def _kept(self) -> bool:
        """Whether a process kept one."""
        try:
            made = await asyncio.create_subprocess_exec(
                *self._command, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE
            )
        except OSError as error:
            LOG.warning("no snapshot can be made: %s", type(error).__name__)
            return False
        try:
            _, says = await made.communicate()
        except asyncio.CancelledError:
            if made.returncode is None:
                made.terminate()
            await made.wait()
            raise
        if made.returncode:
            last = says.decode(errors="replace").strip()[-LIMIT_SAYS:]
            LOG.warning("no snapshot was kept (exit code %s): %s", made.returncode, last)
        else:
            LOG.info("a snapshot was kept")
        return not made.returncode


def command_of(engine: Engine) -> tuple[str, ...]:
    """What makes a snapshot of a database, at the lowest priority where there are priorities."""
    nice = shutil.which("nice")
    low = () if nice is None else (nice, "-n", "19")
    url = engine.url.render_as_string(hide_password=False)
    program = (sys.executable, "-m", "offtake.cli.main")
    return (*low, *program, "journal", "snapshot", "--db", url)
