"""How sure a difference is: the t-interval of paired differences.

For differences ``d(1) ... d(n)`` between two cases under the same draws of chance, the interval
``mean(d) -+ t(0.975, n - 1) * s / sqrt(n)``, ``s`` their sample standard deviation (Student
1908). It holds for means of many small effects; with few runs and heavy tails it is too narrow.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

LEVEL = 0.95
"""How often intervals so made hold the true mean."""


class Interval(NamedTuple):
    """A mean and the ends of its interval; the ends are open (infinite) with fewer than 2 runs."""

    mean: float
    low: float
    high: float


def interval(differences: Sequence[float]) -> Interval:
    """The interval of paired differences, one a run."""
    runs = len(differences)
    mean = math.fsum(differences) / runs
    if runs < 2:
        return Interval(mean, -math.inf, math.inf)
    squares = math.fsum((value - mean) ** 2 for value in differences)
    half = t_quantile((1 + LEVEL) / 2, runs - 1) * math.sqrt(squares / (runs - 1) / runs)
    return Interval(mean, mean - half, mean + half)


def t_quantile(share: float, freedom: int) -> float:
    """The value that Student's t, with so many degrees of freedom, stays below so often.

    By bisection of the distribution, to the last bit; ``share`` is at least one half.
    """
    low, high = 0.0, 1.0
    while t_below(high, freedom) < share:
        high *= 2
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if t_below(middle, freedom) < share else (low, middle)
    return high


def t_below(value: float, freedom: int) -> float:
    """How often Student's t stays below a value that is not negative.

    Abramowitz and Stegun, 26.7.3 and 26.7.4: finite sums for whole degrees of freedom.
    """
    angle = math.atan(value / math.sqrt(freedom))
    cosine, odd = math.cos(angle), freedom % 2
    term = cosine if odd else 1.0
    total = 0.0 if freedom == 1 else term
    for step in range(2 + odd, freedom - 1, 2):
        term *= cosine * cosine * (step - 1) / step
        total += term
    inside = math.sin(angle) * total
    if odd:
        inside = 2 / math.pi * (angle + inside)
    return 0.5 + inside / 2
