"""The desk's clock, handed to whoever needs the time."""

import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now_s(self) -> int:
        """Whole seconds since the Unix epoch, UTC."""


class SystemClock:
    """The machine's clock. Entries never go back in time, whatever it does (``writer``)."""

    def now_s(self) -> int:
        """Whole seconds since the Unix epoch, UTC."""
        return int(time.time())
