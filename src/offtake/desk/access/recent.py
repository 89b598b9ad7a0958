"""Who came a moment ago is let in again without a look into the database.

What this process changes about people, tokens and sessions counts at once: all that is remembered
is forgotten then. What another process changes counts after ``RECHECK_MS`` at the latest.
"""

from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple

from offtake.desk.access.who import Who

RECHECK_MS = 2_000
"""How long an answer of the database is believed."""
AGING_MS = 1_000
"""After how long it is asked again beside whoever comes, so that nobody has to wait for it."""
LIMIT_RECENT = 10_000
"""Who is remembered at a time; of more, those who were looked up first are looked up again."""


class Found(NamedTuple):
    """Who comes with a token or a cookie, until when at most, and when that was looked up."""

    who: Who
    until_s: int
    at_s: int


class _Kept(NamedTuple):
    found: Found
    at_ms: int
    change: int
    is_asked: bool = False  # Whether the database is asked again already.


class Recent:
    """Who came with what, for a moment; of what they came with, a hash is kept.

    Args:
        changes: How often people, tokens and sessions were changed by this process.
        tick_ms: Milliseconds of a clock that never goes back.
    """

    def __init__(self, changes: Callable[[], int], tick_ms: Callable[[], int]) -> None:
        self._changes, self._tick_ms = changes, tick_ms
        self._kept: OrderedDict[bytes, _Kept] = OrderedDict()

    def who(self, secret: str, now_s: int) -> Who | None:
        """Who comes, if that was looked up a moment ago and still holds; else None."""
        kept = self._kept.get(_name(secret))
        return None if kept is None else self._still(kept, now_s, self._tick_ms())

    def who_ages(self, secret: str, now_s: int) -> tuple[Who | None, bool]:
        """The same, and whether the database should be asked again; true once for each answer."""
        name = _name(secret)
        kept, tick_ms = self._kept.get(name), self._tick_ms()
        if kept is None:
            return None, False
        who = self._still(kept, now_s, tick_ms)
        if who is None or kept.is_asked or tick_ms - kept.at_ms < AGING_MS:
            return who, False
        self._kept[name] = kept._replace(is_asked=True)
        return who, True

    def _still(self, kept: _Kept, now_s: int, tick_ms: int) -> Who | None:
        """Who came, if it still holds; either clock may stand, or be set."""
        if kept.change != self._changes() or tick_ms - kept.at_ms >= RECHECK_MS:
            return None
        found = kept.found
        lasts = found.at_s <= now_s < min(found.until_s, found.at_s + RECHECK_MS // 1_000)
        return found.who if lasts else None

    def keep(self, secret: str, found: Found, at_ms: int, change: int) -> None:
        """Remember who came; ``at_ms`` and ``change`` are as of before it was looked up.

        What is changed while somebody is looked up has the last word.
        """
        name = _name(secret)
        self._kept.pop(name, None)
        self._kept[name] = _Kept(found, at_ms, change)
        while len(self._kept) > LIMIT_RECENT:
            self._kept.popitem(last=False)


def _name(secret: str) -> bytes:
    return sha256(secret.encode(errors="surrogatepass")).digest()
