"""Wait until something is so: asked politely, less and less often, and not for ever."""

import argparse
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from offtake.cli.client import FAILURE, Failed
from offtake.cli.output import parsed, problem_row
from offtake.cli.profile import profile_flags

FIRST_PAUSE_S, LONGEST_PAUSE_S, GROWS = 0.5, 10.0, 1.5

Data = Mapping[str, Any]


class Wait(NamedTuple):
    """What is waited for: what it is called, how it is looked at, when it is so, or never will."""

    of: str
    look: Callable[[], Data]
    stands: Callable[[Data], str]  # Where it stands, in a word.
    wanted: frozenset[str]
    ends: frozenset[str]  # Where nothing follows: to wait longer would be in vain.


def wait_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of a wait."""
    parser.add_argument(
        "--timeout", metavar="LENGTH", default="10m", help="such as 90s or 2h; 10m if absent"
    )
    profile_flags(parser)


def waited(
    wait: Wait,
    given: argparse.Namespace,
    *,
    sleep: Callable[[float], None] = time.sleep,
    now: Callable[[], float] = time.monotonic,
) -> Data:
    """What is so in the end.

    Raises:
        Failed: It is not in time, or can no longer be.
    """
    until, pause_s = now() + _length_s(given.timeout), FIRST_PAUSE_S
    while True:
        found = wait.look()
        stands = wait.stands(found)
        if stands in wait.wanted:
            return found
        left_s = until - now()
        if stands in wait.ends or left_s <= 0:
            raise _in_vain(wait, stands, over=stands in wait.ends)
        sleep(min(pause_s, left_s))
        pause_s = min(pause_s * GROWS, LONGEST_PAUSE_S)


def _in_vain(wait: Wait, stands: str, *, over: bool) -> Failed:
    wanted = " or ".join(sorted(wait.wanted))
    if over:
        says, remedy = f"is {stands}: it will not be {wanted}", "There is nothing to wait for."
        return Failed(FAILURE, [problem_row("in-vain", wait.of, says=says, remedy=remedy)])
    says, remedy = f"is {stands} still, not {wanted}", "Wait again, or longer: --timeout."
    return Failed(FAILURE, [problem_row("timeout", wait.of, says=says, remedy=remedy)])


def _length_s(text: str) -> int:
    """A length of time in seconds: ``90s``, ``10m`` or ``2h``, or as portfolio files write it."""
    from offtake.units.time import parse_duration

    minutes = text.removesuffix("m")
    written = f"{minutes}min" if minutes.isascii() and minutes.isdigit() else text
    length: int = parsed(parse_duration, written, "--timeout").longest_s
    return length
