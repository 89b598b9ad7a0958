"""Ratios that stand on a machine shared with others: the ways take turns, and medians count."""

from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter

ROUNDS = 5

Way = Callable[[], float]
"""Does the work once and says how many seconds of it count."""


def clocked(work: Callable[[], object]) -> float:
    """Seconds that a piece of work takes."""
    started = perf_counter()
    work()
    return perf_counter() - started


def by_turns(ways: Mapping[str, Way], rounds: int = ROUNDS) -> dict[str, float]:
    """The median seconds of each way, each round going once through all of them."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            seconds[name].append(way())
    return {name: median(values) for name, values in seconds.items()}
