"""How often somebody may ask: token buckets in memory, one process by itself.

A desk of several processes grants each its own; what is in front of it may limit further.
"""

import ipaddress
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

LIMIT_KEYS = 10_000
"""Askers that are remembered; of more, those not seen for longest start anew."""
_UNITS = 60_000
"""Units of one request: a bucket gains ``per_minute`` of them each millisecond, exactly."""


class Rate(NamedTuple):
    """Requests per minute in the long run, and how many at once after a pause."""

    per_minute: int
    burst: int


KNOWN = Rate(per_minute=600, burst=120)
"""A token or a session."""
STRANGER = Rate(per_minute=120, burst=60)
"""An address from which nobody is signed on."""
FAILED = Rate(per_minute=10, burst=10)
"""Tokens and cookies from one address that open nothing."""


class Rates(NamedTuple):
    """What a desk grants: to who is known, to strangers, and to tries that fail."""

    known: Rate = KNOWN
    stranger: Rate = STRANGER
    failed: Rate = FAILED


USUAL = Rates()
"""What a desk grants that was told nothing else."""


def rates_of(per_minute: int) -> Rates:
    """The rates of a desk that grants so many a minute to a token or session."""
    return Rates(Rate(per_minute, max(per_minute // 5, 1)))


class Buckets:
    """A bucket for each key.

    Args:
        rate: What each is granted.
        tick_ms: Milliseconds of a clock that never goes back.
    """

    def __init__(self, rate: Rate, tick_ms: Callable[[], int]) -> None:
        self._rate, self._tick_ms = rate, tick_ms
        self._levels: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def take(self, key: str) -> int:
        """0 if the request is granted, else how many seconds to wait."""
        level, at_ms = self._level(key)
        granted = level >= _UNITS
        self._keep(key, level - _UNITS if granted else level, at_ms)
        return 0 if granted else self._wait_s(level)

    def _level(self, key: str) -> tuple[int, int]:
        now_ms = self._tick_ms()
        full = self._rate.burst * _UNITS
        level, at_ms = self._levels.get(key, (full, now_ms))
        return min(full, level + (now_ms - at_ms) * self._rate.per_minute), now_ms

    def _keep(self, key: str, level: int, at_ms: int) -> None:
        self._levels[key] = (level, at_ms)
        self._levels.move_to_end(key)
        while len(self._levels) > LIMIT_KEYS:
            self._levels.popitem(last=False)

    def _wait_s(self, level: int) -> int:
        missing_ms = -(-(_UNITS - level) // self._rate.per_minute)
        return -(-missing_ms // 1_000)


def network_of(address: str) -> str:
    """What an address counts as: itself, or its /64, of which one customer has all."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)
